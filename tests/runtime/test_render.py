"""`gr.render`: each session has its own part of the page."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import NotFound

from .driver import Driver

pytestmark = pytest.mark.anyio


def rendered(completed: Any) -> dict[str, Any]:
    config = completed.output.render_config
    assert isinstance(config, dict)
    return config


def of_type(config: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [component for component in config["components"] if component["type"] == kind]


def boxes_app() -> gr.Blocks:
    with gr.Blocks() as demo:
        count = gr.Number(1, precision=0)
        out = gr.Textbox()

        @gr.render(inputs=count)
        def show(number: int) -> None:
            for index in range(number):
                box = gr.Textbox(label=f"Box {index}")
                box.submit(lambda text, index=index: f"{index}:{text}", box, out)

    return demo


def render_listener(demo: gr.Blocks) -> int:
    return next(li.id for li in demo.spec.listeners.values() if li.render is not None)


async def test_the_result_contains_the_built_blocks_and_their_listeners_run() -> None:
    demo = boxes_app()
    async with Driver(demo) as driver:
        completed = await driver.completed(render_listener(demo), 2)
        config = rendered(completed)
        assert [c["props"]["label"] for c in of_type(config, "textbox")] == ["Box 0", "Box 1"]
        listeners = [dependency["id"] for dependency in config["dependencies"]]
        assert await driver.values(listeners[1], "hi") == ["1:hi"]


async def test_a_render_replaces_its_previous_blocks_only_in_its_own_session() -> None:
    demo = boxes_app()
    async with Driver(demo) as driver:
        other = driver.open()
        fn = render_listener(demo)
        mine = rendered(await driver.completed(fn, 2))["dependencies"][0]["id"]
        theirs = rendered(await driver.completed(fn, 1, session=other))["dependencies"][0]["id"]
        await driver.completed(fn, 0)
        with pytest.raises(NotFound, match="a later render has removed it"):
            await driver.submit(mine, "x")
        assert await driver.values(theirs, "x", session=other) == ["0:x"]


async def test_an_async_function_renders_too() -> None:
    with gr.Blocks() as demo:
        count = gr.Number(1)

        @gr.render(inputs=count)
        async def show(number: int) -> None:
            gr.Markdown(f"{number}")

    async with Driver(demo) as driver:
        config = rendered(await driver.completed(render_listener(demo), 3))
        assert len(of_type(config, "markdown")) == 1


async def test_a_failed_render_changes_nothing() -> None:
    with gr.Blocks() as demo:
        count, out = gr.Number(1), gr.Textbox()

        @gr.render(inputs=count)
        def show(number: int) -> None:
            button = gr.Button()
            button.click(lambda: "still", None, out)
            if number > 1:
                raise ValueError

    async with Driver(demo) as driver:
        fn = render_listener(demo)
        listener = rendered(await driver.completed(fn, 1))["dependencies"][0]["id"]
        await driver.failure(fn, 2)
        assert await driver.values(listener) == ["still"]


async def test_state_in_a_render_is_kept_with_a_key_and_reset_without_one() -> None:
    """R5.4"""
    with gr.Blocks() as demo:
        count, out = gr.Number(1), gr.Number()

        @gr.render(inputs=count)
        def show(number: int) -> None:
            kept, fresh = gr.State(0, key="kept"), gr.State(0)
            gr.Button().click(lambda a, b: (a + 1, b + 1, a + 1, b + 1), [kept, fresh], [kept, fresh, out, count])

    async with Driver(demo) as driver:
        fn = render_listener(demo)
        for expected in ([None, None, 1, 1], [None, None, 2, 1]):
            listener = rendered(await driver.completed(fn, 1))["dependencies"][0]["id"]
            assert await driver.values(listener, None, None) == expected


async def test_state_outside_a_render_can_be_used_inside() -> None:
    with gr.Blocks() as demo:
        items, out = gr.State([]), gr.JSON()

        @gr.render(inputs=items)
        def show(found: list[int]) -> None:
            gr.Button(f"{len(found)}").click(lambda now: ([*now, 1], [*now, 1]), items, [items, out])

    async with Driver(demo) as driver:
        fn = render_listener(demo)
        listener = rendered(await driver.completed(fn, None))["dependencies"][0]["id"]
        completed = await driver.completed(listener, None)
        assert completed.output.changed_state_ids == [items.id]  # type: ignore[union-attr]
        (button,) = of_type(rendered(await driver.completed(fn, None)), "button")
        assert button["props"]["value"] == "1"


async def test_renders_of_one_session_run_one_after_another() -> None:
    with gr.Blocks() as demo:
        count = gr.Number(1)

        @gr.render(inputs=count)
        def first(number: int) -> None:
            gr.Textbox()

        @gr.render(inputs=count)
        def second(number: int) -> None:
            gr.Textbox()

    listeners = [li.id for li in demo.spec.listeners.values() if li.render is not None]
    async with Driver(demo) as driver:
        jobs = [await driver.submit(fn, 1) for fn in listeners]
        for job in jobs:
            await job.wait()
        ids = [of_type(rendered(driver.received(job)[-1]), "textbox")[0]["id"] for job in jobs]
        assert len(set(ids)) == 2

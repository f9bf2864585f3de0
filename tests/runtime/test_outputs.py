"""The forms in which a function can return its outputs."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr

from .driver import Driver

pytestmark = pytest.mark.anyio


def app(returned: Any, count: int = 2) -> gr.Blocks:
    with gr.Blocks() as demo:
        boxes = [gr.Textbox(label=f"Box {n}") for n in range(count)]
        demo.load(lambda: returned(boxes) if callable(returned) else returned, None, boxes, api_name="run")
    return demo


SKIP = {"__type__": "update"}


@pytest.mark.parametrize(
    ("returned", "values"),
    [
        (("a", "b"), ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (gr.skip(), [SKIP, SKIP]),
        ((gr.skip(), "b"), [SKIP, "b"]),
        ((gr.update(value="x", visible=False), "b"), [{"visible": False, "value": "x", **SKIP}, "b"]),
        (({"__type__": "update", "value": "x"}, "b"), [{"value": "x", **SKIP}, "b"]),
        ((gr.Textbox(value="q", label="New"), "b"), [{"label": "New", "value": "q", **SKIP}, "b"]),
        ((gr.Textbox(label=None, value=None), "b"), [{"label": None, "value": None, **SKIP}, "b"]),
        (lambda boxes: {boxes[1]: "b"}, [SKIP, "b"]),
        (lambda boxes: {boxes[1]: "b", boxes[0]: gr.update(lines=2)}, [{"lines": 2, **SKIP}, "b"]),
    ],
)
async def test_a_function_can_return_its_outputs_in_any_form(returned: Any, values: list[Any]) -> None:
    async with Driver(app(returned)) as driver:
        assert await driver.values("run") == values


async def test_a_tuple_for_a_single_output_is_its_value() -> None:
    async with Driver(app(("a", "b"), count=1)) as driver:
        assert await driver.values("run") == ["('a', 'b')"]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("a", "returned 1 value, but its event has 2 outputs: textbox 'Box 0', textbox 'Box 1'"),
        (None, "returned no value, but its event has 2 outputs"),
        ((), "returned no value, but its event has 2 outputs"),
        (lambda boxes: {boxes[0]: "a", "other": 1}, "a dict that mixes components with other keys (str)"),
        (lambda boxes: {gr.Textbox(): "a"}, "not specified as output of function"),
        (("a", gr.update(colour="red")), "colour"),
    ],
)
async def test_the_error_for_an_invalid_return_value_contains_both_counts(returned: Any, said: str) -> None:
    async with Driver(app(returned), show_error=True) as driver:
        assert said in ((await driver.failure("run")).error or "")


async def test_the_error_for_an_unsupported_value_names_the_output_and_the_function() -> None:
    class Stubborn(gr.Textbox):
        def postprocess(self, value: Any) -> Any:
            if value == "x":
                raise ValueError("no such thing")
            return value

    def show() -> str:
        return "x"

    with gr.Blocks() as demo:
        box = Stubborn()
        demo.load(show, None, box, api_name="run")
    async with Driver(demo, show_error=True) as driver:
        error = (await driver.failure("run")).error or ""
        assert "Could not postprocess output component at index 0" in error
        assert "'show'" in error
        assert error.endswith("Original error: ValueError: no such thing")


async def test_without_outputs_a_function_can_return_anything() -> None:
    with gr.Blocks() as demo:
        demo.load(object, None, None, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run") == []


async def test_the_error_for_a_layouts_value_explains_what_to_return() -> None:
    with gr.Blocks() as demo:
        row = gr.Row()
        demo.load(lambda: "text", None, row, api_name="run")
    async with Driver(demo, show_error=True) as driver:
        assert "is a layout and has no value" in ((await driver.failure("run")).error or "")


async def test_a_layout_can_be_updated() -> None:
    with gr.Blocks() as demo:
        row = gr.Row()
        demo.load(lambda: gr.Row(visible=False), None, row, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run") == [{"visible": False, **SKIP}]


async def test_an_update_is_remembered_for_later_events_of_the_same_session_only() -> None:
    with gr.Blocks() as demo:
        choice = gr.Dropdown(["a"])
        choice.focus(lambda: gr.Dropdown(choices=["b"]), None, choice, api_name="more")
        choice.change(lambda value: value, choice, choice, api_name="run")
    async with Driver(demo) as driver:
        other = driver.open()
        assert (await driver.failure("run", "b")).error
        await driver.values("more")
        assert await driver.values("run", "b") == ["b"]
        assert (await driver.failure("run", "b", session=other)).error


async def test_an_update_of_a_failed_step_is_not_remembered() -> None:
    with gr.Blocks() as demo:
        choice, box = gr.Dropdown(["a"]), gr.Number()
        choice.focus(
            lambda: (gr.Dropdown(choices=["b"]), gr.update(colour="red")), None, [choice, box], api_name="more"
        )
        choice.change(lambda value: value, choice, choice, api_name="run")
    async with Driver(demo) as driver:
        await driver.failure("more")
        assert (await driver.failure("run", "b")).error


async def test_more_values_than_outputs_are_dropped_with_a_warning() -> None:
    def much() -> tuple[str, str, str]:
        return "a", "b", "c"

    with gr.Blocks() as demo:
        boxes = [gr.Textbox(), gr.Textbox()]
        demo.load(much, None, boxes, api_name="run")
    async with Driver(demo) as driver:
        with pytest.warns(UserWarning, match="returned 3 values, but its event has 2 outputs"):
            assert await driver.values("run") == ["a", "b"]


@pytest.mark.parametrize(
    ("output", "returned", "begin"),
    [
        (gr.Chatbot, [("hi", "there")], "Data incompatible with messages format."),
        (gr.JSON, "no json", "Invalid JSON string: "),
    ],
)
async def test_an_error_shown_to_visitors_names_the_function_and_the_output(
    output: Any, returned: Any, begin: str
) -> None:
    def answer() -> Any:
        return returned

    with gr.Blocks() as demo:
        gr.Button().click(answer, None, output(label="Shown"), api_name="run")
    async with Driver(demo) as driver:
        error = (await driver.failure("run")).error
    assert error is not None
    assert error.startswith(begin)
    assert error.endswith(f"'answer' for {output.NAME} 'Shown': a {type(returned).__name__}.")

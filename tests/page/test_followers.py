"""What follows an event, and what a page shows and sends around it.

E4: siblings looked for: plain, async, and `tqdm` progress; progress that arrives before the first step; the total of a
second bar. Found: all generators, sync and async, alike.
E9: siblings looked for: `.then`, `.success`, `.failure`, deferred triggers (`always_last`), the kit for tests. Found:
`.then` and `.failure` ran, in the kit too; `.success` did not.
E19: siblings looked for: every component whose empty value a page sends otherwise in a load than in a click (Number,
Slider, Checkbox, CheckboxGroup, Dropdown, Radio, Dataframe), `load` listeners, the kit for tests. Found: Textbox and
TextArea alone, in `load` and `gr.render`; the kit had None in clicks too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.page.conftest import PATIENCE

import holdfast as gr
from holdfast import testing

AppPage = Callable[..., Page]


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["sync", "async", "tqdm"])
def test_progress_that_is_reported_after_a_step_is_shown(app_page: AppPage, kind: str) -> None:
    """E4"""
    shown, go = Event(), Event()

    def sync(progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008 -- Gradio's way
        yield "start"
        progress((1, 4), desc="Second half")
        shown.wait(20)
        yield "middle"
        go.wait(20)
        yield "end"

    async def other(progress: gr.Progress = gr.Progress()) -> AsyncIterator[str]:  # noqa: B008 -- Gradio's way
        yield "start"
        progress((1, 4), desc="Second half")
        await asyncio.to_thread(shown.wait, 20)
        yield "middle"
        await asyncio.to_thread(go.wait, 20)
        yield "end"

    def bar(progress: gr.Progress = gr.Progress(track_tqdm=True)) -> Iterator[str]:  # noqa: B008 -- Gradio's way
        from tqdm import tqdm

        yield "start"
        for _ in tqdm(range(4), desc="Second half"):
            shown.wait(20)
        yield "middle"
        go.wait(20)
        yield "end"

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Work").click({"sync": sync, "async": other, "tqdm": bar}[kind], None, out)
    page = app_page(demo)
    page.get_by_role("button", name="Work").click()
    expect(page.get_by_label("Out")).to_have_value("start")
    expect(page.get_by_test_id("status-tracker").filter(has_text="Second half").first).to_be_visible()
    shown.set()
    expect(page.get_by_label("Out")).to_have_value("middle")
    expect(page.get_by_test_id("status-tracker").filter(has_text="Second half")).to_have_count(0)
    go.set()
    expect(page.get_by_label("Out")).to_have_value("end")


def refusing(ran: list[str]) -> tuple[gr.Blocks, gr.Textbox, gr.Textbox]:
    with gr.Blocks() as demo:
        name, out = gr.Textbox(label="Name"), gr.Textbox(label="Out")
        event = name.submit(lambda n: n, name, out, validator=lambda n: gr.validate(len(n) > 2, "too short"))
        event.then(lambda: ran.append("then"))
        event.success(lambda: ran.append("success"))
        event.failure(lambda: ran.append("failure")).then(lambda: ran.append("after the failure"))
    return demo, name, out


@pytest.mark.browser
def test_nothing_follows_an_event_whose_input_a_validator_refused(app_page: AppPage) -> None:
    """E9"""
    ran: list[str] = []
    demo, _, _ = refusing(ran)
    page = app_page(demo)
    page.get_by_label("Name").fill("ab")
    page.get_by_label("Name").press("Enter")
    expect(page.locator(".validation-error")).to_have_text("too short")
    page.get_by_label("Name").fill("abc")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_label("Out")).to_have_value("abc")
    for _ in range(PATIENCE // 20):
        if len(ran) >= 2:
            break
        page.wait_for_timeout(20)
    assert sorted(ran) == ["success", "then"]


@pytest.mark.anyio
async def test_nothing_follows_a_refused_event_in_the_kit_either() -> None:
    """E9"""
    ran: list[str] = []
    demo, name, out = refusing(ran)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.fill(name, "ab")
        await page.fire(name, "submit")
        assert (page.invalid, ran) == ({name.id: "too short"}, [])
        await page.fill(name, "abc")
        await page.fire(name, "submit")
        assert (page.value(out), sorted(ran)) == ("abc", ["success", "then"])


def reading(seen: list[Any]) -> tuple[gr.Blocks, gr.Button]:
    with gr.Blocks() as demo:
        fields = [gr.Textbox(label="Text"), gr.TextArea(label="Area"), gr.Number(label="Number"), gr.Slider(1, 5)]
        fields += [gr.Checkbox(label="Check"), gr.CheckboxGroup(["a"], label="Group"), gr.Radio(["a"], label="Radio")]
        fields += [gr.Dropdown(["a"], label="Choice"), gr.Dropdown(["a"], multiselect=True, label="Choices")]
        fields += [gr.Textbox(visible=False)]
        button = gr.Button("Read")

        def read(*values: Any) -> None:
            seen.append(values)

        button.click(read, fields)
        demo.load(read, fields)

        @gr.render(fields)
        def show(*values: Any) -> None:
            seen.append(values)
            gr.Markdown(f"shown {len(values[0])}")

    return demo, button


@pytest.mark.browser
def test_an_untouched_field_has_the_same_value_in_a_load_a_render_and_a_click(app_page: AppPage) -> None:
    """E19"""
    seen: list[Any] = []
    demo, _ = reading(seen)
    page = app_page(demo)
    expect(page.get_by_text("shown 0")).to_be_visible()
    page.get_by_role("button", name="Read").click()
    for _ in range(PATIENCE // 20):
        if len(seen) == 3:
            break
        page.wait_for_timeout(20)
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][:2] == ("", "")
    assert seen[0][-1] is None


@pytest.mark.anyio
async def test_the_kit_reads_what_the_page_reads() -> None:
    """E19"""
    seen: list[Any] = []
    demo, button = reading(seen)
    async with testing.open(demo) as app:
        page = await app.visit()
        await page.click(button)
    assert len(seen) == 3
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][:2] == ("", "")
    assert seen[0][-1] is None

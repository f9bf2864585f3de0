"""A listener that a State's change triggers sees everything that the triggering step has shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def test_a_triggered_listener_gets_all_outputs_of_the_step(app_page: AppPage) -> None:
    """R3.4: also those that come after the State among the outputs."""
    with gr.Blocks() as demo:
        before = gr.Textbox("old", label="Before")
        count = gr.State(0)
        after = gr.Textbox("old", label="After")
        seen = gr.Textbox(label="Seen")
        gr.Button("Begin").click(lambda n: (f"b{n + 1}", n + 1, f"a{n + 1}"), count, [before, count, after])
        count.change(lambda n, b, a: f"{n} {b} {a}", [count, before, after], seen)
    page = app_page(demo)
    for number in (1, 2, 3):
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_label("Seen")).to_have_value(f"{number} b{number} a{number}")


def test_so_does_one_that_a_yield_triggers(app_page: AppPage) -> None:
    """R3.4: while the generator goes on."""
    go_on = [Event() for _ in range(3)]

    def steps() -> Iterator[tuple[int, str]]:
        for number, go in enumerate(go_on):
            go.wait(20)
            yield number + 1, f"step {number + 1}"

    with gr.Blocks() as demo:
        count = gr.State(0)
        text = gr.Textbox(label="Text")
        seen = gr.Textbox(label="Seen")
        gr.Button("Begin").click(steps, None, [count, text])
        count.change(lambda text: text, text, seen)
    page = app_page(demo)
    page.get_by_role("button", name="Begin").click()
    for number, go in enumerate(go_on, 1):
        go.set()
        expect(page.get_by_label("Seen")).to_have_value(f"step {number}")

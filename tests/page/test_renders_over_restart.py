"""Clicks on what a render has built, while the server is killed and started again (R6.8): its content is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page
from tests.page.program import Program

pytestmark = pytest.mark.browser

CODE = """
    import os
    import time
    import gradio as gr

    with gr.Blocks() as demo:
        count = gr.State(1)
        said = gr.Textbox(label="Said")
        gr.Button("Grow").click(lambda n: n + 1, count, count)

        @gr.render(inputs=count)
        def rows(count):
            while os.path.exists("wait"):
                time.sleep(0.05)
            for n in range(count):
                with gr.Row():
                    press = gr.Button(f"Press {n}")
                    seen = gr.Textbox(label=f"Seen {n}")
                press.click(lambda text, n=n: (f"row {n}", f"{text or 'nothing'} in row {n}"), seen, [said, seen])

    demo.launch()
"""


@pytest.fixture
def page(program: Program, context: BrowserContext, complaints: Complaints) -> Iterator[Page]:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)
    page = open_page(context, complaints, program.url)
    page.get_by_role("button", name="Grow").click()
    expect(page.get_by_role("button", name="Press 1")).to_be_visible()
    yield page
    complaints.clear()


def test_a_click_while_it_is_down_runs_when_what_was_clicked_is_there_again(program: Program, page: Page) -> None:
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting.")
    page.get_by_role("button", name="Press 1").click()
    program.start()
    expect(page.get_by_label("Said")).to_have_value("row 1")
    expect(page.get_by_label("Seen 1")).to_have_value("nothing in row 1")
    expect(page.get_by_text("is gone since")).to_have_count(0)


def test_a_click_while_it_is_built_again_waits_for_that(program: Program, page: Page, tmp_path: Path) -> None:
    program.kill()
    (tmp_path / "wait").touch()
    program.start()
    expect(page.get_by_test_id("connection")).to_have_text("Connection restored.")
    page.get_by_role("button", name="Press 1").click()
    expect(page.get_by_label("Said")).to_have_value("")
    (tmp_path / "wait").unlink()
    expect(page.get_by_label("Said")).to_have_value("row 1")
    expect(page.get_by_label("Seen 1")).to_have_value("nothing in row 1")
    expect(page.get_by_text("is gone since")).to_have_count(0)

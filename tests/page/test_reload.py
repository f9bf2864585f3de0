"""`holdfast run app.py --reload` with an open page: each saved edit shows, a broken one says why.

D12: siblings looked for: edits of functions and texts, syntax errors, exceptions while building, errors in the launch,
pages opened while the program is broken, pages on other machines, sessions of a page and of a tab; found: all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page
from tests.page.program import Program

pytestmark = pytest.mark.browser

CODE = """
    import gradio as gr

    def press(count):
        return count + 1, f"{count + 1} presses"

    with gr.Blocks() as demo:
        gr.Markdown("First edit")
        count = gr.State(0)
        note = gr.Textbox(label="Note")
        shown = gr.Textbox(label="Shown")
        gr.Button("Press").click(press, count, [count, shown])
    demo.launch()
"""


@pytest.fixture
def edited(
    tmp_path: Path, context: BrowserContext, complaints: Complaints
) -> Iterator[Callable[..., tuple[Program, Page]]]:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)
    programs: list[Program] = []

    def start(*arguments: str) -> tuple[Program, Page]:
        programs.append(Program(CODE, tmp_path, "--reload", *arguments))
        programs[0].start()
        return programs[0], open_page(context, complaints, programs[0].url)

    yield start
    for program in programs:
        program.stop()
    complaints.clear()


def press(page: Page) -> None:
    page.get_by_role("button", name="Press", exact=True).click()


@pytest.mark.parametrize("session", [[], ["--session", "tab"]])
def test_each_saved_edit_shows_with_state_and_typed_text(
    edited: Callable[..., tuple[Program, Page]], session: list[str]
) -> None:
    """D12: within a second after the server is back."""
    program, page = edited(*session)
    press(page)
    expect(page.get_by_label("Shown")).to_have_value("1 presses")
    page.get_by_label("Note").fill("half a sen")
    program.write(
        CODE.replace("First edit", "Second edit").replace("presses", "clicks").replace('"Note")', '"Note", lines=2)')
    )
    program.wait_for_restart()
    began = time.monotonic()
    expect(page.get_by_text("Second edit")).to_be_visible()
    assert time.monotonic() - began < 5, "a busy machine may take a while to draw, but not to come back"
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    press(page)
    expect(page.get_by_label("Shown")).to_have_value("2 clicks")
    expect(page.get_by_test_id("toast-text")).to_have_count(0)


BROKEN = {
    "syntax": (CODE.replace("return count + 1,", "return count + ,"), "line 5", "SyntaxError"),
    "building": (CODE.replace('label="Shown"', 'label="Shown", lines=LINES'), "line 11", "NameError"),
    "launch": (CODE.replace("launch()", 'launch(max_file_size="big")'), "line 13", "max_file_size='big'"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_edit_says_why_and_is_forgotten_when_it_is_mended(
    edited: Callable[..., tuple[Program, Page]], context: BrowserContext, kind: str
) -> None:
    """D12: file, line and message, on an open page and on one that is opened then."""
    program, page = edited()
    press(page)
    expect(page.get_by_label("Shown")).to_have_value("1 presses")
    page.get_by_label("Note").fill("half a sen")
    code, line, message = BROKEN[kind]
    program.write(code)
    for part in ("app.py", line, message):
        expect(page.get_by_test_id("fault")).to_contain_text(part)
    other = context.new_page()
    other.goto(program.url)
    expect(other.locator("pre")).to_contain_text(message)
    abroad = httpx.get(program.url, headers={"host": "example.com", "accept": "text/html"})
    assert (abroad.status_code, message in abroad.text, "being edited" in abroad.text) == (503, False, True)
    program.write(CODE.replace("First edit", "Mended"))
    expect(page.get_by_text("Mended")).to_be_visible()
    expect(other.get_by_text("Mended")).to_be_visible()
    expect(page.get_by_test_id("fault")).to_have_count(0)
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    press(page)
    expect(page.get_by_label("Shown")).to_have_value("2 presses")

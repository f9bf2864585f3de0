"""A deploy under an open page (R6.8): real processes, the next version of the program at the same address.

D10: siblings looked for: clicks, also while no server ran, chained listeners, timers, renders, the POST fallback,
pages of `session="page"`, pages that were being typed on, passwords, properties that updates have changed, a page that
is served by one version and connected to another; found: all of them ran, or lost, by number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.page.conftest import PATIENCE, Complaints, open_page
from tests.page.program import Program

pytestmark = pytest.mark.browser

V1 = """
    import gradio as gr

    def plus(n):
        return n + 1, n + 1

    def wipe():
        return 0, 0

    def stay(text):
        return f"v1 {text}"

    with gr.Blocks() as demo:
        count = gr.State(0)
        note = gr.Textbox(label="Note")
        secret = gr.Textbox(label="Secret", type="password")
        shown = gr.Number(label="Count")
        gr.HTML("<div style='height: 1500px'>tall</div>")
        gr.Button("plus").click(plus, count, [count, shown])
        echo = gr.Textbox(label="Echo")
        gr.Button("echo").click(stay, note, echo)
        gr.Button("log in").click(stay, secret, echo)

        @gr.render(inputs=count)
        def rows(count):
            gr.Textbox(label="Keyed", key="row")
    demo.launch()
"""
V2 = (
    V1.replace("with gr.Blocks() as demo:\n", 'with gr.Blocks() as demo:\n        gr.Markdown("Version two")\n')
    .replace(
        "        note =",
        '        gr.Button("wipe").click(wipe, None, [count, shown := gr.Number(label="C")])\n        note =',
    )
    .replace("click(stay, note, echo)", "click(stay, shown, echo)")
    .replace("v1", "v2")
)
"""*wipe* is listener 0 now; *echo* reads another input; *plus* is the same."""


@pytest.fixture
def start(
    tmp_path: Path, context: BrowserContext, complaints: Complaints
) -> Iterator[Callable[..., tuple[Program, Page]]]:
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)
    started: list[Program] = []

    def start(*arguments: str, code: str = V1) -> tuple[Program, Page]:
        started.append(Program(code, tmp_path, *arguments))
        started[0].start()
        return started[0], open_page(context, complaints, started[0].url)

    yield start
    for program in started:
        program.kill()
    complaints.clear()


def deploy(program: Program, page: Page, code: str) -> None:
    """Stop the program, and start another version of it at the same address."""
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting")
    program.write(code)
    program.start()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def scrolled(page: Page) -> int:
    return int(page.evaluate("Math.round(scrollY)"))


def test_nothing_is_lost_and_the_right_function_runs(start: Callable[..., tuple[Program, Page]]) -> None:
    """D10, R6.8: the acceptance. State, typed text, keyed parts and the scroll position are there in version two."""
    program, page = start("--session", "tab")
    for n in ("1", "2", "3"):
        press(page, "plus")
        expect(page.get_by_label("Count")).to_have_value(n)
    page.get_by_label("Note").fill("half a sen")
    page.get_by_label("Secret").fill("hunter2")
    page.get_by_label("Keyed").fill("a row")
    page.evaluate("scrollTo(0, 700)")
    deploy(program, page, V2)
    expect(page.get_by_text("Version two")).to_be_attached()
    page.locator("gradio-app[data-connected=true]").wait_for()
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    expect(page.get_by_label("Count")).to_have_value("3")
    expect(page.get_by_label("Secret")).to_have_value("")
    expect(page.get_by_label("Keyed")).to_have_value("a row")
    assert "hunter2" not in str(page.evaluate("JSON.stringify(sessionStorage)"))
    page.wait_for_function("scrollY === 700")
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("4")
    expect(page.get_by_test_id("toast-text")).to_have_count(0)


def test_a_click_made_meanwhile_runs_the_function_that_it_was_for(start: Callable[..., tuple[Program, Page]]) -> None:
    """D10: queued while no server ran, and sent to the next version by its name."""
    program, page = start("--session", "tab")
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("1")
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting")
    press(page, "plus")
    program.write(V2)
    program.start()
    expect(page.get_by_text("Version two")).to_be_attached()
    expect(page.get_by_label("Count")).to_have_value("2")


def test_a_click_on_what_is_different_now_does_not_run_and_is_said_to(
    start: Callable[..., tuple[Program, Page]],
) -> None:
    """D10: its inputs are others in version two."""
    program, page = start("--session", "tab")
    page.get_by_label("Note").fill("hello")
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting")
    press(page, "echo")
    page.get_by_label("Secret").fill("hunter2")
    press(page, "log in")
    program.write(V2)
    program.start()
    expect(page.get_by_text("Version two")).to_be_attached()
    expect(page.get_by_test_id("toast-text")).to_contain_text("“stay”) was not run")
    expect(page.get_by_label("Echo")).to_have_value("")
    expect(page.get_by_label("Note")).to_have_value("hello")
    press(page, "echo")
    expect(page.get_by_label("Echo")).to_have_value(re.compile("^v2"))


def test_a_page_of_an_identical_program_goes_on_without_a_word(start: Callable[..., tuple[Program, Page]]) -> None:
    """D10: also one without State of a page session, whose server has nothing to lose."""
    program, page = start(
        code=V1.replace("gr.State(0)", "gr.Number(0, visible=False)").replace("@gr.render(inputs=count)", "")
    )
    page.get_by_label("Note").fill("hello")
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("1")
    page.evaluate("window.same = true")
    program.kill()
    expect(page.get_by_test_id("connection")).to_contain_text("Reconnecting")
    press(page, "plus")
    program.start()
    expect(page.get_by_label("Count")).to_have_value("2")
    press(page, "echo")
    expect(page.get_by_label("Echo")).to_have_value("v1 hello")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("window.same") is True


def test_a_page_session_keeps_what_was_typed_and_the_place(start: Callable[..., tuple[Program, Page]]) -> None:
    """D10: its State went with the process, which is said; what was typed is still there, once."""
    program, page = start()
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("1")
    page.get_by_label("Note").fill("half a sen")
    page.evaluate("scrollTo(0, 700)")
    deploy(program, page, V2)
    expect(page.get_by_text("Version two")).to_be_attached()
    expect(page.get_by_test_id("toast-text")).to_contain_text("no longer has what this page did")
    expect(page.get_by_label("Note")).to_have_value("half a sen")
    page.wait_for_function("scrollY === 700")
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("1")
    page.reload()
    page.locator("gradio-app[data-connected=true]").wait_for()
    expect(page.get_by_label("Note")).to_have_value("")


def test_an_event_that_is_gone_is_refused_through_the_fallback_too(
    start: Callable[..., tuple[Program, Page]], context: BrowserContext
) -> None:
    """D10: pages without a WebSocket; a page that was loaded again just now goes on until its event is refused."""
    context.route_web_socket("**/page/socket", lambda socket: socket.close())
    program, page = start("--session", "tab")
    page.get_by_label("Note").fill("hello")
    now = page.evaluate("Date.now()")
    key = "holdfast updated " + program.url.rstrip("/")
    page.evaluate("([key, note]) => sessionStorage.setItem(key, note)", [key, json.dumps({"at": now, "times": 9})])
    page.evaluate("window.same = true")
    deploy(program, page, V2)
    page.locator("gradio-app[data-connected=true]").wait_for()
    press(page, "plus")
    expect(page.get_by_label("Count")).to_have_value("1")
    assert page.evaluate("window.same") is True
    press(page, "echo")
    expect(page.get_by_text("Version two")).to_be_attached()
    expect(page.get_by_test_id("toast-text")).to_contain_text("“stay”) was not run")
    expect(page.get_by_label("Note")).to_have_value("hello")

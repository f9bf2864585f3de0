"""How an event goes is said once, in the space of its output.

F3a, F3b: siblings looked for: every way in which an event can fail (raised, refused by the server, lost with the
connection, lost with a restart) and every status; found: all of them were said on each output, failures in a toast too.
F4: siblings looked for: other texts about progress; found: the place in the queue.
F11: siblings looked for: the buttons of uploads and downloads, which have the same face; found: both.
F12: siblings looked for: other ways to the developer's error (API clients, `/run`, a proxy); found: none shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
Serve = Callable[..., str]
pytestmark = pytest.mark.browser


def tracker(page: Page, label: str) -> Any:
    return page.locator(".block", has=page.get_by_label(label, exact=True)).get_by_test_id("status-tracker")


def box(found: Any) -> dict[str, float]:
    at: dict[str, float] | None = found.bounding_box()
    assert at
    return at


def failing(error: Exception) -> gr.Blocks:
    def fail(text: str) -> list[str]:
        del text
        raise error

    with gr.Blocks() as demo:
        text = gr.Textbox(label="In")
        outputs = [gr.Textbox(label=f"Out {number}") for number in range(5)]
        gr.Button("Fail").click(fail, text, outputs)
    return demo


def test_one_wrong_input_is_said_in_one_place(app_page: AppPage) -> None:
    """F3a: in the first output, which keeps its size; no toast, no marks elsewhere."""
    page = app_page(failing(gr.Error("The depot list is <b>empty</b>.")))
    page.get_by_label("In").fill("Lindholm")
    before = box(page.get_by_label("Out 1"))
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_text("The depot list is empty.")).to_have_count(1)
    expect(tracker(page, "Out 0")).to_contain_text("Failed")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    expect(page.locator(".error:visible")).to_have_count(1)
    assert box(page.get_by_label("Out 1")) == before
    assert box(tracker(page, "Out 0").locator(".line")) == box(page.get_by_label("Out 0"))
    expect(page.get_by_label("In")).to_have_value("Lindholm")
    assert_accessible(page)
    tracker(page, "Out 0").get_by_role("button", name="Clear").click()
    expect(page.get_by_text("The depot list is empty.")).to_have_count(0)


def test_a_failed_event_can_be_tried_again_in_its_place(app_page: AppPage) -> None:
    """F3a"""
    runs: list[int] = []

    def work() -> str:
        runs.append(1)
        if len(runs) == 1:
            raise gr.Error("The service answered 503.")
        return "41 parcels"

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Work").click(work, None, out)
    page = app_page(demo)
    page.get_by_role("button", name="Work").click()
    tracker(page, "Out").get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Out")).to_have_value("41 parcels")
    expect(page.get_by_text("The service answered 503.")).to_have_count(0)


def test_a_failure_out_of_sight_is_a_toast(app_page: AppPage) -> None:
    """F3a: still one place, and one that is seen."""

    def fail() -> str:
        raise gr.Error("Not today.")

    with gr.Blocks() as demo:
        button = gr.Button("Fail")
        gr.HTML("<div style='height: 3000px'></div>")
        out = gr.Textbox(label="Far away")
        button.click(fail, None, out)
    page = app_page(demo)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_test_id("toast-text")).to_have_text("Not today.")
    expect(page.get_by_text("Not today.")).to_have_count(1)


def test_queue_and_stream_are_shown_once(app_page: AppPage) -> None:
    """F3b"""
    go, started = Event(), Event()

    def stream() -> Any:
        started.set()
        yield "a", "a", "a"
        go.wait(20)
        yield "b", "b", "b"

    with gr.Blocks() as demo:
        outputs = [gr.Textbox(label=f"Out {number}") for number in range(3)]
        gr.Button("Stream").click(stream, None, outputs)
    page = app_page(demo)
    page.get_by_role("button", name="Stream").click()
    expect(page.get_by_label("Out 2")).to_have_value("a")
    expect(tracker(page, "Out 0").locator(".brief")).to_be_visible()
    expect(page.locator(".brief:visible, .line:visible, .track:visible")).to_have_count(1)
    go.set()
    expect(page.get_by_label("Out 2")).to_have_value("b")
    expect(tracker(page, "Out 0").locator(".done")).to_be_visible()


def test_progress_is_a_bar_a_description_a_count_and_the_time(app_page: AppPage) -> None:
    """F4"""
    go = Event()

    def work(progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 -- how progress is asked for
        progress((2, 8), desc="Reading scans")
        go.wait(20)
        return "done"

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Work").click(work, None, out)
    page = app_page(demo)
    page.get_by_role("button", name="Work").click()
    at = tracker(page, "Out")
    expect(at.locator(".progress-text")).to_have_text("Reading scans")
    expect(at.locator(".count")).to_have_text("2 of 8")
    expect(at.locator(".timer")).to_contain_text(" s")
    expect(at.locator(".progress-bar")).to_have_attribute("style", "width: 25%;")
    assert "|" not in at.inner_text()
    assert box(at.locator(".line")) == box(page.get_by_label("Out"))
    at.get_by_role("button", name="Stop").click()
    expect(at.locator(".line")).to_have_count(0)
    go.set()


def test_a_button_is_as_large_as_its_author_says(app_page: AppPage) -> None:
    """F11a"""
    sizes: tuple[Literal["sm", "md", "lg"], ...] = ("sm", "md", "lg")
    with gr.Blocks() as demo:
        gr.Button("default")
        for size in sizes:
            gr.Button(size, size=size)
    page = app_page(demo)
    heights = [box(page.get_by_role("button", name=name, exact=True))["height"] for name in ("default", *sizes)]
    assert heights == [36, 32, 36, 44]


def test_a_running_button_shows_it_and_keeps_its_width_and_its_focus(app_page: AppPage) -> None:
    """F11b"""
    go = Event()
    runs: list[int] = []

    def work() -> str:
        runs.append(1)
        go.wait(20)
        return "done"

    with gr.Blocks() as demo:
        with gr.Row():
            pressed = gr.Button("Work", scale=0)
        out = gr.Textbox(label="Out")
        pressed.click(work, None, out)
    page = app_page(demo)
    button = page.get_by_role("button", name="Work")
    before = box(button)
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button.locator(".turning")).to_be_visible()
    expect(button).to_be_focused()
    assert box(button) == before
    button.press("Enter")
    go.set()
    expect(page.get_by_label("Out")).to_have_value("done")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    assert len(runs) == 1


def test_the_developer_sees_the_error_behind_a_switch(app_page: AppPage) -> None:
    """F12: on this machine."""
    page = app_page(failing(ZeroDivisionError("division by zero")))
    page.get_by_role("button", name="Fail").click()
    at = tracker(page, "Out 0")
    expect(at).to_contain_text("Something went wrong.")
    expect(page.get_by_text("ZeroDivisionError")).to_have_count(0)
    at.get_by_role("button", name="Show").click()
    expect(at.get_by_role("region")).to_contain_text("in fail")
    expect(at.get_by_role("region")).to_contain_text("ZeroDivisionError: division by zero")
    assert_accessible(page)
    at.get_by_role("button", name="Hide").click()
    expect(page.get_by_text("ZeroDivisionError")).to_have_count(0)


def test_a_visitor_never_gets_the_error_itself(serve: Serve, page: Page) -> None:
    """F12: whoever comes through a proxy is a visitor, also one on this machine; so is every API client."""
    url = serve(failing(ZeroDivisionError("division by zero")), allowed_hosts=["*"])
    page.set_extra_http_headers({"x-forwarded-for": "203.0.113.7"})
    told: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    page.goto(url)
    page.locator("gradio-app[data-connected=true]").wait_for()
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_text("Something went wrong.")).to_have_count(1)
    expect(page.get_by_role("button", name="Show")).to_have_count(0)
    assert any("process_completed" in frame for frame in told)
    assert not any("division by zero" in frame for frame in told)
    event = httpx.post(f"{url}gradio_api/call/fail", json={"data": ["x"]}).json()["event_id"]
    assert "division" not in httpx.get(f"{url}gradio_api/call/fail/{event}").text


def test_progress_and_failure_fit_into_a_narrow_field(app_page: AppPage) -> None:
    """F3b, F4: half a phone wide, the words and the button that ends it are inside of the field."""
    go = Event()

    def work(progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
        progress((15, 40), desc="Reading pages", unit="pages")
        go.wait(30)
        raise gr.Error("The service answered 503, and there is nothing to show.")

    with gr.Blocks() as demo:
        with gr.Row():
            gr.Textbox(label="In")
            out = gr.Textbox(label="Out")
        gr.Button("Work").click(work, None, out)
    page = app_page(demo)
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Work").click()
    status = tracker(page, "Out")

    def fits(button: str) -> None:
        field = box(page.get_by_label("Out", exact=True))
        for inner in (status.locator(".said"), status.get_by_role("button", name=button)):
            expect(inner).to_be_visible()
            at = box(inner)
            assert at["x"] >= field["x"]
            assert at["x"] + at["width"] <= field["x"] + field["width"] + 1
            assert at["y"] >= field["y"] - 1
            assert at["y"] + at["height"] <= field["y"] + field["height"] + 1

    fits("Stop")
    go.set()
    expect(status.get_by_role("button", name="Show")).to_be_visible()
    fits("Clear")
    status.get_by_role("button", name="Show").click()
    expect(status.locator(".said")).to_contain_text("nothing to show")
    assert box(status.locator(".said"))["width"] >= 100


def test_what_can_be_done_with_an_error_is_on_one_line_on_a_phone(app_page: AppPage) -> None:
    """F12: below the words, where the developer reads the error itself."""

    def fail() -> str:
        raise ZeroDivisionError

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Work").click(fail, None, out)
    page = app_page(demo)
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Work").click()
    status = tracker(page, "Out")
    status.get_by_role("button", name="Show").click()
    expect(page.get_by_role("region", name="The error, for the developer")).to_contain_text("ZeroDivisionError")
    said = box(status.locator(".said"))
    buttons = [box(status.get_by_role("button", name=name)) for name in ("Hide", "Try again", "Clear")]
    middles = [at["y"] + at["height"] / 2 for at in buttons]
    assert max(middles) - min(middles) <= 1
    assert min(at["y"] for at in buttons) >= said["y"] + said["height"] - 1

"""What happens on the page when a visitor does something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def test_a_click_runs_the_function_and_shows_what_it_returned(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        greeting = gr.Textbox(label="Greeting")
        gr.Button("Greet").click(lambda name: f"Hello {name}", name, greeting)
    page = app_page(demo)
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_label("Greeting")).to_have_value("Hello Ann")


def test_a_load_event_fills_the_page(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        status = gr.Textbox(label="Status")
        demo.load(lambda: "loaded", None, status)
    page = app_page(demo)
    expect(page.get_by_label("Status")).to_have_value("loaded")


def test_a_generator_shows_each_step(app_page: AppPage) -> None:
    steps = [Event() for _ in range(3)]

    def grow() -> Iterator[str]:
        text = ""
        for step in steps:
            step.wait(20)
            text += "*"
            yield text

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Stars")
        gr.Button("Run").click(grow, None, out)
    page = app_page(demo)
    page.get_by_role("button", name="Run").click()
    for count, step in enumerate(steps, 1):
        step.set()
        expect(page.get_by_label("Stars")).to_have_value("*" * count)


def test_a_changed_state_runs_its_listener_and_a_chain_goes_on(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        count = gr.State(0)
        shown = gr.Number(label="Count")
        doubled = gr.Number(label="Doubled")
        click = gr.Button("Add").click(lambda n: n + 1, count, count)
        click.then(lambda n: n * 2, count, doubled)
        count.change(lambda n: n, count, shown)
    page = app_page(demo)
    for expected in (1, 2):
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_label("Count")).to_have_value(str(expected))
        expect(page.get_by_label("Doubled")).to_have_value(str(2 * expected))


def test_a_script_alone_changes_the_page(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        text = gr.Textbox("abc", label="Text")
        gr.Button("Upper").click(None, text, text, js="(text) => text.toUpperCase()")
    page = app_page(demo)
    page.get_by_role("button", name="Upper").click()
    expect(page.get_by_label("Text")).to_have_value("ABC")


def test_an_update_changes_properties(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Before", visible=False)
        gr.Button("Show").click(lambda: gr.Textbox(label="After", visible=True, value="here"), None, text)
    page = app_page(demo)
    expect(page.get_by_test_id("textbox")).to_have_count(0)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("After")).to_have_value("here")


def test_an_error_without_an_output_is_said_in_a_toast_that_can_be_closed(app_page: AppPage) -> None:
    def fail() -> None:
        raise gr.Error("No <b>luck</b>", title="Sorry", duration=None)

    with gr.Blocks() as demo:
        gr.Button("Fail").click(fail)
    page = app_page(demo)
    page.get_by_role("button", name="Fail").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("Sorry")
    expect(page.get_by_test_id("toast-text").locator("b")).to_have_text("luck")
    page.get_by_test_id("toast-close").click()
    expect(toast).to_have_count(0)


def test_a_message_cannot_run_a_script(app_page: AppPage) -> None:
    def fail() -> None:
        raise gr.Error('<img src="x:" onerror="document.title=\'broken in\'">text')

    with gr.Blocks(title="Safe") as demo:
        gr.Button("Fail").click(fail)
    page = app_page(demo)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_test_id("toast-text")).to_have_text("text")
    assert page.title() == "Safe"


def test_toasts_of_one_kind_are_counted(app_page: AppPage) -> None:
    def tell() -> None:
        gr.Info("one")
        gr.Info("two")
        gr.Warning("three")

    with gr.Blocks() as demo:
        gr.Button("Tell").click(tell)
    page = app_page(demo)
    page.get_by_role("button", name="Tell").click()
    expect(page.get_by_test_id("toast-body")).to_have_count(2)
    expect(page.locator(".toast-body.info")).to_contain_text("Info (2)")
    expect(page.get_by_test_id("toast-text")).to_have_text(["three", "one", "two"])


def test_a_render_replaces_what_it_built(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        count = gr.Number(2, label="How many", precision=0)

        @gr.render(inputs=count)
        def boxes(count: int) -> None:
            for n in range(count):
                box = gr.Textbox(label=f"Box {n}")
                echo = gr.Textbox(label=f"Echo {n}")
                box.change(lambda text: text, box, echo)

    page = app_page(demo)
    expect(page.get_by_label("Box")).to_have_count(2)
    page.get_by_label("Box 1").fill("hi")
    expect(page.get_by_label("Echo 1")).to_have_value("hi")
    page.get_by_label("How many").fill("1")
    expect(page.get_by_label("Box")).to_have_count(1)


def test_a_validator_speaks_at_its_input(app_page: AppPage) -> None:
    def check(name: str) -> object:
        return gr.validate(len(name) > 2, "too short")

    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        out = gr.Textbox(label="Out")
        gr.Button("Send").click(lambda name: name, name, out, validator=check)
    page = app_page(demo)
    page.get_by_label("Name").fill("A")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".validation-error")).to_have_text("too short")
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Out")).to_have_value("Ann")
    expect(page.locator(".validation-error")).to_have_count(0)


def test_a_cancelled_event_stops(app_page: AppPage) -> None:
    started = Event()

    def count() -> Iterator[int]:
        n = 0
        while True:
            n += 1
            started.set()
            yield n
            Event().wait(0.02)

    with gr.Blocks() as demo:
        out = gr.Number(label="N")
        run = gr.Button("Run").click(count, None, out)
        gr.Button("Stop").click(None, cancels=run)
    page = app_page(demo)
    page.get_by_role("button", name="Run").click()
    started.wait(20)
    block = page.locator(".block", has=page.get_by_label("N"))
    expect(block).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop").click()
    expect(block).not_to_have_attribute("aria-busy", "true")


def test_the_script_of_an_html_component_calls_the_program(app_page: AppPage) -> None:
    def double(number: int) -> int:
        return 2 * number

    script = "server.double(21).then((answer) => { element.querySelector('b').textContent = answer })"
    with gr.Blocks() as demo:
        gr.HTML("<b>?</b>", js_on_load=script, server_functions=[double])
    page = app_page(demo)
    expect(page.locator("b")).to_have_text("42")


def test_a_textbox_that_nobody_has_filled_in_gives_the_empty_text(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        name, secret, unseen = gr.Textbox(label="Name"), gr.Textbox(type="password"), gr.Textbox(visible=False)
        seen = gr.Textbox(label="Seen")
        gr.Button("Go").click(lambda *given: repr(given), [name, secret, unseen], seen)
    page = app_page(demo)
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_label("Seen")).to_have_value("('', '', None)")

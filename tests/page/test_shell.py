"""The page around an app: header, dialogs, themes, login, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.axe import assert_accessible
from tests.page.conftest import Complaints

import holdfast as gr

AppPage = Callable[..., Page]
Scheme = Literal["light", "dark"]
pytestmark = pytest.mark.browser


def calculator() -> gr.Blocks:
    with gr.Blocks(title="Calculator") as demo:
        with gr.Row():
            first = gr.Number(1, label="First")
            second = gr.Number(2, label="Second")
        button = gr.Button("Add", variant="primary")
        total = gr.Number(label="Total")

        def add(first: float, second: float) -> float:
            """Adds two numbers."""
            return first + second

        button.click(add, [first, second], total)
    return demo


def background(page: Page) -> str:
    found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_a_header_that_is_asked_for_names_the_app(app_page: AppPage) -> None:
    page = app_page(calculator(), header=True)
    expect(page.get_by_role("banner").get_by_role("heading", name="Calculator", level=1)).to_be_visible()
    assert page.title() == "Calculator"


@pytest.mark.parametrize("header", [True, None])
def test_the_page_does_not_repeat_the_apps_own_heading(app_page: AppPage, header: bool | None) -> None:
    page = app_page(gr.Interface(lambda text: text, "textbox", "textbox", title="Echo"), header=header)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_text("Echo")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(247, 248, 250)"), ("dark", "rgb(13, 15, 19)")])
def test_the_page_follows_the_system(app_page: AppPage, context: BrowserContext, scheme: Scheme, colour: str) -> None:
    page = app_page(calculator())
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("body")).to_have_css("background-color", colour)
    picture = page.screenshot()
    assert len(picture) > 5000  # a blank page of this size takes less


def test_the_theme_is_kept_over_a_reload(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.emulate_media(color_scheme="light")
    light = background(page)
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("body")).not_to_have_css("background-color", light)
    dark = background(page)
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", dark)


def test_an_address_can_ask_for_a_theme(app_page: AppPage) -> None:
    page = app_page(calculator(), "?__theme=dark")
    expect(page.locator("body")).to_have_class("dark")


def test_the_api_dialog_shows_code_for_each_client(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.get_by_role("button", name="Use via API logo").click()
    dialog = page.get_by_role("dialog", name="Use via API")
    expect(dialog.get_by_role("heading", name="/add")).to_be_visible()
    expect(dialog).to_contain_text("Adds two numbers.")
    code = dialog.get_by_role("group", name="Copy the code for /add")
    expect(code).to_contain_text("from gradio_client import Client")
    dialog.get_by_role("button", name="JavaScript").click()
    expect(code).to_contain_text("@gradio/client")
    dialog.get_by_role("button", name="cURL").click()
    expect(code).to_contain_text("curl -s -X POST")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Use via API logo")).to_be_focused()


def test_a_dialog_keeps_the_focus_inside(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    expect(dialog).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        assert page.evaluate(inside)
    page.locator(".backdrop").click(position={"x": 5, "y": 5})
    expect(dialog).to_have_count(0)


def test_a_theme_of_the_authors_colours_the_page(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Button("Run", variant="primary")
    theme = gr.themes.Soft(primary_hue="red").set(body_background_fill="#fffaf0", button_primary_text_color="#ffff00")
    page = app_page(demo, "?__theme=light", theme=theme)
    expect(page.get_by_role("button", name="Run")).to_have_css("background-color", "rgb(220, 38, 38)")
    expect(page.get_by_role("button", name="Run")).to_have_css("color", "rgb(255, 255, 0)")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 250, 240)")


def test_a_message_may_hold_html_and_what_python_writes_in_angle_brackets(app_page: AppPage) -> None:
    def fail() -> None:
        raise gr.Error("<b>No</b>: <lambda> gave <class 'int'> and <__main__.O object>, not <script>x</script>1 < 2")

    with gr.Blocks() as demo:
        gr.Button("Fail").click(fail)
    page = app_page(demo)
    page.get_by_role("button", name="Fail").click()
    message = page.get_by_test_id("toast-text")
    expect(message).to_have_text("No: <lambda> gave <class 'int'> and <__main__.O object>, not 1 < 2")
    expect(message.locator("b")).to_have_text("No")


def test_settings_choose_a_theme(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 15, 19)")
    page.get_by_role("radio", name="Light").check()
    expect(page.locator("body")).to_have_css("background-color", "rgb(247, 248, 250)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("dialog", [None, "Use via API logo", "Settings"])
def test_axe_finds_nothing(app_page: AppPage, scheme: Scheme, dialog: str | None) -> None:
    page = app_page(calculator())
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    if dialog is not None:
        page.get_by_role("button", name=dialog).click()
        expect(page.get_by_role("dialog").get_by_role("heading").first).to_be_visible()
    assert_accessible(page)


def test_the_keyboard_reaches_everything_in_reading_order(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.get_by_label("First").focus()
    names: list[str] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText || ''"))
    texts = [name.strip() for name in names]
    assert texts.index("Add") < texts.index("Use via API") < texts.index("Settings")


def test_it_fits_a_phone(app_page: AppPage) -> None:
    page = app_page(calculator())
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    first, second = page.get_by_label("First").bounding_box(), page.get_by_label("Second").bounding_box()
    assert first is not None
    assert second is not None
    assert second["x"] >= first["x"]


def test_a_phone_shows_the_whole_names_of_the_pages(app_page: AppPage) -> None:
    with gr.Blocks(title="A rather long title of an app") as demo:
        gr.Textbox(label="Welcome")
        with demo.route("Settings of the app", "settings"):
            gr.Textbox(label="There")
    page = app_page(demo)
    page.set_viewport_size({"width": 360, "height": 700})
    pages = page.get_by_role("navigation", name="Pages")
    assert pages.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_visitor_logs_in(serve: Callable[..., str], context: BrowserContext, complaints: Complaints) -> None:
    url = serve(
        calculator(), auth=("ann", "secret"), auth_message="<b>Staff</b> <a href='https://example.com/join'>only</a>"
    )
    page = context.new_page()
    complaints.watch(page)
    page.goto(url)
    expect(page.get_by_role("heading", name="Login")).to_be_visible()
    expect(page.get_by_text("Staff only")).to_be_visible()
    expect(page.get_by_role("link", name="only")).to_be_visible()
    page.get_by_label("username").fill("ann")
    page.get_by_label("password").fill("wrong")
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_text("Incorrect Credentials")).to_be_visible()
    complaints.clear()  # the browser reports the refused answer
    page.get_by_label("password").fill("secret")
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_role("button", name="Add")).to_be_visible()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Total")).to_have_value("3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_login_page(
    serve: Callable[..., str], context: BrowserContext, scheme: Scheme
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(serve(calculator(), auth=("ann", "secret")))
    page.get_by_role("button", name="Login").wait_for()
    assert_accessible(page)


def test_pages_are_linked_and_apart(app_page: AppPage, complaints: Complaints, context: BrowserContext) -> None:
    with gr.Blocks() as demo:
        gr.Textbox("first", label="Welcome")
        with demo.route("Second", "second"):
            text = gr.Textbox(label="There")
            gr.Button("Fill").click(lambda: "filled", None, text)
    page = app_page(demo)
    expect(page.get_by_label("There")).to_have_count(0)
    page.get_by_role("link", name="Second").click()
    page.locator("gradio-app[data-connected=true]").wait_for()
    expect(page.get_by_label("Welcome")).to_have_count(0)
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_label("There")).to_have_value("filled")
    expect(page.get_by_role("link", name="Second")).to_have_attribute("aria-current", "page")


def test_a_mistake_in_the_apps_js_is_said_in_the_console_and_the_page_works(
    app_page: AppPage, complaints: Complaints
) -> None:
    with gr.Blocks() as demo:
        seen = gr.Textbox(label="Seen")
        gr.Button("Go").click(lambda: "worked", None, seen)
    page = app_page(demo, js="() => { document.querySelector('.none').prepend('x') }")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_label("Seen")).to_have_value("worked")
    assert "The js of this app failed" in " ".join(complaints.found)
    complaints.clear()


def test_styles_and_scripts_find_the_page_by_the_name_that_gradio_gives_it(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Name")
    css = ".gradio-container {max-width: 600px !important; background: rgb(1, 2, 3)}"
    page = app_page(demo, css=css, js="() => { document.querySelector('.gradio-container').prepend('hello there') }")
    expect(page.get_by_text("hello there")).to_be_visible()
    box = page.locator(".gradio-container")
    assert box.evaluate("box => getComputedStyle(box).backgroundColor") == "rgb(1, 2, 3)"
    left, width = box.evaluate("box => { const at = box.getBoundingClientRect(); return [at.left, at.width] }")
    assert width == 600
    assert abs(left - (page.evaluate("document.documentElement.clientWidth") - 600) / 2) <= 1

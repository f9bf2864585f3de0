"""The page is the author's: what the page adds around an app has a purpose, and is out of the way.

F10a: siblings looked for: everything the page adds on its own account (header, footer, dialogs, toasts, connection);
found: the header on every page, and a second settings button in it.
F10b: siblings looked for: other words about a healthy connection; found: "Connected" in the header, and the toast
"Connection Lost" beside it.
F10d: siblings looked for: other fixed parts over content; found: the notice at the page's foot, over a composer.
F10f, F10i: siblings looked for: other places with Holdfast's mark; found: header, login page, error pages.
F10g: siblings looked for: other titles; found: the login page and error pages had none of the app's.
F10h: siblings looked for: buttons, links and boxes of every component; found: icon buttons, tabs of dialogs, the
toast's cross, footer, pages' links.
F10j: siblings looked for: every error that a browser can open (unknown address, file, refused method of a page).
E31: siblings looked for: elements before the author's: header, its buttons; found: both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.axe import assert_accessible
from tests.page.conftest import Complaints, open_page

import holdfast as gr
from holdfast.errors import BuildError

AppPage = Callable[..., Page]
Serve = Callable[..., str]
Scheme = Literal["light", "dark"]
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="88" height="44"><rect width="88" height="44"/></svg>'
pytestmark = pytest.mark.browser


def notes() -> gr.Blocks:
    with gr.Blocks(title="Notes") as demo:
        text = gr.Textbox(label="Text")
        seen = gr.Textbox(label="Seen")
        gr.Button("Show").click(lambda text: text, text, seen)
        gr.Button("Say").click(lambda: gr.Info("said"), None, None)
    return demo


def two_pages() -> gr.Blocks:
    with gr.Blocks(title="Notes") as demo:
        gr.Textbox(label="First")
        with demo.route("Archive", "archive"):
            gr.Textbox(label="Second")
    return demo


def log_in(page: Page) -> None:
    page.get_by_label("username").fill("ann")
    page.get_by_label("password").fill("secret")
    page.get_by_role("button", name="Login").click()
    page.locator("gradio-app[data-connected=true]").wait_for()


def test_an_app_of_one_page_has_no_header(app_page: AppPage) -> None:
    """F10a"""
    page = app_page(notes())
    expect(page.get_by_role("button", name="Show")).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(0)


def test_a_header_is_there_for_several_pages_and_where_it_is_asked_for(
    app_page: AppPage, another_page: Callable[[str], Page], serve: Serve
) -> None:
    """F10a"""
    expect(app_page(two_pages()).get_by_role("banner").get_by_role("link", name="Archive")).to_be_visible()
    expect(app_page(notes(), header=True).get_by_role("banner")).to_be_visible()
    expect(another_page(serve(two_pages(), header=False)).get_by_role("banner")).to_have_count(0)


def test_a_login_puts_the_name_and_a_way_out_into_the_header(
    serve: Serve, context: BrowserContext, complaints: Complaints
) -> None:
    """F10a: the visitor logs out on the page."""
    page = context.new_page()
    complaints.watch(page)
    page.goto(serve(notes(), auth=("ann", "secret")))
    log_in(page)
    banner = page.get_by_role("banner")
    expect(banner).to_contain_text("ann")
    expect(banner.get_by_role("button")).to_have_count(0)
    assert_accessible(page)
    banner.get_by_role("link", name="Log out").click()
    expect(page.get_by_role("button", name="Login")).to_be_visible()


def test_the_authors_content_comes_first(app_page: AppPage) -> None:
    """E31"""
    page = app_page(notes())
    first = "document.querySelector('button, input, textarea, a, h1, h2, p, label, span')"
    assert page.evaluate(f"{first}.closest('main .block') !== null")
    assert page.evaluate("document.querySelector('button').textContent.trim()") == "Show"
    assert page.evaluate("document.querySelector('gradio-app').firstElementChild.className").startswith(
        "gradio-container"
    )


@pytest.mark.parametrize("options", [{}, {"header": True}])
def test_the_first_button_is_the_authors_under_a_header_too(app_page: AppPage, options: dict[str, bool]) -> None:
    """E31"""
    assert app_page(notes(), **options).evaluate("document.querySelector('button').textContent.trim()") == "Show"
    assert app_page(two_pages(), **options).evaluate("document.querySelector('header button')") is None


def test_a_healthy_connection_is_not_spoken_of(app_page: AppPage) -> None:
    """F10b"""
    page = app_page(notes())
    expect(page.get_by_test_id("connection")).to_be_empty()
    expect(page.get_by_text("Connected")).to_have_count(0)


def test_light_and_dark_and_settings_are_in_the_footer_once(app_page: AppPage) -> None:
    """F10c, F10e"""
    page = app_page(notes(), header=True)
    page.emulate_media(color_scheme="light")
    footer = page.get_by_role("contentinfo")
    expect(footer.get_by_role("button", name="Dark theme")).to_be_visible()
    expect(footer.get_by_role("button", name="Settings")).to_be_visible()
    names = page.get_by_role("button").evaluate_all("all => all.map(one => one.title || one.ariaLabel || '')")
    assert [name for name in names if name in {"Settings", "Preferences", "Dark theme", "Light theme"}] == [
        "Dark theme",
        "Settings",
    ]
    footer.get_by_role("button", name="Dark theme").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 15, 19)")


def test_an_author_may_leave_the_footer_out(app_page: AppPage) -> None:
    """F10c"""
    page = app_page(notes(), footer_links=[])
    expect(page.get_by_role("contentinfo")).to_have_count(0)
    page = app_page(notes(), footer_links=["gradio"])
    expect(page.get_by_role("contentinfo").get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_toast_does_not_cover_what_one_works_with(app_page: AppPage, width: int) -> None:
    """F10d"""
    page = app_page(notes())
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("button", name="Say").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_be_visible()
    box = toast.bounding_box()
    assert box
    for control in page.locator("main :is(button, textarea)").all():
        other = control.bounding_box()
        assert other
        assert other["y"] + other["height"] <= box["y"] or other["x"] + other["width"] <= box["x"]
    assert box["y"] + box["height"] <= 800


def test_a_toast_stays_above_the_composer_of_a_chat(app_page: AppPage) -> None:
    """F10d"""

    def answer(message: str, history: list[object]) -> str:
        del history
        gr.Info("one")
        gr.Warning("two")
        return message

    page = app_page(gr.ChatInterface(answer))
    page.get_by_placeholder("Type a message...").fill("hello")
    page.get_by_placeholder("Type a message...").press("Enter")
    expect(page.get_by_test_id("toast-body")).to_have_count(2)
    composer = page.locator(".composer").bounding_box()
    assert composer
    for toast in page.get_by_test_id("toast-body").all():
        box = toast.bounding_box()
        assert box
        assert box["y"] + box["height"] <= composer["y"]


def test_a_toast_stays_while_it_is_read(app_page: AppPage) -> None:
    """F10d: a pointer or the focus on it keeps it; after that it goes by itself."""
    with gr.Blocks() as demo:
        gr.Button("Say").click(lambda: gr.Info("said", duration=1.5), None, None)
    page = app_page(demo)
    page.clock.install()
    page.get_by_role("button", name="Say").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_be_visible()
    toast.hover()
    page.clock.run_for(20_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(5_000)
    expect(toast).to_have_count(0)


def test_the_logo_can_be_replaced(app_page: AppPage, serve: Serve, context: BrowserContext, tmp_path: Path) -> None:
    """F10f: in the header, on the login page and on error pages."""
    logo = tmp_path / "logo.svg"
    logo.write_text(SQUARE)
    page = app_page(notes(), header=True, logo=logo)
    image = page.get_by_role("banner").locator("img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 88
    expect(page.get_by_role("banner").locator("svg")).to_have_count(0)
    login = context.new_page()
    login.goto(serve(notes(), auth=("ann", "secret"), logo=str(logo)))
    box = login.locator("main img").bounding_box()
    assert box
    assert box["height"] == 44
    lost = context.new_page()
    lost.goto(serve(notes(), logo=logo) + "nowhere")
    assert lost.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 88


def test_a_logo_that_is_not_there_is_refused() -> None:
    """F10f"""
    with pytest.raises(BuildError, match="is not a file"):
        notes().launch(logo="no_such.png", prevent_thread_lock=True, server_port=0, quiet=True)


def test_each_page_has_its_title_and_one_heading(app_page: AppPage) -> None:
    """F10g"""
    page = app_page(two_pages())
    assert page.title() == "Notes"
    expect(page.get_by_role("heading", level=1)).to_have_text("Notes")
    page.get_by_role("link", name="Archive").click()
    page.locator("gradio-app[data-connected=true]").wait_for()
    assert page.title() == "Archive · Notes"
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive")
    assert_accessible(page)


TARGETS = """() => [...document.querySelectorAll('button, a, input, select, textarea, [role=tab]')]
    .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('p') && one.tabIndex >= 0)
    .map(one => {
        const target = one.matches('input[type=checkbox], input[type=radio]') ? one.closest('label') : one
        const { width, height } = target.getBoundingClientRect()
        return [(one.ariaLabel || one.title || one.textContent || one.type).trim(), width, height]
    })
    .filter(([, width, height]) => Math.min(width, height) < 43.5)"""


@pytest.mark.parametrize("place", ["page", "toast", "settings", "api", "login"])
def test_touch_targets_are_large(serve: Serve, browser: Browser, complaints: Complaints, place: str) -> None:
    """F10h: on a touch screen every target is 44 px."""
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    if place == "login":
        page = context.new_page()
        page.goto(serve(notes(), auth=("ann", "secret")))
        page.get_by_role("button", name="Login").wait_for()
    else:
        with two_pages() as demo:
            gr.Button("Say").click(lambda: gr.Info("said"), None, None)
            gr.Radio(["a", "b"], label="One")
            gr.CheckboxGroup(["a", "b"], label="Some")
            gr.Checkbox(label="Yes")
            gr.Dropdown(["a", "b"], label="List")
            gr.Textbox("copy me", label="Copy", buttons=["copy"])
            gr.Number(1, label="Number")
            with gr.Tabs(), gr.Tab("One tab"):
                gr.File(label="A file")
            with gr.Accordion("More"):
                gr.Image(label="Image")
        page = open_page(context, complaints, serve(demo))
        if place == "toast":
            page.get_by_role("button", name="Say").tap()
            page.get_by_test_id("toast-close").wait_for()
        elif place != "page":
            page.get_by_role("button", name={"settings": "Settings", "api": "Use via API logo"}[place]).tap()
            page.get_by_role("dialog").get_by_role("heading").first.wait_for()
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert page.evaluate(TARGETS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_the_login_page_names_the_app_and_can_show_the_password(serve: Serve, context: BrowserContext) -> None:
    """F10i"""
    page = context.new_page()
    page.goto(serve(notes(), auth=("ann", "secret"), auth_message="Sign in to read notes."))
    expect(page.get_by_role("heading", level=1)).to_have_text("Notes")
    assert page.title() == "Notes"
    name, password = page.get_by_label("username"), page.get_by_label("password")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("autocomplete", "username")
    expect(password).to_have_attribute("autocomplete", "current-password")
    password.fill("wrong")
    password.evaluate("field => field.setSelectionRange(2, 2)")
    eye = page.get_by_role("button", name="Show characters")
    expect(eye).to_have_attribute("aria-pressed", "false")
    eye.click()
    expect(password).to_have_attribute("type", "text")
    expect(eye).to_have_attribute("aria-pressed", "true")
    expect(password).to_be_focused()
    assert password.evaluate("field => field.selectionStart") == 2
    name.fill("ann")
    page.get_by_role("button", name="Login").click()
    expect(page.get_by_role("alert")).to_have_text("Incorrect Credentials")
    expect(password).to_be_focused()
    expect(name).to_have_value("ann")
    card = page.locator("form").bounding_box()
    assert card
    assert card["width"] == 368
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("form")).to_have_css("border-top-width", "0px")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_address_that_leads_nowhere_is_answered_with_a_page(
    serve: Serve, context: BrowserContext, scheme: Scheme
) -> None:
    """F10j"""
    url = serve(notes())
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(url + "nowhere<b>")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    assert page.title() == "Page not found · Notes"
    assert_accessible(page)
    page.get_by_role("link", name="Go to Notes").click()
    expect(page.get_by_role("button", name="Show")).to_be_visible()
    asked = context.request.get(url + "nowhere", headers={"accept": "*/*"})
    assert asked.json() == {"detail": "Not Found"}


def test_a_header_is_as_wide_as_the_content(app_page: AppPage) -> None:
    """F10k"""
    page = app_page(notes(), header=True, css=".gradio-container {max-width: 600px !important}")
    page.set_viewport_size({"width": 1280, "height": 800})
    brand, field = page.get_by_role("banner").get_by_role("link").first, page.get_by_label("Text")
    left = "one => one.getBoundingClientRect().left"
    assert abs(brand.evaluate(left) - field.evaluate(left)) <= 1

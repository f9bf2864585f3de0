"""The sidebar: beside the content on a wide page, a sheet over it on a phone.

F1: siblings looked for: other parts that lie over the content at load; found: only the sidebar, on either side, and one
that becomes a sheet when the window gets narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
PHONE: ViewportSize = {"width": 390, "height": 844}
pytestmark = pytest.mark.browser


def desk(position: Literal["left", "right"] = "left") -> gr.Blocks:
    with gr.Blocks(title="Parcel desk") as demo:
        with gr.Sidebar(position=position, label="Conversations") as sidebar:
            gr.Textbox(label="Search")
            chosen = gr.Button("Losses on route B")
        shown = gr.Textbox(label="Shown")
        gr.Button("Open it").click(lambda: gr.Sidebar(open=True), None, sidebar)
        chosen.click(lambda: "route B", None, shown)
    return demo


def on_a_phone(app_page: AppPage, demo: gr.Blocks) -> Page:
    page = app_page(demo)
    page.set_viewport_size(PHONE)
    page.reload()
    page.locator("gradio-app[data-connected=true]").wait_for()
    return page


@pytest.mark.parametrize("position", ["left", "right"])
def test_it_is_closed_when_a_phone_loads_the_page(app_page: AppPage, position: Literal["left", "right"]) -> None:
    """F1"""
    page = on_a_phone(app_page, desk(position))
    expect(page.get_by_label("Search")).not_to_be_in_viewport()
    expect(page.locator(".sidebar.open")).to_have_count(0)
    expect(page.locator(".scrim")).to_have_count(0)
    toggle = page.get_by_role("button", name="Toggle Sidebar").bounding_box()
    assert toggle
    assert min(toggle["width"], toggle["height"]) >= 44
    assert_accessible(page)
    assert page.evaluate("document.querySelector('button').textContent.trim()") == "Losses on route B"


def test_it_opens_as_a_sheet_over_a_scrim_and_keeps_the_focus(app_page: AppPage) -> None:
    """F1"""
    page = on_a_phone(app_page, desk())
    page.get_by_role("button", name="Toggle Sidebar").click()
    sheet = page.get_by_role("dialog", name="Conversations")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    expect(page.locator(".scrim")).to_be_visible()
    page.wait_for_function("document.getAnimations().length === 0")
    box = sheet.bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 304, 844)
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.sidebar') !== null")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("button", name="Toggle Sidebar")).to_be_focused()


def test_a_choice_or_the_scrim_closes_it(app_page: AppPage) -> None:
    """F1"""
    page = on_a_phone(app_page, desk())
    toggle, scrim = page.get_by_role("button", name="Toggle Sidebar"), page.locator(".scrim")
    toggle.click()
    page.get_by_label("Search").fill("route")
    expect(scrim).to_be_visible()
    page.get_by_role("button", name="Losses on route B").click()
    expect(page.get_by_label("Shown")).to_have_value("route B")
    expect(scrim).to_have_count(0)
    toggle.click()
    scrim.click(position={"x": 370, "y": 400})
    expect(scrim).to_have_count(0)
    expect(page.locator(".sidebar.open")).to_have_count(0)
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("button", name="Close")).to_be_focused()


def test_a_swipe_closes_it(app_page: AppPage) -> None:
    """F1"""
    page = on_a_phone(app_page, desk())
    page.get_by_role("button", name="Toggle Sidebar").click()
    page.get_by_role("dialog").evaluate(
        """sheet => {
            const at = (x) => new Touch({ identifier: 1, target: sheet, clientX: x, clientY: 400 })
            sheet.dispatchEvent(new TouchEvent('touchstart', { touches: [at(250)], changedTouches: [at(250)] }))
            sheet.dispatchEvent(new TouchEvent('touchend', { touches: [], changedTouches: [at(100)] }))
        }"""
    )
    expect(page.locator(".sidebar.open")).to_have_count(0)


def test_it_is_open_again_where_there_is_room(app_page: AppPage) -> None:
    """F1: what the author said holds when the window is wide again."""
    page = app_page(desk())
    expect(page.locator(".sidebar.open")).to_have_count(1)
    page.set_viewport_size(PHONE)
    expect(page.locator(".sidebar.open")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".sidebar.open")).to_have_count(1)
    expect(page.locator(".scrim")).to_have_count(0)


def test_it_takes_no_room_beside_a_tab_that_is_not_its_own(app_page: AppPage) -> None:
    with gr.Blocks() as demo, gr.Tabs():
        with gr.Tab("Chat"):
            with gr.Sidebar(label="Conversations"):
                gr.Button("New chat")
            gr.Markdown("said")
        with gr.Tab("Other"):
            gr.Markdown("elsewhere")
    page = app_page(demo)
    page.set_viewport_size({"width": 1280, "height": 800})
    container = page.locator(".gradio-container").first
    expect(container).to_have_css("padding-left", "320px")
    page.get_by_role("tab", name="Other").click()
    expect(page.get_by_text("elsewhere")).to_be_visible()
    expect(container).not_to_have_css("padding-left", "320px")
    page.get_by_role("tab", name="Chat").click()
    expect(container).to_have_css("padding-left", "320px")

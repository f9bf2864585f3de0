"""Who sees what: refresh, tabs, browsers, and many of them at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

Open = Callable[[str], Page]
pytestmark = pytest.mark.browser

TABS = 8
"""More than the connections that a browser opens to one server."""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=20_000)


def press(page: Page, times: int = 1) -> None:
    for _ in range(times):
        before = page.get_by_label("So far").input_value()
        page.get_by_role("button", name="Press").click()
        expect(page.get_by_label("So far")).not_to_have_value(before)


def test_a_refresh_starts_over(opened: Open) -> None:
    """R4.1: session State goes when the page is refreshed."""
    page = opened("counter")
    press(page, 2)
    expect(page.get_by_label("So far")).to_have_value("Pressed 2 times")
    page.reload()
    expect(page.get_by_label("So far")).to_have_value("Not pressed yet")
    press(page)
    expect(page.get_by_label("So far")).to_have_value("Pressed 1 time")


def test_two_tabs_are_apart(opened: Open) -> None:
    """R5.3"""
    page = opened("counter")
    tab = page.context.new_page()
    tab.goto(page.url)
    press(page, 2)
    press(tab)
    expect(page.get_by_label("So far")).to_have_value("Pressed 2 times")
    expect(tab.get_by_label("So far")).to_have_value("Pressed 1 time")


def test_two_browsers_are_apart(opened: Open, another_browser: BrowserContext) -> None:
    """R5.3"""
    page = opened("counter")
    other = another_browser.new_page()
    other.goto(page.url)
    press(page, 2)
    press(other)
    expect(page.get_by_label("So far")).to_have_value("Pressed 2 times")
    expect(other.get_by_label("So far")).to_have_value("Pressed 1 time")


def test_many_tabs_of_one_app_work_at_once(opened: Open) -> None:
    first = opened("counter")
    tabs = [first, *(first.context.new_page() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.goto(first.url)
    for tab in tabs:
        tab.get_by_role("button", name="Press").click()
    for tab in tabs:
        expect(tab.get_by_label("So far")).to_have_value("Pressed 1 time")


def test_fast_clicks_in_many_tabs_lose_nothing(opened: Open) -> None:
    """R2.3: every click counts, however fast they come."""
    page = opened("counter")
    tabs = [page, *(page.context.new_page() for _ in range(2))]
    for tab in tabs[1:]:
        tab.goto(page.url)
        tab.get_by_role("button", name="Press").wait_for()
    for count in range(1, 6):
        for tab in tabs:
            tab.get_by_role("button", name="Press").click()
        for tab in tabs:
            expect(tab.get_by_label("So far")).to_have_value(f"Pressed {count} time{'s' * (count > 1)}")

"""The gallery shows every example, live, with its source."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.examples.conftest import EXAMPLES, load

pytestmark = pytest.mark.browser


def test_every_example_is_in_the_gallery() -> None:
    assert set(load("gallery").NAMES) == {file.stem for file in EXAMPLES.glob("*.py")} - {"gallery"}


def test_an_example_opens_live_with_its_source(opened: Callable[[str], Page]) -> None:
    expect.set_options(timeout=15_000)
    page = opened("gallery")
    page.get_by_role("link", name="Counter").click()
    page.get_by_role("button", name="Press").click()
    expect(page.get_by_label("So far")).to_have_value("Pressed 1 time")
    expect(page.get_by_test_id("markdown").last).to_contain_text("def press(count: int)")
    page.get_by_role("link", name="All examples").click()
    expect(page.get_by_role("link", name="Counter")).to_be_visible()

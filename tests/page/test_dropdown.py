"""The dropdown: a combobox for pointer, keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser

COUNTRIES = [("Austria", "at"), ("Australia", "au"), ("Chile", "cl")]


@pytest.fixture
def shown(app_page: AppPage) -> Callable[..., tuple[Page, Locator, Locator]]:
    """An app with one dropdown: its page, the box and what the handler saw."""

    def shown(**options: Any) -> tuple[Page, Locator, Locator]:
        with gr.Blocks() as demo:
            dropdown = gr.Dropdown(COUNTRIES, label="Country", **{"value": None, **options})
            seen = gr.Textbox(label="Seen")
            dropdown.change(repr, dropdown, seen)
        page = app_page(demo)
        return page, page.get_by_role("combobox", name="Country"), page.get_by_label("Seen")

    return shown


Shown = Callable[..., tuple[Page, Locator, Locator]]


def test_a_click_opens_the_list_and_an_option_is_chosen(shown: Shown) -> None:
    page, box, seen = shown()
    expect(box).to_have_attribute("aria-expanded", "false")
    box.click()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.get_by_role("option", name="Chile").click()
    expect(seen).to_have_value("'cl'")
    expect(box).to_have_value("Chile")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_typing_filters_and_enter_takes_the_option_that_the_arrows_point_at(shown: Shown) -> None:
    page, box, seen = shown()
    box.press_sequentially("aus")
    expect(page.get_by_role("option")).to_have_text(["Austria", "Australia"])
    box.press("ArrowDown")
    box.press("ArrowDown")
    option = page.get_by_role("option", name="Australia")
    expect(box).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    box.press("Enter")
    expect(seen).to_have_value("'au'")


@pytest.mark.parametrize("custom", [False, True])
def test_typing_after_a_choice_with_enter_replaces_it(shown: Shown, custom: bool) -> None:
    page, box, seen = shown(allow_custom_value=custom)
    box.press_sequentially("aus")
    box.press("ArrowDown")
    box.press("Enter")
    expect(seen).to_have_value("'at'")
    expect(box).to_have_value("Austria")
    page.keyboard.type("chi")
    expect(box).to_have_value("chi")
    expect(page.get_by_role("option")).to_have_text(["Chile"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(seen).to_have_value("'cl'")
    page.keyboard.type("Austria")
    page.keyboard.press("Enter")
    expect(seen).to_have_value("'at'")
    page.keyboard.type("c")
    expect(box).to_have_value("c")


def test_escape_closes_the_list_and_forgets_what_was_typed(shown: Shown) -> None:
    page, box, seen = shown(value="cl")
    box.fill("aus")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("Chile")
    expect(seen).to_have_value("")


def test_opening_shows_all_choices_and_marks_the_chosen_one(shown: Shown) -> None:
    page, box, _ = shown(value="cl")
    box.click()
    expect(page.get_by_role("option")).to_have_count(3)
    expect(page.get_by_role("option", name="Chile")).to_have_attribute("aria-selected", "true")


def test_text_that_is_no_choice_goes_when_the_box_is_left(shown: Shown) -> None:
    _, box, seen = shown(value="cl")
    box.fill("Peru")
    box.press("Tab")
    expect(box).to_have_value("Chile")
    expect(seen).to_have_value("")


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_a_custom_value_is_taken_with_enter_and_when_the_box_is_left(shown: Shown, key: str) -> None:
    _, box, seen = shown(allow_custom_value=True)
    box.fill("Peru")
    box.press(key)
    expect(seen).to_have_value("'Peru'")


def test_several_values_are_tokens_that_can_be_taken_out(shown: Shown) -> None:
    page, box, seen = shown(multiselect=True, value=[])
    box.click()
    page.get_by_role("option", name="Chile").click()
    page.get_by_role("option", name="Austria").click()
    expect(seen).to_have_value("['cl', 'at']")
    page.get_by_role("button", name="Remove Chile").click()
    expect(seen).to_have_value("['at']")
    box.press("Backspace")
    expect(seen).to_have_value("[]")


def test_no_more_values_than_allowed_can_be_chosen(shown: Shown) -> None:
    page, box, seen = shown(multiselect=True, value=[], max_choices=1)
    box.click()
    page.get_by_role("option", name="Chile").click()
    page.get_by_role("option", name="Austria").click()
    expect(page.get_by_test_id("toast-text")).to_have_text("At most 1 can be chosen.")
    expect(seen).to_have_value("['cl']")


def test_a_dropdown_without_filter_cannot_be_typed_into(shown: Shown) -> None:
    _, box, seen = shown(filterable=False)
    expect(box).to_have_attribute("readonly", "")
    box.press("Enter")
    box.press("ArrowUp")
    box.press("Enter")
    expect(seen).to_have_value("'cl'")


def test_an_update_brings_other_choices(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        dropdown = gr.Dropdown(["a"], label="Pick", interactive=True)
        gr.Button("More").click(lambda: gr.Dropdown(choices=["x", "y"], value="y"), None, dropdown)
    page = app_page(demo)
    page.get_by_role("button", name="More").click()
    box = page.get_by_role("combobox", name="Pick")
    expect(box).to_have_value("y")
    box.click()
    expect(page.get_by_role("option")).to_have_text(["x", "y"])


def test_the_label_belongs_to_the_box_alone(shown: Shown) -> None:
    page, box, seen = shown()
    page.get_by_label("Country").click()
    expect(page.get_by_role("listbox")).to_be_visible()
    page.get_by_label("Country").fill("chi")
    page.get_by_label("Country").press("Enter")
    expect(seen).to_have_value("'cl'")
    expect(box).to_have_value("Chile")


def many(**options: Any) -> gr.Blocks:
    """An app with one dropdown of 300 choices."""
    with gr.Blocks() as demo:
        gr.Dropdown([f"Choice {number}" for number in range(300)], label="Country", **options)
    return demo


def test_the_list_opens_where_the_chosen_option_is(app_page: AppPage) -> None:
    page = app_page(many(value="Choice 7"))
    page.get_by_role("combobox", name="Country").click()
    expect(page.get_by_role("option", name="Choice 7", exact=True)).to_be_in_viewport(ratio=1)


def test_a_long_list_says_how_much_more_there_is_and_always_has_the_chosen_option(app_page: AppPage) -> None:
    page = app_page(many(value="Choice 250", num_choices_shown=20))
    box = page.get_by_role("combobox", name="Country")
    box.click()
    expect(page.get_by_role("option")).to_have_count(21)
    expect(page.get_by_role("option", selected=True)).to_be_in_viewport(ratio=1)
    words = "getComputedStyle(document.querySelector('[role=listbox]'), '::after').content"
    assert page.evaluate(words) == '"279 more: type to find them"'
    box.fill("25")
    expect(page.get_by_role("option")).to_have_count(13)
    assert page.evaluate(words) == "none"


def test_a_list_that_cannot_be_searched_shows_all_its_options(app_page: AppPage) -> None:
    page = app_page(many(value="Choice 7", filterable=False))
    page.get_by_role("combobox", name="Country").click()
    expect(page.get_by_role("option")).to_have_count(300)

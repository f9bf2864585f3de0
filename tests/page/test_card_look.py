"""Fields, tables, and empty outputs as a dashboard has them.

F5a: siblings looked for: numbers whose column has no type; found: every table without `datatype`.
F5b, F5d: siblings looked for: other tables; found: one component draws all.
F6: siblings looked for: everything with one control (fields, choices, buttons); found: all were as wide as the page.
F7: siblings looked for: outputs that grow with their first value; found: the image.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser


def test_numbers_of_a_table_line_up(app_page: AppPage) -> None:
    """F5a: at the right under their header, with separators and the same number of decimals."""
    with gr.Blocks() as demo:
        gr.Dataframe([["PX 1", 1240.5, 27275], ["PX 2", 899, 58]], headers=["Parcel", "Value", "Lost"])
    page = app_page(demo)
    expect(page.get_by_test_id("cell-0-1")).to_have_text("1,240.5")
    expect(page.get_by_test_id("cell-1-1")).to_have_text("899.0")
    expect(page.get_by_test_id("cell-0-2")).to_have_text("27,275")
    expect(page.locator("th.header-cell.number")).to_have_count(2)
    expect(page.locator(".cell.number")).to_have_count(4)


def test_a_number_and_its_header_end_at_the_same_place(app_page: AppPage) -> None:
    """F5a: also where the header has a menu, and while the table is sorted by it."""
    with gr.Blocks() as demo:
        gr.Dataframe([["PX 1", 33], ["PX 2", 9]], headers=["Parcel", "Lost"], interactive=True)
    page = app_page(demo)
    header, cell = page.locator("th.number .header-text"), page.get_by_test_id("cell-0-1")
    expect(cell).to_have_text("33")
    ends = """element => { const range = document.createRange(); range.selectNodeContents(element);
        return range.getBoundingClientRect().right }"""
    for _ in range(2):
        assert abs(header.evaluate(ends) - cell.evaluate(ends)) <= 1
        page.get_by_role("button", name="Lost", exact=True).click()
        expect(page.locator("th.number")).not_to_have_attribute("aria-sort", "none")


def test_the_label_of_a_table_keeps_its_words_whole_on_a_phone(app_page: AppPage) -> None:
    """F5: the search and the buttons go below it."""
    with gr.Blocks() as demo:
        gr.Dataframe([[1]], headers=["n"], label="Losses of the week", show_search="search")
    page = app_page(demo)
    page.set_viewport_size({"width": 390, "height": 800})
    label = page.get_by_test_id("block-label")
    expect(label).to_be_visible()
    assert label.bounding_box()["height"] <= 20  # type: ignore[index]
    expect(page.get_by_label("Search")).to_be_in_viewport(ratio=1)


def test_choices_that_are_not_there_yet_are_said_to_be_missing(app_page: AppPage) -> None:
    """F7a: at the height of a row of choices, so that nothing moves when they come."""
    with gr.Blocks() as demo:
        radio = gr.Radio([], label="One")
        gr.CheckboxGroup([], label="Many")
        gr.Dropdown([], label="List")
        gr.Dataset(components=["textbox"], samples=[], label="Rows")
        gr.Button("Fill").click(
            lambda: gr.Radio(choices=["north", "a choice that is not short at all", "x"]), None, radio
        )
    page = app_page(demo)
    one = page.get_by_role("radiogroup", name="One")
    expect(one.get_by_text("No choices yet")).to_be_visible()
    expect(page.get_by_role("group", name="Many").get_by_text("No choices yet")).to_be_visible()
    expect(page.get_by_text("No examples yet")).to_be_visible()
    before = one.bounding_box()
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_label("north")).to_be_visible()
    assert one.bounding_box() == before
    page.get_by_label("List", exact=True).click()
    expect(page.get_by_role("option")).to_have_text("No choices yet")
    page.get_by_label("List", exact=True).fill("z")
    expect(page.get_by_role("option")).to_have_text("Nothing matches")


def test_a_table_says_how_many_rows_it_has_and_can_be_copied_and_enlarged(app_page: AppPage) -> None:
    """F5b, F5d"""
    with gr.Blocks() as demo:
        gr.Dataframe([[name, 1] for name in ("ash", "birch", "beech")], headers=["Tree", "n"], show_search="search")
    page = app_page(demo)
    expect(page.locator(".dataframe .count")).to_have_text("3 rows")
    page.get_by_label("Search").fill("b")
    expect(page.locator(".dataframe .count")).to_have_text("2 of 3 rows")
    expect(page.get_by_role("button", name="Copy table data")).to_be_visible()
    page.get_by_role("button", name="Fullscreen").click()
    expect(page.get_by_role("button", name="Exit fullscreen mode")).to_be_visible()


def test_an_author_may_leave_the_buttons_of_a_table_out(app_page: AppPage) -> None:
    """F5d"""
    with gr.Blocks() as demo:
        gr.Dataframe([[1]], headers=["n"], buttons=[])
    page = app_page(demo)
    expect(page.get_by_test_id("cell-0-0")).to_have_text("1")
    expect(page.get_by_role("button", name="Copy table data")).to_have_count(0)


def test_fields_are_not_as_wide_as_the_page(app_page: AppPage) -> None:
    """F6: on a phone they are as wide as it."""
    with gr.Blocks() as demo:
        gr.Textbox(label="Name")
        gr.Slider(0, 1, label="Share")
        gr.Button("Apply")
        gr.Dataframe([[1]], label="Table")
    page = app_page(demo)
    page.set_viewport_size({"width": 1280, "height": 800})
    width = "one => one.getBoundingClientRect().width"
    assert page.get_by_label("Name").evaluate(width) <= 640
    assert page.get_by_role("button", name="Apply").evaluate(width) <= 640
    assert page.get_by_role("grid").evaluate(width) > 1000
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.get_by_label("Name").evaluate(width) == 358


def test_an_image_does_not_move_what_is_below_it(app_page: AppPage) -> None:
    """F7b"""
    with gr.Blocks() as demo:
        image = gr.Image(label="Picture", interactive=False)
        below = gr.Button("Show")
        below.click(lambda: np.zeros((600, 800, 3), dtype=np.uint8), None, image)
    page = app_page(demo)
    button = page.get_by_role("button", name="Show")
    expect(page.get_by_text("No image yet")).to_be_visible()
    before = button.bounding_box()
    button.click()
    expect(page.get_by_test_id("image").locator("img")).to_be_visible()
    assert button.bounding_box() == before


def test_a_narrow_card_of_filters_keeps_its_fields_on_one_line(app_page: AppPage) -> None:
    """F6: 256 px wide on a wide page, as wide as the screen on a phone."""
    with gr.Blocks() as demo, gr.Row():
        with gr.Column(scale=0, min_width=256, elem_id="side"), gr.Group():
            gr.Dropdown(["Lindholm", "Northgate"], multiselect=True, value=["Lindholm"], label="Depots")
            gr.Radio(["None", "Month", "Year"], value="Month", label="Compare with")
        with gr.Column():
            gr.Dataframe([["Lindholm", 33]], headers=["Depot", "Lost"], interactive=False)
    page = app_page(demo)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("#side")).to_have_css("width", "256px")
    field = page.locator(".field-control", has=page.get_by_role("combobox"))
    assert field.evaluate("box => box.offsetHeight") <= 36
    tops = "all => new Set(all.map(one => one.getBoundingClientRect().top)).size"
    assert page.locator(".segments .choice").evaluate_all(tops) == 1
    expect(page.locator(".virtual-row .cell").first).to_have_css("height", "36px")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#side")).to_have_css("width", "358px")

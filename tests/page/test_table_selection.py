"""What is chosen in a table is a cell of its data, and what is typed and copied is what a spreadsheet would have.

Faults of this kind, and their siblings:

- E1: looked for other things that are kept by their place on the screen: the start of a range (found: it stayed where
  it was when rows were sorted), the editor (finished before rows move), heights of wrapped rows (cleared), the menu
  (closed).
- E21: looked for other styles that stop at the text: a gradient and a bar of a Styler (found, mended with the cell).
- E22: looked for other empty values: a table emptied by a function, by a clear button, and by its menu.
- E23: looked for other ways to copy: the browser's menu and a page without `navigator.clipboard` (found, both).
- E24: looked for other editors: a column's name (one line, as in Gradio).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser

CITIES = [["Oslo", 30], ["Bern", 10], ["Cairo", 20]]


@pytest.fixture
def chosen(app_page: AppPage) -> Callable[..., Page]:
    """A table that counts its `select` events, and a button that gives it other rows."""

    def chosen(**options: Any) -> Page:
        count = [0]

        def select(event: gr.SelectData) -> str:
            count[0] += 1
            return f"#{count[0]} {event.value} {event.index} {event.row_value}"

        with gr.Blocks() as demo:
            table = gr.Dataframe(CITIES, headers=["city", "n"], label="Cities", **options)
            out = gr.Textbox(label="Out")
            table.select(select, None, out)
            gr.Button("Load").click(lambda: [["Rome", 1], ["Pisa", 2]], None, table)
        return app_page(demo)

    return chosen


def test_a_click_after_a_search_selects_the_cell_that_is_there_now(chosen: Callable[..., Page]) -> None:
    """E1: the same place on the screen, another cell."""
    page = chosen(show_search="search", interactive=False)
    page.get_by_text("Oslo").click()
    expect(page.get_by_label("Out")).to_have_value("#1 Oslo [0, 0] ['Oslo', 30]")
    page.get_by_label("Search").fill("Cai")
    page.get_by_text("Cairo").click()
    expect(page.get_by_label("Out")).to_have_value("#2 Cairo [2, 0] ['Cairo', 20]")


def test_a_click_after_a_sort_selects_and_the_highlight_stays_with_its_cell(chosen: Callable[..., Page]) -> None:
    """E1: a sorted table shows another cell at the same place."""
    page = chosen(interactive=True)
    page.get_by_text("Oslo").click()
    expect(page.get_by_label("Out")).to_have_value("#1 Oslo [0, 0] ['Oslo', 30]")
    page.get_by_role("columnheader", name="city").get_by_role("button", name="city", exact=True).click()
    expect(page.get_by_test_id("cell-0-0")).to_have_text("Bern")
    expect(page.locator("[role=gridcell][aria-selected=true]")).to_have_text("Oslo")
    page.get_by_text("Bern").click()
    expect(page.get_by_label("Out")).to_have_value("#2 Bern [1, 0] ['Bern', 10]")


def test_a_click_on_new_rows_selects(chosen: Callable[..., Page]) -> None:
    """E1: a function gave the table other rows."""
    page = chosen(interactive=False)
    page.get_by_text("Oslo").click()
    expect(page.get_by_label("Out")).to_have_value("#1 Oslo [0, 0] ['Oslo', 30]")
    page.get_by_role("button", name="Load").click()
    page.get_by_text("Rome").click()
    expect(page.get_by_label("Out")).to_have_value("#2 Rome [0, 0] ['Rome', 1]")


def test_a_cell_that_was_edited_is_not_selected_again(chosen: Callable[..., Page]) -> None:
    """E1: the visitor's own change leaves the selected cell the selected cell."""
    page = chosen(interactive=True)
    page.get_by_text("Oslo").click()
    expect(page.get_by_label("Out")).to_have_value("#1 Oslo [0, 0] ['Oslo', 30]")
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("cell-0-0")).to_have_text("")
    page.get_by_test_id("cell-0-0").click()
    page.get_by_text("Bern").click()
    expect(page.get_by_label("Out")).to_have_value("#2 Bern [1, 0] ['Bern', 10]")


def test_the_colors_of_a_styler_fill_the_cell(app_page: AppPage) -> None:
    """E21: a background belongs to the cell, not to its text alone."""
    styled = {"headers": ["n"], "data": [[1]], "metadata": {"styling": [["background-color: rgb(255, 0, 0)"]]}}
    with gr.Blocks() as demo:
        gr.Dataframe(styled, headers=["n"])
    page = app_page(demo)
    expect(page.get_by_test_id("cell-0-0")).to_have_css("background-color", "rgb(255, 0, 0)")


def test_a_pandas_styler_colors_its_cells(app_page: AppPage) -> None:
    """E21: what `Styler.map` and `Styler.background_gradient` compute arrives."""
    import pandas as pd

    frame = pd.DataFrame({"n": [1, 2]})
    styler = frame.style.map(lambda n: "color: rgb(0, 0, 255)" if n > 1 else "").highlight_max(color="rgb(255, 255, 0)")
    with gr.Blocks() as demo:
        gr.Dataframe(styler)
    page = app_page(demo)
    expect(page.get_by_test_id("cell-1-0")).to_have_css("background-color", "rgb(255, 255, 0)")
    expect(page.get_by_test_id("cell-1-0")).to_have_css("color", "rgb(0, 0, 255)")


def test_a_table_is_emptied_and_filled_again(app_page: AppPage) -> None:
    """E22: no rows is a state that a visitor can reach and leave."""
    with gr.Blocks() as demo:
        table = gr.Dataframe([["a"]], headers=["x"], type="array", interactive=True)
        seen = gr.Textbox(label="Seen")
        table.change(str, table, seen)
    page = app_page(demo)
    page.get_by_test_id("cell-0-0").click(button="right")
    page.get_by_role("menuitem", name="Delete row").click()
    expect(page.locator(".virtual-row")).to_have_count(0)
    expect(page.get_by_label("Seen")).to_have_value("[]")
    page.get_by_role("button", name="Add row").click()
    page.get_by_test_id("cell-0-0").dblclick()
    page.get_by_label("Edit cell").fill("b")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Seen")).to_have_value("[['b']]")


def test_a_function_empties_a_table(app_page: AppPage) -> None:
    """E22: what a function reads is what is seen."""
    with gr.Blocks() as demo:
        table = gr.Dataframe([["a"]], headers=["x"], type="array", interactive=True)
        gr.Button("Empty").click(list, None, table)
    page = app_page(demo)
    expect(page.locator(".virtual-row")).to_have_count(1)
    page.get_by_role("button", name="Empty").click()
    expect(page.locator(".virtual-row")).to_have_count(0)
    page.get_by_role("button", name="Add row").click()
    expect(page.locator(".virtual-row")).to_have_count(1)


def test_a_range_is_copied_by_any_way_of_copying(chosen: Callable[..., Page]) -> None:
    """E23: by the browser's menu too, and without `navigator.clipboard`."""
    page = chosen(interactive=False)
    page.get_by_test_id("cell-0-0").click()
    page.get_by_test_id("cell-1-1").click(modifiers=["Shift"])
    copied = page.evaluate(
        """() => {
            const clipboardData = new DataTransfer()
            const event = new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true })
            document.activeElement.dispatchEvent(event)
            return [event.clipboardData.getData('text/plain'), event.defaultPrevented, getSelection().toString()]
        }"""
    )
    assert copied == ["Oslo\t30\nBern\t10", True, ""]


def test_shift_and_enter_breaks_the_line_in_a_cell(app_page: AppPage) -> None:
    """E24: the editor is named, takes several lines, and Enter alone ends it."""
    with gr.Blocks() as demo:
        table = gr.Dataframe([["a"]], headers=["x"], type="array", interactive=True)
        seen = gr.Textbox(label="Seen")
        table.change(str, table, seen)
    page = app_page(demo)
    page.get_by_test_id("cell-0-0").dblclick()
    page.get_by_label("Edit cell").press("End")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("b")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Seen")).to_have_value(r"[['a\nb']]")
    expect(page.get_by_label("Edit cell")).to_have_count(0)

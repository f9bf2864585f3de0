"""The table: shown, edited, sorted, searched, by pointer and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser

ROWS = [["Lindholm", 4120], ["Aspen", 5190], ["Harbour", 601]]


@pytest.fixture
def table(app_page: AppPage) -> Callable[..., tuple[Page, Locator]]:
    """An app with one table: its page and what the handler saw of it as lists."""

    def table(value: Any = ROWS, **options: Any) -> tuple[Page, Locator]:
        with gr.Blocks() as demo:
            frame = gr.Dataframe(
                value,
                **{
                    "headers": ["Depot", "Parcels"],
                    "datatype": ["str", "number"],
                    "type": "array",
                    "label": "Losses",
                    "interactive": True,
                    **options,
                },
            )
            seen = gr.Textbox(label="Seen")
            frame.change(str, frame, seen)
        page = app_page(demo)
        return page, page.get_by_label("Seen")

    return table


Table = Callable[..., tuple[Page, Locator]]


def column(page: Page, index: int) -> Locator:
    """The cells of one column, from top to bottom."""
    return page.locator(f".virtual-body .virtual-row [data-col='{index}']")


def test_a_table_is_a_grid_with_headers_and_cells(table: Table) -> None:
    page, _ = table()
    grid = page.get_by_role("grid", name="Losses")
    expect(grid).to_have_attribute("aria-rowcount", "4")
    expect(page.locator(".header-table th.header-cell")).to_have_text(["Depot", "Parcels"])
    expect(page.get_by_test_id("cell-1-0")).to_have_text("Aspen")
    expect(page.locator("[data-row='2'][data-col='1']")).to_have_text("601")


def test_a_double_click_edits_and_enter_keeps(table: Table) -> None:
    page, seen = table()
    page.get_by_test_id("cell-0-1").dblclick()
    page.get_by_label("Edit cell").fill("7")
    page.get_by_label("Edit cell").press("Enter")
    expect(seen).to_have_value("[['Lindholm', 7], ['Aspen', 5190], ['Harbour', 601]]")


def test_typing_replaces_and_escape_leaves_as_it_was(table: Table) -> None:
    page, seen = table()
    page.get_by_test_id("cell-0-0").click()
    page.keyboard.type("Hull")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("cell-0-0")).to_have_text("Lindholm")
    page.keyboard.type("Hull")
    page.keyboard.press("Tab")
    expect(seen).to_have_value("[['Hull', 4120], ['Aspen', 5190], ['Harbour', 601]]")
    expect(page.get_by_test_id("cell-0-1")).to_be_focused()


def test_arrow_keys_move_the_focus_and_stop_at_the_ends(table: Table) -> None:
    page, _ = table()
    page.get_by_test_id("cell-0-0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("cell-1-1")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("cell-2-1")).to_be_focused()


def test_only_one_cell_is_in_the_tab_order(table: Table) -> None:
    page, _ = table()
    expect(page.locator("[role=gridcell][tabindex='0']")).to_have_count(1)
    page.get_by_test_id("cell-2-1").click()
    expect(page.locator("[role=gridcell][tabindex='0']")).to_have_attribute("data-testid", "cell-2-1")


def test_a_header_sorts_up_down_and_not_at_all(table: Table) -> None:
    page, seen = table()
    header = page.get_by_role("columnheader", name="Parcels")
    button = header.get_by_role("button", name="Parcels", exact=True)
    button.click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(column(page, 1)).to_have_text(["601", "4120", "5190"])
    button.click()
    expect(column(page, 1)).to_have_text(["5190", "4120", "601"])
    button.click()
    expect(column(page, 1)).to_have_text(["4120", "5190", "601"])
    expect(seen).to_have_value("")


def test_an_edit_in_a_sorted_table_reaches_the_right_row(table: Table) -> None:
    page, seen = table()
    page.get_by_role("columnheader", name="Parcels").get_by_role("button", name="Parcels", exact=True).click()
    page.get_by_test_id("cell-0-0").dblclick()
    page.get_by_label("Edit cell").fill("Hull")
    page.keyboard.press("Enter")
    expect(seen).to_have_value("[['Lindholm', 4120], ['Aspen', 5190], ['Hull', 601]]")


def test_a_search_hides_rows_and_a_filter_can_be_made_permanent(table: Table) -> None:
    page, seen = table(show_search="filter")
    page.locator(".search-input").fill("as")
    expect(column(page, 0)).to_have_text(["Aspen"])
    page.get_by_label("Apply filter and update dataframe values").click()
    expect(seen).to_have_value("[['Aspen', 5190]]")


def test_rows_are_added_and_deleted(table: Table) -> None:
    page, seen = table()
    page.get_by_role("button", name="Add row").click()
    expect(page.locator(".virtual-row")).to_have_count(4)
    page.get_by_test_id("cell-0-0").click()
    page.get_by_label("Open cell menu").click()
    page.get_by_role("menuitem", name="Delete row").click()
    expect(seen).to_have_value("[['Aspen', 5190], ['Harbour', 601], ['', '']]")
    page.get_by_test_id("cell-0-0").click(button="right")
    page.get_by_role("menuitem", name="Add row above").click()
    expect(column(page, 0)).to_have_text(["", "Aspen", "Harbour", ""])


def test_columns_are_added_renamed_and_deleted(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        frame = gr.Dataframe(ROWS, headers=["Depot", "Parcels"], column_count=(2, "dynamic"), interactive=True)
        seen = gr.Textbox(label="Seen")
        frame.change(lambda frame: ", ".join(map(str, frame.columns)), frame, seen)
    page = app_page(demo)
    page.get_by_role("columnheader", name="Depot").hover()
    page.get_by_label("Open column menu of Depot").click()
    page.get_by_role("menuitem", name="Add column to the right").click()
    expect(page.get_by_label("Seen")).to_have_value("Depot, Header 3, Parcels")
    page.get_by_label("Open column menu of Header 3").click()
    page.get_by_role("menuitem", name="Rename column").click()
    page.get_by_label("Edit header").fill("Lost")
    page.get_by_label("Edit header").press("Enter")
    expect(page.get_by_label("Seen")).to_have_value("Depot, Lost, Parcels")
    page.get_by_label("Open column menu of Parcels").click()
    page.get_by_role("menuitem", name="Delete column").click()
    expect(page.get_by_label("Seen")).to_have_value("Depot, Lost")


def test_a_table_of_fixed_size_has_no_way_to_grow(table: Table) -> None:
    page, _ = table(row_count=(3, "fixed"), column_count=(2, "fixed"))
    page.get_by_test_id("cell-0-0").click()
    expect(page.get_by_role("button", name="Add row")).to_have_count(0)
    expect(page.get_by_label("Open cell menu")).to_have_count(0)


def test_static_columns_and_shown_tables_are_not_edited(table: Table) -> None:
    page, seen = table(static_columns=[1])
    page.get_by_test_id("cell-0-1").dblclick()
    page.keyboard.type("5")
    expect(page.get_by_label("Edit cell")).to_have_count(0)
    expect(page.get_by_test_id("cell-0-1")).to_have_attribute("aria-readonly", "true")
    expect(seen).to_have_value("")


def test_cells_are_copied_pasted_and_erased(table: Table) -> None:
    page, seen = table()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_test_id("cell-0-0").click()
    page.get_by_test_id("cell-1-1").click(modifiers=["Shift"])
    page.keyboard.press("Control+c")
    page.wait_for_function("navigator.clipboard.readText().then(text => text === 'Lindholm\\t4120\\nAspen\\t5190')")
    page.get_by_test_id("cell-1-0").click()
    page.keyboard.press("Control+v")
    expect(seen).to_have_value("[['Lindholm', 4120], ['Lindholm', 4120], ['Aspen', 5190]]")
    page.keyboard.press("Delete")
    expect(seen).to_have_value("[['Lindholm', 4120], ['', 4120], ['Aspen', 5190]]")


def test_what_is_erased_keeps_the_type_of_its_column(table: Table) -> None:
    page, seen = table([["a", 1, True], ["b", 2, True]], headers=["A", "B", "C"], datatype=["str", "number", "bool"])
    page.get_by_test_id("cell-0-0").click()
    page.get_by_test_id("cell-0-2").click(modifiers=["Shift"])
    page.keyboard.press("Delete")
    expect(seen).to_have_value("[['', None, False], ['b', 2, True]]")
    page.get_by_test_id("cell-1-2").click()
    page.keyboard.press("Backspace")
    expect(seen).to_have_value("[['', None, False], ['b', 2, False]]")


def paste(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def test_a_paste_from_a_spreadsheet_adds_the_rows_that_it_needs(table: Table) -> None:
    page, seen = table()
    page.get_by_test_id("cell-2-0").click()
    paste(page, 'Pier\t7\r\n"two\nlines ""x"""\t8\textra\r\n')
    expect(seen).to_have_value("[['Lindholm', 4120], ['Aspen', 5190], ['Pier', 7], ['two\\nlines \"x\"', 8]]")
    expect(page.get_by_test_id("toast-text")).to_have_text(
        "What was pasted is larger than the table: 1 column did not fit."
    )


def test_a_paste_says_which_rows_a_fixed_table_has_no_place_for(table: Table) -> None:
    page, seen = table(row_count=(3, "fixed"))
    page.get_by_test_id("cell-2-1").click()
    paste(page, "1\n2\n3")
    expect(seen).to_have_value("[['Lindholm', 4120], ['Aspen', 5190], ['Harbour', 1]]")
    expect(page.get_by_test_id("toast-text")).to_have_text(
        "What was pasted is larger than the table: 2 rows did not fit."
    )


def test_changes_are_taken_back_and_made_again(table: Table) -> None:
    page, seen = table()
    page.get_by_test_id("cell-0-0").click()
    page.get_by_test_id("cell-2-1").click(modifiers=["Shift"])
    page.keyboard.press("Delete")
    expect(seen).to_have_value("[['', None], ['', None], ['', None]]")
    page.keyboard.press("Control+z")
    expect(seen).to_have_value("[['Lindholm', 4120], ['Aspen', 5190], ['Harbour', 601]]")
    page.keyboard.press("Control+Shift+Z")
    expect(seen).to_have_value("[['', None], ['', None], ['', None]]")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(seen).to_have_value("[['Lindholm', 4120], ['Aspen', 5190], ['Harbour', 601]]")


def test_a_selected_cell_is_told_with_its_row_and_column(app_page: AppPage) -> None:
    def told(data: gr.SelectData) -> str:
        return f"{data.index} {data.value} {data.row_value} {data.col_value}"

    with gr.Blocks() as demo:
        frame, seen = gr.Dataframe(ROWS, headers=["Depot", "Parcels"], interactive=False), gr.Textbox(label="Seen")
        frame.select(told, None, seen)
    page = app_page(demo)
    page.get_by_test_id("cell-1-0").click()
    expect(page.get_by_label("Seen")).to_have_value("[1, 0] Aspen ['Aspen', 5190] ['Lindholm', 'Aspen', 'Harbour']")


def test_of_many_rows_only_those_in_sight_are_in_the_page(table: Table) -> None:
    page, _ = table([[f"row {number}", number] for number in range(20_000)], interactive=False)
    expect(page.get_by_test_id("cell-0-0")).to_have_text("row 0")
    assert page.locator(".virtual-row").count() < 60
    page.get_by_test_id("cell-0-0").click()
    page.keyboard.press("Control+ArrowDown")
    expect(page.get_by_test_id("cell-19999-0")).to_be_focused()
    expect(page.get_by_test_id("cell-19999-0")).to_be_in_viewport()
    assert page.locator(".virtual-row").count() < 60


def test_truth_values_are_boxes(table: Table) -> None:
    page, seen = table([["a", False]], datatype=["str", "bool"])
    page.get_by_test_id("cell-0-1").get_by_role("checkbox").click()
    expect(seen).to_have_value("[['a', True]]")
    expect(page.get_by_test_id("cell-0-1").get_by_role("checkbox")).to_be_checked()


def test_markdown_in_cells_is_drawn_and_harmless(table: Table) -> None:
    page, _ = table([["**bold** <i onclick=alert(1)>x</i>", 1]], datatype=["markdown", "number"], interactive=False)
    expect(page.get_by_test_id("cell-0-0").locator("strong")).to_have_text("bold")
    assert page.locator("[onclick]").count() == 0


def test_rows_of_wrapped_text_are_as_tall_as_they_need(table: Table) -> None:
    long = "many words " * 60
    page, _ = table([[long, 1], ["short", 2], [long, 3]], wrap=True, interactive=False, max_height=2000)
    rows = page.locator(".virtual-row")
    expect(rows).to_have_count(3)
    page.wait_for_function(
        """() => {
          const boxes = [...document.querySelectorAll('.virtual-row')].map(row => row.getBoundingClientRect())
          const joined = (box, at) => at === 0 || Math.abs(box.top - boxes[at - 1].bottom) < 1
          return boxes[0].height > 50 && boxes.every(joined)
        }"""
    )


def test_pinned_columns_stay_when_the_table_is_scrolled(table: Table) -> None:
    headers = [f"column {number}" for number in range(30)]
    page, _ = table([list(range(30))], headers=headers, datatype="number", pinned_columns=1, interactive=False)
    expect(page.get_by_test_id("cell-0-0")).to_be_visible()
    page.get_by_role("grid").evaluate("grid => { grid.parentElement.scrollLeft = 1500 }")
    expect(page.get_by_test_id("cell-0-0")).to_be_in_viewport()
    expect(page.get_by_test_id("cell-0-1")).not_to_be_in_viewport()


def test_a_stylers_texts_and_colours_are_shown(table: Table) -> None:
    styled = {
        "headers": ["Depot", "Parcels"],
        "data": [["Lindholm", 4120]],
        "metadata": {"display_value": [["Lindholm", "4,120"]], "styling": [["", "color: rgb(255, 0, 0)"]]},
    }
    page, _ = table(styled, interactive=False)
    expect(page.get_by_test_id("cell-0-1")).to_have_text("4,120")
    expect(page.get_by_text("4,120")).to_have_css("color", "rgb(255, 0, 0)")


def test_whole_numbers_have_separators_from_five_digits_on(table: Table) -> None:
    page, _ = table([[2024, 27275], [1999, 1580]], headers=["Founded", "Parcels"], datatype="number")
    expect(column(page, 0)).to_have_text(["2024", "1999"])
    expect(column(page, 1)).to_have_text(["27,275", "1,580"])


PRICES = [["PX 1", 1240.5, "2025-11-21 18:41:00", 0.964], ["PX 2", 899, None, None], ["PX 3", -2.5, "soon", 1]]
PRICED = {
    "headers": ["Parcel", "Value", "Last scan", "On time"],
    "datatype": ["str", "number", "date", "number"],
    "column_formats": {"Value": "$,.2f", "Last scan": "%d %b, %H:%M", "On time": ".1%"},
}


def test_columns_are_written_in_the_authors_formats(table: Table) -> None:
    page, _ = table(PRICES, **PRICED)
    expect(column(page, 1)).to_have_text(["$1,240.50", "$899.00", "-$2.50"])
    expect(column(page, 2)).to_have_text(["21 Nov, 18:41", "", "soon"])
    expect(column(page, 3)).to_have_text(["96.4%", "", "100.0%"])
    expect(page.get_by_test_id("cell-0-1")).to_have_css("justify-content", "flex-end")
    expect(page.get_by_test_id("cell-0-2")).not_to_have_css("justify-content", "flex-end")


def test_a_format_changes_only_what_is_shown(table: Table) -> None:
    page, seen = table(PRICES, **PRICED)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_test_id("cell-0-1").click()
    page.get_by_test_id("cell-1-1").click(modifiers=["Shift"])
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "1240.5\n899"
    page.get_by_test_id("cell-1-1").dblclick()
    expect(page.get_by_label("Edit cell")).to_have_value("899")
    page.get_by_label("Edit cell").fill("1000000")
    page.get_by_label("Edit cell").press("Enter")
    expect(page.get_by_test_id("cell-1-1")).to_have_text("$1,000,000.00")
    expect(seen).to_have_value(
        "[['PX 1', 1240.5, '2025-11-21 18:41:00', 0.964], ['PX 2', 1000000, None, None], ['PX 3', -2.5, 'soon', 1]]"
    )
    page.get_by_role("columnheader", name="Value").get_by_role("button").first.click()
    expect(column(page, 1)).to_have_text(["-$2.50", "$1,240.50", "$1,000,000.00"])


def test_a_search_finds_what_a_format_shows(table: Table) -> None:
    page, _ = table(PRICES, show_search="search", **PRICED)
    page.get_by_label("Search").fill("$1,240")
    expect(column(page, 0)).to_have_text(["PX 1"])
    page.get_by_label("Search").fill("0.964")
    expect(column(page, 0)).to_have_text(["PX 1"])


def test_a_format_counts_more_than_a_stylers_text(table: Table) -> None:
    styled = {
        "headers": ["Depot", "Parcels"],
        "data": [[1.5, 4120]],
        "metadata": {"display_value": [["one and a half", "many"]], "styling": [["", "color: rgb(255, 0, 0)"]]},
    }
    page, _ = table(styled, interactive=False, column_formats={"Parcels": ","})
    expect(page.get_by_test_id("cell-0-0")).to_have_text("one and a half")
    expect(page.get_by_test_id("cell-0-1")).to_have_text("4,120")
    expect(page.get_by_text("4,120")).to_have_css("color", "rgb(255, 0, 0)")


def test_a_function_can_change_the_formats(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        frame = gr.Dataframe([[0.5]], headers=["Share"], column_formats={"Share": ".0%"})
        gr.Button("Exact").click(lambda: gr.update(column_formats={"Share": "{:.3f} of all"}), None, frame)
    page = app_page(demo)
    expect(page.get_by_test_id("cell-0-0")).to_have_text("50%")
    page.get_by_role("button", name="Exact").click()
    expect(page.get_by_test_id("cell-0-0")).to_have_text("0.500 of all")


FLOATS = [",.2f", "_.1f", ".0f", ".1%", "%", "e", ".3E", "g", ".3g", "G", "+,.1f", "010.2f", "*>12,.1f", "=+10.1f"]
WHOLES = ["d", ",d", "06d", "+d", "{{{:d}}}", "{:,} kg"]
DAYS = ["%Y-%m-%d", "%d %b %Y, %H:%M", "%A %B %j %y %I:%M %p %S.%f %%", "{:%a} at", "%-d/%-m %-H"]
SOME_FLOATS = [0.1, -1.1, 0.5, 1.5, 2.5, 0.125, 1.005, 2.675, 1234.5, 1234567.891, -0.004, 999999.5, 1e-5]
SOME_WHOLES = [0, 7, -42, 1234567, 2024]
SOME_DAYS = ["2025-11-21 08:04:09.012300", "2024-02-29 00:00:00", "1999-12-31 23:59:59"]


@pytest.mark.parametrize(
    ("specs", "values", "python"),
    [(FLOATS, SOME_FLOATS, float), (WHOLES, SOME_WHOLES, int), (DAYS, SOME_DAYS, datetime.fromisoformat)],
)
def test_the_page_writes_a_format_as_python_does(
    app_page: AppPage, specs: list[str], values: list[Any], python: Callable[[Any], Any]
) -> None:
    expected = [[(spec if "{" in spec else f"{{:{spec}}}").format(python(value)) for spec in specs] for value in values]
    with gr.Blocks() as demo:
        gr.Dataframe(
            [[value] * len(specs) for value in values],
            headers=[str(place) for place in range(len(specs))],
            column_formats=dict(enumerate(specs)),
            max_height=2000,
        )
    page = app_page(demo)
    expect(page.locator(".virtual-row")).to_have_count(len(expected))
    rows = "rows => rows.map(row => [...row.querySelectorAll('.text')].map(cell => cell.textContent))"
    assert page.locator(".virtual-row").evaluate_all(rows) == expected


def test_a_cell_of_markdown_in_a_table_that_wraps_is_as_high_as_its_text(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Dataframe([["**one**", "one"]], headers=["a", "b"], datatype=["markdown", "str"], wrap=True)
    page = app_page(demo)
    rich = page.locator("[data-row='0'][data-col='0'] .prose strong")
    expect(rich).to_have_text("one")
    cell = page.locator("[data-row='0'][data-col='0']")
    assert cell.evaluate("cell => cell.offsetHeight") < 2 * 35
    size = "element => getComputedStyle(element).fontSize"
    assert rich.evaluate(size) == page.locator("[data-row='0'][data-col='1'] .text").evaluate(size)

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

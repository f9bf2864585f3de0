"""Whole numbers that a JavaScript number cannot hold, from the program to the page and back.

E11: siblings looked for: choices of Dropdown, Radio, CheckboxGroup, start values, results, Number, JSON, the fallback,
a page that is loaded again, official clients; found: all but the clients, whose language decides.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import holdfast as gr

pytestmark = pytest.mark.browser

BIG = 1152921504606846977


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        which = gr.Dropdown([("first", BIG), ("second", BIG + 2)], value=BIG, label="D", interactive=True)
        radio = gr.Radio([("one", BIG), ("two", BIG + 4)], value=BIG + 4, label="R")
        group = gr.CheckboxGroup([("a", BIG), ("b", BIG + 6)], value=[BIG + 6], label="C")
        number = gr.Number(BIG, label="N", precision=0)
        tree = gr.JSON({"id": BIG})
        out = gr.Textbox(label="O")
        shown = gr.Number(label="S")

        def read(one: int, two: int, many: list[int], number: int, tree: dict[str, int]) -> tuple[str, int]:
            return " ".join(str(n - BIG) for n in (one, two, *many, number, tree["id"])), number + 1

        gr.Button("Read").click(read, [which, radio, group, number, tree], [out, shown])
    return demo


HUGE = 2**70 + 1


def test_those_above_64_bits_are_exact_too(app_page: Callable[..., Page]) -> None:
    """E11: siblings: Slider, Dataframe, JSON that a handler returns."""
    with gr.Blocks() as demo:
        number = gr.Number(HUGE, label="N", precision=0)
        tree = gr.JSON({"id": HUGE})
        table = gr.Dataframe([[HUGE]], headers=["a"], type="array", interactive=True)
        out, shown = gr.Textbox(label="O"), gr.JSON(label="Shown")

        def read(number: int, tree: dict[str, int], table: list[list[int]]) -> tuple[str, dict[str, int]]:
            return f"{number - HUGE} {tree['id'] - HUGE} {table[0][0] - HUGE}", {"more": number + 1}

        gr.Button("Read").click(read, [number, tree, table], [out, shown])
    page = app_page(demo)
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_label("O", exact=True)).to_have_value("0 0 0")
    expect(page.get_by_text(str(HUGE + 1), exact=True)).to_be_visible()


def test_they_are_exact_both_ways(app_page: Callable[..., Page]) -> None:
    """E11."""
    page = app_page(app())
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_label("O", exact=True)).to_have_value("0 4 6 0 0")
    expect(page.get_by_label("S", exact=True)).to_have_value(str(BIG + 1))
    expect(page.get_by_text(str(BIG), exact=True)).to_be_visible()
    page.get_by_label("N", exact=True).fill(str(BIG + 8))
    page.get_by_label("one", exact=True).check()
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_label("O", exact=True)).to_have_value("0 0 6 8 0")

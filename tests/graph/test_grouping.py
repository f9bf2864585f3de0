"""Implicit frames: forms around adjacent fields, tabs around tabs."""

from __future__ import annotations

from typing import Any

import holdfast as gr
from holdfast.graph.block import BlockContext
from holdfast.graph.layouts import Form


def names(container: BlockContext) -> list[Any]:
    """The tree below a container, by type names."""
    return [(c.NAME, names(c)) if isinstance(c, BlockContext) else c.NAME for c in container.children]


def test_adjacent_fields_share_a_form() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
        gr.Number()
        gr.Button()
        gr.Slider()
    assert names(demo) == [("form", ["textbox", "number"]), "button", ("form", ["slider"])]


def test_invisible_blocks_do_not_separate_fields() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
        gr.State(1)
        gr.Timer()
        gr.Number()
    assert names(demo) == [("form", ["textbox", "number"]), "state", "timer"]


def test_a_field_without_a_container_is_not_grouped() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
        gr.Dropdown(["a"], container=False)
        gr.Checkbox()
    assert names(demo) == [("form", ["textbox"]), "dropdown", ("form", ["checkbox"])]


def test_a_form_in_a_row_is_as_wide_as_its_fields() -> None:
    with gr.Blocks(), gr.Row() as row:
        gr.Textbox()
        gr.Number(scale=3, min_width=100)
    (form,) = row.children
    assert isinstance(form, Form)
    assert (form.scale, form.min_width) == (4, 260)


def test_tabs_without_a_frame_get_one() -> None:
    with gr.Blocks() as demo:
        with gr.Tab("One"):
            gr.Markdown("1")
        with gr.Tab("Two"):
            gr.Markdown("2")
    assert names(demo) == [("tabs", [("tabitem", ["markdown"]), ("tabitem", ["markdown"])])]


def test_tabs_in_a_frame_stay_as_they_are() -> None:
    with gr.Blocks() as demo, gr.Tabs(), gr.Tab("One"):
        gr.Markdown("1")
    assert names(demo) == [("tabs", [("tabitem", ["markdown"])])]


def test_continuing_an_app_does_not_add_frames_twice() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
    with demo:
        gr.Number()
    assert names(demo) == [("form", ["textbox"]), ("form", ["number"])]


def test_fields_of_different_pages_share_nothing() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
    with demo.route("Second"):
        gr.Number()
    assert [(c.NAME, c.page) for c in demo.children] == [("form", ""), ("form", "second")]

"""A session's own view of an app."""

from __future__ import annotations

import pytest

import holdfast as gr
from holdfast.graph.app import AppView


def chooser() -> tuple[AppView, AppView, gr.Dropdown]:
    """Two sessions of an app with a dropdown."""
    with gr.Blocks() as demo, gr.Row():
        box = gr.Dropdown(["a", "b"], label="Letter")
        box.change(lambda letter: letter, box, box)
    return demo.spec.view(), demo.spec.view(), box


def test_an_update_is_remembered_for_its_session_alone() -> None:
    mine, other, box = chooser()
    mine.update_props(box.id, {"choices": ["x"], "__type__": "update"})
    changed = mine.block(box.id)
    assert isinstance(changed, gr.Dropdown)
    assert changed.preprocess("x") == "x"
    assert other.block(box.id) is box
    with pytest.raises(gr.Error):
        box.preprocess("x")


def test_what_was_not_updated_stays_as_the_author_made_it() -> None:
    mine, _, box = chooser()
    changed = mine.update_props(box.id, {"choices": ["x"]})
    assert changed.props()["label"] == "Letter"
    assert (changed.id, changed.parent, changed.page) == (box.id, box.parent, box.page)


def test_updates_add_up() -> None:
    mine, _, box = chooser()
    mine.update_props(box.id, {"choices": ["x"]})
    mine.update_props(box.id, {"label": "New"})
    changed = mine.block(box.id)
    assert isinstance(changed, gr.Dropdown)
    assert (changed.label, changed.preprocess("x")) == ("New", "x")


def test_a_new_value_is_not_a_property() -> None:
    mine, _, box = chooser()
    assert mine.update_props(box.id, {"value": "a", "__type__": "update"}) is box


def test_a_property_that_the_block_does_not_have_is_a_type_error() -> None:
    mine, _, box = chooser()
    with pytest.raises(TypeError, match="colour"):
        mine.update_props(box.id, {"colour": "red"})


def test_a_layout_keeps_its_children_through_an_update() -> None:
    mine, _, box = chooser()
    row = box.parent.parent  # type: ignore[union-attr]
    assert isinstance(row, gr.Row)
    changed = mine.update_props(row.id, {"visible": False})
    assert changed.visible is False
    assert changed.children is row.children  # type: ignore[attr-defined]


def test_an_app_finds_listeners_by_name_and_by_what_triggers_them() -> None:
    mine, _, box = chooser()
    listener = mine.by_api_name("/lambda")
    assert listener is not None
    assert mine.app.by_api_name("lambda") is listener
    assert mine.triggered_by(box.id, "change") == (listener,)
    assert mine.triggered_by(box.id, "input") == ()
    assert mine.by_api_name("nothing") is None


def test_other_options_make_another_app_of_the_same_blocks() -> None:
    mine, _, _ = chooser()
    app = mine.app.with_options(title="Other", theme="soft")
    assert (app.title, app.options.theme.name) == ("Other", "soft")
    assert app.blocks is mine.app.blocks
    assert mine.app.title == "Holdfast"

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.apps.examples import chosen
from holdfast.errors import BadValue
from holdfast.files.rules import FileData


def make(**options: Any) -> gr.Dataset:
    return gr.Dataset(components=["textbox", "number"], samples=[["a", 1], ["b", 2]], **options)


@pytest.mark.parametrize(
    ("kind", "payload", "value"),
    [
        ("values", 1, ["b", 2]),
        ("index", 1, 1),
        ("index", 7, 7),
        ("tuple", 1, (1, ["b", 2])),
        ("values", None, None),
        ("tuple", None, None),
    ],
)
def test_a_handler_gets_the_row_its_index_or_both(kind: Any, payload: Any, value: Any) -> None:
    assert make(type=kind).preprocess(payload) == value


@pytest.mark.parametrize("kind", ["values", "tuple"])
@pytest.mark.parametrize("payload", [2, -1])
def test_a_row_that_does_not_exist_is_rejected(kind: Any, payload: int) -> None:
    with pytest.raises(BadValue, match=f"has 2 rows, so the index {payload} does not exist"):
        make(type=kind).preprocess(payload)


@pytest.mark.parametrize("payload", ["0", True, [0], 0.5])
def test_an_invalid_index_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match="Dataset takes the index of a row, but"):
        make().preprocess(payload)


@pytest.mark.parametrize(("value", "payload"), [(1, 1), (None, None), (["b", 2], 1), (("a", 1), 0), (["z", 9], None)])
def test_a_handler_selects_by_index_or_row(value: Any, payload: Any) -> None:
    assert make().postprocess(value) == payload


def test_an_unknown_row_cannot_be_selected() -> None:
    with pytest.raises(ValueError, match="takes the index of a row, or a row, but was given 'x'"):
        make().postprocess("x")


def test_cells_are_sent_in_the_form_of_their_components() -> None:
    dataset = gr.Dataset(components=[gr.Image(), "textbox"], samples=[["https://x/a.png", 5]])
    assert dataset.samples == [[FileData(path="https://x/a.png"), "5"]]
    assert dataset.preprocess(0) == ["https://x/a.png", 5]


def test_headers_are_the_labels_of_the_components() -> None:
    assert gr.Dataset(components=[gr.Textbox(label="T"), "number"]).headers == ["T", ""]
    assert make().headers == []
    assert make(headers=["x", "y"]).headers == ["x", "y"]


def test_a_row_wider_than_the_components_is_rejected() -> None:
    with pytest.raises(ValueError, match="has 2 values, but there are 1 components"):
        gr.Dataset(components=["textbox"], samples=[["a", "b"]])


def test_a_type_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(ValueError, match="Invalid value for parameter `type`: bogus"):
        make(type="bogus")


def test_its_components_are_not_placed_elsewhere() -> None:
    with gr.Blocks() as demo:
        make()
    assert [type(child).__name__ for child in demo.children] == ["Dataset"]


def test_components_of_the_page_are_known_by_id() -> None:
    with gr.Blocks():
        box = gr.Textbox()
        dataset = gr.Dataset(components=[box], samples=[["a"]])
    assert dataset.props()["component_ids"] == [box.id]


def test_its_config_api_and_events_are_gradios() -> None:
    props = make(label="L").props()
    expected = {
        "label": "L",
        "samples": [["a", 1], ["b", 2]],
        "headers": [],
        "type": "values",
        "layout": None,
        "samples_per_page": 10,
        "sample_labels": None,
        "name": "dataset",
    }
    assert {name: props[name] for name in expected} == expected
    assert [entry["name"] for entry in props["components"]] == ["textbox", "number"]
    assert props["component_props"][0]["lines"] == 1
    assert "value" not in props["component_props"][0]
    assert make().api_info() == {"type": "integer", "description": "index of selected example"}
    assert gr.Dataset.EVENTS == ("change", "click", "select")


@pytest.mark.parametrize(
    ("kind", "index"), [("index", -1), ("values", -1), ("tuple", -1), ("values", 2), ("tuple", 10**9)]
)
def test_a_client_can_only_select_an_existing_row(kind: Any, index: int) -> None:
    """A1: an index from a client must be a row's, whatever the function gets."""
    with pytest.raises(BadValue, match="has 2 rows"):
        gr.Dataset(components=["textbox"], samples=[["a"], ["b"]], type=kind).preprocess(index)


def test_a_call_without_an_example_is_the_clients_mistake() -> None:
    """E35: the program logs no traceback."""
    with pytest.raises(BadValue, match="No example was chosen"):
        chosen(None)

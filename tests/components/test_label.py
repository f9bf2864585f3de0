from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadValue


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (None, None),
        ({"label": "cat", "confidences": [{"label": "cat", "confidence": 0.9}]}, {"cat": 0.9}),
        ({"label": "cat", "confidences": None}, "cat"),
        ({"label": "cat"}, "cat"),
    ],
)
def test_a_handler_gets_confidences_or_the_label(payload: Any, value: Any) -> None:
    assert gr.Label().preprocess(payload) == value


@pytest.mark.parametrize("payload", ["cat", 5, [], {"label": "a", "confidences": [1]}, {"confidences": "x"}])
def test_an_invalid_label_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match="Label takes "):
        gr.Label().preprocess(payload)


def test_confidences_are_sorted_and_the_highest_is_the_label() -> None:
    assert gr.Label().postprocess({"a": 0.2, "b": 0.8}) == {
        "label": "b",
        "confidences": [{"label": "b", "confidence": 0.8}, {"label": "a", "confidence": 0.2}],
    }


def test_the_number_of_confidences_is_limited() -> None:
    shown = gr.Label(num_top_classes=1).postprocess({"a": 0.2, "b": 0.8})
    assert shown == {"label": "b", "confidences": [{"label": "b", "confidence": 0.8}]}


@pytest.mark.parametrize("value", ["cat", 3, 0.5, True])
def test_one_label_is_shown_without_confidences(value: Any) -> None:
    assert gr.Label().postprocess(value) == {"label": str(value), "confidences": None}


@pytest.mark.parametrize("value", [None, {}])
def test_nothing_is_an_empty_object(value: Any) -> None:
    assert gr.Label().postprocess(value) == {}


@pytest.mark.parametrize(
    ("content", "label"),
    [({"label": "x", "confidences": None}, "x"), ({"a": 0.1, "b": 0.9}, "b")],
)
def test_a_json_file_is_read(tmp_path: Path, content: Any, label: str) -> None:
    path = tmp_path / "label.json"
    path.write_text(json.dumps(content))
    assert gr.Label().postprocess(str(path))["label"] == label


def test_a_damaged_json_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    path.write_text("{")
    with pytest.raises(ValueError, match=r"label\.json, which does not contain JSON"):
        gr.Label().postprocess(path)


def test_a_list_is_rejected_with_the_expected_types() -> None:
    with pytest.raises(ValueError, match=r"expects one of: a string label.*Instead, got a <class 'list'>"):
        gr.Label().postprocess(["a"])


def test_a_confidence_that_is_not_a_number_is_rejected() -> None:
    with pytest.raises(ValueError, match="a dict with a number for each label"):
        gr.Label().postprocess({"a": "much"})


def test_its_config_api_and_events_are_gradios() -> None:
    props = gr.Label().props()
    expected: dict[str, Any] = {
        "value": {},
        "num_top_classes": None,
        "color": None,
        "show_heading": True,
        "buttons": [],
    }
    assert {name: props[name] for name in expected} == expected
    info = gr.Label().api_info()
    assert info["title"] == "LabelData"
    assert list(info["properties"]) == ["label", "confidences"]
    assert gr.Label().preprocess(gr.Label().example_payload()) == gr.Label().example_value()
    assert gr.Label.EVENTS == ("change", "select")

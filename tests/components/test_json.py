from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import holdfast as gr


@pytest.mark.parametrize("payload", [{"a": [1]}, [1, "x"], "text", 5, None, True])
def test_a_handler_gets_any_json_as_it_is(payload: Any) -> None:
    assert gr.JSON().preprocess(payload) == payload


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ([1, None, True], [1, None, True]),
        (5, 5),
        (False, False),
        (None, None),
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", [1, 2]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([[1, 2], [3, 4]]).T, [[1, 3], [2, 4]]),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        ({"n": float("nan")}, {"n": None}),
        ({"d": dt.datetime(2020, 1, 2)}, {"d": "2020-01-02 00:00:00"}),
        ({"s": {1}}, {"s": "{1}"}),
        ({"x": decimal.Decimal("1.50")}, {"x": "1.50"}),
        ({2: "a", None: "b"}, {"2": "a", "null": "b"}),
    ],
)
def test_what_a_handler_returns_becomes_plain_json(value: Any, payload: Any) -> None:
    assert gr.JSON().postprocess(value) == payload


def test_a_frame_is_shown_as_its_str() -> None:
    frame = pd.DataFrame({"a": [1]})
    assert gr.JSON().postprocess(frame) == str(frame)


def test_what_is_shown_does_not_change_with_the_handlers_object() -> None:
    kept = {"a": [1]}
    shown = gr.JSON().postprocess(kept)
    kept["a"].append(2)
    assert shown == {"a": [1]}


def test_invalid_json_text_is_an_error_for_the_visitor() -> None:
    with pytest.raises(gr.Error, match="Invalid JSON string: "):
        gr.JSON().postprocess("{bad")


@pytest.mark.parametrize("value", [{(1, 2): "a"}, {b"key": 1}])
def test_a_value_that_json_cannot_represent_is_rejected_with_the_reason(value: Any) -> None:
    with pytest.raises(ValueError, match='JSON "Result" cannot show dict as JSON: '):
        gr.JSON(label="Result").postprocess(value)


def test_its_config_api_and_events_are_gradios() -> None:
    props = gr.JSON().props()
    expected = {
        "open": False,
        "show_indices": False,
        "height": None,
        "max_height": 500,
        "min_height": None,
        "buttons": ["copy"],
        "name": "json",
    }
    assert {name: props[name] for name in expected} == expected
    assert "interactive" not in props
    assert gr.JSON().api_info() == {"type": {}, "description": "any valid json"}
    assert gr.JSON().example_payload() == {"foo": "bar"}
    assert gr.JSON.EVENTS == ("change",)

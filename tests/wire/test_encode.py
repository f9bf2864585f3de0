"""JSON encoding: results of handlers can always be encoded."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from holdfast.wire.encode import encode, encode_value, freeze, one_line, thaw
from holdfast.wire.messages import Completed, Output


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), None),
        ([float("inf"), 1.5], [None, 1.5]),
        (np.float32(2), 2.0),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        (np.array(["a", None], dtype=object), ["a", None]),
        (pd.Timestamp("2020-01-01"), "2020-01-01 00:00:00"),
        (dt.datetime(2020, 1, 1), "2020-01-01 00:00:00"),
        (pd.NaT, "NaT"),
        (pd.Series([1, 2]), [1, 2]),
        (decimal.Decimal("1.5"), "1.5"),
        (Colour.RED, "red"),
        (Point(1, 2.5), {"x": 1, "y": 2.5}),
        ({1: "a", (1, 2): "b"}, {"1": "a", "(1, 2)": "b"}),
        ([2**70], [2**70]),
        (["\ud800"], ["?"]),
        ({3}, [3]),
        (b"ab", "b'ab'"),
    ],
)
def test_a_value_that_json_does_not_support_is_encoded_like_in_gradio(value: Any, written: Any) -> None:
    assert json.loads(encode_value(value)) == written
    assert json.loads(encode_value({"in": [value, "é"]})) == {"in": [written, "é"]}


def test_a_value_that_contains_itself_is_rejected_with_a_reason() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        encode_value(endless)


def test_a_frozen_container_does_not_show_later_changes() -> None:
    value = {"list": [1]}
    frozen = freeze(value)
    value["list"].append(2)
    assert thaw(frozen) == {"list": [1]}


@pytest.mark.parametrize("value", ["text", 3, 1.5, True, None])
def test_a_frozen_scalar_stays_a_scalar(value: Any) -> None:
    assert freeze(value) is value


@pytest.mark.parametrize(("value", "frozen"), [(float("nan"), None), ("a\ud800", "a?")])
def test_a_scalar_that_json_cannot_represent_is_frozen_as_one_that_it_can(value: Any, frozen: Any) -> None:
    assert freeze(value) == frozen


def test_a_message_is_written_with_its_tag_and_frozen_values_inside() -> None:
    output = Output(data=["x", freeze([1, {"a": None}]), freeze(2**80)])
    written = json.loads(encode(Completed(event_id="e", output=output, success=True)))
    assert written["msg"] == "process_completed"
    assert written["output"]["data"] == ["x", [1, {"a": None}], 2**80]


def test_a_message_with_values_that_are_not_frozen_is_written_too() -> None:
    output = Output(data=[{(1, 2): float("nan")}, np.arange(2), "\ud800", 2**80])
    written = json.loads(encode(Completed(event_id="e", output=output, success=True)))
    assert written["msg"] == "process_completed"
    assert written["output"]["data"] == [{"(1, 2)": None}, [0, 1], "?", 2**80]


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029", "\n", "\r", "\x1e"])
def test_one_line_has_no_character_that_clients_treat_as_a_line_break(character: str) -> None:
    text = f"a{character}b"
    line = one_line(encode_value(text))
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == text


def test_bytes_of_a_frozen_container_are_not_encoded_again() -> None:
    assert encode([msgspec.Raw(b'{"as": "it is"}')]) == b'[{"as": "it is"}]'

"""The generator diff, in Gradio's format."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.wire.diff import apply, diff

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other) if not isinstance(one, dict) else sorted_repr(one) == sorted_repr(other)


def sorted_repr(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{sorted_repr(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(sorted_repr, value)) + "]"
    return repr(value)


@given(json_values, json_values)
def test_edits_turn_the_value_before_into_the_value_after(before: Any, after: Any) -> None:
    kept = copy.deepcopy(before), copy.deepcopy(after)
    edits = diff(before, after)
    assert same(before, kept[0])
    assert same(after, kept[1])
    assert sorted_repr(apply(copy.deepcopy(before), copy.deepcopy(edits))) == sorted_repr(after)


@given(json_values)
def test_an_equal_value_needs_no_edits(value: Any) -> None:
    assert diff(value, copy.deepcopy(value)) == []


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ("g", "g*", [["append", [], "*"]]),
        ("abc", "xyz", [["replace", [], "xyz"]]),
        (None, {"a": 1}, [["replace", [], {"a": 1}]]),
        ([1], [1, 2], [["add", [1], 2]]),
        ([1, 2, 3, 4], [1, 2], [["delete", [2], None], ["delete", [2], None]]),
        ({"a": 1}, {"b": 2}, [["delete", ["a"], None], ["add", ["b"], 2]]),
        ([{"content": "He"}], [{"content": "Hello"}], [["append", [0, "content"], "llo"]]),
        (1, 1.0, [["replace", [], 1.0]]),
        (True, 1, [["replace", [], 1]]),
    ],
)
def test_edits_are_those_that_gradios_clients_know(before: Any, after: Any, edits: list[Any]) -> None:
    assert diff(before, after) == edits


def test_a_string_in_a_shrinking_list_is_edited_before_the_deletes() -> None:
    assert diff(["a", "b", "c"], ["ax"]) == [["append", [0], "x"], ["delete", [1], None], ["delete", [1], None]]


def test_an_unknown_edit_is_rejected() -> None:
    with pytest.raises(ValueError, match="'move' is not a valid edit"):
        apply([1], [["move", [0], 1]])


def test_an_edit_of_the_whole_value_can_only_replace_or_append() -> None:
    with pytest.raises(ValueError, match="empty path"):
        apply([1], [["delete", [], None]])

"""Radio, CheckboxGroup and Dropdown: one or several of a list of choices."""

from __future__ import annotations

import re
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadValue

CHOICES = ["a", ("Bee", "b"), 3]
LISTED = "is not in the list of choices: ['a', 'b', 3]"
QUOTED = f"Value: 'z' (type: <class 'str'>) {LISTED}"


@pytest.mark.parametrize("kind", [gr.Radio, gr.CheckboxGroup, gr.Dropdown])
def test_choices_become_pairs_of_label_and_value(kind: Any) -> None:
    assert kind(["a", ("B", 2), ["C", 3], 4]).choices == [["a", "a"], ["B", 2], ["C", 3], ["4", 4]]


@pytest.mark.parametrize("kind", [gr.Radio, gr.CheckboxGroup, gr.Dropdown])
def test_a_choice_that_is_not_a_pair_is_rejected(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"\('a', 'b', 'c'\) has 3 items"):
        kind([("a", "b", "c")])


@pytest.mark.parametrize("kind", [gr.Radio, gr.CheckboxGroup, gr.Dropdown])
def test_a_type_that_does_not_exist_is_rejected(kind: Any) -> None:
    message = "Invalid value for parameter `type`: bogus. Please choose from one of: ['value', 'index']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kind(["a"], type="bogus")


@pytest.mark.parametrize(
    ("component", "payload", "value"),
    [
        (gr.Radio(CHOICES), "b", "b"),
        (gr.Radio(CHOICES), 3, 3),
        (gr.Radio(CHOICES), None, None),
        (gr.Radio(CHOICES, type="index"), "b", 1),
        (gr.CheckboxGroup(CHOICES), ["a", 3], ["a", 3]),
        (gr.CheckboxGroup(CHOICES), [], []),
        (gr.CheckboxGroup(CHOICES, type="index"), [3, "a"], [2, 0]),
        (gr.Dropdown(CHOICES), "b", "b"),
        (gr.Dropdown(CHOICES), None, None),
        (gr.Dropdown(CHOICES), ["a", "b"], ["a", "b"]),
        (gr.Dropdown(CHOICES, type="index"), "b", 1),
        (gr.Dropdown(CHOICES, type="index"), ["a", "b"], [0, 1]),
        (gr.Dropdown(CHOICES, multiselect=True), ["a", "b"], ["a", "b"]),
        (gr.Dropdown(CHOICES, multiselect=True), "a", "a"),
        (gr.Dropdown(CHOICES, multiselect=True), None, None),
        (gr.Dropdown(CHOICES, multiselect=True), [], []),
        (gr.Dropdown(CHOICES, multiselect=True, type="index"), ["b"], [1]),
        (gr.Dropdown(CHOICES, allow_custom_value=True), "z", "z"),
        (gr.Dropdown(CHOICES, allow_custom_value=True, type="index"), "z", None),
        (gr.Dropdown(CHOICES, allow_custom_value=True, multiselect=True, type="index"), ["a", "z"], [0, None]),
    ],
)
def test_a_handler_gets_values_or_indexes(component: Any, payload: Any, value: Any) -> None:
    assert component.preprocess(payload) == value


@pytest.mark.parametrize(
    ("component", "payload", "message"),
    [
        (gr.Radio(CHOICES), "z", QUOTED),
        (gr.Radio(CHOICES), "3", f"Value: '3' (type: <class 'str'>) {LISTED}"),
        (gr.Radio(CHOICES), "Bee", f"Value: 'Bee' (type: <class 'str'>) {LISTED}"),
        (gr.Radio(CHOICES), ["a"], f"Value: ['a'] (type: <class 'list'>) {LISTED}"),
        (gr.CheckboxGroup(CHOICES), ["a", "z"], QUOTED),
        (gr.Dropdown(CHOICES), "z", f"Value: z {LISTED}"),
        (gr.Dropdown(CHOICES), "3", f"Value: 3 {LISTED}"),
        (gr.Dropdown(CHOICES), ["a", "z"], QUOTED),
        (gr.Dropdown(CHOICES, multiselect=True), ["z"], QUOTED),
    ],
)
def test_a_value_that_is_not_a_choice_is_rejected_with_a_list(component: Any, payload: Any, message: str) -> None:
    with pytest.raises(BadValue) as refused:
        component.preprocess(payload)
    assert str(refused.value) == message


@pytest.mark.parametrize("payload", [None, "a", 5, {"a": 1}])
def test_a_checkbox_group_accepts_only_lists(payload: Any) -> None:
    with pytest.raises(BadValue, match="CheckboxGroup takes a list of choices, but"):
        gr.CheckboxGroup(CHOICES).preprocess(payload)


@pytest.mark.parametrize(
    ("component", "value", "payload"),
    [
        (gr.Radio(CHOICES), "z", "z"),
        (gr.Radio(CHOICES), None, None),
        (gr.CheckboxGroup(CHOICES), ["a", "z"], ["a", "z"]),
        (gr.CheckboxGroup(CHOICES), "a", ["a"]),
        (gr.CheckboxGroup(CHOICES), None, []),
        (gr.CheckboxGroup(CHOICES), ("a", "b"), ["a", "b"]),
        (gr.CheckboxGroup(CHOICES), {"a"}, ["a"]),
        (gr.Dropdown(CHOICES), "z", "z"),
        (gr.Dropdown(CHOICES), None, None),
        (gr.Dropdown(CHOICES, multiselect=True), "a", ["a"]),
        (gr.Dropdown(CHOICES, multiselect=True), None, None),
        (gr.Dropdown(CHOICES, multiselect=True), ("a", "b"), ["a", "b"]),
    ],
)
def test_a_handler_returns_one_or_several_values(component: Any, value: Any, payload: Any) -> None:
    assert component.postprocess(value) == payload


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (gr.Radio(["a"]), None),
        (gr.CheckboxGroup(["a"]), []),
        (gr.CheckboxGroup(["a"], value="a"), ["a"]),
        (gr.Dropdown([("A", 1), "b"]), 1),
        (gr.Dropdown(["a"], value=None), None),
        (gr.Dropdown(), None),
        (gr.Dropdown(["a"], multiselect=True), []),
        (gr.Dropdown(["a"], multiselect=True, value="a"), ["a"]),
    ],
)
def test_the_initially_chosen_value(component: Any, value: Any) -> None:
    assert component.value == value


@pytest.mark.parametrize("kind", [gr.Radio, gr.Dropdown])
def test_an_initial_value_outside_the_choices_is_kept_with_a_warning(kind: Any) -> None:
    with pytest.warns(UserWarning, match="begins with 'z', which is not in the list of choices: 'a'"):
        component = kind(["a"], value="z")
    assert component.value == "z"


@pytest.mark.parametrize(
    ("component", "info", "example"),
    [
        (gr.Radio(["a", "b"]), {"enum": ["a", "b"], "title": "Radio", "type": "string"}, "a"),
        (gr.Radio(), {"enum": [], "title": "Radio", "type": "string"}, None),
        (
            gr.CheckboxGroup([("A", 1)]),
            {"items": {"enum": [1], "type": "string"}, "title": "Checkbox Group", "type": "array"},
            [1],
        ),
        (gr.Dropdown(["a"], allow_custom_value=True), {"type": "string", "enum": ["a"]}, "a"),
        (
            gr.Dropdown(["a"], multiselect=True),
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
            ["a"],
        ),
    ],
)
def test_the_api_lists_the_choices(component: Any, info: Any, example: Any) -> None:
    assert component.api_info() == info
    assert component.example_payload() == example


def test_their_events_are_gradios() -> None:
    assert gr.Radio.EVENTS == ("select", "change", "input")
    assert gr.CheckboxGroup.EVENTS == ("change", "input", "select")
    assert gr.Dropdown.EVENTS == ("change", "input", "select", "focus", "blur", "key_up")


def test_a_dropdowns_config_has_gradios_defaults() -> None:
    props = gr.Dropdown(["a"]).props()
    expected = {
        "choices": [["a", "a"]],
        "value": "a",
        "type": "value",
        "multiselect": None,
        "allow_custom_value": False,
        "max_choices": None,
        "num_choices_shown": 100,
        "filterable": True,
        "buttons": [],
        "name": "dropdown",
    }
    assert {name: props[name] for name in expected} == expected


def test_a_session_with_other_choices_is_checked_against_those() -> None:
    dropdown = gr.Dropdown(["a"]).changed({"choices": ["p", "q"]})
    assert dropdown.preprocess("q") == "q"
    with pytest.raises(BadValue, match=r"\['p', 'q'\]"):
        dropdown.preprocess("a")


@pytest.mark.parametrize("component", [gr.CheckboxGroup, gr.Dropdown])
def test_many_chosen_values_are_looked_up_quickly(component: Any) -> None:
    """R4.6: a client can send any number of values."""
    made = component([str(number) for number in range(2_000)], type="index")
    assert made.preprocess(["1999"] * 200_000) == [1999] * 200_000


def test_choices_can_be_lists_and_payloads_can_be_anything() -> None:
    lists = gr.CheckboxGroup([("x", [1]), ("y", "a"), ("again", "a")], type="index")
    assert lists.preprocess(["a", [1]]) == [1, 0]
    with pytest.raises(BadValue):
        gr.CheckboxGroup(["a", "a"]).preprocess(["a", ["a"]])
    assert gr.CheckboxGroup(["a", "a"], type="index").preprocess(["a"]) == [0]

from __future__ import annotations

import random
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadValue


@pytest.mark.parametrize("payload", [3, 3.5, -1, 0, None, True, "5"])
def test_a_number_without_rules_passes_as_it_is(payload: Any) -> None:
    number = gr.Number()
    for converted in (number.preprocess(payload), number.postprocess(payload)):
        assert converted == payload
        assert type(converted) is type(payload)


@pytest.mark.parametrize(
    ("precision", "payload", "value"),
    [(0, 3.6, 4), (0, 3.5, 4), (0, 2.5, 2), (2, 3.666, 3.67), (2, 2, 2), (0, None, None)],
)
@pytest.mark.parametrize("way", ["preprocess", "postprocess"])
def test_a_precision_rounds_both_ways(precision: int, payload: Any, value: Any, way: str) -> None:
    converted = getattr(gr.Number(precision=precision), way)(payload)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("payload", "message"),
    [(-1, "Value -1 is less than minimum value 0."), (11, "Value 11 is greater than maximum value 10.")],
)
@pytest.mark.parametrize("component", [gr.Number(minimum=0, maximum=10), gr.Slider(0, 10)])
def test_a_number_outside_the_limits_is_rejected(component: Any, payload: int, message: str) -> None:
    with pytest.raises(BadValue) as refused:
        component.preprocess(payload)
    assert str(refused.value) == message


@pytest.mark.parametrize("component", [gr.Number(minimum=0, maximum=10), gr.Slider(0, 10)])
def test_a_handler_can_return_a_number_outside_the_limits(component: Any) -> None:
    assert component.postprocess(50) == 50


@pytest.mark.parametrize("payload", ["abc", [1], {"a": 1}])
@pytest.mark.parametrize("component", [gr.Number(label="Age", minimum=0), gr.Slider(0, 10, label="Age")])
def test_an_invalid_number_is_rejected_with_a_message(component: Any, payload: Any) -> None:
    with pytest.raises(BadValue, match=r'"Age" takes a number, but .* was sent'):
        component.preprocess(payload)


def test_a_slider_does_not_accept_null() -> None:
    with pytest.raises(BadValue, match="Slider takes a number, but nothing"):
        gr.Slider(0, 10).preprocess(None)


@pytest.mark.parametrize("component", [gr.Number(precision=0), gr.Slider(precision=0)])
def test_text_returned_for_a_rounded_number_is_reported(component: Any) -> None:
    with pytest.raises(ValueError, match="takes a number, but was given 'x'"):
        component.postprocess("x")


def test_a_rounded_number_is_an_integer_in_the_api() -> None:
    assert gr.Number(precision=0).api_info() == {"type": "integer"}
    assert gr.Number().api_info() == {"type": "number"}
    assert gr.Number().example_payload() == 3


@pytest.mark.parametrize(
    ("ends", "step"),
    [
        ((0, 10), 0.1),
        ((0, 1), 0.01),
        ((0, 100), 1),
        ((0, 1000), 10),
        ((-5, 5), 0.1),
        ((0.5, 3.25), 0.01),
        ((0, 0.01), 0.0001),
        ((0, 5), 0.01),
        ((0, 99), 0.1),
    ],
)
def test_a_sliders_default_step_depends_on_its_range(ends: tuple[float, float], step: float) -> None:
    assert gr.Slider(*ends).step == pytest.approx(step)


def test_a_slider_without_a_value_is_at_its_minimum() -> None:
    assert gr.Slider(2, 9).value == 2
    assert gr.Slider(2, 9).postprocess(None) == 2
    assert gr.Slider(2, 9).example_payload() == 2


def test_a_sliders_initial_value_can_be_outside_its_range() -> None:
    assert gr.Slider(0, 10, 50).value == 50


def test_a_sliders_value_is_not_snapped_to_its_step() -> None:
    assert gr.Slider(0, 10, step=2).preprocess(5.5) == 5.5


@pytest.mark.parametrize("ends", [(5, 1), (3, 3)])
def test_a_slider_needs_a_range(ends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="Slider minimum must be less than maximum"):
        gr.Slider(*ends)


def test_a_random_slider_starts_at_one_of_its_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gr.Slider, "RANDOM", random.Random(3))
    slider = gr.Slider(0, 10, step=2.5, randomize=True)
    assert {slider.anywhere() for _ in range(100)} == {0, 2.5, 5, 7.5, 10}
    assert slider.load_fn == slider.anywhere
    assert "randomize" not in slider.props()


def test_the_api_contains_the_sliders_range() -> None:
    assert gr.Slider(1, 4).api_info() == {"type": "number", "description": "numeric value between 1 and 4"}


def test_their_events_are_gradios() -> None:
    assert gr.Number.EVENTS == ("change", "input", "submit", "focus", "blur")
    assert gr.Slider.EVENTS == ("change", "input", "release")


def test_their_configs_have_gradios_defaults() -> None:
    common = {
        "label": None,
        "info": None,
        "show_label": True,
        "container": True,
        "scale": None,
        "min_width": 160,
        "interactive": None,
        "visible": True,
        "elem_id": None,
        "elem_classes": [],
        "key": None,
        "preserved_by_key": ["value"],
        "precision": None,
    }
    assert gr.Number().props() == {
        **common,
        "value": None,
        "placeholder": None,
        "buttons": [],
        "minimum": None,
        "maximum": None,
        "step": 1,
        "name": "number",
    }
    assert gr.Slider().props() == {
        **common,
        "value": 0,
        "buttons": None,
        "minimum": 0,
        "maximum": 100,
        "step": 1,
        "name": "slider",
    }


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize("precision", [None, 0, 2])
@pytest.mark.parametrize("kind", [gr.Number, gr.Slider])
def test_a_number_that_is_not_finite_is_rejected(kind: Any, precision: int | None, value: float) -> None:
    """A2, E33: MCP clients can send NaN, which exceeds no limit and cannot be rounded."""
    with pytest.raises(BadValue, match="takes a"):
        kind(minimum=0, maximum=10, precision=precision).preprocess(value)

from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.components.browser_state import BrowserState
from holdfast.errors import BadValue


def test_a_timer_has_only_its_interval_and_whether_it_ticks() -> None:
    assert gr.Timer().props() == {"value": 1, "active": True, "name": "timer"}
    assert gr.Timer(0.5, active=False).props() == {"value": 0.5, "active": False, "name": "timer"}
    assert gr.Timer.EVENTS == ("change", "tick")


@pytest.mark.parametrize("payload", [2, 0.5, None])
def test_a_timers_interval_passes_both_ways(payload: Any) -> None:
    assert gr.Timer().preprocess(payload) == payload
    assert gr.Timer().postprocess(payload) == payload


def test_a_timers_interval_is_a_number() -> None:
    with pytest.raises(BadValue, match="Timer takes a number of seconds, but 'x'"):
        gr.Timer().preprocess("x")
    assert gr.Timer().api_info() == {"type": "number"}


def test_a_timer_has_no_label() -> None:
    with pytest.raises(TypeError, match="label"):
        gr.Timer(label="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [0, False, "", [], {"a": 1}, "x"])
def test_a_browser_keeps_any_json_also_what_is_empty(value: Any) -> None:
    state = BrowserState("default")
    assert state.postprocess(value) == value
    assert state.preprocess(value) == value


def test_null_is_the_default() -> None:
    assert BrowserState({"a": 1}).preprocess(None) == {"a": 1}


def test_a_browser_keeps_only_json() -> None:
    with pytest.raises(ValueError, match="keeps JSON"):
        BrowserState().postprocess({(1, 2): 3})


def test_keys_that_are_not_given_are_new_each_time() -> None:
    one, other = BrowserState(), BrowserState()
    assert len(one.storage_key) == len(one.secret) == 16
    assert len({one.storage_key, one.secret, other.storage_key, other.secret}) == 4


def test_its_config_has_only_its_three_parameters() -> None:
    assert BrowserState([1], storage_key="k", secret="s").props() == {
        "default_value": [1],
        "storage_key": "k",
        "secret": "s",
        "name": "browserstate",
    }

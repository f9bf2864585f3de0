from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
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

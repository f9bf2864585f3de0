from __future__ import annotations

from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadValue


@pytest.mark.parametrize("payload", [True, False, None, 1])
def test_the_payload_is_passed_through(payload: Any) -> None:
    assert gr.Checkbox().preprocess(payload) is payload


@pytest.mark.parametrize("payload", [[True], {"a": 1}])
def test_a_list_or_an_object_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match='Checkbox "Agree" takes true or false, but'):
        gr.Checkbox(label="Agree").preprocess(payload)


@pytest.mark.parametrize(("value", "payload"), [(True, True), (1, True), ([], False), (None, False), ("no", True)])
def test_the_truthiness_of_the_result_counts(value: Any, payload: bool) -> None:
    assert gr.Checkbox().postprocess(value) is payload


def test_it_is_initially_not_checked() -> None:
    assert gr.Checkbox().value is False
    assert gr.Checkbox(value=True).value is True


def test_its_api_and_events_are_gradios() -> None:
    assert gr.Checkbox().api_info() == {"type": "boolean"}
    assert gr.Checkbox().example_payload() is True
    assert gr.Checkbox.EVENTS == ("change", "input", "select")

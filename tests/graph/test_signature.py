"""Analysis of a handler's signature."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import holdfast as gr
from holdfast.graph.signature import Signature, has_event_data, signature_of


def names(signature: Signature) -> list[str]:
    """The parameters that take inputs."""
    return [parameter.name for parameter in signature.positional]


def test_annotations_written_as_text_are_resolved() -> None:
    def handler(value: int, request: gr.Request, event: gr.EventData) -> None:
        del value, request, event

    signature = signature_of(handler)
    assert names(signature) == ["value"]
    assert [p.special for p in signature.special] == [gr.Request, gr.EventData]
    assert has_event_data(signature)


def test_annotations_can_use_names_of_the_enclosing_function() -> None:
    class Mine(gr.EventData):
        """A local class."""

    def handler(event: Mine) -> Any:
        return event, Mine

    assert signature_of(handler).special[0].special is Mine


def test_an_annotation_that_cannot_be_resolved_is_left_as_text() -> None:
    def handler(value: Nowhere) -> None:  # type: ignore[name-defined] # noqa: F821 -- it does not exist
        del value

    assert signature_of(handler).positional[0].annotation == "Nowhere"


@pytest.mark.parametrize("annotation", ["gr.Request | None", "Optional[gr.Request]"])
def test_an_injected_parameter_can_be_optional(annotation: str) -> None:
    scope: dict[str, Any] = {"gr": gr}
    exec(f"from typing import Optional\ndef handler(request: {annotation} = None): ...", scope)
    (parameter,) = signature_of(scope["handler"]).special
    assert (parameter.special, parameter.optional) == (gr.Request, True)


def test_progress_is_recognized_by_its_default() -> None:
    def handler(value: str, progress=gr.Progress(track_tqdm=True)) -> None:  # type: ignore[no-untyped-def] # noqa: B008
        del value, progress

    signature = signature_of(handler)
    assert names(signature) == ["value"]
    assert signature.special[0].special is gr.Progress


def test_methods_partials_and_wrapped_functions_have_their_remaining_parameters() -> None:
    class Model:
        def predict(self, text: str, top: int = 3) -> str:
            return text * top

    def base(first: int, second: int) -> int:
        return first + second

    @functools.wraps(base)
    def wrapped(*args: int) -> int:
        return base(*args)

    assert names(signature_of(Model().predict)) == ["text", "top"]
    assert names(signature_of(functools.partial(base, 1))) == ["second"]
    assert names(signature_of(wrapped)) == ["first", "second"]


def test_a_callable_without_a_signature_takes_anything() -> None:
    signature = signature_of(dict)
    assert not signature.known
    assert signature.variadic


def test_required_inputs_are_those_without_a_default() -> None:
    assert signature_of(lambda a, b, c=1: (a, b, c)).required == 2


def test_inputs_beyond_the_signature_are_numbered() -> None:
    signature = signature_of(lambda a, *rest: (a, rest))
    assert signature.input_names(3) == ["a", "param_1", "param_2"]
    assert signature.input_names(3, ("x",)) == ["a", "param_1", "x"]

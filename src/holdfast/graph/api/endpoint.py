"""`gr.api`: an endpoint without components on the page."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable
from typing import Any, Literal

from holdfast.errors import BuildError, RenderError
from holdfast.graph.api.python_schemas import schema_of
from holdfast.graph.block import Block
from holdfast.graph.context import current
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.listener import ListenerOptions, Visibility
from holdfast.graph.parameters import names_meant
from holdfast.graph.signature import signature_of


class ApiValue(Block):
    """One parameter or result of an endpoint without components.

    Args:
        value: Default value.
        schema: JSON schema of accepted values.
        label: Label such as `1st` or `2nd`
    """

    NAME = "api"
    SKIP_API = False

    def __init__(self, value: Any, schema: dict[str, Any], label: str) -> None:
        self.value = value
        self.schema = schema
        self.label = label
        super().__init__(render=False)

    def props(self) -> dict[str, Any]:
        """Return the properties for the config."""
        return {"value": self.value, "_api_info": self.schema, "label": self.label, "name": "api"}

    def api_info(self) -> dict[str, Any]:
        return self.schema

    api_info_as_input = api_info
    api_info_as_output = api_info

    def example_payload(self) -> Any:
        """Return the default, or three dots."""
        return "..." if self.value is None else self.value

    example_value = example_payload


@names_meant("gr.api()")
def api(
    fn: Callable[..., Any] | Literal["decorator"] = "decorator",
    *,
    api_name: str | None = None,
    api_description: str | Literal[False] | None = None,
    queue: bool = True,
    batch: bool = False,
    max_batch_size: int = 4,
    concurrency_limit: int | Literal["default"] | None = "default",
    concurrency_id: str | None = None,
    api_visibility: Visibility = "public",
    time_limit: int | None = None,
    stream_every: float = 0.5,
) -> Any:
    """Register a function as an endpoint, with types from its annotations.

    Args:
        fn: Function to call; omit it to use `gr.api` as a decorator.
        api_name: Name of the endpoint; by default the function's name.
        api_description: Description of the endpoint; by default the docstring, `False` for none.
        queue: `False` runs the function immediately, outside the queue's limits.
        batch: Whether the function takes and returns lists, one item per waiting call.
        max_batch_size: Maximum number of calls per batch.
        concurrency_limit: Maximum number of concurrent calls; `None` for no limit.
        concurrency_id: Name of a limit that listeners share.
        api_visibility: Whether the endpoint is documented, hidden but callable, or neither.
        time_limit: Accepted for compatibility.
        stream_every: Accepted for compatibility.

    Returns:
        Listener, or a decorator.

    Raises:
        BuildError: A parameter has no annotation.
    """
    del time_limit, stream_every
    options: ListenerOptions = {
        "api_name": api_name,
        "api_description": api_description,
        "queue": queue,
        "batch": batch,
        "max_batch_size": max_batch_size,
        "concurrency_limit": concurrency_limit,
        "concurrency_id": concurrency_id,
        "api_visibility": api_visibility,
        "preprocess": False,
        "postprocess": False,
        "show_progress": "hidden",
    }
    if isinstance(fn, str):
        return lambda function: _register(function, options)
    return _register(fn, options)


def _register(fn: Callable[..., Any], options: ListenerOptions) -> Dependency:
    if current.get() is None:
        raise RenderError("gr.api was called outside of a Blocks. Put it inside `with gr.Blocks() as demo:`.")
    signature = signature_of(fn)
    bare = [p.name for p in signature.positional if p.annotation is inspect.Parameter.empty]
    if bare:
        raise BuildError(
            f"gr.api takes its endpoint's types from annotations, but {', '.join(bare)} of "
            f"{getattr(fn, '__name__', fn)!r} has none. Annotate every parameter, such as `{bare[0]}: str`."
        )
    inputs = [
        _value(place, p.annotation, p.default if p.has_default else None)
        for place, p in enumerate(signature.positional)
    ]
    outputs = [_value(place, kind, None) for place, kind in enumerate(_results(signature.returns))]
    return register(fn, (), inputs, outputs, options)


def _value(place: int, annotation: Any, default: Any) -> ApiValue:
    return ApiValue(default, schema_of(annotation), _ordinal(place + 1))


def _results(kind: Any) -> list[Any]:
    """Return the types of a function's results; each member of a tuple is a separate result."""
    if typing.get_origin(kind) in _STREAMS:
        kind = (typing.get_args(kind) or (Any,))[0]
    if kind is None or kind is type(None):
        return []
    members = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and Ellipsis not in members:
        return list(members)
    return [kind]


_STREAMS = {
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
}
"""Generator annotations, for which the endpoint's result is the type of the yielded values."""


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"

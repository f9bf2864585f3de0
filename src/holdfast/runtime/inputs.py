"""From what the browser sent to what the function is called with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast import files
from holdfast.components.base import Component
from holdfast.errors import BadValue, Error, HandlerError, InvalidPathError
from holdfast.runtime.plan import Plan, Port, Properties

if TYPE_CHECKING:
    from holdfast.files import FileRules
    from holdfast.graph.app import AppView
    from holdfast.graph.listener import Listener
    from holdfast.state import CellSpec


def convert_inputs(
    plan: Plan,
    listener: Listener,
    view: AppView | None,
    data: Sequence[Any],
    cells: Mapping[CellSpec, Any],
    rules: Any,
) -> list[Any]:
    """The function's values for a call.

    Args:
        plan: How the listener is run.
        listener: The listener.
        view: The session's own view of the app, if it has one.
        data: What was sent: one value per input; more are ignored.
        cells: The session's States.
        rules: Which files a value may name.

    Raises:
        BadValue: Too few values, or one that its component refuses.
        HandlerError: A component failed on its value.
    """
    ports = plan.inputs
    if len(data) < len(ports):
        raise BadValue(
            f"An event handler didn't receive enough input values (needed: {len(ports)}, got: {len(data)}). "
            f"Send one value for each of the inputs of {plan.name!r}: {_names(ports)}; a State's may be null."
        )
    convert = _convert if listener.preprocess else _unconverted
    return [
        convert(i, port, data[i], view, ports, rules) if port.cell is None else cells[port.cell]
        for i, port in enumerate(ports)
    ]


def _unconverted(_: int, port: Port, payload: Any, _view: object, _ports: object, rules: Any) -> Any:
    """A value as the browser has it; a file in it is one that the client may name (`preprocess=False`)."""
    return check_files(payload, rules) if port.files else payload


def check_files(payload: Any, rules: FileRules) -> Any:
    """A client's JSON, each file in it one that it may name.

    Raises:
        BadValue: One is not.
    """
    try:
        return files.check(payload, rules)
    except InvalidPathError as error:
        raise BadValue(str(error)) from None


def _convert(index: int, port: Port, payload: Any, view: AppView | None, ports: Sequence[Port], rules: Any) -> Any:
    block = port.block if view is None else view.block(port.id)
    if not isinstance(block, Component):
        return payload
    try:
        if port.properties:
            return _properties(block, payload, port.files, rules)
        if port.files:
            payload = files.check(payload, rules, fetch=block.FETCHES)
        return block.preprocess(payload)
    except Error:
        raise
    except InvalidPathError as error:  # the client named it
        raise BadValue(str(error)) from None
    except Exception as error:
        raise HandlerError(
            f"Could not preprocess input component at index {index} (a `{block.get_block_name()}` component) of the "
            f"event handler with input components: [{', '.join(p.block.get_block_name() for p in ports)}].\n\n"
            f"The value passed to the event handler was of type `{type(payload).__name__}`.\n\n"
            f"Original error: {type(error).__name__}: {error}"
        ) from error


def _properties(block: Component, payload: Any, has_files: bool, rules: Any) -> Properties:
    """All properties of a component: those that the page sent, over those that the server knows."""
    known = block.props()
    sent = {"value": payload}
    if isinstance(payload, dict) and "value" in payload and payload.keys() <= known.keys() | {"value", "id", "key"}:
        sent = payload
    value = sent["value"]
    if has_files:
        value = files.check(value, rules)
    return Properties(**{**known, **sent, "value": block.preprocess(value)})


def _names(ports: Sequence[Port]) -> str:
    return ", ".join(describe(port) for port in ports) or "none"


def describe(port: Port) -> str:
    """What a message calls an input or output."""
    label = getattr(port.block, "label", None)
    name = port.block.get_block_name()
    return f"{name} {label!r}" if isinstance(label, str) and label else name

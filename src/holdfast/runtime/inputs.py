"""Convert the values sent by a browser to the values that a function is called with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.components.base import Component
from holdfast.errors import BadValue, Error, HandlerError, InvalidPathError
from holdfast.files import rules as file_rules
from holdfast.received import mark
from holdfast.runtime.plan import Plan, Port, Properties

if TYPE_CHECKING:
    from holdfast.files.rules import FileRules
    from holdfast.graph.app import AppView
    from holdfast.graph.block import Block
    from holdfast.graph.listener import Listener
    from holdfast.state import CellSpec

LONGEST_LABEL = 200
"""Maximum number of characters in a string property set by a page."""


def convert_inputs(
    plan: Plan,
    listener: Listener,
    view: AppView | None,
    data: Sequence[Any],
    cells: Mapping[CellSpec, Any],
    rules: Any,
) -> list[Any]:
    """Return the values to call the function with.

    Args:
        plan: The listener's plan.
        listener: The listener.
        view: The session's own view of the app, if it has one.
        data: Values sent by the client, one per input; additional values are ignored.
        cells: The session's States.
        rules: Rules for the files that a value can refer to.

    Raises:
        BadValue: There are too few values, or a component rejects its value.
        HandlerError: A component failed to convert its value.
    """
    ports = plan.inputs
    if len(data) < len(ports):
        raise BadValue(
            f"An event handler didn't receive enough input values (needed: {len(ports)}, got: {len(data)}). "
            f"Send one value for each input of {plan.name!r}: {_names(ports)}; a State's may be null."
        )
    convert = _convert if listener.preprocess else _unconverted
    return [
        convert(i, port, data[i], view, ports, rules) if port.cell is None else cells[port.cell]
        for i, port in enumerate(ports)
    ]


def client_value(block: Block, payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
    """Accept a client's value for a component. Every value from a client must pass through this function.

    Args:
        block: Component that the value is for.
        payload: Decoded JSON owned by the caller. Dicts that look like the framework's own are marked in it.
        rules: Rules for files that the value can refer to and for the parts that this server issued.
        fetch: Download files that the value refers to by URL.

    Raises:
        BadValue: The value cannot be accepted; the message explains why.
    """
    mark(payload)
    if not isinstance(block, Component):
        return payload
    try:
        return block.incoming(payload, rules, fetch=fetch)
    except InvalidPathError as error:
        raise BadValue(str(error)) from None


def _unconverted(_: int, port: Port, payload: Any, view: AppView | None, _ports: object, rules: Any) -> Any:
    """Return a value in the form sent by the browser (`preprocess=False`)."""
    return client_value(port.block if view is None else view.block(port.id), payload, rules)


def check_files(payload: Any, rules: FileRules) -> Any:
    """Check the files in a client's JSON that is not a component's value.

    Raises:
        BadValue: The client is not allowed to refer to one of the files.
    """
    try:
        return file_rules.check(mark(payload), rules)
    except InvalidPathError as error:
        raise BadValue(str(error)) from None


def _convert(index: int, port: Port, payload: Any, view: AppView | None, ports: Sequence[Port], rules: Any) -> Any:
    block = port.block if view is None else view.block(port.id)
    try:
        if port.properties and isinstance(block, Component):
            return _properties(block, payload, rules)
        payload = client_value(block, payload, rules, fetch=True)
        return block.preprocess(payload) if isinstance(block, Component) else payload
    except Error:
        raise
    except Exception as error:
        raise HandlerError(
            f"Could not preprocess input component at index {index} (a `{block.get_block_name()}` component) of the "
            f"event handler with input components: [{', '.join(p.block.get_block_name() for p in ports)}].\n\n"
            f"The value passed to the event handler was of type `{type(payload).__name__}`.\n\n"
            f"Original error: {type(error).__name__}: {error}"
        ) from error


def _properties(block: Component, payload: Any, rules: Any) -> Properties:
    """Return all properties of a component: the server's values, overridden by those that the page can set."""
    known = block.props()
    sent = {"value": payload}
    if isinstance(payload, dict) and "value" in payload and payload.keys() <= known.keys() | {"value", "id", "key"}:
        sent = {name: value for name, value in payload.items() if _is_pages(name, value)} | {"value": payload["value"]}
    value = client_value(block, sent["value"], rules)
    return Properties(**{**known, **sent, "value": block.preprocess(value)})


def _is_pages(name: str, value: Any) -> bool:
    """Return whether a page can set a property: a flag, number, short name, or label; never markup, code, or a URL."""
    if isinstance(value, str):
        return len(value) <= LONGEST_LABEL and (name == "label" or value.isidentifier())
    return isinstance(value, bool | int | float) or value is None


def _names(ports: Sequence[Port]) -> str:
    return ", ".join(describe(port) for port in ports) or "none"


def describe(port: Port) -> str:
    """Return the name of an input or output for use in messages."""
    label = getattr(port.block, "label", None)
    name = port.block.get_block_name()
    return f"{name} {label!r}" if isinstance(label, str) and label else name

"""Updates, which a handler returns to change a component's properties or to leave it unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from holdfast.received import KEY, Sources, is_received


class Update(dict[str, Any]):
    """Properties to change, marked with `__type__: "update"`. Created only by `update()` and `skip()`."""


def update(
    elem_id: str | None = None,
    elem_classes: Sequence[str] | str | None = None,
    visible: bool | Literal["hidden"] | None = None,
    **props: Any,
) -> Update:
    """Change properties of an output.

    Args:
        elem_id: `id` of the HTML element.
        elem_classes: CSS classes of the HTML element.
        visible: Whether the component is visible.
        **props: Any parameters of the component's constructor, including `value`.

    Returns:
        Update for a handler to return in place of the output's value.
    """
    common = {"elem_id": elem_id, "elem_classes": elem_classes, "visible": visible}
    return Update({**{name: v for name, v in common.items() if v is not None}, **props, "__type__": "update"})


def skip() -> Update:
    """Leave an output unchanged; returned alone, leave all outputs unchanged."""
    return Update({"__type__": "update"})


def is_update(value: Any, sources: Sources | None = None) -> bool:
    """Return whether a handler's `value` is an update.

    Args:
        value: Value that the handler returned for one output.
        sources: Values that the handler received; a dict from there is a value, whatever it contains.
    """
    if isinstance(value, Update):
        return True
    if not isinstance(value, dict) or value.get(KEY) != "update" or is_received(value):
        return False
    return sources is None or not sources.hold(value)


def as_value(payload: Any) -> Any:
    """Return the page's form of a value; one that looks like an update is wrapped in an update of the value."""
    looks = isinstance(payload, dict) and payload.get(KEY) == "update"
    return Update({KEY: "update", "value": payload}) if looks else payload


def validate(is_valid: bool, message: str) -> dict[str, Any]:
    """Return a validator's result for one input.

    Args:
        is_valid: Whether the event may run.
        message: Message that the visitor sees at the input if it may not.
    """
    return {"__type__": "validate", "is_valid": is_valid, "message": message}

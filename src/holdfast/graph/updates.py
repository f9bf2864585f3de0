"""Updates: what a handler returns to change a component's properties, or to leave it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from holdfast.received import KEY, Sources, is_received


class Update(dict[str, Any]):
    """Properties to change, under `__type__: "update"`. Made by `update()` and `skip()` alone."""


def update(
    elem_id: str | None = None,
    elem_classes: Sequence[str] | str | None = None,
    visible: bool | Literal["hidden"] | None = None,
    **props: Any,
) -> Update:
    """Change properties of an output.

    Args:
        elem_id: `id` of its element.
        elem_classes: Classes of its element.
        visible: Whether it is seen.
        **props: Any of its constructor's parameters; `value` too.

    Returns:
        What a handler returns in the output's place.
    """
    common = {"elem_id": elem_id, "elem_classes": elem_classes, "visible": visible}
    return Update({**{name: v for name, v in common.items() if v is not None}, **props, "__type__": "update"})


def skip() -> Update:
    """Leave an output as it is; alone, leave all of them."""
    return Update({"__type__": "update"})


def is_update(value: Any, sources: Sources | None = None) -> bool:
    """Whether a handler's `value` is an update.

    Args:
        value: What the handler returned for one output.
        sources: What the handler was given; a dict from there is a value, whatever it holds.
    """
    if isinstance(value, Update):
        return True
    if not isinstance(value, dict) or value.get(KEY) != "update" or is_received(value):
        return False
    return sources is None or not sources.hold(value)


def as_value(payload: Any) -> Any:
    """What goes to a page for a value; one that it would take for an update is wrapped in an update of the value."""
    looks = isinstance(payload, dict) and payload.get(KEY) == "update"
    return Update({KEY: "update", "value": payload}) if looks else payload


def validate(is_valid: bool, message: str) -> dict[str, Any]:
    """A validator's verdict on one input.

    Args:
        is_valid: Whether the event may run.
        message: What the visitor reads at the input when it may not.
    """
    return {"__type__": "validate", "is_valid": is_valid, "message": message}

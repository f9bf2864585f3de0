"""Updates: what a handler returns to change a component's properties, or to leave it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal


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


def is_update(value: Any, *, strict: bool = False) -> bool:
    """Whether a handler's `value` is an update.

    Args:
        value: What the handler returned for one output.
        strict: Only what `update()` and `skip()` made counts (State R1.6); else a dict that says so counts too.
    """
    if isinstance(value, Update):
        return True
    return not strict and isinstance(value, dict) and value.get("__type__") == "update"


def validate(is_valid: bool, message: str) -> dict[str, Any]:
    """A validator's verdict on one input.

    Args:
        is_valid: Whether the event may run.
        message: What the visitor reads at the input when it may not.
    """
    return {"__type__": "validate", "is_valid": is_valid, "message": message}

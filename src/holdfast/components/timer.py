"""Ticks while the page is in sight."""

from __future__ import annotations

from typing import Any, ClassVar

from holdfast.components import events
from holdfast.components.base import Component


class Timer(Component):
    """Fires `tick` every so many seconds while the page is in sight.

    Args:
        value: Seconds between ticks.
        active: Whether it ticks.
        render: Whether it is placed where it is made.
    """

    NAME: ClassVar[str] = "timer"
    LACKS: ClassVar[frozenset[str]] = frozenset(
        {
            "label", "show_label", "container", "buttons", "scale", "min_width",
            "visible", "elem_id", "elem_classes", "key", "preserved_by_key",
        }
    )  # fmt: skip
    change = events.CHANGE
    tick = events.TICK

    def __init__(self, value: float = 1, *, active: bool = True, render: bool = True) -> None:
        self.active = active
        super().__init__(value, render=render)

    def preprocess(self, payload: Any) -> Any:
        """Seconds between ticks."""
        if payload is not None and not isinstance(payload, (int, float)):
            raise self.bad("a number of seconds", payload)
        return payload

    def api_info(self) -> dict[str, Any]:
        """A number."""
        return {"type": "number"}

    def example_payload(self) -> int:
        """A second."""
        return 1

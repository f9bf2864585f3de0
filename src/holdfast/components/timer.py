"""Timer that ticks while the page is visible."""

from __future__ import annotations

from typing import Any, ClassVar

from holdfast.components import events
from holdfast.components.base import Component


class Timer(Component):
    """Fires `tick` at an interval while the page is visible.

    Args:
        value: Interval in seconds.
        active: Whether the timer is running.
        render: Whether to place the timer where it is created.
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
        """Return the interval in seconds."""
        if payload is not None and not isinstance(payload, (int, float)):
            raise self.bad("a number of seconds", payload)
        return payload

    def api_info(self) -> dict[str, Any]:
        return {"type": "number"}

    def example_payload(self) -> int:
        return 1

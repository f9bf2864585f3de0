"""Component that shows JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast import exact
from holdfast.components import events
from holdfast.components.base import Component, ComponentOptions
from holdfast.components.to_json import plain
from holdfast.errors import Error


class JSON(Component):
    """Shows JSON as a collapsible tree.

    A handler returns dicts, lists, numbers, or a string that contains JSON; arrays become lists, NaN becomes null, and
    values that JSON does not support become their `str`.

    Args:
        value: Initial value, or a function that returns it.
        open: Whether the whole tree is initially expanded.
        show_indices: Whether to show the indexes of list items.
        height: Height in pixels or as a CSS length.
        max_height: Height in pixels or as a CSS length above which the component scrolls.
        min_height: Minimum height in pixels or as a CSS length.
        **options: See `ComponentOptions`.
    """

    NAME: ClassVar[str] = "json"
    FROM_CLIENT: ClassVar[bool] = True
    BUTTONS: ClassVar[Sequence[str] | None] = ("copy",)
    change = events.CHANGE

    def __init__(
        self,
        value: Any = None,
        *,
        open: bool = False,
        show_indices: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = 500,
        min_height: int | str | None = None,
        **options: Unpack[ComponentOptions],
    ) -> None:
        self.open = open
        self.show_indices = show_indices
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        super().__init__(value, **options)

    def postprocess(self, value: Any) -> Any:
        """Convert a value to plain JSON data."""
        if value is None:
            return None
        if isinstance(value, (str, bytes)):
            return self._parsed(value)
        try:
            return plain(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.called} cannot show {type(value).__name__} as JSON: {error}") from error

    def _parsed(self, text: str | bytes) -> Any:
        try:
            return exact.loads(text)
        except ValueError as error:
            raise Error(f"Invalid JSON string: {error}") from error

    def example_payload(self) -> dict[str, str]:
        return {"foo": "bar"}

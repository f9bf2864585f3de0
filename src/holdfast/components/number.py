"""Number field."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.numeric import Numeric
from holdfast.errors import BadValue


class Number(Numeric, Field):
    """A field for a number.

    A handler gets an `int` or a `float`, as the visitor typed it, or `None` for an empty field. An empty field that a
    listener reads has the initial value 0, unless it has a placeholder or its limits exclude 0.

    Args:
        value: Initial number, or a function that returns it.
        placeholder: Text shown while the field is empty.
        precision: Decimal places to round to, in both directions; 0 converts to `int`.
        minimum: Minimum accepted number.
        maximum: Maximum accepted number.
        step: Increment of the arrow keys.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "number"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    input = events.INPUT
    submit = events.SUBMIT
    focus = events.FOCUS
    blur = events.BLUR

    def __init__(
        self,
        value: Any = None,
        *,
        placeholder: str | None = None,
        precision: int | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float = 1,
        **options: Unpack[FieldOptions],
    ) -> None:
        self.placeholder = placeholder
        self.precision = precision
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        super().__init__(value, **options)

    @property
    def untouched(self) -> int | None:
        """Value of the field until the visitor fills it in. Gradio's page starts every number field with 0."""
        if self.load_fn is not None or self.placeholder is not None:
            return None
        try:
            self.limited(0)
        except BadValue:
            return None
        return 0

    def preprocess(self, payload: Any) -> Any:
        """Return the number, rounded and within the limits; strings pass only if no computation is needed."""
        return None if payload is None else self.received(payload)

    def postprocess(self, value: Any) -> Any:
        """Return the number, rounded; it may be outside the limits."""
        if value is None:
            return None
        if isinstance(value, (dict, list, tuple, set)):
            raise self.wrong("a number", value)
        try:
            return self.rounded(value)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong("a number", value) from None

    def api_info(self) -> dict[str, Any]:
        return {"type": "integer" if self.precision == 0 else "number"}

    def example_payload(self) -> float:
        return 3 if self.minimum is None else self.minimum

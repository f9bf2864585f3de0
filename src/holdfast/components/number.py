"""A field for a number."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.numeric import Numeric
from holdfast.errors import BadValue


class Number(Numeric, Field):
    """A field for a number.

    A handler gets an `int` or a `float`, as the visitor typed it, and `None` for an empty field. A field without a
    value that a listener reads begins with 0, unless it has a placeholder or its limits leave 0 out.

    Args:
        value: The number at first, or a function that gives it.
        placeholder: What it says while it is empty.
        precision: Digits after the point to which it is rounded both ways; 0 makes an `int` of it.
        minimum: Least number that is accepted.
        maximum: Greatest number that is accepted.
        step: By how much the arrow keys change it.
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
        """What it counts for until somebody fills it. Gradio's page begins every number with 0."""
        if self.load_fn is not None or self.placeholder is not None:
            return None
        try:
            self.limited(0)
        except BadValue:
            return None
        return 0

    def preprocess(self, payload: Any) -> Any:
        """The number, rounded and within the limits. A text passes only where nothing has to be computed with it."""
        return None if payload is None else self.received(payload)

    def postprocess(self, value: Any) -> Any:
        """The number, rounded; it may be outside the limits."""
        if value is None:
            return None
        if isinstance(value, (dict, list, tuple, set)):
            raise self.wrong("a number", value)
        try:
            return self.rounded(value)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong("a number", value) from None

    def api_info(self) -> dict[str, Any]:
        """A number; an integer where it is rounded to one."""
        return {"type": "integer" if self.precision == 0 else "number"}

    def example_payload(self) -> float:
        """A small number, or the least that is accepted."""
        return 3 if self.minimum is None else self.minimum

"""What fields for numbers share: rounding and limits."""

from __future__ import annotations

import math
from typing import Any

from holdfast.components.base import Component
from holdfast.errors import BadValue


class Numeric(Component):
    """A component whose value is a number, maybe rounded, maybe within limits."""

    precision: int | None
    minimum: float | None
    maximum: float | None

    def report_value(self, value: Any, how: str) -> None:  # noqa: ARG002 -- it is said by an error
        """Refuse what is not a number.

        Raises:
            ValueError: It is not one.
        """
        self.postprocess(value)

    def rounded(self, value: Any) -> Any:
        """`value` rounded to `precision` digits; with 0 digits an int, and an int stays one.

        Raises:
            TypeError: It is no number.
        """
        if self.precision is None:
            return value
        if self.precision == 0:
            return round(value)
        return round(value, self.precision)

    def received(self, payload: Any) -> Any:
        """A client's number, rounded and within the limits. A text passes only where nothing is computed with it.

        Raises:
            BadValue: It is not a finite number, or outside of the limits.
        """
        if isinstance(payload, dict | list):
            raise self.bad("a number", payload)
        try:
            value = self.rounded(payload)
        except (TypeError, ValueError, OverflowError):
            raise self.bad("a number", payload) from None
        if isinstance(value, float) and not math.isfinite(value):  # of which no limit is exceeded
            raise self.bad("a finite number", payload)
        try:
            return self.limited(value)
        except TypeError:
            raise self.bad("a number", payload) from None

    def limited(self, value: Any) -> Any:
        """`value` itself when it is within the limits.

        Raises:
            BadValue: It is outside of them.
        """
        if self.minimum is not None and value < self.minimum:
            raise BadValue(f"Value {value} is less than minimum value {self.minimum}.")
        if self.maximum is not None and value > self.maximum:
            raise BadValue(f"Value {value} is greater than maximum value {self.maximum}.")
        return value

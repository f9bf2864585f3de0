"""Rounding and limits of number fields."""

from __future__ import annotations

import math
from typing import Any

from holdfast.components.base import Component
from holdfast.errors import BadValue


class Numeric(Component):
    """A component whose value is a number, optionally rounded and within limits."""

    precision: int | None
    minimum: float | None
    maximum: float | None

    def report_value(self, value: Any, how: str) -> None:  # noqa: ARG002 -- the error describes the value
        """Reject a value that is not a number.

        Raises:
            ValueError: The value is not a number.
        """
        self.postprocess(value)

    def rounded(self, value: Any) -> Any:
        """Round `value` to `precision` digits; 0 digits give an int, and an int stays an int.

        Raises:
            TypeError: The value is not a number.
        """
        if self.precision is None:
            return value
        if self.precision == 0:
            return round(value)
        return round(value, self.precision)

    def received(self, payload: Any) -> Any:
        """Return a client's number, rounded and within the limits; strings pass only if no computation is needed.

        Raises:
            BadValue: The payload is not a finite number, or is outside the limits.
        """
        if isinstance(payload, dict | list):
            raise self.bad("a number", payload)
        try:
            value = self.rounded(payload)
        except (TypeError, ValueError, OverflowError):
            raise self.bad("a number", payload) from None
        if isinstance(value, float) and not math.isfinite(value):  # no limit rejects NaN
            raise self.bad("a finite number", payload)
        try:
            return self.limited(value)
        except TypeError:
            raise self.bad("a number", payload) from None

    def limited(self, value: Any) -> Any:
        """Return `value` if it is within the limits.

        Raises:
            BadValue: The value is outside the limits.
        """
        if self.minimum is not None and value < self.minimum:
            raise BadValue(f"Value {value} is less than minimum value {self.minimum}.")
        if self.maximum is not None and value > self.maximum:
            raise BadValue(f"Value {value} is greater than maximum value {self.maximum}.")
        return value

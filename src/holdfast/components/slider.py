"""Slider component."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.numeric import Numeric


class Slider(Numeric, Field):
    """A slider to choose a number between two limits.

    A handler gets the number at the slider's position; returning `None` moves it to the minimum.

    Args:
        minimum: The number at the left end.
        maximum: The number at the right end.
        value: Initial number, or a function that returns it; the minimum by default.
        step: Distance between adjacent positions; by default a power of ten that gives 100 to 1000 of them.
        precision: Decimal places to round to, in both directions; 0 converts to `int`.
        randomize: Whether each page load starts at a random position.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "slider"
    FROM_CLIENT: ClassVar[bool] = True
    BUTTONS: ClassVar[Sequence[str] | None] = None
    RANDOM: ClassVar[random.Random] = random.SystemRandom()
    """Random number generator for `randomize`."""
    change = events.CHANGE
    input = events.INPUT
    release = events.RELEASE

    minimum: float
    maximum: float

    def __init__(
        self,
        minimum: float = 0,
        maximum: float = 100,
        value: Any = None,
        *,
        step: float | None = None,
        precision: int | None = None,
        randomize: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        if minimum >= maximum:
            raise ValueError("Slider minimum must be less than maximum.")
        self.minimum = minimum
        self.maximum = maximum
        self.step = 10 ** math.floor(math.log10(maximum - minimum) - 2) if step is None else step
        self.precision = precision
        super().__init__(self.anywhere if randomize else value, **options)

    def anywhere(self) -> float:
        """Return a random position."""
        count = math.floor((self.maximum - self.minimum) / self.step)
        digits = max(0, 2 - math.floor(math.log10(self.step)))
        return round(self.minimum + self.RANDOM.randint(0, count) * self.step, digits)

    def preprocess(self, payload: Any) -> Any:
        """Return the number, rounded and within the limits."""
        return self.received(payload)

    def postprocess(self, value: Any) -> Any:
        """Return the number, rounded; `None` is the minimum."""
        if value is None:
            return self.minimum
        try:
            return self.rounded(value)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong("a number", value) from None

    def api_info(self) -> dict[str, Any]:
        return {"type": "number", "description": f"numeric value between {self.minimum} and {self.maximum}"}

    def example_payload(self) -> float:
        return self.minimum

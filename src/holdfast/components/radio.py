"""Group of radio buttons."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.choices import Choices, Chooser


class Radio(Chooser, Field):
    """A group of radio buttons, of which one can be chosen.

    A handler gets the chosen value, or its index, or `None` while nothing is chosen.

    Args:
        choices: Values, or (label, value) pairs.
        value: Initially chosen value, or a function that returns it.
        type: `"value"` or `"index"`, what a handler gets.
        rtl: Whether text runs from right to left.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "radio"
    FROM_CLIENT: ClassVar[bool] = True
    select = events.SELECT
    change = events.CHANGE
    input = events.INPUT

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Any = None,
        type: Literal["value", "index"] = "value",
        rtl: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        self.set_choices(choices, type)
        self.rtl = rtl
        super().__init__(value, **options)

    def preprocess(self, payload: Any) -> Any:
        """Return the chosen value or its index."""
        return None if payload is None else self.chosen(payload)

    def api_info(self) -> dict[str, Any]:
        return {"enum": self.values, "title": "Radio", "type": "string"}

    def example_payload(self) -> Any:
        return self.choices[0][1] if self.choices else None

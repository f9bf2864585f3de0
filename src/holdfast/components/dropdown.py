"""Dropdown list of choices."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.choices import Choices, Chooser, several
from holdfast.errors import BadValue


class _FirstChoice:
    """Marker for a value that was not passed, since `None` means that nothing is chosen."""

    def __repr__(self) -> str:
        return "<first choice>"


FIRST_CHOICE: Final = _FirstChoice()


class Dropdown(Chooser, Field):
    """A dropdown list of which one or several choices can be chosen.

    A handler gets the chosen value or its index (with `multiselect` a list of them), or `None` while nothing is chosen.

    Args:
        choices: Values, or (label, value) pairs.
        value: Initially chosen value, or a function that returns it; by default the first choice, or none with
            `multiselect`.
        type: `"value"` or `"index"`, what a handler gets.
        multiselect: Whether several can be chosen.
        allow_custom_value: Whether the visitor can enter values that are not among the choices.
        max_choices: Maximum number of choices that the browser lets the visitor choose.
        num_choices_shown: Maximum number of choices shown in the open list.
        filterable: Whether typing filters the list.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "dropdown"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    input = events.INPUT
    select = events.SELECT
    focus = events.FOCUS
    blur = events.BLUR
    key_up = events.KEY_UP

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Any = FIRST_CHOICE,
        type: Literal["value", "index"] = "value",
        multiselect: bool | None = None,
        allow_custom_value: bool = False,
        max_choices: int | None = None,
        num_choices_shown: int = 100,
        filterable: bool = True,
        **options: Unpack[FieldOptions],
    ) -> None:
        self.set_choices(choices, type)
        self.multiselect = multiselect
        self.allow_custom_value = allow_custom_value
        self.max_choices = max_choices
        self.num_choices_shown = num_choices_shown
        self.filterable = filterable
        if value is FIRST_CHOICE:
            value = [] if multiselect else self.choices[0][1] if self.choices else None
        super().__init__(value, **options)

    def preprocess(self, payload: Any) -> Any:
        """Return the chosen value or index, or the list of them."""
        if payload is None:
            return None
        if isinstance(payload, list):
            return self.all_chosen(payload)
        if not self.multiselect and not self.allow_custom_value and payload not in self.values:
            raise BadValue(f"Value: {payload} is not in the list of choices: {self.values}")
        return self.chosen(payload)

    def at_place(self, payload: Any, place: int | None) -> Any:
        """Return one chosen value or its index; a custom value has no index."""
        if place is None and self.allow_custom_value:
            return None if self.type == "index" else payload
        return super().at_place(payload, place)

    def postprocess(self, value: Any) -> Any:
        """Return the chosen value; with `multiselect` always a list."""
        return several(value) if self.multiselect and value is not None else value

    def api_info(self) -> dict[str, Any]:
        one = {"type": "string", "enum": self.values}
        return {"type": "array", "items": one} if self.multiselect else one

    def example_payload(self) -> Any:
        if not self.choices:
            return [] if self.multiselect else None
        return [self.choices[0][1]] if self.multiselect else self.choices[0][1]

"""One or several choices from a list that opens."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.choices import Choices, Chooser, several
from holdfast.errors import BadValue


class _FirstChoice:
    """No value was given; `None` would mean that nothing is chosen."""

    def __repr__(self) -> str:
        return "<first choice>"


FIRST_CHOICE: Final = _FirstChoice()


class Dropdown(Chooser, Field):
    """One or several choices from a list that opens.

    A handler gets the chosen value or its position (with `multiselect` a list of them), `None` while nothing is chosen.

    Args:
        choices: Values, or (label, value) pairs.
        value: What is chosen at first, or a function that says so; by default the first choice, or none of several.
        type: `"value"` or `"index"`: what a handler gets.
        multiselect: Whether several can be chosen.
        allow_custom_value: Whether the visitor can type what is not among the choices.
        max_choices: Most choices that the browser lets the visitor choose.
        num_choices_shown: Most choices shown at once in the open list.
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
        """The chosen value or position, or the list of them."""
        if payload is None:
            return None
        if isinstance(payload, list):
            return self.all_chosen(payload)
        if not self.multiselect and not self.allow_custom_value and payload not in self.values:
            raise BadValue(f"Value: {payload} is not in the list of choices: {self.values}")
        return self.chosen(payload)

    def at_place(self, payload: Any, place: int | None) -> Any:
        """One chosen value or its position; one that the visitor made up has no position."""
        if place is None and self.allow_custom_value:
            return None if self.type == "index" else payload
        return super().at_place(payload, place)

    def postprocess(self, value: Any) -> Any:
        """The chosen value; with `multiselect` a list, where a single value chooses just that."""
        return several(value) if self.multiselect and value is not None else value

    def api_info(self) -> dict[str, Any]:
        """One of the choices, or a list of them."""
        one = {"type": "string", "enum": self.values}
        return {"type": "array", "items": one} if self.multiselect else one

    def example_payload(self) -> Any:
        """The first choice."""
        if not self.choices:
            return [] if self.multiselect else None
        return [self.choices[0][1]] if self.multiselect else self.choices[0][1]

"""Group of checkboxes that are all visible."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.choices import Choices, Chooser, several


class CheckboxGroup(Chooser, Field):
    """A group of checkboxes, all visible, any number of which can be checked.

    A handler gets the list of chosen values, or of their indexes.

    Args:
        choices: Values, or (label, value) pairs.
        value: Initially chosen values, or a function that returns them.
        type: `"value"` or `"index"`, what a handler gets.
        show_select_all: Whether to show a checkbox that checks or clears all of them.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "checkboxgroup"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    input = events.INPUT
    select = events.SELECT

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Any = None,
        type: Literal["value", "index"] = "value",
        show_select_all: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        self.set_choices(choices, type)
        self.show_select_all = show_select_all
        super().__init__(value, **options)

    def preprocess(self, payload: Any) -> list[Any]:
        """Return the chosen values or their indexes."""
        if not isinstance(payload, list):
            raise self.bad("a list of choices", payload)
        return self.all_chosen(payload)

    def postprocess(self, value: Any) -> list[Any]:
        """Return the chosen values as a list; `None` clears all, a single value chooses just that one."""
        return several(value)

    def api_info(self) -> dict[str, Any]:
        return {"items": {"enum": self.values, "type": "string"}, "title": "Checkbox Group", "type": "array"}

    def example_payload(self) -> list[Any] | None:
        return [self.choices[0][1]] if self.choices else None

"""A box to tick."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions


class Checkbox(Field):
    """A box to tick.

    A handler gets `True` or `False`, and returns anything: its truth counts.

    Args:
        value: Whether it is ticked at first, or a function that says so.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "checkbox"
    FROM_CLIENT: ClassVar[bool] = True
    LABEL_STAYS: ClassVar[bool] = True
    change = events.CHANGE
    input = events.INPUT
    select = events.SELECT

    def __init__(self, value: Any = False, **options: Unpack[FieldOptions]) -> None:
        super().__init__(value, **options)

    def preprocess(self, payload: Any) -> Any:
        """What was sent; the page sends true or false."""
        if isinstance(payload, (dict, list)):
            raise self.bad("true or false", payload)
        return payload

    def postprocess(self, value: Any) -> bool:
        """The truth of `value`."""
        return bool(value)

    def api_info(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}

    def example_payload(self) -> bool:
        """A tick."""
        return True

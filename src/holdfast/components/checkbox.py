"""Single checkbox."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions


class Checkbox(Field):
    """A single checkbox.

    A handler gets `True` or `False`, and may return any value: its truthiness counts.

    Args:
        value: Whether the box is initially checked, or a function that returns this.
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
        """Return the value that was sent; the page sends `true` or `false`."""
        if isinstance(payload, (dict, list)):
            raise self.bad("true or false", payload)
        return payload

    def postprocess(self, value: Any) -> bool:
        """Return the truthiness of `value`."""
        return bool(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def example_payload(self) -> bool:
        return True

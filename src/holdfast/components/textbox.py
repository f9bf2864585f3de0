"""A field for text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.option_types import InputHTMLAttributes


class Textbox(Field):
    """A field for text of one line or several.

    A handler gets `str` (`None` only when a client sends null) and returns anything: it is shown as `str(value)`.

    Args:
        value: The text at first, or a function that gives it.
        type: `"text"`, `"password"` or `"email"`.
        lines: Lines shown.
        max_lines: Lines to which it grows.
        placeholder: What it says while it is empty.
        autofocus: Whether it has the cursor when the page opens.
        autoscroll: Whether it scrolls to its end when its text changes.
        text_align: `"left"` or `"right"`.
        rtl: Whether its text runs from right to left.
        max_length: Most characters that the browser lets the visitor type.
        submit_btn: Shows a button that submits; a string is its text.
        stop_btn: Shows a button that fires `stop`; a string is its text.
        html_attributes: More attributes of the HTML element.
        **options: See `FieldOptions`.
    """

    NAME: ClassVar[str] = "textbox"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    input = events.INPUT
    select = events.SELECT
    submit = events.SUBMIT
    focus = events.FOCUS
    blur = events.BLUR
    stop = events.STOP
    copy = events.COPY

    def __init__(
        self,
        value: Any = None,
        *,
        type: Literal["text", "password", "email"] = "text",
        lines: int = 1,
        max_lines: int | None = None,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        text_align: Literal["left", "right"] | None = None,
        rtl: bool = False,
        max_length: int | None = None,
        submit_btn: str | bool | None = False,
        stop_btn: str | bool | None = False,
        html_attributes: InputHTMLAttributes | None = None,
        **options: Unpack[FieldOptions],
    ) -> None:
        if type not in {"text", "password", "email"}:
            raise ValueError('`type` must be one of "text", "password", or "email".')
        self.type = type
        one_line = type != "text"
        self.lines = 1 if one_line else lines
        self.max_lines = 1 if one_line and max_lines else max_lines
        self.placeholder = placeholder
        self.autofocus = autofocus
        self.autoscroll = autoscroll
        self.text_align = text_align
        self.rtl = rtl
        self.max_length = max_length
        self.submit_btn = submit_btn
        self.stop_btn = stop_btn
        self.html_attributes = asdict(html_attributes) if html_attributes else None
        super().__init__(value, **options)

    @property
    def untouched(self) -> str | None:
        """What it counts for until it is filled in, also while the page loads; a hidden field has no text."""
        return None if self.load_fn is not None or self.visible is False else ""

    def preprocess(self, payload: Any) -> str | None:
        """The text; what is no text becomes its `str`."""
        return None if payload is None else str(payload)

    def postprocess(self, value: Any) -> str | None:
        """`str(value)`; `None` empties the field."""
        return None if value is None else str(value)

    def api_info(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}

    def example_payload(self) -> str:
        """A greeting."""
        return "Hello!!"


class TextArea(Textbox):
    """A `Textbox` of seven lines."""

    def __init__(self, value: Any = None, *, lines: int = 7, max_lines: int | None = 20, **options: Any) -> None:
        super().__init__(value, lines=lines, max_lines=max_lines, **options)

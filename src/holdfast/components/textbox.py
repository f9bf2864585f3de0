"""Text field."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Field, FieldOptions
from holdfast.components.option_types import InputHTMLAttributes


class Textbox(Field):
    """A text field with one or more lines.

    A handler gets `str` (`None` only when a client sends null) and may return any value, which is shown as
    `str(value)`.

    Args:
        value: Initial text, or a function that returns it.
        type: `"text"`, `"password"` or `"email"`.
        lines: Number of lines shown.
        max_lines: Maximum number of lines that the field grows to.
        placeholder: Text shown while the field is empty.
        autofocus: Whether the field has focus when the page opens.
        autoscroll: Whether to scroll to the end when the text changes.
        text_align: `"left"` or `"right"`.
        rtl: Whether text runs from right to left.
        max_length: Maximum number of characters that the browser lets the visitor type.
        submit_btn: Whether to show a submit button; a string sets its text.
        stop_btn: Whether to show a button that fires `stop`; a string sets its text.
        html_attributes: Additional attributes of the HTML element.
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
        """Value of the field until the visitor fills it in, also while the page loads; a hidden field has none."""
        return None if self.load_fn is not None or self.visible is False else ""

    def preprocess(self, payload: Any) -> str | None:
        """Return the payload as a `str`."""
        return None if payload is None else str(payload)

    def postprocess(self, value: Any) -> str | None:
        """Return `str(value)`; `None` clears the field."""
        return None if value is None else str(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def example_payload(self) -> str:
        return "Hello!!"


class TextArea(Textbox):
    """A `Textbox` with seven lines."""

    def __init__(self, value: Any = None, *, lines: int = 7, max_lines: int | None = 20, **options: Any) -> None:
        super().__init__(value, lines=lines, max_lines=max_lines, **options)

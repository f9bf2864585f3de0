"""Component that shows Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from typing_extensions import TypedDict, Unpack

from holdfast.components import events
from holdfast.components.base import Component, LabelOptions
from holdfast.components.dedent import unindented


class LatexDelimiter(TypedDict):
    """Pair of delimiters around LaTeX."""

    left: str
    right: str
    display: bool


def default_delimiters() -> list[LatexDelimiter]:
    """Return Gradio's default: `$$` on both sides, displayed as a block."""
    return [{"left": "$$", "right": "$$", "display": True}]


class Markdown(Component):
    """Shows Markdown, with code, tables and LaTeX.

    Args:
        value: Initial text, or a function that returns it; common indentation is removed.
        rtl: Whether text runs from right to left.
        latex_delimiters: Pairs of delimiters around LaTeX.
        sanitize_html: Whether to remove HTML that could do harm.
        line_breaks: Whether to keep line breaks in the text.
        header_links: Whether headings have links to themselves.
        height: Height in pixels or as a CSS length.
        max_height: Height in pixels or as a CSS length above which the component scrolls.
        min_height: Minimum height in pixels or as a CSS length.
        buttons: `"copy"`, or custom buttons.
        container: Whether the component has a frame and padding.
        padding: Whether there is padding inside the frame.
        **options: See `LabelOptions`.
    """

    NAME: ClassVar[str] = "markdown"
    FROM_CLIENT: ClassVar[bool] = True
    BUTTONS: ClassVar[Sequence[str] | None] = None
    change = events.CHANGE
    copy = events.COPY

    def __init__(
        self,
        value: Any = None,
        *,
        rtl: bool = False,
        latex_delimiters: list[LatexDelimiter] | None = None,
        sanitize_html: bool = True,
        line_breaks: bool = False,
        header_links: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        buttons: Sequence[Any] | None = None,
        container: bool = False,
        padding: bool = False,
        **options: Unpack[LabelOptions],
    ) -> None:
        self.rtl = rtl
        self.latex_delimiters = default_delimiters() if latex_delimiters is None else latex_delimiters
        self.sanitize_html = sanitize_html
        self.line_breaks = line_breaks
        self.header_links = header_links
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self.padding = padding
        options.setdefault("min_width", None)
        super().__init__(value, container=container, buttons=buttons, **options)
        self.show_label = bool(options.get("show_label"))

    def preprocess(self, payload: Any) -> str | None:
        """Return the text."""
        if payload is not None and not isinstance(payload, str):
            raise self.bad("text", payload)
        return payload

    def postprocess(self, value: Any) -> str | None:
        """Return the text without common indentation."""
        return None if value is None else unindented(value if isinstance(value, str) else str(value))

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def example_payload(self) -> str:
        return "# Hello!"

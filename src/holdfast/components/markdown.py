"""Shows Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from typing_extensions import TypedDict, Unpack

from holdfast.components import events
from holdfast.components.base import Component, LabelOptions
from holdfast.components.dedent import unindented


class LatexDelimiter(TypedDict):
    """A pair of marks between which text is LaTeX."""

    left: str
    right: str
    display: bool


def default_delimiters() -> list[LatexDelimiter]:
    """Two dollars on each side, set on a line of its own."""
    return [{"left": "$$", "right": "$$", "display": True}]


class Markdown(Component):
    """Shows Markdown, with code, tables and LaTeX.

    Args:
        value: The text at first, or a function that gives it; the indentation that its lines share is taken away.
        rtl: Whether it runs from right to left.
        latex_delimiters: Marks between which text is LaTeX.
        sanitize_html: Whether HTML in it that could do harm is taken out.
        line_breaks: Whether a line break in the text is one on the page.
        header_links: Whether headings have links to themselves.
        height: Pixels, or a CSS length.
        max_height: Pixels, or a CSS length, above which it scrolls.
        min_height: Pixels, or a CSS length.
        buttons: `"copy"`, or own buttons.
        container: Whether it has a frame and padding.
        padding: Whether it has padding inside its frame.
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
        """The text."""
        if payload is not None and not isinstance(payload, str):
            raise self.bad("text", payload)
        return payload

    def postprocess(self, value: Any) -> str | None:
        """The text, without the indentation that its lines share."""
        return None if value is None else unindented(value if isinstance(value, str) else str(value))

    def api_info(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}

    def example_payload(self) -> str:
        """A heading."""
        return "# Hello!"

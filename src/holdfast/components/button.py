"""Button that the visitor clicks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Component, ValueOptions
from holdfast.files.rules import icon_data

ButtonVariant = Literal["primary", "secondary", "stop", "huggingface"]
ButtonSize = Literal["sm", "md", "lg"]


class Button(Component):
    """A button.

    As an input it passes its text; a returned string becomes the new text.

    Args:
        value: Text of the button, or a function that returns it.
        variant: `"primary"`, `"secondary"`, `"stop"` or `"huggingface"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image next to the text.
        link: URL that the button opens.
        link_target: Browsing context in which the link opens.
        interactive: Whether the button can be pressed.
        scale: Share of the row's width, relative to the button's neighbors.
        min_width: Width in pixels below which the row wraps.
        **options: See `ValueOptions`.
    """

    NAME: ClassVar[str] = "button"
    FROM_CLIENT: ClassVar[bool] = True
    SKIP_API: ClassVar[bool] = True
    FILE_PROPS: ClassVar[tuple[str, ...]] = ("icon",)
    LACKS: ClassVar[frozenset[str]] = frozenset({"label", "show_label", "container", "buttons"})
    change = events.CHANGE
    click = events.CLICK

    def __init__(
        self,
        value: Any = "Run",
        *,
        variant: ButtonVariant = "secondary",
        size: ButtonSize = "lg",
        icon: str | Path | None = None,
        link: str | None = None,
        link_target: Literal["_self", "_blank", "_parent", "_top"] = "_self",
        interactive: bool = True,
        scale: int | None = None,
        min_width: int | None = None,
        **options: Unpack[ValueOptions],
    ) -> None:
        self.variant = variant
        self.size = size
        self.icon = icon_data(icon)
        self.link = link
        self.link_target = link_target
        self.interactive = interactive
        super().__init__(value, scale=scale, min_width=min_width, **options)

    @property
    def called(self) -> str:
        """Name of the button in messages: its type and its text."""
        return f'{type(self).__name__} "{self.initial}"'

    def preprocess(self, payload: Any) -> str | None:
        return None if payload is None else str(payload)

    def postprocess(self, value: Any) -> str:
        return str(value)

    def example_payload(self) -> str:
        return str(self.value)

"""A button."""

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

    As an input it gives its text; returned, a text becomes its new one.

    Args:
        value: Its text, or a function that gives it.
        variant: `"primary"`, `"secondary"`, `"stop"` or `"huggingface"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image beside the text.
        link: URL that it opens.
        link_target: Where the link opens.
        interactive: Whether it can be pressed.
        scale: Its share of a row's width against its neighbours.
        min_width: Pixels below which a row wraps.
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
        """What messages call it: by its text."""
        return f'{type(self).__name__} "{self.initial}"'

    def preprocess(self, payload: Any) -> str | None:
        """Its text."""
        return None if payload is None else str(payload)

    def postprocess(self, value: Any) -> str:
        """Its new text."""
        return str(value)

    def example_payload(self) -> str:
        """Its text."""
        return str(self.value)

"""Button that uploads files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import ValueOptions
from holdfast.components.button import ButtonSize, ButtonVariant
from holdfast.components.file_types import FileField
from holdfast.files.rules import icon_data


class UploadButton(FileField):
    """A button to choose and upload files.

    A handler gets a path (or bytes), or a list of them for several files.

    Args:
        label: Text of the button.
        value: Path or URL of a file, or a list of them, or a function that returns them.
        variant: `"primary"`, `"secondary"` or `"stop"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image next to the text.
        scale: Share of the row's width, relative to the button's neighbors.
        min_width: Width in pixels below which the row wraps.
        interactive: Whether the button can be pressed.
        type: What a handler gets: `"filepath"` or `"binary"`.
        file_count: `"single"`, `"multiple"`, or `"directory"` for a folder and its contents.
        file_types: Accepted files: extensions (`".txt"`) or `"image"`, `"video"`, `"audio"`, `"text"`, `"file"`.
        **options: See `ValueOptions`.
    """

    NAME: ClassVar[str] = "uploadbutton"
    FILE_PROPS: ClassVar[tuple[str, ...]] = ("icon",)
    LACKS: ClassVar[frozenset[str]] = frozenset({"show_label", "container", "buttons"})
    change = events.CHANGE
    click = events.CLICK
    upload = events.UPLOAD

    def __init__(
        self,
        label: str = "Upload a File",
        value: Any = None,
        *,
        variant: ButtonVariant = "secondary",
        size: ButtonSize = "lg",
        icon: str | Path | None = None,
        scale: int | None = None,
        min_width: int | None = None,
        interactive: bool = True,
        type: Literal["filepath", "binary"] = "filepath",
        file_count: Literal["single", "multiple", "directory"] = "single",
        file_types: Sequence[str] | None = None,
        **options: Unpack[ValueOptions],
    ) -> None:
        self.set_files(file_count, file_types, type)
        self.variant = variant
        self.size = size
        self.icon = icon_data(icon)
        self.interactive = interactive
        super().__init__(value, label=label, scale=scale, min_width=min_width, **options)

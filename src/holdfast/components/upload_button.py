"""A button that uploads."""

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
    """A button that lets the visitor choose files and uploads them.

    A handler gets a path (or bytes), with several files a list.

    Args:
        label: Its text.
        value: Path or URL of a file, or a list of them, or a function that gives them.
        variant: `"primary"`, `"secondary"` or `"stop"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image beside the text.
        scale: Its share of a row's width against its neighbours.
        min_width: Pixels below which a row wraps.
        interactive: Whether it can be pressed.
        type: What a handler gets: `"filepath"` or `"binary"`.
        file_count: `"single"`, `"multiple"`, or `"directory"` for a folder with what is in it.
        file_types: Which files it takes: endings (`".txt"`) or `"image"`, `"video"`, `"audio"`, `"text"`, `"file"`.
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

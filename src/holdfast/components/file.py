"""File upload and download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import ComponentOptions
from holdfast.components.file_types import FileField


class File(FileField):
    """Accepts files from the visitor, or offers files for download.

    A handler gets a path (or bytes), a list of them for several files, or `None`; it returns paths or URLs.

    Args:
        value: Path or URL of a file, or a list of them, or a function that returns them.
        file_count: `"single"`, `"multiple"`, or `"directory"` for a folder and its contents.
        file_types: Accepted files: extensions (`".txt"`) or `"image"`, `"video"`, `"audio"`, `"text"`, `"file"`.
        type: What a handler gets: `"filepath"` or `"binary"`.
        height: Height in pixels or as a CSS length.
        interactive: Whether the visitor can upload; by default yes, unless the component is only an output.
        allow_reordering: Whether the visitor can reorder the files.
        **options: See `ComponentOptions`.
    """

    NAME: ClassVar[str] = "file"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    select = events.SELECT
    clear = events.CLEAR
    upload = events.UPLOAD
    delete = events.DELETE
    download = events.DOWNLOAD

    def __init__(
        self,
        value: Any = None,
        *,
        file_count: Literal["single", "multiple", "directory"] = "single",
        file_types: Sequence[str] | None = None,
        type: Literal["filepath", "binary"] = "filepath",
        height: int | str | None = None,
        interactive: bool | None = None,
        allow_reordering: bool = False,
        **options: Unpack[ComponentOptions],
    ) -> None:
        self.set_files(file_count, file_types, type)
        self.height = height
        self.interactive = interactive
        self.allow_reordering = allow_reordering
        super().__init__(value, **options)


class Files(File):
    """A `File` for several files."""

    def __init__(
        self,
        value: Any = None,
        *,
        file_count: Literal["single", "multiple", "directory"] = "multiple",
        **options: Any,
    ) -> None:
        super().__init__(value, file_count=file_count, **options)

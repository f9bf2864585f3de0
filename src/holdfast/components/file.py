"""Files up and down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import ComponentOptions
from holdfast.components.file_types import FileField


class File(FileField):
    """Takes files from the visitor, or offers files.

    A handler gets a path (or bytes), with several files a list, `None` for none; it returns paths or URLs.

    Args:
        value: Path or URL of a file, or a list of them, or a function that gives them.
        file_count: `"single"`, `"multiple"`, or `"directory"` for a folder with what is in it.
        file_types: Which files it takes: endings (`".txt"`) or `"image"`, `"video"`, `"audio"`, `"text"`, `"file"`.
        type: What a handler gets: `"filepath"` or `"binary"`.
        height: Pixels, or a CSS length.
        interactive: Whether the visitor can upload; by default it can unless it is only an output.
        allow_reordering: Whether the visitor can put several files in another order.
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

"""A button that downloads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Component, ValueOptions
from holdfast.components.button import ButtonSize, ButtonVariant
from holdfast.components.file_types import last_part, path_of
from holdfast.components.schemas import SAMPLE_FILE, file_schema, sample
from holdfast.files.rules import FileData, file_data, icon_data, is_url


class DownloadButton(Component):
    """A button from which the visitor gets a file.

    A handler gets and returns a path; it may return a URL.

    Args:
        label: Its text.
        value: Path or URL of the file, or a function that gives it.
        variant: `"primary"`, `"secondary"` or `"stop"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image beside the text.
        scale: Its share of a row's width against its neighbours.
        min_width: Pixels below which a row wraps.
        interactive: Whether it can be pressed.
        **options: See `ValueOptions`.
    """

    NAME: ClassVar[str] = "downloadbutton"
    FROM_CLIENT: ClassVar[bool] = True
    HAS_FILES: ClassVar[bool] = True
    FETCHES: ClassVar[bool] = True
    FILE_PROPS: ClassVar[tuple[str, ...]] = ("icon",)
    LACKS: ClassVar[frozenset[str]] = frozenset({"show_label", "container", "buttons"})
    change = events.CHANGE
    click = events.CLICK

    def __init__(
        self,
        label: str = "Download",
        value: Any = None,
        *,
        variant: ButtonVariant = "secondary",
        size: ButtonSize = "lg",
        icon: str | Path | None = None,
        scale: int | None = None,
        min_width: int | None = None,
        interactive: bool = True,
        **options: Unpack[ValueOptions],
    ) -> None:
        self.variant = variant
        self.size = size
        self.icon = icon_data(icon)
        self.interactive = interactive
        super().__init__(value, label=label, scale=scale, min_width=min_width, **options)

    def preprocess(self, payload: Any) -> str | None:
        """The file's path."""
        return None if payload is None else path_of(self, payload)

    def postprocess(self, value: Any) -> FileData | None:
        """The FileData of a path or URL."""
        if value is None or isinstance(value, FileData):
            return value
        if not isinstance(value, (str, os.PathLike)):
            raise self.wrong("a path or a URL", value)
        text = os.fspath(value)
        return file_data(text, orig_name=last_part(text) if is_url(text) else Path(text).name)

    def api_info(self) -> dict[str, Any]:
        """A file."""
        return file_schema()

    def example_payload(self) -> FileData:
        """A file that everybody can fetch."""
        return sample(SAMPLE_FILE)

    def example_value(self) -> str:
        """Its URL."""
        return SAMPLE_FILE

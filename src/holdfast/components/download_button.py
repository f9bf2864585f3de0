"""Button that downloads a file."""

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
    """A button that downloads a file.

    A handler gets and returns a path; it can also return a URL.

    Args:
        label: Text of the button.
        value: Path or URL of the file, or a function that returns it.
        variant: `"primary"`, `"secondary"` or `"stop"`.
        size: `"sm"`, `"md"` or `"lg"`.
        icon: Path or URL of an image next to the text.
        scale: Share of the row's width, relative to the button's neighbors.
        min_width: Width in pixels below which the row wraps.
        interactive: Whether the button can be pressed.
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
        """Return the path of the file."""
        return None if payload is None else path_of(self, payload)

    def postprocess(self, value: Any) -> FileData | None:
        """Return the FileData of a path or URL."""
        if value is None or isinstance(value, FileData):
            return value
        if not isinstance(value, (str, os.PathLike)):
            raise self.wrong("a path or a URL", value)
        text = os.fspath(value)
        return file_data(text, orig_name=last_part(text) if is_url(text) else Path(text).name)

    def api_info(self) -> dict[str, Any]:
        return file_schema()

    def example_payload(self) -> FileData:
        return sample(SAMPLE_FILE)

    def example_value(self) -> str:
        return SAMPLE_FILE

"""Behavior shared by components whose value is files: accepted types, and conversion to and from handlers' values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from typing_extensions import Self

from holdfast.components.base import Component, one_of
from holdfast.components.schemas import SAMPLE_FILE, file_schema, files_schema, sample
from holdfast.errors import BadValue
from holdfast.files.rules import FileData, file_data, guess_type, is_url

CATEGORIES = frozenset({"image", "video", "audio", "text"})
COUNTS = ("single", "multiple", "directory")


class NamedString(str):  # noqa: SLOT000 - handlers get a real `str`; `name` is its own value
    """A path with a `name` attribute, which older programs expect of a file."""

    name: str

    def __new__(cls, path: str) -> Self:
        """Return a path whose `name` is the path itself."""
        made = super().__new__(cls, path)
        made.name = path
        return made


def fits(path: str, file_types: Sequence[str]) -> bool:
    """Return whether a file has one of these types.

    Args:
        path: Path of the file; its extension determines the type.
        file_types: Extensions (`".txt"`, `".nii.gz"`, with or without the first dot), categories (`"image"`), MIME
            types (`"image/png"`, `"image/*"`), or `"file"`.
    """
    kind = guess_type(path) or ""
    name = Path(path).name.lower()
    category = kind.partition("/")[0]
    for wanted in file_types:
        if wanted in {"file", kind} or wanted in CATEGORIES & {category}:
            return True
        ending = wanted if wanted.startswith(".") else f".{wanted}"
        if "/" not in wanted and name.endswith(ending.lower()) and len(name) > len(ending):
            return True
        if wanted.endswith("/*") and wanted[:-2] == category:
            return True
    return False


class FileField(Component):
    """A component whose value is a file or a list of files."""

    HAS_FILES: ClassVar[bool] = True
    FETCHES: ClassVar[bool] = True
    file_count: str
    file_types: list[str] | None
    type: str

    def set_files(
        self,
        file_count: Literal["single", "multiple", "directory"],
        file_types: Sequence[str] | None,
        type: Literal["filepath", "binary"],
    ) -> None:
        """Set the three options that all components with files share."""
        if file_types is not None and not isinstance(file_types, (list, tuple)):
            raise ValueError(f"Parameter file_types must be a list. Received {file_types.__class__.__name__}")
        if file_count not in COUNTS:
            raise ValueError(f"Parameter file_count must be one of them: {list(COUNTS)}")
        if type not in {"filepath", "binary"}:
            raise one_of("type", type, ["filepath", "binary"])
        self.file_count = file_count
        self.file_types = None if file_types is None else list(file_types)
        self.type = type

    def preprocess(self, payload: Any) -> Any:
        """Return a path (a `str` with a `name`) or the bytes; a list of them if there can be several files."""
        if payload is None:
            return None
        if self.file_count == "single":
            return self._taken(payload)
        if not isinstance(payload, list):
            raise self.bad("a list of files", payload)
        return [self._taken(file) for file in payload]

    def _taken(self, file: Any) -> NamedString | bytes:
        path = path_of(self, file)
        if self.file_types and not fits(path, self.file_types):
            raise BadValue(f"Invalid file type. Please upload a file that is one of these formats: {self.file_types}")
        if self.type == "binary":
            return Path(path).read_bytes()
        return NamedString(path)

    def postprocess(self, value: Any) -> Any:
        """Return the FileData of a path, or of each path in a list."""
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            return [self._given(path) for path in value]
        return self._given(value)

    def _given(self, path: Any) -> FileData:
        if isinstance(path, FileData):
            return path
        if not isinstance(path, (str, os.PathLike)):
            raise self.wrong("a path or a list of paths", path)
        text = os.fspath(path)
        if is_url(text):
            return file_data(text, orig_name=last_part(text))
        local = Path(text)
        if not local.is_file():
            missing = "is a folder; return the files in it" if local.is_dir() else "does not exist; write it first"
            raise FileNotFoundError(f"{self.called} cannot show {text}: it {missing}.")
        return file_data(text, size=local.stat().st_size)

    def api_info(self) -> dict[str, Any]:
        return file_schema() if self.file_count == "single" else files_schema()

    def example_payload(self) -> Any:
        return sample(SAMPLE_FILE) if self.file_count == "single" else [sample(SAMPLE_FILE)]

    def example_value(self) -> Any:
        return SAMPLE_FILE if self.file_count == "single" else [SAMPLE_FILE]


def path_of(component: Component, file: Any) -> str:
    """Return the path in a FileData that a client sent.

    Raises:
        BadValue: The value is not a valid FileData, or the file does not exist.
    """
    if not isinstance(file, dict) or not isinstance(file.get("path"), str):
        raise component.bad('a file such as {"path": "...", "meta": {"_type": "gradio.FileData"}}', file)
    path: str = file["path"]
    if not is_url(path) and not Path(path).is_file():
        raise BadValue(f"{component.called}: the file {Path(path).name!r} no longer exists. Upload it again.")
    return path


def last_part(url: str) -> str:
    """Return the file name in a URL."""
    return url.split("?", 1)[0].split("#", 1)[0].rstrip("/").rsplit("/", 1)[-1]

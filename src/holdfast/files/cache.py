"""Writing files into the cache, under a sanitized name in a folder named after the hash of their content."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Protocol
from weakref import WeakValueDictionary

from typing_extensions import Self

from holdfast.errors import TooLarge
from holdfast.files import private
from holdfast.files.folders import process_folder

NAME_BYTES = 200
TRIES = 5
_ENDING = re.compile(r"(?<=.)\.[A-Za-z]\w{1,9}$")
"""Inner extension, such as `.nii` in `.nii.gz`, that belongs to the extension."""
CHUNK = 1 << 20
PART = ".part-"
"""Prefix of the names of unfinished files."""

app_folder: ContextVar[Path | None] = ContextVar("holdfast_files", default=None)
"""Folder of the app whose event is running."""
whose: ContextVar[str] = ContextVar("holdfast_visitor", default="")
"""Visitor for whom files are written; empty if there is none."""


class Watcher(Protocol):
    """Observer of the files written into a folder; called from any thread."""

    def wrote(self, size: int) -> None:
        """Count bytes that were written; a negative number undoes the count of an abandoned file."""
        ...

    def finished(self, path: Path, size: int) -> None:
        """Record a completed file; its bytes no longer count as those of an unfinished one."""
        ...


_watched: WeakValueDictionary[Path, Watcher] = WeakValueDictionary()


def watch(directory: Path, watcher: Watcher) -> None:
    """Report files written into a folder, as long as the watcher exists."""
    _watched[directory] = watcher


def sanitize(name: str) -> str:
    """Return a client's file name reduced to a plain name: no folders, no control characters, at most 200 bytes.

    Args:
        name: Name from the client; both kinds of slash separate folders.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isalnum() or c in "._-, ").strip(" ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or not stem:
        stem, ending = kept, ""
    inner = _ENDING.search(stem) if ending else None
    if inner is not None:  # `.nii.gz` is one extension, which must stay complete
        stem, ending = stem[: inner.start()], f"{inner[0][1:]}.{ending}"
    # Shorten first: the loop below is quadratic, and a client can send a name of any length.
    stem, ending = stem[:NAME_BYTES], f".{ending[:NAME_BYTES]}" if ending else ""
    while len((stem + ending).encode()) > NAME_BYTES:
        if len(stem) > 1:
            stem = stem[:-1]
        else:
            ending = ending[:-1]
    cleaned = stem + ending
    return cleaned if cleaned.strip(".") else "file"


def cache_dir() -> Path:
    """Return the folder for new files: that of the app whose event is running, or of this process."""
    return app_folder.get() or process_folder()


def save_bytes(data: bytes | bytearray | memoryview, name: str, *, directory: Path | None = None) -> str:
    """Save `data` under the hash of its content.

    Returns:
        `<cache>/<sha256>/<name>`.
    """
    with SavedFile(name, directory=directory) as file:
        file.write(data)
    return file.path


def save_copy(source: str | os.PathLike[str], name: str | None = None, *, directory: Path | None = None) -> str:
    """Save a copy of a file under the hash of its content."""
    with Path(source).open("rb") as stream, SavedFile(name or Path(source).name, directory=directory) as file:
        while chunk := stream.read(CHUNK):
            file.write(chunk)
    return file.path


class SavedFile:
    """A file that is written into the cache in pieces: `with SavedFile(name) as file: file.write(...)`.

    The complete file appears under its final path when the `with` block ends; on an error it is removed.

    Args:
        name: Original name of the file, which is sanitized.
        directory: Cache folder, if not `cache_dir()`.
        max_size: Size in bytes above which writing raises `TooLarge`.
    """

    def __init__(self, name: str, *, directory: Path | None = None, max_size: int | None = None) -> None:
        self.name = sanitize(name)
        self.directory = directory or cache_dir()
        self.max_size = max_size
        self.size = 0
        self.path = ""
        """Path of the complete file."""
        self._hash = hashlib.sha256()
        self._counted = 0
        """Number of bytes reported to the watcher."""

    def __enter__(self) -> Self:
        private.make_folder(self.directory)
        handle, self._part = tempfile.mkstemp(prefix=PART, dir=self.directory)
        self._watcher = _watched.get(self.directory)
        self._stream = os.fdopen(handle, "wb")
        return self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a piece.

        Raises:
            TooLarge: The file exceeds the maximum size.
            StorageFull: The app has no space for the file.
        """
        self.size += len(data)
        if self.max_size is not None and self.size > self.max_size:
            raise TooLarge(f"{self.name} exceeds the maximum file size of {self.max_size} bytes.")
        self._hash.update(data)
        self._counted += len(data)
        if self._watcher is not None:
            self._watcher.wrote(len(data))
        self._stream.write(data)

    def written(self) -> None:
        """Close the file handle before the `with` block ends, because everything is written."""
        self._stream.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        part = Path(self._part)
        if kind is not None:
            part.unlink(missing_ok=True)
            if self._watcher is not None:
                self._watcher.wrote(-self._counted)
            return
        target = self.directory / self._hash.hexdigest() / self.name
        self._move(part, target)
        if self._watcher is not None:
            self._watcher.finished(target, self._counted)
        self.path = str(target)

    @staticmethod
    def _move(part: Path, target: Path) -> None:
        for _ in range(TRIES):
            private.make_folder(target.parent)
            with suppress(FileNotFoundError):  # a sweep has just removed the empty folder
                part.replace(target)
                return
        part.replace(target)

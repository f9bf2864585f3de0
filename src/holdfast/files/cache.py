"""Files that are written into the cache: under a clean name, in a folder named by the hash of their content."""

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
"""What may stand before a file's last ending as a part of it."""
CHUNK = 1 << 20
PART = ".part-"
"""What the names of unfinished files begin with."""

app_folder: ContextVar[Path | None] = ContextVar("holdfast_files", default=None)
"""The folder of the app whose event runs."""
whose: ContextVar[str] = ContextVar("holdfast_visitor", default="")
"""The visitor for whom files are written; empty if there is none."""


class Watcher(Protocol):
    """Watches the files that are written into a folder; called from any thread."""

    def wrote(self, size: int) -> None:
        """So many bytes are written; a negative number is of a file that was given up."""
        ...

    def finished(self, path: Path, size: int) -> None:
        """A file is whole; the bytes that were written are no longer those of an unfinished one."""
        ...


_watched: WeakValueDictionary[Path, Watcher] = WeakValueDictionary()


def watch(directory: Path, watcher: Watcher) -> None:
    """Report what is written into a folder, for as long as the watcher is there."""
    _watched[directory] = watcher


def sanitise(name: str) -> str:
    """A client's file name without anything that is more than a name: no folders, no control characters, 200 bytes.

    Args:
        name: The name as it was sent; either kind of slash divides folders.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isalnum() or c in "._-, ").strip(" ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or not stem:
        stem, ending = kept, ""
    inner = _ENDING.search(stem) if ending else None
    if inner is not None:  # `.nii.gz` is one ending, of which nothing may be cut
        stem, ending = stem[: inner.start()], f"{inner[0][1:]}.{ending}"
    # The loop below looks at all of it each time, and a client may send a name of any length.
    stem, ending = stem[:NAME_BYTES], f".{ending[:NAME_BYTES]}" if ending else ""
    while len((stem + ending).encode()) > NAME_BYTES:
        if len(stem) > 1:
            stem = stem[:-1]
        else:
            ending = ending[:-1]
    cleaned = stem + ending
    return cleaned if cleaned.strip(".") else "file"


def cache_dir() -> Path:
    """Return where files are kept that are made now: the folder of the app whose event runs, or of this process."""
    return app_folder.get() or process_folder()


def save_bytes(data: bytes | bytearray | memoryview, name: str, *, directory: Path | None = None) -> str:
    """Keep `data` under the hash of its content.

    Returns:
        `<cache>/<sha256>/<name>`.
    """
    with SavedFile(name, directory=directory) as file:
        file.write(data)
    return file.path


def save_copy(source: str | os.PathLike[str], name: str | None = None, *, directory: Path | None = None) -> str:
    """Keep a copy of a file under the hash of its content."""
    with Path(source).open("rb") as stream, SavedFile(name or Path(source).name, directory=directory) as file:
        while chunk := stream.read(CHUNK):
            file.write(chunk)
    return file.path


class SavedFile:
    """A file that is being written into the cache, piece by piece: `with SavedFile(name) as file: file.write(...)`.

    It appears under its final path, whole, when the `with` ends; when that fails nothing stays.

    Args:
        name: The name that it came with; it is cleaned.
        directory: The cache, when it is not `cache_dir()`.
        max_size: Bytes above which writing raises `TooLarge`.
    """

    def __init__(self, name: str, *, directory: Path | None = None, max_size: int | None = None) -> None:
        self.name = sanitise(name)
        self.directory = directory or cache_dir()
        self.max_size = max_size
        self.size = 0
        self.path = ""
        """Where it is, once it is whole."""
        self._hash = hashlib.sha256()
        self._counted = 0
        """Bytes that the watcher knows of."""

    def __enter__(self) -> Self:
        private.make_folder(self.directory)
        handle, self._part = tempfile.mkstemp(prefix=PART, dir=self.directory)
        self._watcher = _watched.get(self.directory)
        self._stream = os.fdopen(handle, "wb")
        return self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add a piece.

        Raises:
            TooLarge: It is over the allowed size now.
            StorageFull: The app has no room for it.
        """
        self.size += len(data)
        if self.max_size is not None and self.size > self.max_size:
            raise TooLarge(f"{self.name} is over the maximum file size of {self.max_size} bytes.")
        self._hash.update(data)
        self._counted += len(data)
        if self._watcher is not None:
            self._watcher.wrote(len(data))
        self._stream.write(data)

    def written(self) -> None:
        """All of it is written: its file handle is given back before the `with` ends."""
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
            with suppress(FileNotFoundError):  # a sweep has just removed the folder, which was empty
                part.replace(target)
                return
        part.replace(target)

"""Files that are written into the cache: under a clean name, in a folder named by the hash of their content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from holdfast import settings
from holdfast.errors import TooLarge

NAME_BYTES = 200
CHUNK = 1 << 20


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
    """Where uploaded and produced files are kept, made when it is missing.

    `HOLDFAST_TEMP_DIR` or `GRADIO_TEMP_DIR`, else a folder of this user among the system's temporary ones.
    """
    chosen = settings.read().temp_dir
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    folder = Path(chosen) if chosen else Path(tempfile.gettempdir()) / f"holdfast-{user}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


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

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        handle, self._part = tempfile.mkstemp(prefix=".part-", dir=self.directory)
        self._stream = os.fdopen(handle, "wb")
        return self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add a piece.

        Raises:
            TooLarge: It is over the allowed size now.
        """
        self.size += len(data)
        if self.max_size is not None and self.size > self.max_size:
            raise TooLarge(f"{self.name} is over the maximum file size of {self.max_size} bytes.")
        self._hash.update(data)
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
            return
        folder = self.directory / self._hash.hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / self.name
        part.replace(target)
        self.path = str(target)

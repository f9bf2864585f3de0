"""The folder of flagged samples, which is limited in size and never read again from the start."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from holdfast import limits
from holdfast.errors import Error
from holdfast.files import private
from holdfast.files.retention import LEAST
from holdfast.files.rules import is_file_data, is_url

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 -- spreadsheets accept these too
"""Characters that start a formula, also after whitespace."""
MARK = 20
"""Number of characters of a file's hash in the folder name of its copy."""
PART = 1024 * 1024

logger = logging.getLogger("holdfast.apps")


class Samples:
    """Tables of samples and copies of the files among their values, in one folder.

    Args:
        folder: Folder, which is created with the first sample.
        tables: Pattern of the names of its tables.
    """

    def __init__(self, folder: Path, tables: str) -> None:
        self.folder = folder
        self._tables = tables
        self._copied: int | None = None
        """Size of the copied files in bytes; `None` before the first sample."""
        self._counted: dict[Path, tuple[int, int]] = {}
        """Size of each table that was written to, and its number of lines up to there."""

    def append(self, file: Path, row: Sequence[Any]) -> int:
        """Add a line to a table and return the number of lines after the first.

        Raises:
            Error: There is no space for it.
        """
        text = io.StringIO(newline="")
        csv.writer(text).writerow(map(cell, row))
        line = text.getvalue().encode()
        self._admit(len(line))
        private.make_file(file)
        with file.open("ab") as opened:
            opened.write(line)
        return self._lines(file) - 1

    def keep(self, value: Any, folder: Path, *, simplify: bool) -> Any:
        """Return a value with each file in it copied below `folder`.

        Raises:
            Error: There is no space for it.
        """
        return keep_files(value, folder, simplify=simplify, admit=self._admit_copy)

    def _admit_copy(self, size: int) -> None:
        self._admit(_on_disk(size))
        self._copied = (self._copied or 0) + _on_disk(size)

    def _admit(self, size: int) -> None:
        """Reject a sample that exceeds the limit, after checking whether the author has deleted files."""
        most = limits.applied().flagged_bytes
        tables = sum(file.stat().st_size for file in self.folder.glob(self._tables))
        if self._copied is None or tables + self._copied + size > most:
            copies = (path for depth in ("", "*/") for path in self.folder.glob(f"{depth}{'[0-9a-f]' * MARK}/*"))
            self._copied = sum(_on_disk(path.stat().st_size) for path in copies)
        if tables + self._copied + size <= most:
            return
        shown = limits.shown(most, "bytes")
        logger.warning(
            "A flagged sample was not kept: %s would exceed %s. Move samples away, or raise the limit flagged_bytes.",
            self.folder,
            shown,
        )
        raise Error(
            f"This was not kept: the app keeps at most {shown} of flagged samples. Ask its author to make room.",
            print_exception=False,
        )

    def _lines(self, file: Path) -> int:
        """Count the lines of a table, reading only what has been added since the last call by any process."""
        size, lines = self._counted.get(file, (0, 0))
        now = file.stat().st_size
        if now < size:
            size = lines = 0
        quoted = False
        with file.open("rb") as opened:
            opened.seek(size)
            while part := opened.read(min(PART, now - size)):
                size += len(part)
                for number, piece in enumerate(part.split(b'"')):
                    quoted ^= number > 0
                    lines += 0 if quoted else piece.count(b"\n")
        self._counted[file] = (size, lines)
        return lines


def keep_files(value: Any, folder: Path, *, simplify: bool, admit: Callable[[int], object] = lambda _: None) -> Any:
    """Return a value with each file in it copied below `folder`.

    Args:
        value: Value to process.
        folder: Folder for the copies.
        simplify: Whether to keep only the path of each file instead of the complete FileData.
        admit: Function called with the size of each file before it is copied; can raise an error.
    """
    if isinstance(value, dict):
        if is_file_data(value) and value.get("path") and not is_url(value["path"]):
            source = Path(value["path"])
            kept = folder / _digest(source)[:MARK] / source.name
            size = source.stat().st_size
            if not kept.exists() or kept.stat().st_size != size:  # or an earlier copy is incomplete
                admit(size)
                private.make_folder(kept.parent)
                private.make_file(kept)
                shutil.copyfile(source, kept)
            return str(kept) if simplify else {**value, "path": str(kept)}
        return {key: keep_files(inner, folder, simplify=simplify, admit=admit) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [keep_files(inner, folder, simplify=simplify, admit=admit) for inner in value]
    return value


def _on_disk(size: int) -> int:
    """Return the disk space of a file of this size and its folder."""
    return max(size, LEAST) + LEAST


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while part := opened.read(PART):
            found.update(part)
    return found.hexdigest()


def cell(value: Any) -> Any:
    """Convert a value to a table cell: containers as JSON, and strings escaped if a spreadsheet would evaluate them."""
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    if isinstance(value, str) and (value.lstrip().startswith(FORMULA_STARTS) or value.startswith(("\t", "\r"))):
        return f"'{value}"
    return value

"""The folder that flagged samples are written to: bounded in bytes, and never read again from its beginning."""

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

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 -- spreadsheets take wide ones too
"""What begins a formula, also after blanks."""
MARK = 20
"""Characters of a file's hash that name the folder of its copy."""
PART = 1024 * 1024

logger = logging.getLogger("holdfast.apps")


class Samples:
    """Tables of samples and copies of the files among their values, in one folder.

    Args:
        folder: The folder; it is made with the first sample.
        tables: A pattern for the names of its tables.
    """

    def __init__(self, folder: Path, tables: str) -> None:
        self.folder = folder
        self._tables = tables
        self._copied: int | None = None
        """Bytes of the copies of files; `None` before the first sample."""
        self._counted: dict[Path, tuple[int, int]] = {}
        """The size of each table that was written to, and its lines up to there."""

    def append(self, file: Path, row: Sequence[Any]) -> int:
        """Add a line to a table and return the number of lines after the first.

        Raises:
            Error: There is no room for it.
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
            Error: There is no room for it.
        """
        return keep_files(value, folder, simplify=simplify, admit=self._admit_copy)

    def _admit_copy(self, size: int) -> None:
        self._admit(_on_disk(size))
        self._copied = (self._copied or 0) + _on_disk(size)

    def _admit(self, size: int) -> None:
        """Refuse what does not fit in. What its author has deleted meanwhile makes room."""
        most = limits.applied().flagged_bytes
        tables = sum(file.stat().st_size for file in self.folder.glob(self._tables))
        if self._copied is None or tables + self._copied + size > most:
            copies = (path for depth in ("", "*/") for path in self.folder.glob(f"{depth}{'[0-9a-f]' * MARK}/*"))
            self._copied = sum(_on_disk(path.stat().st_size) for path in copies)
        if tables + self._copied + size <= most:
            return
        shown = limits.shown(most, "bytes")
        logger.warning(
            "A flagged sample was not kept: %s would hold more than %s. Move samples away, or raise the limit "
            "flagged_bytes.",
            self.folder,
            shown,
        )
        raise Error(
            f"This was not kept: the app keeps at most {shown} of flagged samples. Ask its author to make room.",
            print_exception=False,
        )

    def _lines(self, file: Path) -> int:
        """Count the lines of a table; of one that has grown only what is new, whichever process has written it."""
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
        value: The value.
        folder: The folder.
        simplify: Leave the path alone of each file, instead of all that is known of it.
        admit: Called with the size of each file before it is copied; may refuse it.
    """
    if isinstance(value, dict):
        if is_file_data(value) and value.get("path") and not is_url(value["path"]):
            source = Path(value["path"])
            kept = folder / _digest(source)[:MARK] / source.name
            size = source.stat().st_size
            if not kept.exists() or kept.stat().st_size != size:  # or a copy was cut off
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
    """Return what a file of this size takes on a disk, with its folder."""
    return max(size, LEAST) + LEAST


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while part := opened.read(PART):
            found.update(part)
    return found.hexdigest()


def cell(value: Any) -> Any:
    """Return a value as a table's cell: containers as JSON, and no text that a spreadsheet would calculate."""
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    if isinstance(value, str) and (value.lstrip().startswith(FORMULA_STARTS) or value.startswith(("\t", "\r"))):
        return f"'{value}"
    return value

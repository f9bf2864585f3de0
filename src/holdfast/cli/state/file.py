"""The file format of `export`: JSON lines with a head, one line per cell, and an end that marks it as complete."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from holdfast.cli.state.cells import Stored
from holdfast.cli.state.loader import Names
from holdfast.errors import StateError
from holdfast.stores import Key

KIND = "holdfast-state"
FORMAT = 1


class Line(NamedTuple):
    """A cell in a file."""

    cell: Stored
    expires: float | None
    """Expiry of the cell's owner."""


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that only appears at its path when it is complete.

    Raises:
        StateError: The file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}. The previous file is unchanged.") from error
    finally:
        Path(name).unlink(missing_ok=True)


def write(file: IO[bytes], facts: dict[str, Any]) -> None:
    """Write a line."""
    file.write(orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE))


def cell_facts(line: Line) -> dict[str, Any]:
    """Return a cell as the content of a line."""
    owner, name = line.cell.key
    data = base64.b64encode(line.cell.data).decode()
    return {"owner": owner, "name": name, "version": line.cell.version, "expires": line.expires, "data": data}


def lines(path: Path) -> Iterator[Line]:
    """Yield the cells of a file.

    Raises:
        StateError: The file does not exist, is not an export, is damaged, or is incomplete; the message names the
            place.
    """
    try:
        with path.open("rb") as file:
            yield from _lines(path, file)
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}.") from error


def names_in(path: Path) -> Names:
    """Return the names that the cells of a file are bound to; empty for a file written by release 0.1.0.

    Raises:
        StateError: The file cannot be read or is not an export.
    """
    try:
        with path.open("rb") as file:
            facts = _parsed(path, 1, file.readline())
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}.") from error
    _check_head(path, facts)
    app, program = (value if isinstance(value := facts.get(name), str) else None for name in Names._fields)
    return Names(app, program)


def _lines(path: Path, file: IO[bytes]) -> Iterator[Line]:
    count = 0
    complete = False
    for number, raw in enumerate(file, 1):
        facts = _parsed(path, number, raw)
        if number == 1:
            _check_head(path, facts)
        elif complete:
            raise StateError(f"{path} continues after its end, in line {number}. It is not a file written by `export`.")
        elif "end" in facts:
            complete = facts["end"] == count
        else:
            count += 1
            yield _line(path, number, facts)
    if not complete:
        raise StateError(f"{path} is incomplete: its end is missing. Nothing was imported. Export again.")


def _parsed(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    try:
        facts = orjson.loads(raw)
    except orjson.JSONDecodeError:
        facts = None
    if not isinstance(facts, dict):
        raise StateError(f"Line {number} of {path} is not a JSON object, so this is not a file written by `export`.")
    return facts


def _check_head(path: Path, facts: dict[str, Any]) -> None:
    if facts.get("kind") != KIND:
        raise StateError(f"{path} is not a file written by `holdfast state export`.")
    if facts.get("format") != FORMAT:
        raise StateError(
            f"{path} was written by a newer release of Holdfast (format {facts.get('format')!r}; this one reads "
            f"{FORMAT}). Use that release."
        )


def _line(path: Path, number: int, facts: dict[str, Any]) -> Line:
    match facts:
        case {"owner": str(owner), "name": str(name), "version": int(version), "data": str(data)} if version >= 1:
            expires = facts.get("expires")
            with suppress(binascii.Error, ValueError):
                cell = Stored(Key(owner, name), version, base64.b64decode(data, validate=True))
                return Line(cell, None if expires is None else float(expires))
    raise StateError(f"Line {number} of {path} is damaged. Nothing was imported.")

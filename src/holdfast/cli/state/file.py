"""The file that `export` writes: JSON lines, a head, one line per cell, an end that shows that it is complete."""

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
    """One cell of a file."""

    cell: Stored
    expires: float | None
    """When its owner may go."""


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file that is in its place when it is complete, and not before.

    Raises:
        StateError: It cannot be written.
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
        raise StateError(f"{path} cannot be written: {error.strerror}. What was there before is as it was.") from error
    finally:
        Path(name).unlink(missing_ok=True)


def write(file: IO[bytes], facts: dict[str, Any]) -> None:
    """Write one line."""
    file.write(orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE))


def cell_facts(line: Line) -> dict[str, Any]:
    """A cell as a line has it."""
    owner, name = line.cell.key
    data = base64.b64encode(line.cell.data).decode()
    return {"owner": owner, "name": name, "version": line.cell.version, "expires": line.expires, "data": data}


def lines(path: Path) -> Iterator[Line]:
    """The cells of a file.

    Raises:
        StateError: It is not there, no export, damaged, or not complete; the message says where.
    """
    try:
        with path.open("rb") as file:
            yield from _lines(path, file)
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}.") from error


def names_in(path: Path) -> Names:
    """What the cells of a file are bound to; nothing where release 0.1.0 has written it.

    Raises:
        StateError: It cannot be read, or is not an export.
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
            raise StateError(f"{path} goes on after its end, in line {number}. It is no file that `export` wrote.")
        elif "end" in facts:
            complete = facts["end"] == count
        else:
            count += 1
            yield _line(path, number, facts)
    if not complete:
        raise StateError(f"{path} is not complete: its end is missing. Export again; nothing of it was imported.")


def _parsed(path: Path, number: int, raw: bytes) -> dict[str, Any]:
    try:
        facts = orjson.loads(raw)
    except orjson.JSONDecodeError:
        facts = None
    if not isinstance(facts, dict):
        raise StateError(f"Line {number} of {path} is no JSON object, so this is no file that `export` wrote.")
    return facts


def _check_head(path: Path, facts: dict[str, Any]) -> None:
    if facts.get("kind") != KIND:
        raise StateError(f"{path} is no file that `holdfast state export` wrote.")
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
    raise StateError(f"Line {number} of {path} is damaged. Nothing of it was imported.")

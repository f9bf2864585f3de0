"""The actions `export` and `import`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from holdfast.cli.state.cells import AT_ONCE, LARGE, Stored, Wanted, cells, claimed, open_cell
from holdfast.cli.state.file import FORMAT, KIND, Line, cell_facts, lines, names_in, write, writing
from holdfast.cli.state.loader import Names, OpenStore, opener_of
from holdfast.cli.state.output import Output, moment, plural
from holdfast.errors import StateError
from holdfast.state.codec import DecodeError
from holdfast.state.persistence.reader import ASIDE
from holdfast.state.persistence.reader import place as cell_place
from holdfast.stores import Claim, Record, Store, Write

NAMED = 5
"""Maximum number of cells listed in a message."""


async def export(place: OpenStore, path: Path, wanted: Wanted, output: Output, now: float) -> int:
    """Write cells to a file in their stored form: signed, and secret ones encrypted.

    Raises:
        StateError: The file cannot be written.
    """
    count = 0
    with writing(path) as file:
        write(
            file, {"kind": KIND, "format": FORMAT, "store": place.store.url, "at": moment(now), **place.names._asdict()}
        )
        async for info, cell in cells(place.store, wanted):
            write(file, cell_facts(Line(cell, info.expires)))
            count += 1
            output.step()
        write(file, {"end": count})
    output.write(
        f"{plural(count, 'cell')} of {place.store.url} written to {path}. "
        "To use them elsewhere, the app needs the same key, which is not in the file.",
        {"cells": count, "file": str(path)},
    )
    return 0


class Counted(NamedTuple):
    """Numbers of written and unchanged cells."""

    written: int = 0
    same: int = 0


async def import_cells(place: OpenStore, path: Path, output: Output, *, force: bool, dry_run: bool) -> int:
    """Import the cells of a file into a store, after checking the whole file.

    Raises:
        StateError: The file is damaged, a cell in the store is newer, or the key or the app differs.
    """
    names = names_in(path)
    place.check_names(names, force=force)
    await place.settle_names(names, dry_run=dry_run)
    await _check_conflicts(place, path, names, output, force=force)
    written = same = 0
    for group in groups(bound_cells(place, path, names)):
        counted = await _compared(place.store, group) if dry_run else await write_cells(place.store, group, force=force)
        written += counted.written
        same += counted.same
    done = "would be imported" if dry_run else "imported"
    output.write(
        f"{plural(written, 'cell')} {done} into {place.store.url}, {same:,} already existed.",
        {"imported": 0 if dry_run else written, "would_import": written, "same": same},
    )
    return 0


def bound_cells(place: OpenStore, path: Path, names: Names) -> Iterator[Line]:
    """Yield the cells of a file, bound to the app of the store. Cells that cannot be opened remain unchanged."""
    source = None if place.keys is None else opener_of(place.keys, names)
    for line in lines(path):
        cell = line.cell
        if source is not None and cell.key.owner != ASIDE and not _can_open(place, cell):
            with suppress(DecodeError):
                opened, head = open_cell(source, cell), cell.head
                data = place.opener().seal(
                    opened.payload,
                    cell_place(cell.key),
                    schema=opened.schema,
                    expires=opened.expires,
                    secret=head is not None and head.secret,
                )
                line = line._replace(cell=cell._replace(data=data))  # noqa: PLW2901 # the same cell, sealed again
        yield line


async def _check_conflicts(place: OpenStore, path: Path, names: Names, output: Output, *, force: bool) -> None:
    newer: list[str] = []
    foreign: list[str] = []
    for group in groups(bound_cells(place, path, names)):
        records = await place.store.read([line.cell.key for line in group])
        for (cell, _), record in zip(group, records, strict=True):
            output.step()
            if _is_newer(record, cell):
                newer.append(f"{cell.key.name!r} of {cell.key.owner}")
            if not _can_open(place, cell):
                foreign.append(f"{cell.key.name!r} of {cell.key.owner}")
    if newer and not force:
        raise StateError(
            f"{place.store.url} has newer values of {plural(len(newer), 'cell')}: {_some(newer)}. "
            "Nothing was imported. --force overwrites them."
        )
    if foreign and not force:
        raise StateError(
            f"{plural(len(foreign), 'cell')} of {path} cannot be opened with the key of {place.store.url}: "
            f"{_some(foreign)}. Nothing was imported. Set HOLDFAST_SECRET_KEY to the key of the app that they are "
            "from, or use --force to import them anyway."
        )


def _can_open(place: OpenStore, cell: Stored) -> bool:
    if cell.key.owner == ASIDE:
        return True
    try:
        open_cell(place.opener(), cell)
    except DecodeError:
        return False
    return True


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")


def _is_newer(record: Record | None, cell: Stored) -> bool:
    """Return whether the stored data differs from the cell's and is not older."""
    return record is not None and record.data != cell.data and record.version >= cell.version


def groups(found: Iterator[Line]) -> Iterator[list[Line]]:
    """Group cells that are written together: cells of one owner, limited in number and size."""
    for _, of_owner in groupby(found, key=lambda line: line.cell.key.owner):
        group: list[Line] = []
        size = 0
        for line in of_owner:
            group.append(line)
            size += len(line.cell.data)
            if len(group) >= AT_ONCE or size > LARGE:
                yield group
                group, size = [], 0
        if group:
            yield group


async def _compared(store: Store, group: Sequence[Line]) -> Counted:
    records = await store.read([line.cell.key for line in group])
    same = sum(r is not None and r.data == line.cell.data for r, line in zip(records, group, strict=True))
    return Counted(len(group) - same, same)


async def write_cells(store: Store, group: Sequence[Line], *, force: bool) -> Counted:
    """Write cells of an owner while holding their lanes.

    Raises:
        StateError: A cell is newer in the store.
    """
    claim = await claimed(store, [line.cell.key for line in group])
    try:
        writes = _writes(store, group, claim, force=force)
        if writes:
            await store.commit(writes, [claim])
    finally:
        await store.release(claim)
    expires = group[0].expires
    if writes and expires is not None:
        await store.touch(group[0].cell.key.owner, expires)
    return Counted(len(writes), len(group) - len(writes))


def _writes(store: Store, group: Sequence[Line], claim: Claim, *, force: bool) -> list[Write]:
    there = dict(zip(claim.keys, claim.records, strict=True))
    writes = []
    for cell, expires in group:
        record = there[cell.key]
        if record is not None and record.data == cell.data:
            continue
        if _is_newer(record, cell) and not force:
            raise StateError(
                f"{store.url} received a newer value of {cell.key.name!r} of {cell.key.owner} meanwhile, which was "
                "kept. Stop the app and try again, or overwrite it with --force."
            )
        before = 0 if record is None else record.version
        announce = not cell.key.owner.startswith(("session:", ASIDE))
        writes.append(Write(cell.key, max(cell.version, before + 1), cell.data, before, announce, expires))
    return writes

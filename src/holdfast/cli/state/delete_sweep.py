"""The actions `delete`, `sweep`, and `check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from holdfast.cli.state.cells import AT_ONCE, Stored, Wanted, cells, cells_of, claimed, open_cell, owners
from holdfast.cli.state.loader import OpenStore
from holdfast.cli.state.output import Output, plural
from holdfast.errors import StateError
from holdfast.state.codec import DecodeError, MissingClassError, decode
from holdfast.state.persistence.history import cell_name
from holdfast.state.persistence.reader import ASIDE
from holdfast.stores import Store, Write


async def delete(
    place: OpenStore, wanted: Wanted, output: Output, *, everything: bool, yes: bool, dry_run: bool
) -> int:
    """Delete owners or cells.

    Raises:
        StateError: No filter is given, or there is no terminal to ask for confirmation.
    """
    if wanted.everything and not everything:
        raise StateError("Specify what to delete with --scope, --owner, or --name, or use --all for everything.")
    found_owners: list[str] = []
    found = 0
    async for info in owners(place.store, wanted):
        names = [name for name in await place.store.names(info.owner) if wanted.has_name(name)]
        if names:
            found_owners.append(info.owner)
            found += len(names)
    what = f"{plural(found, 'cell')} of {plural(len(found_owners), 'owner')} in {place.store.url}"
    facts = {"owners": len(found_owners), "cells": found}
    if dry_run or not found:
        output.write(f"{what} would be deleted.", {**facts, "deleted": 0})
        return 0
    if not yes and not _confirmed(f"Delete {what}? This cannot be undone; use `export` first to keep a copy. [y/N] "):
        output.write("Nothing was deleted.", {**facts, "deleted": 0})
        return 1
    deleted = 0
    for owner in found_owners:
        if wanted.name is None:
            gone = len(await place.store.drop(owner))
        else:
            gone = await _delete_cells(place.store, owner, wanted)
        deleted += gone
        for _ in range(gone):
            output.step()
    output.write(f"{plural(deleted, 'cell')} deleted.", {**facts, "deleted": deleted})
    return 0


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise StateError("There is no terminal to ask for confirmation. Use --yes to delete without asking.")
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


async def _delete_cells(store: Store, owner: str, wanted: Wanted) -> int:
    deleted = 0
    async for info in store.owners(owner):
        if info.owner == owner:
            some = [cell async for cell in cells_of(store, info, wanted)]
            for start in range(0, len(some), AT_ONCE):
                deleted += await delete_cells(store, some[start : start + AT_ONCE])
    return deleted


async def delete_cells(store: Store, cells: Sequence[Stored]) -> int:
    """Delete cells of an owner while holding their lanes. Cells written meanwhile are kept."""
    claim = await claimed(store, [cell.key for cell in cells])
    try:
        now = dict(zip(claim.keys, claim.records, strict=True))
        writes = []
        for cell in cells:
            record = now[cell.key]
            if record is not None and record.version == cell.version:
                announce = not cell.key.owner.startswith(("session:", ASIDE))
                writes.append(Write(cell.key, cell.version + 1, None, cell.version, announce))
        if writes:
            await store.commit(writes, [claim])
    finally:
        await store.release(claim)
    return len(writes)


async def sweep(place: OpenStore, output: Output, now: float, *, dry_run: bool) -> int:
    """Drop expired owners and expired cells."""
    dropped = 0
    async for info in owners(place.store, Wanted()):
        over = info.expires is not None and info.expires <= now
        if over and dry_run:
            dropped += info.cells
        if over:
            continue
        found = [] if info.owner == ASIDE else [cell async for cell in cells_of(place.store, info, Wanted())]
        gone = {cell.key.name for cell in found if _has_expired(cell, now)}
        old = [cell for cell in found if cell_name(cell.key.name) in gone]
        for _ in found:
            output.step()
        if old:
            dropped += len(old) if dry_run else await delete_cells(place.store, old)
    if not dry_run:
        while expired := await place.store.expire(now):
            dropped += len(expired)
    done = "would be dropped" if dry_run else "dropped"
    output.write(f"{plural(dropped, 'cell')} {done}.", {"dropped": 0 if dry_run else dropped, "would_drop": dropped})
    return 0


def _has_expired(cell: Stored, now: float) -> bool:
    head = cell.head
    return head is not None and head.expires is not None and head.expires <= now


async def check(place: OpenStore, wanted: Wanted, output: Output) -> int:
    """Read everything and report problems.

    Returns:
        1 if there is a problem.
    """
    envelope = place.opener()
    read = bad = aside = unknown = 0
    async for _, cell in cells(place.store, wanted):
        read += 1
        output.step()
        where = f"{cell.key.name!r} of {cell.key.owner}"
        facts = {"owner": cell.key.owner, "name": cell.key.name, "version": cell.version}
        if cell.key.owner == ASIDE:
            aside += 1
            output.write(f"set aside: {cell.key.name}", {**facts, "problem": "set aside"})
            continue
        try:
            decode(open_cell(envelope, cell).payload, lenient=True)
        except MissingClassError:
            unknown += 1
        except DecodeError as error:
            bad += 1
            output.write(f"cannot be read: {where}: {error}", {**facts, "problem": str(error)})
    text = f"{plural(read, 'cell')} read: {bad:,} cannot be read, {aside:,} were set aside before."
    if unknown:
        text += f" {plural(unknown, 'cell')} have classes that are not loaded; use --program FILE to read them too."
    output.write(text, {"cells": read, "unreadable": bad, "aside": aside, "unknown_classes": unknown})
    return 1 if bad or aside else 0

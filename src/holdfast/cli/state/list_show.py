"""The actions `list` and `show`."""

from __future__ import annotations

from typing import Any

import orjson

from holdfast import exact
from holdfast.cli.state.cells import Stored, Wanted, cells_of, open_cell, owners
from holdfast.cli.state.loader import OpenStore
from holdfast.cli.state.output import Output, left, moment, plural, size_text
from holdfast.cli.state.readable import readable, type_name
from holdfast.errors import StateError
from holdfast.state.codec import DecodeError, MissingClassError, decode
from holdfast.state.persistence.reader import ASIDE
from holdfast.stores import Key, OwnerInfo

SHOWN = 100
"""Maximum number of a container's items in the text of `show`."""


async def show_list(place: OpenStore, wanted: Wanted, output: Output, now: float) -> int:
    """Write the owners and their cells."""
    found_owners = found_cells = 0
    async for info in owners(place.store, wanted):
        first = True
        async for cell in cells_of(place.store, info, wanted):
            if first:
                found_owners += 1
                _write_owner(info, output, now)
            first = False
            found_cells += 1
            _write_cell(info, cell, output, now)
    output.write(f"{plural(found_owners, 'owner')}, {plural(found_cells, 'cell')} in {place.store.url}", None)
    return 0


def _write_owner(info: OwnerInfo, output: Output, now: float) -> None:
    facts = f"{plural(info.cells, 'cell')}, {size_text(info.size)}, {left(info.expires, now)}"
    if info.owner == ASIDE:
        facts = f"{plural(info.cells, 'cell')} that could not be read and were set aside"
    output.write(f"{info.owner}  ({facts})", None)


def _write_cell(info: OwnerInfo, cell: Stored, output: Output, now: float) -> None:
    head = cell.head
    parts = [f"version {cell.version}", size_text(len(cell.data))]
    if head is None:
        parts.append("not written by Holdfast")
    else:
        parts.append(f"schema {head.schema}")
        if head.secret:
            parts.append("secret")
        if head.expires is not None:
            parts.append(left(head.expires, now))
    output.write(f"  {cell.key.name}  {', '.join(parts)}", facts_of(cell, info))


def facts_of(cell: Stored, info: OwnerInfo | None) -> dict[str, Any]:
    """Return the details of a cell without its value."""
    head = cell.head
    return {
        "owner": cell.key.owner,
        "name": cell.key.name,
        "version": cell.version,
        "bytes": len(cell.data),
        "schema": None if head is None else head.schema,
        "secret": None if head is None else head.secret,
        "expires": None if head is None else moment(head.expires),
        "owner_expires": None if info is None else moment(info.expires),
    }


async def show_cell(place: OpenStore, owner: str, name: str | None, output: Output) -> int:
    """Write a cell and its value.

    Raises:
        StateError: The cell does not exist or cannot be read.
    """
    cell = await _the_cell(place, owner, name)
    head = cell.head
    facts: dict[str, Any] = facts_of(cell, None)
    del facts["owner_expires"]
    text = [f"{cell.key.name} of {cell.key.owner}", f"version {cell.version}, {size_text(len(cell.data))}"]
    problem: DecodeError | None = None
    if head is not None and head.secret:
        facts["hidden"] = True
        text.append("Its value is secret and not shown.")
    else:
        try:
            value = decode(open_cell(place.opener(), cell).payload, lenient=True)
            facts |= {"type": type_name(value)}
            facts["value"] = readable(value, None) if output.as_json else None
            shown = exact.dumps(readable(value, SHOWN), orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_SUBCLASS)
            text += [f"type {type_name(value)}", "", shown]
        except DecodeError as error:
            problem = error
            facts["unreadable"] = str(error)
    output.write("\n".join(text), facts)
    if problem is not None:
        hint = (
            " Use --program FILE to run the program that defines it." if isinstance(problem, MissingClassError) else ""
        )
        raise StateError(
            f"The value of {cell.key.name!r} of {cell.key.owner} cannot be read: {problem}.{hint}"
        ) from problem
    return 0


async def _the_cell(place: OpenStore, owner: str, name: str | None) -> Stored:
    names = sorted(await place.store.names(owner))
    if not names:
        raise StateError(f"{place.store.url} has no owner {owner!r}. Use `holdfast state list` to show all owners.")
    if name is None and len(names) > 1:
        raise StateError(f"{owner} has {plural(len(names), 'cell')}: {', '.join(names)}. Specify which one to show.")
    key = Key(owner, names[0] if name is None else name)
    record = (await place.store.read([key]))[0]
    if record is None or record.data is None:
        raise StateError(f"{owner} has no cell {name!r}. Its cells are: {', '.join(names)}.")
    return Stored(key, record.version, record.data)

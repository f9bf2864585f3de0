"""Going through what a store keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import NamedTuple

from holdfast.errors import StateError
from holdfast.server.login.revocations import OWNER as LOGINS
from holdfast.state.codec import DecodeError, Envelope, Head, Opened, read_head
from holdfast.state.persistence.history import cell_name
from holdfast.state.persistence.reader import ASIDE, place
from holdfast.stores import Claim, Key, OwnerInfo, Store

AT_ONCE = 100
"""Most cells that are read at once."""
LARGE = 8 * 1024 * 1024
"""An owner with more bytes is read cell by cell."""
PATIENCE = 10.0
"""Seconds to wait for an app that writes a cell just now."""


class Wanted(NamedTuple):
    """Which cells a command is about."""

    scope: str | None = None
    owner: str | None = None
    name: str | None = None

    @property
    def everything(self) -> bool:
        """No filter is given."""
        return self == Wanted()

    @property
    def prefix(self) -> str:
        """What the names of all wanted owners begin with."""
        return ASIDE if self.scope == ASIDE else f"{self.scope}:" if self.scope is not None else ""

    def has_owner(self, owner: str) -> bool:
        """Whether an owner's cells are wanted."""
        scope, _, id = owner.partition(":")
        if self.scope is not None and scope != self.scope:
            return False
        return self.owner is None or fnmatchcase(owner, self.owner) or fnmatchcase(id, self.owner)

    def has_name(self, name: str) -> bool:
        """Whether a cell of this name is wanted; its earlier versions go with it."""
        return self.name is None or fnmatchcase(name, self.name) or fnmatchcase(cell_name(name), self.name)


class Stored(NamedTuple):
    """One cell."""

    key: Key
    version: int
    data: bytes

    @property
    def head(self) -> Head | None:
        """What its envelope says."""
        return read_head(self.data)


async def owners(store: Store, wanted: Wanted) -> AsyncIterator[OwnerInfo]:
    """The owners that are wanted. The list of ended logins, which an app keeps beside its State, is not State."""
    async for info in store.owners(wanted.prefix):
        if info.owner != LOGINS and wanted.has_owner(info.owner):
            yield info


async def cells_of(store: Store, info: OwnerInfo, wanted: Wanted) -> AsyncIterator[Stored]:
    """The wanted cells of an owner, by name."""
    names = sorted(name for name in await store.names(info.owner) if wanted.has_name(name))
    for some in batches([Key(info.owner, name) for name in names], 1 if info.size > LARGE else AT_ONCE):
        for key, record in zip(some, await store.read(some), strict=True):
            if record is not None and record.data is not None:
                yield Stored(key, record.version, record.data)


async def cells(store: Store, wanted: Wanted) -> AsyncIterator[tuple[OwnerInfo, Stored]]:
    """All wanted cells, one owner after the other."""
    async for info in owners(store, wanted):
        async for cell in cells_of(store, info, wanted):
            yield info, cell


def batches(keys: Sequence[Key], most: int) -> Iterator[Sequence[Key]]:
    """The keys in groups."""
    for start in range(0, len(keys), most):
        yield keys[start : start + most]


def open_cell(envelope: Envelope, cell: Stored) -> Opened:
    """Open a cell's bytes; those of one that was set aside belong to where it was.

    Raises:
        DecodeError: They are damaged, or not for this place, or signed with another key.
    """
    if cell.key.owner != ASIDE:
        return envelope.open(cell.data, place(cell.key))
    where = cell.key.name.rpartition("@")[0]
    cuts = [i for i, letter in enumerate(where) if letter == "/"]
    # Owners' ids and cells' names may hold slashes themselves; the signature tells which one was between them.
    for cut in cuts[:-1]:
        with suppress(DecodeError):
            return envelope.open(cell.data, place(Key(where[:cut], where[cut + 1 :])))
    cut = cuts[-1] if cuts else len(where)
    return envelope.open(cell.data, place(Key(where[:cut], where[cut + 1 :])))


async def claimed(store: Store, keys: Sequence[Key]) -> Claim:
    """The lanes of cells: no running app writes them until they are released.

    Raises:
        StateError: An app holds one for too long.
    """
    claim = await store.claim(keys, wait=PATIENCE)
    if claim is None:
        raise StateError(
            f"{keys[0].owner} is being written by a running app and did not come free in {PATIENCE:g} seconds. "
            "Try again, or stop the app first."
        )
    return claim

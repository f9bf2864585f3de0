"""Iterate over the contents of a store."""

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
"""Maximum number of cells to read at once."""
LARGE = 8 * 1024 * 1024
"""Size of an owner in bytes above which its cells are read one at a time."""
PATIENCE = 10.0
"""Seconds to wait for an app that is writing a cell."""


class Wanted(NamedTuple):
    """Filter for the cells of a command."""

    scope: str | None = None
    owner: str | None = None
    name: str | None = None

    @property
    def everything(self) -> bool:
        """Whether the filter matches everything."""
        return self == Wanted()

    @property
    def prefix(self) -> str:
        """Common prefix of the names of all matching owners."""
        return ASIDE if self.scope == ASIDE else f"{self.scope}:" if self.scope is not None else ""

    def has_owner(self, owner: str) -> bool:
        """Return whether an owner's cells can match."""
        scope, _, id = owner.partition(":")
        if self.scope is not None and scope != self.scope:
            return False
        return self.owner is None or fnmatchcase(owner, self.owner) or fnmatchcase(id, self.owner)

    def has_name(self, name: str) -> bool:
        """Return whether cells with this name match. A cell's history matches with it."""
        return self.name is None or fnmatchcase(name, self.name) or fnmatchcase(cell_name(name), self.name)


class Stored(NamedTuple):
    """A cell in a store."""

    key: Key
    version: int
    data: bytes

    @property
    def head(self) -> Head | None:
        """Head of the cell's envelope."""
        return read_head(self.data)


async def owners(store: Store, wanted: Wanted) -> AsyncIterator[OwnerInfo]:
    """Yield the matching owners. The list of ended logins, stored next to the State, is excluded."""
    async for info in store.owners(wanted.prefix):
        if info.owner != LOGINS and wanted.has_owner(info.owner):
            yield info


async def cells_of(store: Store, info: OwnerInfo, wanted: Wanted) -> AsyncIterator[Stored]:
    """Yield the matching cells of an owner, sorted by name."""
    names = sorted(name for name in await store.names(info.owner) if wanted.has_name(name))
    for some in batches([Key(info.owner, name) for name in names], 1 if info.size > LARGE else AT_ONCE):
        for key, record in zip(some, await store.read(some), strict=True):
            if record is not None and record.data is not None:
                yield Stored(key, record.version, record.data)


async def cells(store: Store, wanted: Wanted) -> AsyncIterator[tuple[OwnerInfo, Stored]]:
    """Yield all matching cells, grouped by owner."""
    async for info in owners(store, wanted):
        async for cell in cells_of(store, info, wanted):
            yield info, cell


def batches(keys: Sequence[Key], most: int) -> Iterator[Sequence[Key]]:
    """Split keys into groups."""
    for start in range(0, len(keys), most):
        yield keys[start : start + most]


def open_cell(envelope: Envelope, cell: Stored) -> Opened:
    """Open a cell's data. The data of a cell that was set aside belongs to its original place.

    Raises:
        DecodeError: The data is damaged, belongs to another place, or was signed with another key.
    """
    if cell.key.owner != ASIDE:
        return envelope.open(cell.data, place(cell.key))
    where = cell.key.name.rpartition("@")[0]
    cuts = [i for i, letter in enumerate(where) if letter == "/"]
    # Owners' IDs and cells' names can contain slashes; only the signature shows which slash separated them.
    for cut in cuts[:-1]:
        with suppress(DecodeError):
            return envelope.open(cell.data, place(Key(where[:cut], where[cut + 1 :])))
    cut = cuts[-1] if cuts else len(where)
    return envelope.open(cell.data, place(Key(where[:cut], where[cut + 1 :])))


async def claimed(store: Store, keys: Sequence[Key]) -> Claim:
    """Acquire the lanes of cells, so that no running app writes them until they are released.

    Raises:
        StateError: An app holds one of the lanes for too long.
    """
    claim = await store.claim(keys, wait=PATIENCE)
    if claim is None:
        raise StateError(
            f"{keys[0].owner} is being written by a running app and was not available within {PATIENCE:g} seconds. "
            "Try again, or stop the app first."
        )
    return claim

"""The store protocol. Its docstrings are the contract, and `holdfast.testing.StoreContract` tests every store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol


class Key(NamedTuple):
    """The key of a cell."""

    owner: str
    name: str


class Record(NamedTuple):
    """A stored cell."""

    version: int
    """Version of the cell, 1 or more."""
    data: bytes | None
    """Value of the cell; `None` if the reader already knows this version."""


class Write(NamedTuple):
    """One cell's part of a commit."""

    key: Key
    version: int
    """New version of the cell."""
    data: bytes | None
    """New value of the cell; `None` to delete the cell."""
    expected: int | None = None
    """Version that the cell must have; 0 if it must not exist; `None` for any."""
    announce: bool = False
    """True to report the write to readers of `changes`."""
    expires: float | None = None
    """Expiry to set if the owner has none yet; an existing expiry is left unchanged. It is part of the write so that
    a process that ends right after its commit leaves nothing behind indefinitely."""


class Claim(NamedTuple):
    """The exclusive right, among all processes, to write some cells."""

    keys: tuple[Key, ...]
    fence: int
    """Identifier of the claim; a commit with a claim that is no longer held is refused."""
    records: tuple[Record | None, ...]
    """Cells at the time when the claim was granted."""


class Dropped(NamedTuple):
    """A cell that was dropped."""

    key: Key
    version: int
    data: bytes


class OwnerInfo(NamedTuple):
    """A summary of one owner's cells."""

    owner: str
    cells: int
    size: int
    expires: float | None


class Change(NamedTuple):
    """A commit that was announced."""

    key: Key
    version: int


class Gap(NamedTuple):
    """A notice that changes were missed, so a reader must read the cells again."""


class Store(Protocol):
    """Keeps cells as bytes with versions, by owner and name.

    Owners and names are arbitrary strings. All methods are called on one event loop. Times are seconds since the epoch
    and come from the caller. Every method raises `StoreUnavailableError` if the store is unreachable.
    """

    url: str
    """URL given to `stores.open`, without secrets."""
    durable: bool
    """True if commits outlive the process. Otherwise the store can remain empty: the engine keeps the values."""

    async def open(self) -> None:
        """Open the store.

        Raises:
            StoreUnavailableError: The store is unreachable.
            StoreDamagedError: The data is not a store, or is damaged.
            StoreFormatError: The store was written by a newer release.
        """
        ...

    async def aclose(self) -> None:
        """Close the store; commits are kept."""
        ...

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        """Read or set a fact about the store itself, which remains until the store is emptied.

        Args:
            name: Name of the fact.
            value: Value to set if the fact does not exist; `None` to only read it.
            replace: Set `value` even if the fact exists.

        Returns:
            The fact's value now; `None` if it does not exist.
        """
        ...

    def alone(self) -> bool:
        """Return whether no other process had the store open at the last check; performs no I/O."""
        ...

    def holds(self, key: Key) -> bool:
        """Return whether no other process can have written a cell since this one last did; performs no I/O."""
        ...

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """Read a consistent snapshot of cells.

        Args:
            keys: Keys of the cells.
            known: Version of each cell that the caller has; the data of unchanged cells is omitted.

        Returns:
            One record per key; `None` for a cell that does not exist.
        """
        ...

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """Write cells, all or none; once it returns, they outlive the process. A cancel takes effect afterwards.

        Args:
            writes: The writes.
            claims: Claims for the cells; each must still be held.

        Raises:
            VersionConflictError: A cell does not have its expected version.
            FencedError: A claim was lost.
        """
        ...

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        """Acquire the exclusive right to write these cells, waiting for current holders.

        Cells are acquired in the order of their keys, so that claims never wait for each other in a cycle. A claim ends
        with `release`, with the process that holds it, or when its holder is unreachable for too long.

        Args:
            keys: Keys of the cells: at least one, without duplicates.
            known: Version of each cell that the caller has; the claim's records omit the data of unchanged cells.
            wait: Maximum number of seconds to wait; `None` for no limit.

        Returns:
            The claim, or `None` after a timeout.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Release a claim; a lost claim is ignored. A cancel takes effect afterwards."""
        ...

    async def touch(self, owner: str, expires: float | None) -> None:
        """Set the expiry of an owner's cells; `None` for no expiry. An owner without cells is ignored."""
        ...

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """Drop the cells of expired owners and return them; each is returned to one caller only.

        Args:
            now: The current time.
            limit: Approximate number of cells; call again while any are returned.
        """
        ...

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        """Drop all cells of an owner and return them; each is returned to one caller only.

        Args:
            owner: The owner.
            due: Drop them only if the owner's expiry, as set by `touch`, is not after this time.
        """
        ...

    def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """Yield every owner whose name begins with a prefix, in any order."""
        ...

    async def names(self, owner: str) -> list[str]:
        """Return the names of an owner's cells."""
        ...

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """Follow the announced changes of all processes from now on, in the order of commits for each cell.

        The caller's own commits may be included.
        """
        ...

"""What a store must do. The docstrings are the contract; `holdfast.testing.StoreContract` holds every store to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol


class Key(NamedTuple):
    """Where a cell is kept."""

    owner: str
    name: str


class Record(NamedTuple):
    """A cell as it is kept."""

    version: int
    """1 or more."""
    data: bytes | None
    """The value; `None` when the reader has said that it knows this version."""


class Write(NamedTuple):
    """One cell's part of a commit."""

    key: Key
    version: int
    """Its version from now on."""
    data: bytes | None
    """Its value from now on; `None` deletes the cell."""
    expected: int | None = None
    """The version that it must be at; 0: it must not be there; `None`: any."""
    announce: bool = False
    """Tell the readers of `changes`."""
    expires: float | None = None
    """When the owner's cells may go, if nothing else has been said of it: a time that it has counts, whichever it is.
    It comes with what is written, so that a process that ends right after its commit leaves nothing for ever."""


class Claim(NamedTuple):
    """The right to write some cells, held by one holder at a time among all processes."""

    keys: tuple[Key, ...]
    fence: int
    """Names the claim; a commit under one that is no longer held is refused."""
    records: tuple[Record | None, ...]
    """The cells as they were when the claim was granted."""


class Dropped(NamedTuple):
    """A cell that is no longer kept."""

    key: Key
    version: int
    data: bytes


class OwnerInfo(NamedTuple):
    """What is kept of one owner."""

    owner: str
    cells: int
    size: int
    expires: float | None


class Change(NamedTuple):
    """A commit that was announced."""

    key: Key
    version: int


class Gap(NamedTuple):
    """Changes were missed; whoever follows them must read again what it cares about."""


class Store(Protocol):
    """Keeps cells as bytes with versions, by owner and name.

    Owners and names are any texts. All methods are called on one event loop. Times are seconds since the epoch and
    come from the caller. Whatever cannot be done because the store is out of reach raises `StoreUnavailableError`.
    """

    url: str
    """What `stores.open` was given, without secrets."""
    durable: bool
    """What is committed outlives the process. A store that is not may be empty: the engine keeps its values itself."""

    async def open(self) -> None:
        """Get ready.

        Raises:
            StoreUnavailableError: It cannot be reached.
            StoreDamagedError: What is there is no store.
            StoreFormatError: It was written by a newer release.
        """
        ...

    async def aclose(self) -> None:
        """Let go of everything; what was committed stays."""
        ...

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        """A fact about the place itself, which goes only when the place is emptied.

        Args:
            name: Which.
            value: What it becomes where it is not there yet; `None` only reads.
            replace: It becomes `value` in any case.

        Returns:
            What it is now; `None` where it is not there.
        """
        ...

    def alone(self) -> bool:
        """Whether no other process had the place open when that was last looked at; asks nothing now."""
        ...

    def holds(self, key: Key) -> bool:
        """Whether no other process can have written a cell since this one last did; asks nothing now."""
        ...

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """Read cells, all from one moment.

        Args:
            keys: Which.
            known: The version of each that the reader has; the data of those is left out.

        Returns:
            One record per key, `None` for a cell that is not there.
        """
        ...

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """Write cells, all or none. When it returns they outlive the process. A cancel takes effect afterwards.

        Args:
            writes: What.
            claims: Claims under which it is written; each must still be held.

        Raises:
            VersionConflictError: A cell is not at its expected version.
            FencedError: A claim was lost.
        """
        ...

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        """Become the one that may write these cells; waits for the holders before.

        Several are taken in the order of their keys, so that claims never wait for each other in a circle. A claim ends
        with `release`, with the process that holds it, or when the holder cannot be heard of.

        Args:
            keys: Which; at least one, each once.
            known: The version of each that the caller has; the data of those is left out of the claim's records.
            wait: Most seconds to wait; `None` for as long as it takes.

        Returns:
            The claim, or `None` when the time was over.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Give a claim back; one that is lost already is ignored. A cancel takes effect afterwards."""
        ...

    async def touch(self, owner: str, expires: float | None) -> None:
        """Say when an owner's cells may go; `None` for never. An owner without cells is ignored."""
        ...

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """Drop cells of owners whose time is over and hand them back; each is handed to one caller only.

        Args:
            now: The present time.
            limit: About how many cells; call again while there are any.
        """
        ...

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        """Drop all cells of an owner and hand them back; each is handed to one caller only.

        Args:
            owner: Whose.
            due: Only if the owner's time, as `touch` said it, is over by then.
        """
        ...

    def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """Every owner whose name begins with `prefix`, in no order."""
        ...

    async def names(self, owner: str) -> list[str]:
        """Names of an owner's cells."""
        ...

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """Announced changes of all processes from the return of this call on, in the order of commits for each cell.

        Changes of the caller's own commits may be among them.
        """
        ...

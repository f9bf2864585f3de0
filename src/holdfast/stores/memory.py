"""A store in the memory of this process: the default, and a substitute for durable stores in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import anyio

from holdfast.stores.errors import FencedError, VersionConflictError
from holdfast.stores.protocol import Change, Claim, Dropped, Gap, Key, OwnerInfo, Record, Write
from holdfast.stores.turns import Turns


@dataclass
class MemoryShelf:
    """Data that several memory stores of one process share, as processes share a database."""

    cells: dict[str, dict[str, tuple[int, bytes]]] = field(default_factory=dict)
    expiries: dict[str, float] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)
    followers: list[asyncio.Queue[Change | Gap]] = field(default_factory=list)
    fence: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    open: int = 0
    """Number of stores that have it open."""


class MemoryStore:
    """Keeps cells in memory.

    Args:
        durable: Let the engine commit to it as to a durable store. A shelf outlives the engine, so that tests can
            restart.
        shelf: Shelf that holds the cells; stores with the same shelf share them.
    """

    url = "memory://"

    def __init__(self, *, durable: bool = False, shelf: MemoryShelf | None = None) -> None:
        self.durable = durable
        self.shelf = shelf or MemoryShelf()
        self._open = False

    async def open(self) -> None:
        """See `Store.open`."""
        self.shelf.open += not self._open
        self._open = True

    async def aclose(self) -> None:
        """See `Store.aclose`."""
        self.shelf.open -= self._open
        self._open = False

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        """See `Store.fact`."""
        if value is not None and (replace or name not in self.shelf.facts):
            self.shelf.facts[name] = value
        return self.shelf.facts.get(name)

    def alone(self) -> bool:
        """See `Store.alone`."""
        return self.shelf.open <= 1

    def holds(self, key: Key) -> bool:  # noqa: ARG002 # the last writer is unknown
        """See `Store.holds`."""
        return self.alone()

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """See `Store.read`."""
        return [self._record(key, known[i] if i < len(known) else 0) for i, key in enumerate(keys)]

    def _record(self, key: Key, known: int = 0) -> Record | None:
        found = self.shelf.cells.get(key.owner, {}).get(key.name)
        return None if found is None else Record(found[0], None if found[0] == known else found[1])

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """See `Store.commit`."""
        for claim in claims:
            for key in claim.keys:
                if not self.shelf.turns.holds(key, claim.fence):
                    raise FencedError(*key)
        for write in writes:
            found = self._record(write.key)
            version = 0 if found is None else found.version
            if write.expected is not None and write.expected != version:
                raise VersionConflictError(*write.key, write.expected, version)
        for write in writes:
            self._write(write)

    def _write(self, write: Write) -> None:
        owner, name = write.key
        cells = self.shelf.cells.setdefault(owner, {})
        if write.data is None:
            cells.pop(name, None)
        else:
            cells[name] = (write.version, bytes(write.data))
        if not cells:
            del self.shelf.cells[owner]
            self.shelf.expiries.pop(owner, None)
        elif write.data is not None and write.expires is not None:
            self.shelf.expiries.setdefault(owner, write.expires)
        if write.announce:
            for follower in self.shelf.followers:
                follower.put_nowait(Change(write.key, write.version))

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        """See `Store.claim`."""
        self.shelf.fence += 1
        fence = self.shelf.fence
        taken: list[Key] = []
        try:
            with anyio.move_on_after(wait) as scope:
                for key in sorted(keys):
                    await self.shelf.turns.take(key, fence)
                    taken.append(key)
        except BaseException:
            self.shelf.turns.free(taken, fence)
            raise
        if scope.cancelled_caught:
            self.shelf.turns.free(taken, fence)
            return None
        return Claim(tuple(keys), fence, tuple(await self.read(keys, known)))

    async def release(self, claim: Claim) -> None:
        """See `Store.release`."""
        self.shelf.turns.free(claim.keys, claim.fence)

    async def touch(self, owner: str, expires: float | None) -> None:
        """See `Store.touch`."""
        if expires is None:
            self.shelf.expiries.pop(owner, None)
        elif owner in self.shelf.cells:
            self.shelf.expiries[owner] = expires

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """See `Store.expire`."""
        dropped: list[Dropped] = []
        for owner in [owner for owner, expires in self.shelf.expiries.items() if expires <= now]:
            if len(dropped) >= limit:
                break
            dropped += await self.drop(owner)
        return dropped

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        """See `Store.drop`."""
        if due is not None and self.shelf.expiries.get(owner, float("inf")) > due:
            return []
        self.shelf.expiries.pop(owner, None)
        cells = self.shelf.cells.pop(owner, {})
        return [Dropped(Key(owner, name), version, data) for name, (version, data) in cells.items()]

    async def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """See `Store.owners`."""
        for owner, cells in list(self.shelf.cells.items()):
            if owner.startswith(prefix):
                size = sum(len(data) for _, data in cells.values())
                yield OwnerInfo(owner, len(cells), size, self.shelf.expiries.get(owner))

    async def names(self, owner: str) -> list[str]:
        """See `Store.names`."""
        return list(self.shelf.cells.get(owner, ()))

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """See `Store.changes`."""
        follower: asyncio.Queue[Change | Gap] = asyncio.Queue()
        self.shelf.followers.append(follower)
        return self._follow(follower)

    async def _follow(self, follower: asyncio.Queue[Change | Gap]) -> AsyncIterator[Change | Gap]:
        try:
            while True:
                yield await follower.get()
        finally:
            self.shelf.followers.remove(follower)

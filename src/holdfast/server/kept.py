"""Storage for named items until they are requested, limited in number, bytes, and time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from holdfast.clock import Clock
from holdfast.runtime.holdings import Account, Holdings, Tally
from holdfast.runtime.shelf import Shelf

T = TypeVar("T")

LOOKED_AT = 256
"""Number of items to check for one that is not in use."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits of the storage.

    Attributes:
        number: Maximum number of items.
        per_visitor: Maximum number of a visitor's items.
        size: Maximum number of bytes of all items.
        size_per_visitor: Maximum number of bytes of a visitor's items.
        seconds: Seconds for which an item is kept after its last use.
    """

    number: int
    per_visitor: int
    size: int
    size_per_visitor: int
    seconds: float


@dataclass(eq=False)
class Entry(Generic[T]):
    """A stored item.

    Attributes:
        id: Name of the item.
        item: The item.
        account: Account that counts the item's bytes.
        deadline: Monotonic time at which the item is dropped.
    """

    id: str
    item: T
    account: Account = field(repr=False)
    deadline: float

    @property
    def visitor(self) -> str:
        """Visitor that the item is kept for."""
        return self.account.visitor


class Kept(Generic[T]):
    """Named items. Beyond a limit, the oldest item of the visitor who has the most is dropped.

    Args:
        bounds: Limits of the storage.
        clock: Source of time.
        dropped: Callback for an item that is dropped because of a limit.
        in_use: Function that returns whether an item is in use, so that it does not expire.
    """

    def __init__(
        self,
        bounds: Bounds,
        clock: Clock,
        *,
        dropped: Callable[[T], object] = lambda _: None,
        in_use: Callable[[T], bool] = lambda _: False,
    ) -> None:
        self.bounds = bounds
        self._clock = clock
        self._dropped = dropped
        self._in_use = in_use
        self._shelf: Shelf[Entry[T]] = Shelf()
        self.holdings = Holdings(bounds.size, bounds.size_per_visitor, relieve=self._relieve)
        self._sweeper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._shelf)

    def account(self, visitor: str) -> Account:
        """Return an account for an item that will be added."""
        return self.holdings.open(visitor)

    def add(self, id: str, item: T, account: Account) -> None:
        """Store an item, dropping others if necessary."""
        self._shelf.add(Entry(id, item, account, self._clock.monotonic() + self.bounds.seconds))
        while account.visitor and account.tally.sessions > self.bounds.per_visitor:
            self._drop(self._first_idle(self._shelf.of(account.visitor)))
        while len(self._shelf) > self.bounds.number:
            self._drop(self._first_idle(self._shelf.to_evict()))
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    def get(self, id: str) -> T | None:
        """Return an item, if it is still stored."""
        entry = self._shelf.get(id)
        return None if entry is None else entry.item

    def touch(self, id: str) -> None:
        """Restart an item's expiration after it was used."""
        entry = self._shelf.get(id)
        if entry is not None:
            entry.deadline = self._clock.monotonic() + self.bounds.seconds
            self._shelf.touch(entry)

    def pop(self, id: str) -> T | None:
        """Remove and return an item, without reporting it as dropped."""
        entry = self._shelf.pop(id)
        if entry is None:
            return None
        entry.account.close()
        return entry.item

    def evict(self) -> bool:
        """Drop the first item that is not in use. Return whether there was one."""
        entry = next((entry for entry in self._shelf.to_evict() if not self._in_use(entry.item)), None)
        if entry is not None:
            self._drop(entry)
        return entry is not None

    def _first_idle(self, entries: Iterator[Entry[T]]) -> Entry[T]:
        """Return the first item that is not in use, or the first one if all are in use."""
        found = list(itertools.islice(entries, LOOKED_AT))
        return next((entry for entry in found if not self._in_use(entry.item)), found[0])

    def _drop(self, entry: Entry[T]) -> None:
        self._shelf.pop(entry.id)
        entry.account.close()
        self._dropped(entry.item)

    async def _sweep(self) -> None:
        """Drop expired items. This task only runs while there are items."""
        while (entry := self._shelf.first()) is not None:
            left = entry.deadline - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            elif self._in_use(entry.item):
                self.touch(entry.id)
            else:
                self._drop(entry)

    def _relieve(self, tally: Tally | None) -> None:
        holdings = self.holdings
        found = list(self._shelf.to_evict() if tally is None else self._shelf.of(tally.name))
        # Items in use are dropped last, also within a visitor; otherwise, the order within a visitor is kept.
        found.sort(key=lambda entry: (self._in_use(entry.item), -entry.account.tally.held if tally is None else 0))
        for entry in found[:-1]:  # a single item can have any size, which the program determines
            held, bound = (holdings.held, holdings.total) if tally is None else (tally.held, holdings.per_visitor)
            if held <= bound:
                return
            self._drop(entry)

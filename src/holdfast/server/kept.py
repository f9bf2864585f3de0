"""What the server keeps under a name until someone asks for it: bounded in number, bytes and time."""

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
"""Things that are looked at for one that is not in use."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much is kept.

    Attributes:
        number: Most things.
        per_visitor: Most things of one visitor.
        size: Most bytes of all.
        size_per_visitor: Most bytes of one visitor's.
        seconds: How long a thing is kept after its last use.
    """

    number: int
    per_visitor: int
    size: int
    size_per_visitor: int
    seconds: float


@dataclass(eq=False)
class Entry(Generic[T]):
    """One thing.

    Attributes:
        id: Its name.
        item: The thing.
        account: Where its bytes are counted.
        deadline: When it is dropped, on the monotonic clock.
    """

    id: str
    item: T
    account: Account = field(repr=False)
    deadline: float

    @property
    def visitor(self) -> str:
        """Who it is kept for."""
        return self.account.visitor


class Kept(Generic[T]):
    """Things by name. Beyond a bound, the oldest of the visitor who has the most is dropped.

    Args:
        bounds: How much is kept.
        clock: Where time comes from.
        dropped: Called with a thing that is dropped for a bound.
        in_use: Whether a thing is in use now, so that its time does not run.
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
        """Return an account for a thing that will be added."""
        return self.holdings.open(visitor)

    def add(self, id: str, item: T, account: Account) -> None:
        """Keep a thing, and drop others for it if need be."""
        self._shelf.add(Entry(id, item, account, self._clock.monotonic() + self.bounds.seconds))
        while account.visitor and account.tally.sessions > self.bounds.per_visitor:
            self._drop(self._first_idle(self._shelf.of(account.visitor)))
        while len(self._shelf) > self.bounds.number:
            self._drop(self._first_idle(self._shelf.to_evict()))
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    def get(self, id: str) -> T | None:
        """Return a thing, if it is still kept."""
        entry = self._shelf.get(id)
        return None if entry is None else entry.item

    def touch(self, id: str) -> None:
        """A thing was used: its time begins again."""
        entry = self._shelf.get(id)
        if entry is not None:
            entry.deadline = self._clock.monotonic() + self.bounds.seconds
            self._shelf.touch(entry)

    def pop(self, id: str) -> T | None:
        """Keep a thing no longer; it is not reported as dropped."""
        entry = self._shelf.pop(id)
        if entry is None:
            return None
        entry.account.close()
        return entry.item

    def evict(self) -> bool:
        """Drop the thing that goes first and is not in use; whether there was one."""
        entry = next((entry for entry in self._shelf.to_evict() if not self._in_use(entry.item)), None)
        if entry is not None:
            self._drop(entry)
        return entry is not None

    def _first_idle(self, entries: Iterator[Entry[T]]) -> Entry[T]:
        """Return the first that is not in use, or else the first."""
        found = list(itertools.islice(entries, LOOKED_AT))
        return next((entry for entry in found if not self._in_use(entry.item)), found[0])

    def _drop(self, entry: Entry[T]) -> None:
        self._shelf.pop(entry.id)
        entry.account.close()
        self._dropped(entry.item)

    async def _sweep(self) -> None:
        """Drop what was not used for too long; lives only while something is kept."""
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
        # What is in use goes last, also within a visitor; otherwise the order there is kept.
        found.sort(key=lambda entry: (self._in_use(entry.item), -entry.account.tally.held if tally is None else 0))
        for entry in found[:-1]:  # one thing alone is no heap: it is as large as the program makes it
            held, bound = (holdings.held, holdings.total) if tally is None else (tally.held, holdings.per_visitor)
            if held <= bound:
                return
            self._drop(entry)

"""A collection of visitors' items, such as sessions, in the order in which they are evicted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Shelved(Protocol):
    """Item that can be put on a shelf."""

    @property
    def id(self) -> str:
        """Unique ID of the item."""

    @property
    def visitor(self) -> str:
        """Visitor that the item is kept for."""


S = TypeVar("S", bound=Shelved)


class Shelf(Generic[S]):
    """Items in order of their last use, and by visitor, starting with the visitor who has the most items (R4.4).

    Every operation takes constant time.
    """

    def __init__(self) -> None:
        self._all: OrderedDict[str, S] = OrderedDict()
        self._by_visitor: dict[str, OrderedDict[str, S]] = {}
        self._by_count: dict[int, dict[str, None]] = {}
        """Visitors by their number of items."""
        self._most = 0
        """Largest number of items of a visitor."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[S]:
        yield from tuple(self._all.values())

    def __contains__(self, id: str) -> bool:
        return id in self._all

    def get(self, id: str) -> S | None:
        """Return the item with this ID, if it exists."""
        return self._all.get(id)

    def add(self, thing: S) -> None:
        """Add an item as the most recently used."""
        self._all[thing.id] = thing
        visitor = thing.visitor
        mine = self._by_visitor.setdefault(visitor, OrderedDict())
        mine[thing.id] = thing
        self._moved(visitor, len(mine) - 1, len(mine))

    def pop(self, id: str) -> S | None:
        """Remove and return an item, if it exists."""
        thing = self._all.pop(id, None)
        if thing is not None:
            visitor = thing.visitor
            mine = self._by_visitor[visitor]
            del mine[id]
            self._moved(visitor, len(mine) + 1, len(mine))
            if not mine:
                del self._by_visitor[visitor]
        return thing

    def _moved(self, visitor: str, before: int, now: int) -> None:
        """Update the index by count after a visitor's number of items has changed by one."""
        if before:
            same = self._by_count[before]
            del same[visitor]
            if not same:
                del self._by_count[before]
        if now:
            self._by_count.setdefault(now, {})[visitor] = None
        if now > self._most or self._most not in self._by_count:
            self._most = now

    def touch(self, thing: S) -> None:
        """Mark an item as most recently used."""
        self._all.move_to_end(thing.id)
        self._by_visitor[thing.visitor].move_to_end(thing.id)

    def first(self) -> S | None:
        """Return the least recently used item."""
        return next(iter(self._all.values()), None)

    def of(self, visitor: str) -> Iterator[S]:
        """Yield a visitor's items, least recently used first."""
        yield from tuple(self._by_visitor.get(visitor, {}).values())

    def to_evict(self) -> Iterator[S]:
        """Yield all items in the order in which they are evicted."""
        for number in range(self._most, 0, -1):
            for visitor in tuple(self._by_count.get(number, {})):
                yield from self._by_visitor[visitor].values()

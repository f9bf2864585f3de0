"""Sessions, or other things of visitors, in the order in which they are evicted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Shelved(Protocol):
    """What can be put on a shelf."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def visitor(self) -> str:
        """Who it is kept for."""


S = TypeVar("S", bound=Shelved)


class Shelf(Generic[S]):
    """Things in the order of their last use, and by visitor: the one who holds the most first (R4.4).

    Every operation costs the same at any number of things.
    """

    def __init__(self) -> None:
        self._all: OrderedDict[str, S] = OrderedDict()
        self._by_visitor: dict[str, OrderedDict[str, S]] = {}
        self._by_count: dict[int, dict[str, None]] = {}
        """Visitors by the number of things that they have here."""
        self._most = 0
        """The largest of these numbers."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[S]:
        yield from tuple(self._all.values())

    def __contains__(self, id: str) -> bool:
        return id in self._all

    def get(self, id: str) -> S | None:
        """Return a thing."""
        return self._all.get(id)

    def add(self, thing: S) -> None:
        """Put a thing here, as the one used last."""
        self._all[thing.id] = thing
        visitor = thing.visitor
        mine = self._by_visitor.setdefault(visitor, OrderedDict())
        mine[thing.id] = thing
        self._moved(visitor, len(mine) - 1, len(mine))

    def pop(self, id: str) -> S | None:
        """Take a thing out."""
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
        """A visitor has one thing more, or one less."""
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
        """A thing was used."""
        self._all.move_to_end(thing.id)
        self._by_visitor[thing.visitor].move_to_end(thing.id)

    def first(self) -> S | None:
        """Return the thing unused for longest."""
        return next(iter(self._all.values()), None)

    def of(self, visitor: str) -> Iterator[S]:
        """Return a visitor's things, the one unused for longest first."""
        yield from tuple(self._by_visitor.get(visitor, {}).values())

    def to_evict(self) -> Iterator[S]:
        """Return all things in the order in which they are evicted."""
        for number in range(self._most, 0, -1):
            for visitor in tuple(self._by_count.get(number, {})):
                yield from self._by_visitor[visitor].values()

"""Earlier versions of a cell, for undo and redo (R10.1)."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal, NamedTuple

from holdfast.state.values.atoms import size_of
from holdfast.state.values.snapshot import Captured, Snapshot

Move = Literal["undo", "redo"]


class Kept(NamedTuple):
    """One version that can be restored."""

    version: int
    value: Any
    image: Captured | None

    def restore(self) -> Any:
        """Return the value, as a new object if it can change in place."""
        return self.image.restore() if isinstance(self.image, Snapshot) else self.value

    @property
    def size(self) -> int:
        """Number of bytes."""
        return size_of(self.value) if self.image is None else self.image.size


class History:
    """The versions before and after the current version of a cell.

    Args:
        count: Maximum number of versions.
        limit: Maximum number of bytes; the oldest versions are dropped first.
    """

    __slots__ = ("_count", "_limit", "future", "past", "size")

    def __init__(self, count: int, limit: int) -> None:
        self._count = count
        self._limit = limit
        self.past: deque[Kept] = deque()
        self.future: deque[Kept] = deque()
        self.size = 0

    def copy(self) -> History:
        """Return a copy with the same versions."""
        made = History(self._count, self._limit)
        made.past.extend(self.past)
        made.future.extend(self.future)
        made.size = self.size
        return made

    def find(self, move: Move) -> Kept | None:
        """Return the version that a move restores, or `None`."""
        found = self.past if move == "undo" else self.future
        return found[-1] if found else None

    def push(self, present: Kept) -> None:
        """Add the version that a new one replaces, and discard what was undone."""
        self.size -= sum(kept.size for kept in self.future)
        self.future.clear()
        self._keep(self.past, present)

    def move(self, move: Move, present: Kept) -> None:
        """Move one version back or forward, keeping the one that it replaces."""
        here, there = (self.past, self.future) if move == "undo" else (self.future, self.past)
        self.size -= here.pop().size
        self._keep(there, present)

    def _keep(self, where: deque[Kept], kept: Kept) -> None:
        where.append(kept)
        self.size += kept.size
        while self.past and (len(self.past) > self._count or self.size > self._limit):
            self.size -= self.past.popleft().size
        while self.future and (len(self.future) > self._count or self.size > self._limit):
            self.size -= self.future.popleft().size

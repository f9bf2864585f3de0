"""One timer for many deadlines: nothing runs while nothing is due."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from holdfast.clock import Clock


class Timed(Protocol):
    """An item with a deadline that may move or vanish."""

    timed: bool
    """True while the heap has an entry for it."""


_FEW = 256
"""Number of entries up to which stale ones are not removed."""

Item = TypeVar("Item", bound=Timed)


class Timers(Generic[Item]):
    """A heap of deadlines and the one task that waits for its head.

    A deadline that has moved is checked at its old time; items that no longer have one are removed in bulk.

    Args:
        clock: The source of time.
        deadline: Returns the current deadline of an item on the monotonic clock, or `None`.
        fire: Called with each item that is due.
    """

    def __init__(self, clock: Clock, deadline: Callable[[Item], float | None], fire: Callable[[Item], None]) -> None:
        self._clock = clock
        self._deadline = deadline
        self._fire = fire
        self._heap: list[tuple[float, int, Item]] = []
        self._numbers = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._waits_until = 0.0
        self._tidy_above = _FEW

    def __len__(self) -> int:
        return len(self._heap)

    def watch(self, item: Item) -> None:
        """Fire an item at its deadline."""
        when = self._deadline(item)
        if when is None or item.timed:
            return
        item.timed = True
        heapq.heappush(self._heap, (when, next(self._numbers), item))
        if len(self._heap) > self._tidy_above:
            self._tidy()
        self._wake()

    def watched(self) -> list[Item]:
        """Return all items that have a deadline."""
        return [item for _, _, item in self._heap if self._deadline(item) is not None]

    def _tidy(self) -> None:
        """Remove items without a deadline, whenever they may be as many as the others."""
        for _, _, item in self._heap:
            item.timed = self._deadline(item) is not None
        self._heap = [entry for entry in self._heap if entry[2].timed]
        heapq.heapify(self._heap)
        self._tidy_above = max(_FEW, 2 * len(self._heap))

    def close(self) -> None:
        """Stop waiting."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._heap.clear()

    def _wake(self) -> None:
        when = self._heap[0][0]
        if self._task is not None:
            if when >= self._waits_until:
                return
            self._task.cancel()
        self._waits_until = when
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._heap:
            self._waits_until = self._heap[0][0]
            pause = self._waits_until - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            self._due()
        self._task = None

    def _due(self) -> None:
        now = self._clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            item = heapq.heappop(self._heap)[2]
            item.timed = False
            when = self._deadline(item)
            if when is None:
                continue
            if when > now:
                item.timed = True
                heapq.heappush(self._heap, (when, next(self._numbers), item))
            else:
                self._fire(item)

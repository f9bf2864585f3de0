"""A clock that only moves when a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class ManualClock:
    """Time for tests: `advance` moves it and wakes the tasks that were sleeping until then.

    Args:
        start: Seconds since the epoch at the start.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._time = start
        self._monotonic = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def sleepers(self) -> int:
        """Number of sleeping tasks."""
        return sum(not future.done() for _, _, future in self._sleepers)

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self._time

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Return when the test has moved the clock by this many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._numbers), future))
        await future

    def jump(self, seconds: float) -> None:
        """Change the wall clock, as an administrator or NTP does, without affecting durations."""
        self._time += seconds

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking sleeping tasks in order."""
        end = self._monotonic + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, future = heapq.heappop(self._sleepers)
            self._time += when - self._monotonic
            self._monotonic = when
            if not future.done():
                future.set_result(None)
                await self.settle()
        self._time += end - self._monotonic
        self._monotonic = end

    async def settle(self) -> None:
        """Let ready tasks continue before time moves on."""
        for _ in range(10):
            await asyncio.sleep(0)

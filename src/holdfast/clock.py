"""Time: everything that waits or needs timestamps takes a `Clock`, so that tests control time instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Source of time."""

    def time(self) -> float:
        """Return seconds since the epoch; can jump when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock's time."""
        ...


class SystemClock:
    """Clock of the machine."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

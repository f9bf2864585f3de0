"""Queues of claims within one store object: first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from holdfast.stores.protocol import Key


class Turns:
    """Tracks which claim of this store holds each cell, and which claims wait."""

    def __init__(self) -> None:
        self._holders: dict[Key, int] = {}
        self._waiting: dict[Key, deque[tuple[int, asyncio.Future[None]]]] = {}

    def holds(self, key: Key, fence: int) -> bool:
        """Return whether a claim holds a cell."""
        return self._holders.get(key) == fence

    def try_take(self, keys: Sequence[Key], fence: int) -> bool:
        """Take cells for a claim if all of them are free."""
        if any(key in self._holders for key in keys):
            return False
        for key in keys:
            self._holders[key] = fence
        return True

    async def take(self, key: Key, fence: int) -> None:
        """Wait until a claim holds a cell."""
        if key not in self._holders:
            self._holders[key] = fence
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (fence, future)
        waiting = self._waiting.setdefault(key, deque())
        waiting.append(entry)
        try:
            await future
        except asyncio.CancelledError:
            if self.holds(key, fence):
                self.free((key,), fence)
            elif entry in waiting:
                waiting.remove(entry)
            raise

    def free(self, keys: Sequence[Key], fence: int) -> None:
        """Give cells to the claims that have waited longest."""
        for key in keys:
            if self._holders.get(key) != fence:
                continue
            waiting = self._waiting.get(key)
            while waiting:
                following, future = waiting.popleft()
                if not future.done():
                    self._holders[key] = following
                    future.set_result(None)
                    break
            else:
                del self._holders[key]
                self._waiting.pop(key, None)

"""Waiting for what real parts take their time for: for a condition, never for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object]) -> None:
    """Return as soon as something is so."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")


def wait_until(condition: Callable[[], object]) -> None:
    """As `until`, in a test that has no event loop."""
    asyncio.run(until(condition))

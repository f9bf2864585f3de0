"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task and wait until it has ended.

    Asks again where a cancel gets lost, as happens in `asyncio.wait_for` before Python 3.12 when it meets a result.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)

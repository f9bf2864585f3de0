"""What a run of events costs a server."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.harness.servers import Server


@dataclass(frozen=True)
class Cost:
    """Of one event, as a mean over a run."""

    cpu: float
    """Milliseconds of CPU."""
    p50: float
    """Milliseconds until its end, the middle one."""


async def cost(server: Server, act: Callable[[], Awaitable[Any]], count: int) -> Cost:
    """Act so many times, one after the other."""
    took = []
    before = server.cpu()
    for _ in range(count):
        began = time.perf_counter()
        await act()
        took.append(time.perf_counter() - began)
    return Cost((server.cpu() - before) / count * 1e3, median(took) * 1e3)

"""Many requests at once."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

_CLIENTS = 16


@asynccontextmanager
async def crowd(url: str, timeout: float = 120) -> AsyncIterator[Callable[[], httpx.AsyncClient]]:
    """Clients in turn: what one client does for a request grows with the requests that it has open."""
    limits = httpx.Limits(max_connections=None)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, verify=False)
            )
            for _ in range(_CLIENTS)
        ]
        turns = itertools.cycle(clients)
        yield lambda: next(turns)

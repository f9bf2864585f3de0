"""What an open connection takes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.pages import open_pages
from benchmarks.harness.sheet import Budget, Metric, Question

MEMORY = "memory per open page"
WARM = 300

QUESTION = Question(
    "connections",
    "Memory per open connection",
    "1,500 pages more, after the first 300, each with the one connection that its page keeps and the session that "
    "comes with it: growth of the server's resident memory by page.",
    (Metric(MEMORY, "KB"),),
    (Budget(MEMORY, 28),),
)


async def measure(bench: Bench) -> None:
    """One after the other; memory is not shared."""
    number = 500
    async with bench.servers("counter") as servers, AsyncExitStack() as stack:
        for kind, server in servers.items():
            await stack.enter_async_context(open_pages(server, kind, WARM))
            for i in range(1 if bench.quick else 3):
                before = server.memory()
                await stack.enter_async_context(open_pages(server, kind, number, first=WARM + i * number))
                await asyncio.sleep(0.5)
                bench.sheet.add(MEMORY, kind, (server.memory() - before) / number / 1024)


if __name__ == "__main__":
    main(QUESTION, measure)

"""What a server costs that nobody uses."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.pages import open_pages
from benchmarks.harness.sheet import Budget, Metric, Question

EMPTY, FULL = "CPU with no connections", "CPU with 1,000 open pages"

QUESTION = Question(
    "idle",
    "Idle CPU",
    "The counter app, left alone for some seconds: first without connections, then with 1,000 pages open, each with "
    "the one connection that its page keeps (Holdfast and floor: a socket; Gradio: its heartbeat stream).",
    (Metric(EMPTY, "%"), Metric(FULL, "%")),
    (Budget(EMPTY, 0.3), Budget(FULL, 0.8)),
)


async def measure(bench: Bench) -> None:
    """All servers rest side by side; resting does not disturb."""
    seconds = 8 if bench.quick else 16  # Gradio's heartbeat beats every 15
    async with bench.servers("counter") as servers, AsyncExitStack() as stack:
        await asyncio.sleep(2)

        async def rest(metric: str) -> None:
            for _ in range(2):
                before = {kind: server.cpu() for kind, server in servers.items()}
                began = asyncio.get_running_loop().time()
                await asyncio.sleep(seconds)
                passed = asyncio.get_running_loop().time() - began
                for kind, server in servers.items():
                    bench.sheet.add(metric, kind, (server.cpu() - before[kind]) / passed * 100)

        await rest(EMPTY)
        for kind, server in servers.items():
            await stack.enter_async_context(open_pages(server, kind, 1000))
        await asyncio.sleep(2)
        await rest(FULL)


if __name__ == "__main__":
    main(QUESTION, measure)

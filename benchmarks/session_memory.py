"""What a session takes."""

from __future__ import annotations

import asyncio

from benchmarks.harness.bench import Bench
from benchmarks.harness.command import main
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question
from benchmarks.sessions import populate

SMALL, MORE = "small State, 3 components", "with 50 more components"

QUESTION = Question(
    "session_memory",
    "Memory per session",
    "So many API clients press the counter once each, and stay; growth of the server's resident memory by session. "
    "The app has 3 components, then 50 more. Floor: an int in a dict.",
    (Metric(SMALL, "KB"), Metric(MORE, "KB")),
    (Budget(SMALL, 2), Budget(MORE, 2)),
)


async def measure(bench: Bench) -> None:
    """Fill each server once; what it holds is read before and after."""
    for metric, program in ((SMALL, "counter"), (MORE, "components_50")):
        async with bench.servers(program) as servers:
            await asyncio.gather(*(_fill(bench, metric, kind, server) for kind, server in servers.items()))


async def _fill(bench: Bench, metric: str, kind: str, server: Server) -> None:
    number = {OURS: 8000, FLOOR: 8000, GRADIO: 2500 if metric == SMALL else 1200}[kind]
    number = bench.times(number, 500)
    warm = number // 5
    await populate(server, warm)
    before = server.memory()
    await populate(server, number)
    bench.sheet.add(metric, kind, (server.memory() - before) / (number - warm) / 1024)


if __name__ == "__main__":
    main(QUESTION, measure)

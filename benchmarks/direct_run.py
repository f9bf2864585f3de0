"""What an event costs as one direct call."""

from __future__ import annotations

from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import FLOOR, GRADIO, Budget, Metric, Question

QUESTION = Question(
    "direct_run",
    "An event without the queue: POST /run",
    "One visitor presses the counter's `queue=False` button with one POST each, over a kept connection.",
    (Metric("CPU per event", "ms"), Metric("latency, p50", "ms")),
    (Budget("CPU per event", 1 / 8, GRADIO), Budget("CPU per event", 2.5, FLOOR)),
)


async def measure(bench: Bench) -> None:
    """Interleaved rounds of calls."""
    async with bench.servers("counter") as servers, AsyncExitStack() as stack:
        visitors = {
            kind: await stack.enter_async_context(QueueVisitor(server.port, "visitor"))
            for kind, server in servers.items()
        }

        async def once(kind: str, count: int = 0) -> None:
            each = count or bench.times(400)
            one = await cost(servers[kind], lambda: visitors[kind].run("press_direct", None), each)
            if not count:
                bench.sheet.add("CPU per event", kind, one.cpu)
                bench.sheet.add("latency, p50", kind, one.p50)

        for kind in servers:
            await once(kind, 100)
        await bench.interleave(list(servers), once)


if __name__ == "__main__":
    main(QUESTION, measure)

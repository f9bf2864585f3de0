"""What the same event costs from our own page."""

from __future__ import annotations

from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor, QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

QUESTION = Question(
    "page_event",
    "The same event from the page",
    "One visitor presses the counter as the page does: over Holdfast's socket; in Gradio through its queue, which is "
    "what its page uses.",
    (Metric("CPU per event", "ms"), Metric("latency, p50", "ms")),
    (Budget("CPU per event", 1 / 30, GRADIO), Budget("latency, p50", 1 / 8, GRADIO)),
)


async def measure(bench: Bench) -> None:
    """Interleaved rounds of events."""
    async with bench.servers("counter") as servers, AsyncExitStack() as stack:
        visitors: dict[str, PageVisitor | QueueVisitor] = {}
        for kind, server in servers.items():
            visitor = QueueVisitor(server.port, "visitor") if kind == GRADIO else PageVisitor(server.port)
            visitors[kind] = await stack.enter_async_context(visitor)
        fns = {kind: await server.fn("press") for kind, server in servers.items()}
        events = {OURS: bench.times(2000), FLOOR: bench.times(2000), GRADIO: bench.times(150)}

        async def once(kind: str, count: int = 0) -> None:
            one = await cost(servers[kind], lambda: visitors[kind].event(fns[kind], None), count or events[kind])
            if not count:
                bench.sheet.add("CPU per event", kind, one.cpu)
                bench.sheet.add("latency, p50", kind, one.p50)

        for kind in servers:
            await once(kind, 50)
        await bench.interleave(list(servers), once)


if __name__ == "__main__":
    main(QUESTION, measure)

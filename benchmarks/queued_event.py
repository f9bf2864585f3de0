"""What an event costs through Gradio's queue protocol."""

from __future__ import annotations

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import FLOOR, GRADIO, Budget, Metric, Question

HOP = 0.06
"""Milliseconds of one change to a thread and back: the floor's handler runs on the event loop, ours may block."""

QUESTION = Question(
    "queued_event",
    "A queued event through Gradio's protocol",
    "One visitor presses a counter: POST queue/join, then its queue/data stream until it closes; a State and a Textbox "
    "are its outputs.",
    (Metric("CPU per event", "ms"), Metric("latency, p50", "ms")),
    (Budget("CPU per event", 1 / 10, GRADIO), Budget("CPU per event", 2, FLOOR, plus=HOP)),
)


async def measure(bench: Bench) -> None:
    """Interleaved rounds of events."""
    events = bench.times(200)
    async with bench.servers("counter") as servers:
        fns = {kind: await server.fn("press") for kind, server in servers.items()}

        async def once(kind: str, count: int = events, keep: bool = True) -> None:
            async with QueueVisitor(servers[kind].port, "visitor") as visitor:
                one = await cost(servers[kind], lambda: visitor.event(fns[kind], None), count)
            if keep:
                bench.sheet.add("CPU per event", kind, one.cpu)
                bench.sheet.add("latency, p50", kind, one.p50)

        for kind in servers:
            await once(kind, 50, keep=False)
        await bench.interleave(list(servers), once)


if __name__ == "__main__":
    main(QUESTION, measure)

"""Whether updates are lost when a visitor is fast."""

from __future__ import annotations

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

NUMBER = 200
WAYS = {"sync": "sync function", "on_loop": "async function", "in_place": "changed in place", "both": "two functions"}

QUESTION = Question(
    "lost_updates",
    "Lost updates of 200",
    "One visitor sends 200 events at once; each adds one to a State and takes 5 ms. `concurrency_limit=None`, but "
    "for the two functions, which have the default limit. How many of the 200 are missing afterwards.",
    tuple(Metric(name) for name in WAYS.values()),
    tuple(Budget(name, 0) for name in WAYS.values()),
)


async def measure(bench: Bench) -> None:
    """One round: the numbers differ a little from run to run, their kind does not."""
    async with bench.servers("updates", (OURS, GRADIO)) as servers:
        for kind, server in servers.items():
            for way, metric in WAYS.items():
                for i in range(1 if bench.quick else 2):
                    bench.sheet.add(metric, kind, NUMBER - await _count(server, way, f"visitor{i}"))


async def _count(server: Server, way: str, session: str) -> int:
    names = ["one", "two"] if way == "both" else [way]
    fns = [await server.fn(name) for name in names]
    async with QueueVisitor(server.port, f"{session}{way}") as visitor:
        for i in range(NUMBER):
            await visitor.join(fns[i % len(fns)], [None])
        while len(await visitor.results()) == 0:
            pass
        output = await visitor.event(await server.fn(f"count_{way}"), None)
    return int(output["data"][0])


if __name__ == "__main__":
    main(QUESTION, measure)

"""What an event costs as its State grows."""

from __future__ import annotations

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

SIZES = {"1 KB": 1_000, "100 KB": 100_000, "1 MB": 1_000_000, "10 MB": 10_000_000, "100 MB": 100_000_000}
READ = {name: f"reads {name}" for name in SIZES}
CHANGE = {name: f"changes {name}" for name in SIZES}

QUESTION = Question(
    "state_size",
    "CPU per event as State grows, 1 KB to 100 MB",
    "A dict with so many bytes in it and a count. One event reads it, another changes the count in place and returns "
    "it; nobody listens to its change. Holdfast can take the change back if the function fails (up to 16 MB); Gradio "
    "cannot.",
    tuple(Metric(name, "ms") for name in (*READ.values(), *CHANGE.values())),
    (Budget(READ["100 MB"], 1 / 8, GRADIO),),
)


async def measure(bench: Bench) -> None:
    """Size by size; each visitor has one size."""
    async with bench.servers("sized", (OURS, GRADIO)) as servers:
        for name, size in SIZES.items():

            async def once(kind: str, name: str = name, size: int = size) -> None:
                server = servers[kind]
                fill, read, change = [await server.fn(fn) for fn in ("fill", "read", "change")]
                async with QueueVisitor(server.port, f"visitor{size}") as visitor:
                    await visitor.event(fill, size)
                    await visitor.event(change, None)
                    few = 30 if kind == GRADIO else 100
                    one = await cost(server, lambda: visitor.event(read, None), few)
                    bench.sheet.add(READ[name], kind, one.cpu)
                    one = await cost(server, lambda: visitor.event(change, None), few if size < 1e6 else 10)
                    bench.sheet.add(CHANGE[name], kind, one.cpu)

            await bench.interleave(list(servers), once, 1 if bench.quick else 3)


if __name__ == "__main__":
    main(QUESTION, measure)

"""What an event costs a server that has been up for a while."""

from __future__ import annotations

from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor, QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

FRESH, AGED, RATIO = "CPU per event, fresh", "CPU per event, aged", "aged by fresh"
PAGE_RATIO = "from the page: aged by fresh"
MEMORY = "memory gained per 1,000 events"

QUESTION = Question(
    "ageing",
    "CPU per event after 10,000 events",
    "Queued events of one visitor: the first ones after a warm-up, and those after 10,000 (Gradio: 2,500, for the "
    "time they take), against a fresh server of the same kind in the same moment.",
    (
        Metric(FRESH, "ms"),
        Metric(AGED, "ms"),
        Metric(RATIO, "×"),
        Metric(PAGE_RATIO, "×"),
        Metric(MEMORY, "KB"),
    ),
    (Budget(RATIO, 1.05), Budget(PAGE_RATIO, 1.05)),
)


async def measure(bench: Bench) -> None:
    """Two servers of each kind: one ages, then both take turns."""
    async with bench.servers("counter") as old, bench.servers("counter") as new, AsyncExitStack() as stack:
        fns = {kind: await server.fn("press") for kind, server in old.items()}
        age = {OURS: bench.times(10_000), FLOOR: bench.times(2_000), GRADIO: bench.times(2_500)}
        visitors = {}
        for kind in old:
            for server in (old[kind], new[kind]):
                visitors[server] = await stack.enter_async_context(QueueVisitor(server.port, "visitor"))

        async def queued(server: Server, kind: str, count: int) -> float:
            return (await cost(server, lambda: visitors[server].event(fns[kind], None), count)).cpu

        for kind in old:
            await queued(new[kind], kind, 100)
            await queued(old[kind], kind, 100)
            before = old[kind].memory()
            await queued(old[kind], kind, age[kind])
            bench.sheet.add(MEMORY, kind, (old[kind].memory() - before) / age[kind] * 1000 / 1024)

        async def once(kind: str) -> None:
            count = bench.times(100 if kind == GRADIO else 400)
            fresh = await queued(new[kind], kind, count)
            aged = await queued(old[kind], kind, count)
            bench.sheet.add(FRESH, kind, fresh)
            bench.sheet.add(AGED, kind, aged)
            bench.sheet.add(RATIO, kind, aged / fresh)

        await bench.interleave(list(old), once)
        await _pages(bench, old, new, fns)


async def _pages(bench: Bench, old: dict[str, Server], new: dict[str, Server], fns: dict[str, int]) -> None:
    async with AsyncExitStack() as stack:
        there = {s: await stack.enter_async_context(PageVisitor(s.port)) for s in (old[OURS], new[OURS])}

        async def act(server: Server, count: int) -> float:
            return (await cost(server, lambda: there[server].event(fns[OURS], None), count)).cpu

        await act(new[OURS], 200)
        await act(old[OURS], bench.times(10_000))
        for i in range(bench.rounds + 2):
            order = (old[OURS], new[OURS]) if i % 2 else (new[OURS], old[OURS])
            took = {server: await act(server, bench.times(1500)) for server in order}
            bench.sheet.add(PAGE_RATIO, OURS, took[old[OURS]] / took[new[OURS]])
    bench.sheet.no(PAGE_RATIO, GRADIO, "its page uses the queue")


if __name__ == "__main__":
    main(QUESTION, measure)

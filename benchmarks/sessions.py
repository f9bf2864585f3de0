"""What an event costs as visitors come."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor, QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

ONE, HUNDRED, MANY = "CPU per event, 1 session", "CPU per event, 100 sessions", "CPU per event, 100 of 10,000 sessions"
GROWTH, MORE = "100 sessions by 1", "10,000 sessions by 1"
PAGE_GROWTH = "from the page: 100 sessions by 1"

QUESTION = Question(
    "sessions",
    "CPU per event, from 1 session to 10,000",
    "Queued events through Gradio's protocol: one visitor; 100 visitors at once, each one event after the other; the "
    "same 100 after 10,000 others have each made one call. Last, 100 of our own pages at once by one.",
    (
        Metric(ONE, "ms"),
        Metric(HUNDRED, "ms"),
        Metric(MANY, "ms"),
        Metric(GROWTH, "×"),
        Metric(MORE, "×"),
        Metric(PAGE_GROWTH, "×"),
    ),
    (Budget(GROWTH, 1.2), Budget(MORE, 1.2), Budget(PAGE_GROWTH, 1.2)),
)


async def crowd(server: Server, fn: int, visitors: int, events: int) -> float:
    """Milliseconds of CPU per event when so many visitors share `events` among them."""
    async with AsyncExitStack() as stack:
        there = [
            await stack.enter_async_context(QueueVisitor(server.port, f"visitor {i}".replace(" ", "")))
            for i in range(visitors)
        ]

        async def act(visitor: QueueVisitor) -> None:
            for _ in range(events // visitors):
                await visitor.event(fn, None)

        before = server.cpu()
        await asyncio.gather(*(act(visitor) for visitor in there))
        return (server.cpu() - before) / (events // visitors * visitors) * 1e3


async def pages(server: Server, fn: int, visitors: int, events: int) -> float:
    """The same from our own pages."""
    async with AsyncExitStack() as stack:
        there = [await stack.enter_async_context(PageVisitor(server.port)) for _ in range(visitors)]

        async def act(visitor: PageVisitor) -> None:
            for _ in range(events // visitors):
                await visitor.event(fn, None)

        before = server.cpu()
        await asyncio.gather(*(act(visitor) for visitor in there))
        return (server.cpu() - before) / (events // visitors * visitors) * 1e3


async def populate(server: Server, sessions: int) -> None:
    """Let so many visitors make one call each."""

    async def some(first: int) -> None:
        async with QueueVisitor(server.port, "") as visitor:
            for i in range(first, sessions, 20):
                visitor.session = f"passer{i}"
                await visitor.run("press", None)

    await asyncio.gather(*(some(first) for first in range(20)))


async def measure(bench: Bench) -> None:
    """Rounds of one and of a hundred; then the ten thousand come, and a hundred act again."""
    async with bench.servers("free") as servers:
        fns = {kind: await server.fn("press") for kind, server in servers.items()}
        events = {GRADIO: bench.times(200, 100), OURS: bench.times(1000, 400), FLOOR: bench.times(1000, 400)}
        alone: dict[str, list[float]] = {kind: [] for kind in servers}

        async def once(kind: str) -> None:
            one = await crowd(servers[kind], fns[kind], 1, events[kind] // 2)
            hundred = await crowd(servers[kind], fns[kind], 100, events[kind])
            alone[kind].append(one)
            bench.sheet.add(ONE, kind, one)
            bench.sheet.add(HUNDRED, kind, hundred)
            bench.sheet.add(GROWTH, kind, hundred / one)

        async def pages_once(kind: str) -> None:
            one = await pages(servers[kind], fns[kind], 1, 1000)
            bench.sheet.add(PAGE_GROWTH, kind, await pages(servers[kind], fns[kind], 100, 2000) / one)

        async def again(kind: str) -> None:
            one = alone[kind].pop()
            many = await crowd(servers[kind], fns[kind], 100, events[kind])
            bench.sheet.add(MANY, kind, many)
            bench.sheet.add(MORE, kind, many / one)

        for kind in servers:
            await crowd(servers[kind], fns[kind], 10, 50)
        rounds = 2 if bench.quick else 3
        await bench.interleave(list(servers), once, rounds)
        await bench.interleave([kind for kind in servers if kind != GRADIO], pages_once, rounds)
        bench.sheet.no(PAGE_GROWTH, GRADIO, "its page uses the queue")
        sessions = bench.times(10_000)
        await asyncio.gather(*(populate(server, sessions) for server in servers.values()))
        await bench.interleave(list(servers), again, rounds)


if __name__ == "__main__":
    main(QUESTION, measure)

"""What an event costs as the app grows."""

from __future__ import annotations

from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor, QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

COUNTS = (5, 50, 500)
METRICS = {count: f"CPU per event, {count} components" for count in COUNTS}
PAGES = {count: f"from the page, {count} components" for count in COUNTS}
GROWTH, PAGE_GROWTH = "500 components by 5", "from the page: 500 by 5"

QUESTION = Question(
    "components_count",
    "CPU per event, from 5 components to 500",
    "The counter among text boxes: queued events through Gradio's protocol, and from Holdfast's own page. All "
    "servers run side by side, each in its turn.",
    (
        *(Metric(name, "ms") for name in METRICS.values()),
        Metric(GROWTH, "×"),
        *(Metric(name, "ms") for name in PAGES.values()),
        Metric(PAGE_GROWTH, "×"),
    ),
    (Budget(GROWTH, 1.1), Budget(PAGE_GROWTH, 1.1)),
)


async def measure(bench: Bench) -> None:
    """Each round takes all sizes of one kind one after the other."""
    async with AsyncExitStack() as stack:
        servers = {
            count: await stack.enter_async_context(bench.servers(f"components_{count}", (OURS, GRADIO)))
            for count in COUNTS
        }
        for name in PAGES.values():
            bench.sheet.no(name, GRADIO, "its page uses the queue")

        async def once(kind: str, keep: bool = True) -> None:
            queued, paged = {}, {}
            events = 50 if kind == GRADIO else 300
            for count in COUNTS:
                server = servers[count][kind]
                fn = await server.fn("press")
                async with QueueVisitor(server.port, "visitor") as visitor:
                    queued[count] = (await cost(server, lambda fn=fn: visitor.event(fn, None), events)).cpu  # type: ignore[misc]
                if kind == OURS:
                    async with PageVisitor(server.port) as page:
                        paged[count] = (await cost(server, lambda fn=fn: page.event(fn, None), 1000)).cpu  # type: ignore[misc]
            if keep:
                for found, names, growth in ((queued, METRICS, GROWTH), (paged, PAGES, PAGE_GROWTH)):
                    for count, value in found.items():
                        bench.sheet.add(names[count], kind, value)
                    if found:
                        bench.sheet.add(growth, kind, found[500] / found[5])

        kinds = bench.kinds((OURS, GRADIO))
        for kind in kinds:
            await once(kind, keep=False)
        await bench.interleave(kinds, once)


if __name__ == "__main__":
    main(QUESTION, measure)

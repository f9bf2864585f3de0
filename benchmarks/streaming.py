"""What a step of a generator costs."""

from __future__ import annotations

from contextlib import AsyncExitStack

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor, QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

SYNC, ASYNC, PAGE = "CPU per yield", "CPU per yield, async", "CPU per yield, to the page"

QUESTION = Question(
    "streaming",
    "CPU per yield",
    "A generator yields a text 1,000 times, each time one word longer, as fast as it can, through Gradio's protocol; "
    "and to Holdfast's own page.",
    (Metric(SYNC, "ms"), Metric(ASYNC, "ms"), Metric(PAGE, "ms")),
    (Budget(SYNC, 1 / 10, GRADIO), Budget(ASYNC, 1 / 10, GRADIO), Budget(PAGE, 1 / 10, GRADIO, of_metric=SYNC)),
)

YIELDS = 1000


async def measure(bench: Bench) -> None:
    """Interleaved rounds of one event each."""
    async with bench.servers("stream") as servers, AsyncExitStack() as stack:
        visitors = {
            kind: await stack.enter_async_context(QueueVisitor(server.port, "visitor"))
            for kind, server in servers.items()
        }
        fns = {
            kind: {SYNC: await server.fn("grow"), ASYNC: await server.fn("grow_async" if kind != FLOOR else "grow")}
            for kind, server in servers.items()
        }

        async def once(kind: str, keep: bool = True) -> None:
            count = 1 if kind == GRADIO or not keep else 5
            for metric, fn in fns[kind].items():
                one = await cost(servers[kind], lambda fn=fn: visitors[kind].event(fn, YIELDS), count)  # type: ignore[misc]
                if keep:
                    bench.sheet.add(metric, kind, one.cpu / YIELDS)
            if kind == OURS:
                async with PageVisitor(servers[kind].port) as page:
                    one = await cost(servers[kind], lambda: page.event(fns[kind][SYNC], YIELDS), count)
                    if keep:
                        bench.sheet.add(PAGE, kind, one.cpu / YIELDS)

        for kind in servers:
            await once(kind, keep=False)
        bench.sheet.no(PAGE, GRADIO, "its page uses the queue")
        await bench.interleave(list(servers), once)


if __name__ == "__main__":
    main(QUESTION, measure)

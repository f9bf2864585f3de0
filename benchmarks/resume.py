"""What it costs to come back after a lost connection."""

from __future__ import annotations

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

NEW, AGAIN, MISSED = "a new page's connection", "coming back to its session", "coming back, 100 messages missed"

QUESTION = Question(
    "resume",
    "CPU of a page's connection: new, and coming back",
    "A page opens its socket and says hello; loses it and comes back to the same session; comes back after an event "
    "has streamed 100 steps without it. Floor: opening a socket. Gradio's page cannot come back: what was running is "
    "lost to it.",
    (Metric(NEW, "ms"), Metric(AGAIN, "ms"), Metric(MISSED, "ms")),
    (Budget(AGAIN, 2, FLOOR, of_metric=NEW),),
)


async def measure(bench: Bench) -> None:
    """Rounds of connections."""
    async with bench.servers("stream", (OURS, FLOOR)) as servers:
        for metric in (NEW, AGAIN, MISSED):
            bench.sheet.no(metric, GRADIO, "its page cannot")
        for metric in (AGAIN, MISSED):
            bench.sheet.no(metric, FLOOR, "keeps nothing")
        grow = await servers[OURS].fn("grow")

        async def fresh(kind: str) -> None:
            async def act() -> None:
                async with PageVisitor(servers[kind].port):
                    pass

            bench.sheet.add(NEW, kind, (await cost(servers[kind], act, bench.times(200))).cpu)

        async def back(kind: str) -> None:
            async with PageVisitor(servers[kind].port) as page:

                async def act() -> None:
                    await page.close()
                    await page.connect()
                    assert page.resumed

                bench.sheet.add(AGAIN, kind, (await cost(servers[kind], act, bench.times(200))).cpu)

                async def act_missed() -> None:
                    id = await page.submit(grow, [100])
                    await page.close()
                    await page.connect()
                    while True:
                        message = await page.next()
                        if message["msg"] == "process_completed" and message["event_id"] == id:
                            return

                bench.sheet.add(MISSED, kind, (await cost(servers[kind], act_missed, bench.times(50))).cpu)

        await fresh(OURS)
        await fresh(FLOOR)
        bench.sheet.samples.clear()

        async def once(kind: str) -> None:
            await fresh(kind)
            if kind == OURS:
                await back(kind)

        await bench.interleave([OURS, FLOOR], once)


if __name__ == "__main__":
    main(QUESTION, measure)

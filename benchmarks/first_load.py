"""What a visitor waits for when an app is opened for the first time."""

from __future__ import annotations

import asyncio

from benchmarks.harness.bench import Bench
from benchmarks.harness.browser import SLOW, Network, browser, visit
from benchmarks.harness.command import main
from benchmarks.harness.sheet import GRADIO, Budget, Metric, Question

WEIGHT, REQUESTS = "downloaded, compressed", "requests"
TIME, SLOW_CPU, SLOW_NET = "usable after", "usable after, CPU ×4", "usable after, slow network"
WAYS: dict[str, tuple[int, Network | None]] = {TIME: (1, None), SLOW_CPU: (4, None), SLOW_NET: (1, SLOW)}

QUESTION = Question(
    "first_load",
    "The first load of a small app",
    "Chromium with an empty cache opens the counter. Downloaded is all that came over the wire until two seconds "
    "after the button was there, headers included; usable means that the button can be seen and pressed. The slow "
    "network has 150 ms and 1.6 Mbit/s. The floor is a page of nothing but the button in its HTML. Requests to other "
    "hosts are refused at once and not counted.",
    (
        Metric(WEIGHT, "KB"),
        Metric(REQUESTS),
        Metric(TIME, "ms"),
        Metric(SLOW_CPU, "ms"),
        Metric(SLOW_NET, "ms"),
    ),
    (
        Budget(WEIGHT, 60),
        Budget(REQUESTS, 12),
        Budget(TIME, 1 / 3, GRADIO),
        Budget(SLOW_CPU, 1 / 3, GRADIO),
        Budget(SLOW_NET, 1 / 3, GRADIO),
    ),
)


async def measure(bench: Bench) -> None:
    """Every round opens the app in a fresh context in each of the ways."""
    async with bench.servers("counter") as servers, browser() as chromium:

        async def once(kind: str) -> None:
            port = servers[kind].port
            for metric, (slowdown, network) in WAYS.items():
                async with visit(chromium, port, "Press", slowdown=slowdown, network=network) as there:
                    bench.sheet.add(metric, kind, await there.usable())
                    if metric == TIME:
                        await asyncio.sleep(2)
                        own = [url for url in there.urls if f":{port}/" in url]
                        bench.sheet.add(WEIGHT, kind, there.bytes / 1024)
                        bench.sheet.add(REQUESTS, kind, len(own))

        await bench.interleave(list(servers), once)


if __name__ == "__main__":
    main(QUESTION, measure)

"""What a page of a hundred components weighs."""

from __future__ import annotations

import gzip
import json

from benchmarks.harness.bench import Bench
from benchmarks.harness.browser import browser, visit
from benchmarks.harness.command import main
from benchmarks.harness.http import Connection
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

PAGE, CONFIG = "page with its config, gzip", "/config, gzip"
TIME, SLOW_CPU, TASK = "usable after", "usable after, CPU ×4", "browser's work until then"

QUESTION = Question(
    "components_page",
    "A page of a hundred components",
    "Text boxes, sliders, dropdowns, radios, checkboxes, numbers, buttons and markdown. The page is the HTML with "
    "the config in it, compressed with gzip; /config is what clients ask for. Usable means that the last button can "
    "be seen.",
    (Metric(PAGE, "KB"), Metric(CONFIG, "KB"), Metric(TIME, "ms"), Metric(SLOW_CPU, "ms"), Metric(TASK, "ms")),
    (Budget(PAGE, 1 / 3, GRADIO), Budget(TIME, 1 / 3, GRADIO), Budget(SLOW_CPU, 1 / 3, GRADIO)),
)


async def measure(bench: Bench) -> None:
    """The weight once, the times in rounds."""
    async with bench.servers("hundred", (OURS, GRADIO)) as servers, browser() as chromium:
        for kind, server in servers.items():
            bench.sheet.add(PAGE, kind, await _page(server))
            bench.sheet.add(CONFIG, kind, len(gzip.compress(json.dumps(await server.config()).encode())) / 1024)

        async def once(kind: str) -> None:
            for metric, slowdown in ((TIME, 1), (SLOW_CPU, 4)):
                async with visit(chromium, servers[kind].port, "Go 9", slowdown=slowdown) as there:
                    bench.sheet.add(metric, kind, await there.usable())
                    if metric == TIME:
                        bench.sheet.add(TASK, kind, await there.metric("TaskDuration") * 1e3)

        await bench.interleave(list(servers), once)


async def _page(server: Server) -> float:
    async with Connection(server.port) as connection:
        _, html = await connection.request("GET", "/")
    return len(gzip.compress(html)) / 1024


if __name__ == "__main__":
    main(QUESTION, measure)

"""What a streamed answer costs the visitor's browser."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page
from playwright.async_api import TimeoutError as NotYetError

from benchmarks.harness.bench import Bench
from benchmarks.harness.browser import browser, visit
from benchmarks.harness.command import main
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

TASK, TOOK, SERVER = "browser's work", "until all is shown", "server's CPU"
TOKENS, PAUSE = 2000, 2

QUESTION = Question(
    "chat_tokens",
    "2,000 streamed chat tokens in Chromium",
    f"A ChatInterface streams {TOKENS} words, one each {PAUSE} ms. Work is the time that the page's main thread was "
    "busy (TaskDuration), from the sending of the message until the last word is shown.",
    (Metric(TASK, "s"), Metric(TOOK, "s"), Metric(SERVER, "s")),
    (Budget(TASK, 1 / 3, GRADIO),),
)


async def say(page: Page, text: str) -> None:
    """Type a message and send it; a page that is still busy with the one before is asked again."""
    box = page.locator("textarea").first
    for _ in range(20):
        await box.fill(text)
        await box.press("Enter")
        try:
            await page.wait_for_function("document.querySelector('textarea').value === ''", timeout=1000)
        except NotYetError:
            continue
        return
    raise RuntimeError("The page takes no message.")


async def answered(page: Page, times: int) -> None:
    """Wait until so many answers have come to their end."""
    await page.wait_for_function(
        "n => (document.body.innerText.match(/END/g) || []).length >= n", arg=times, timeout=120_000, polling=200
    )


async def measure(bench: Bench) -> None:
    """One message in each round, on a fresh page."""
    async with bench.servers("chat", (OURS, GRADIO)) as servers, browser() as chromium:

        async def once(kind: str) -> None:
            async with visit(chromium, servers[kind].port, "") as there:
                await there.page.locator("textarea").first.wait_for()
                await asyncio.sleep(1)
                await say(there.page, "3")
                await answered(there.page, 1)
                await asyncio.sleep(0.5)
                busy, cpu = await there.metric("TaskDuration"), servers[kind].cpu()
                began = asyncio.get_running_loop().time()
                await say(there.page, f"{bench.times(TOKENS)} {PAUSE}")
                await answered(there.page, 2)
                bench.sheet.add(TOOK, kind, asyncio.get_running_loop().time() - began)
                bench.sheet.add(SERVER, kind, servers[kind].cpu() - cpu)
                bench.sheet.add(TASK, kind, await there.metric("TaskDuration") - busy)

        await bench.interleave(list(servers), once, 1 if bench.quick else 3)


if __name__ == "__main__":
    main(QUESTION, measure)

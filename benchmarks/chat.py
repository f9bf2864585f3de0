"""What a chat message costs the server, and when its first word is there."""

from __future__ import annotations

import asyncio
from statistics import median

from playwright.async_api import Page

from benchmarks.chat_tokens import answered, say
from benchmarks.harness.bench import Bench
from benchmarks.harness.browser import browser, visit
from benchmarks.harness.command import main
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

FIRST, CPU = "first word shown after", "server's CPU per message"
MESSAGES = 4

WATCH = """
() => {
  const words = () => (document.body.textContent.match(/word0\\b/g) || []).length
  const before = words()
  let begin
  window.__first = undefined
  document.querySelector('textarea').addEventListener('keydown', () => (begin = performance.now()), { once: true })
  const observer = new MutationObserver(() => {
    if (words() === before) return
    window.__first = performance.now() - begin
    observer.disconnect()
  })
  observer.observe(document.body, { childList: true, subtree: true, characterData: true })
}
"""

QUESTION = Question(
    "chat",
    "A chat message of 100 chunks",
    "A ChatInterface in Chromium; the answer has 100 chunks, made as fast as the server takes them. The first word's "
    "time counts from the pressing of Enter until it is in the document; the CPU is the server's, of all events that "
    "one message makes.",
    (Metric(FIRST, "ms"), Metric(CPU, "ms")),
    (Budget(FIRST, 1 / 4, GRADIO), Budget(CPU, 1 / 8, GRADIO)),
)


async def measure(bench: Bench) -> None:
    """Some messages in each round, on a fresh page."""
    async with bench.servers("chat", (OURS, GRADIO)) as servers, browser() as chromium:

        async def once(kind: str) -> None:
            async with visit(chromium, servers[kind].port, "") as there:
                await there.page.locator("textarea").first.wait_for()
                await asyncio.sleep(1)
                await say(there.page, "3")
                await answered(there.page, 1)
                firsts = []
                await asyncio.sleep(0.5)
                before = servers[kind].cpu()
                for i in range(MESSAGES):
                    firsts.append(await _message(there.page, i + 1))
                    await asyncio.sleep(1)
                bench.sheet.add(CPU, kind, (servers[kind].cpu() - before) / MESSAGES * 1e3)
                bench.sheet.add(FIRST, kind, median(firsts))

        await bench.interleave(list(servers), once, 2 if bench.quick else 3)


async def _message(page: Page, before: int) -> float:
    """Milliseconds until the first word of the answer is shown."""
    await page.evaluate(WATCH)
    await say(page, "100")
    await answered(page, before + 1)
    await page.wait_for_function("window.__first !== undefined", timeout=10_000)
    return float(await page.evaluate("window.__first"))


if __name__ == "__main__":
    main(QUESTION, measure)

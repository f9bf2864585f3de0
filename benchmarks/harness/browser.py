"""Chromium as a visitor's browser: what it downloads, when a page can be used, how long it works."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SEEN = """
(() => {
  const look = () => {
    for (const button of document.querySelectorAll('button'))
      if (button.textContent.trim() === %s && !button.disabled && button.getBoundingClientRect().width > 0) {
        window.__usable = performance.now()
        return
      }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})()
"""
"""Notes when a button of a given text can be seen: the page is made, in both frameworks, by script."""


@dataclass(frozen=True)
class Network:
    """A connection's speed."""

    latency: float
    """Milliseconds there and back."""
    down: float
    """Megabits per second."""


SLOW = Network(latency=150, down=1.6)
"""What browsers' developer tools call fast 3G."""


@dataclass
class Visit:
    """A page that was opened."""

    page: Page
    cdp: CDPSession
    bytes: int = 0
    """Sent over the wire: bodies as they were compressed, and headers."""
    urls: list[str] = field(default_factory=list)

    async def usable(self) -> float:
        """Milliseconds from the beginning of the navigation until the page could be used."""
        await self.page.wait_for_function("window.__usable !== undefined", timeout=90_000)
        return float(await self.page.evaluate("window.__usable"))

    async def metric(self, name: str) -> float:
        """One of Chromium's own metrics of the page, such as `TaskDuration` in seconds."""
        got = await self.cdp.send("Performance.getMetrics")
        return next(float(each["value"]) for each in got["metrics"] if each["name"] == name)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, or the one of playwright."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield running
        finally:
            await running.close()


@asynccontextmanager
async def visit(
    browser: Browser, port: int, button: str, *, slowdown: int = 1, network: Network | None = None
) -> AsyncIterator[Visit]:
    """Open an app in a browser that has never seen it.

    Args:
        browser: The browser.
        port: The app's.
        button: Text of the button whose sight means that the page can be used.
        slowdown: By how much the processor is slowed down.
        network: How slow the connection is; as fast as this machine without it.
    """
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    cdp = await context.new_cdp_session(page)
    there = Visit(page, cdp)
    await cdp.send("Performance.enable")
    await cdp.send("Network.enable")
    cdp.on("Network.loadingFinished", lambda event: _count(there, event))
    cdp.on("Network.requestWillBeSent", lambda event: there.urls.append(event["request"]["url"]))
    if slowdown > 1:
        await cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    if network is not None:
        speed = network.down * 1e6 / 8
        await cdp.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": network.latency, "downloadThroughput": speed, "uploadThroughput": speed / 2},
        )
    # A page must not call the world here: what cannot be reached would count as slowness.
    await cdp.send("Network.setBlockedURLs", {"urls": ["https://*"]})
    await page.add_init_script(SEEN % json.dumps(button))
    try:
        await page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        yield there
    finally:
        await context.close()


def _count(there: Visit, event: dict[str, Any]) -> None:
    there.bytes += int(event["encodedDataLength"])

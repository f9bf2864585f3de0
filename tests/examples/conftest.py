"""Serving the examples, and opening them in a browser."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

import holdfast as gr
from holdfast.launch import start

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 15_000
"""Milliseconds that the browser waits for what a test expects; the machine may be busy."""


def load(name: str) -> ModuleType:
    """An example's program, loaded afresh."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def serve() -> Iterator[Callable[[str], str]]:
    """Serves an example and gives its URL."""
    served: list[gr.Blocks] = []

    def serve(name: str) -> str:
        module = load(name)
        demo: gr.Blocks = module.demo
        served.append(demo)
        login = {"auth": module.ACCOUNTS} if hasattr(module, "ACCOUNTS") else {}
        return start(demo, {"state_store": "memory://", **login}, server_port=0, quiet=True).local_url  # type: ignore[typeddict-item]

    yield serve
    for demo in served:
        demo.close()


@pytest.fixture
def opened(serve: Callable[[str], str], page: Page) -> Callable[[str], Page]:
    """Serves an example and opens it."""

    def opened(name: str) -> Page:
        page.set_default_timeout(PATIENCE)
        show(page, serve(name))
        return page

    return opened


@pytest.fixture
def another_browser(browser: Browser) -> Iterator[BrowserContext]:
    """A second person's browser: nothing is shared with the first."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def show(page: Page, url: str) -> None:
    """Open an address and wait until the app is there and connected, or asks for a login."""
    page.goto(url)
    page.locator("gradio-app[data-connected=true], input[autocomplete=current-password]").first.wait_for()

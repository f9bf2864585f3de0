"""Serving an app that a test has just written, and opening it in a browser that tells of every mistake on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, expect
from tests.page.program import Program

import holdfast as gr
from holdfast.launch import start

PATIENCE = 15_000
"""Milliseconds that the browser waits for what a test expects; the machine may be busy."""


class Complaints:
    """What a page says in the browser's console about itself; a test that expects some clears them."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        """Hear this page too."""
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def clear(self) -> None:
        """These were expected."""
        self.found.clear()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text} ({message.location.get('url')})")

    def _error(self, error: Error) -> None:
        self.found.append(f"uncaught: {error.message}")


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves an app on a free port and gives its URL; options are those of `launch`."""
    served: list[gr.Blocks] = []

    def serve(demo: gr.Blocks, **options: Any) -> str:
        served.append(demo)
        return start(demo, options, server_port=0, quiet=True).local_url  # type: ignore[arg-type]

    yield serve
    for demo in served:
        demo.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the test's pages complain of; anything left at its end fails the test."""
    complaints = Complaints()
    yield complaints
    assert complaints.found == []


@pytest.fixture
def app_page(serve: Callable[..., str], complaints: Complaints, context: BrowserContext) -> Callable[..., Page]:
    """Serves an app, opens it in a page of its own and waits until it is connected."""
    expect.set_options(timeout=PATIENCE)
    context.set_default_timeout(PATIENCE)

    def app_page(demo: gr.Blocks, path: str = "", **options: Any) -> Page:
        return open_page(context, complaints, serve(demo, **options) + path)

    return app_page


@pytest.fixture
def another_page(complaints: Complaints, context: BrowserContext) -> Callable[[str], Page]:
    """Opens one more page, in the same browser."""

    def another_page(url: str) -> Page:
        return open_page(context, complaints, url)

    return another_page


def open_page(context: BrowserContext, complaints: Complaints, url: str) -> Page:
    """A new page at `url`, connected."""
    page = context.new_page()
    complaints.watch(page)
    page.goto(url)
    page.locator("gradio-app[data-connected=true]").wait_for()
    return page


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    """The program in the test module's `CODE`, served with `--session tab` by a process that the test can kill."""
    program = Program(request.module.CODE, tmp_path, "--session", "tab")
    program.start()
    yield program
    program.kill()

"""An app under test: its own runtime and engine, without a server, on a clock that the test controls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from holdfast import stores
from holdfast.errors import StateError
from holdfast.ids import counted
from holdfast.server.build import ServeOptions, assemble
from holdfast.server.default_store import is_default
from holdfast.settings import Settings
from holdfast.stores import MemoryShelf, MemoryStore, Store
from holdfast.testing.clock import ManualClock
from holdfast.testing.page import Page
from holdfast.testing.scripts import Script, Scripts

if TYPE_CHECKING:
    from holdfast.blocks import Blocks
    from holdfast.graph.app import AppSpec as Spec
    from holdfast.runtime import Runtime
    from holdfast.state import StateEngine

PATIENCE = 10.0
"""Seconds of real time to wait for the functions of an app before a test fails."""
_TURNS = 20
"""Number of event loop iterations without activity after which an app is idle."""


class SettlingClock(ManualClock):
    """Clock that only moves on after the app has processed everything that became due.

    Args:
        app: App under test.
    """

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    async def settle(self) -> None:
        """Let ready tasks continue, and wait for the events that they start."""
        await super().settle()
        if self._app.runs:
            await self._app.settled()


class App:
    """A running app, created by `open`.

    Args:
        demo: App to run.
        options: Options, as for `launch`.
        patience: Seconds of real time to wait for the app's functions.
        scripts: Python functions in place of JavaScript, by its source.
    """

    def __init__(
        self,
        demo: Blocks,
        options: ServeOptions,
        patience: float = PATIENCE,
        scripts: Mapping[str, Script] | None = None,
    ) -> None:
        self.clock = SettlingClock(self)
        """Clock that only moves with `await app.clock.advance(seconds)`."""
        self.pages: list[Page] = []
        """Open pages."""
        self.new_event_id = counted("event")
        self.scripts = Scripts(scripts or {})
        self._demo = demo
        self._options = options
        self._patience = patience
        self._shelf = MemoryShelf()
        self._new_id = counted("test")
        self._browsers = counted("browser")
        self._moved = asyncio.Event()
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """Runtime that runs the app's events."""
        if self._runtime is None:
            raise StateError("The app is not running. Use it inside `async with testing.open(demo) as app:`.")
        return self._runtime

    @property
    def runs(self) -> bool:
        """Whether the app has been started and not stopped."""
        return self._runtime is not None

    @property
    def engine(self) -> StateEngine:
        """Engine that keeps the app's State."""
        return self.runtime.engine

    @property
    def spec(self) -> Spec:
        """App as it is served."""
        return self.runtime.app

    async def start(self) -> None:
        """Start the app; called by `open`."""
        assembled = assemble(
            self._demo.spec,
            self._options,
            queue=self._demo.queue_options,
            settings=Settings(secret_key="a key for tests and good for nothing else"),  # noqa: S106 -- it protects nothing
            clock=self.clock,
            new_id=self._new_id,
            open_store=self._store,
        )
        await assembled.runtime.engine.start()
        await assembled.runtime.start()
        self._runtime = assembled.runtime

    def _store(self, url: str) -> Store:
        """Open a store; a default store file is replaced with memory that survives a restart."""
        return MemoryStore(durable=True, shelf=self._shelf) if is_default(url) else stores.open(url)

    async def stop(self) -> None:
        """Stop the app; called by `open`."""
        runtime, engine = self.runtime, self.engine
        await runtime.aclose()
        await engine.aclose()
        self._runtime = None

    async def visit(
        self,
        path: str = "",
        *,
        user: str | None = None,
        browser: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Page:
        """Open a page of the app, as a new visitor unless a browser or user is given.

        Args:
            path: Path of the page in a multipage app.
            user: Name of the logged-in user.
            browser: Any name; visits with the same name share States with `scope="browser"`.
            query: Query of the page, for `gr.Request.query_params`.

        Raises:
            StateError: The page does not exist.
        """
        path = path.strip("/")
        if path not in {page.path for page in self.spec.pages}:
            raise StateError(
                f"The app has no page {path!r}. It has: {', '.join(p.path or '/' for p in self.spec.pages)}."
            )
        page = Page(self, path, user=user, browser=browser or self._browsers(), query=query or {})
        self.pages.append(page)
        await page.load()
        return page

    async def restart(self) -> None:
        """Restart the process; open pages reconnect automatically, as in a browser.

        A page whose session no longer exists has a `page.notice` until it is reloaded.
        """
        for page in self.pages:
            page.interrupt()
        await self.stop()
        await self.start()
        for page in self.pages:
            await page.come_back()
        await self.settled()

    async def settled(self) -> None:
        """Wait until all pages are idle, except for events started with `wait=False`.

        Raises:
            TimeoutError: Something does not end in time; the message names it.
        """
        quiet = 0
        while quiet < _TURNS:
            busy = [name for page in self.pages for name in page.busy]
            for page in self.pages:
                page.check()
            if busy:
                quiet = 0
                await self._movement(busy)
                continue
            if not any(page.has_background for page in self.pages):
                await self.engine.settled()
                await self.runtime.sessions.settled()
            quiet += 1
            await asyncio.sleep(0)

    async def _movement(self, busy: list[str]) -> None:
        self._moved.clear()
        try:
            await asyncio.wait_for(self._moved.wait(), self._patience)
        except asyncio.TimeoutError:
            raise TimeoutError(
                f"After {self._patience:g} seconds this has not ended: {', '.join(busy)}. Start long events with "
                "wait=False, or use testing.open(…, patience=seconds)."
            ) from None

    def moved(self) -> None:
        """Record that something has happened on a page."""
        self._moved.set()


@asynccontextmanager
async def open(
    demo: Blocks,
    *,
    patience: float = PATIENCE,
    scripts: Mapping[str, Script] | None = None,
    **options: Unpack[ServeOptions],
) -> AsyncIterator[App]:
    """Run an app during a test, without server and browser.

        async with testing.open(demo, session="tab") as app:
            page = await app.visit()
            await page.fill(name, "Ada")
            await page.click(greet)
            assert page.value(shown) == "Hello Ada"
            await page.refresh()
            await app.restart()
            assert page.value(shown) == "Hello Ada"

    State that an app would store in a file next to the program is kept in memory, where `app.restart()` finds it; with
    `state_store=` the real store is used. Environment variables are ignored.

    Args:
        demo: App to run.
        patience: Seconds of real time to wait for the app's functions.
        scripts: Python functions that run in place of JavaScript, by the source that `js=` has; they get the values of
            the listener's inputs and outputs. Without one, an event that needs JavaScript raises a `StateError`.
        **options: Options, as for `launch`, such as `session="tab"`, `session_grace=60` or `state_store="sqlite:///…"`.
    """
    needs_user = any(state.cell.scope == "user" for state in demo.spec.states)  # type: ignore[attr-defined]
    if needs_user and options.get("auth") is None and options.get("auth_dependency") is None:
        options["auth"] = _nobody  # visits specify their user
    app = App(demo, options, patience, scripts)
    await app.start()
    try:
        yield app
    finally:
        for page in app.pages:
            page.interrupt()
        await app.stop()


def _nobody(name: str, password: str) -> bool:  # noqa: ARG001 -- a login function's signature
    return False


__all__ = ["App", "open"]

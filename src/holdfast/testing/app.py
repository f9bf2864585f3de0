"""An app under test: its own runtime and engine, without a server, on a clock that the test moves."""

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
"""Seconds of real time that the functions of an app may take until a test gives up on them."""
_TURNS = 20
"""Turns of the event loop in which nothing happens, after which nothing is under way."""


class SettlingClock(ManualClock):
    """A clock on which no more time passes before what became due has been done.

    Args:
        app: The app.
    """

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    async def settle(self) -> None:
        """Let what is ready go on, and wait for the events that it begins."""
        await super().settle()
        if self._app.runs:
            await self._app.settled()


class App:
    """A running app. Made by `open`.

    Args:
        demo: The app.
        options: As for `launch`.
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
        """Stands still until `await app.clock.advance(seconds)`."""
        self.pages: list[Page] = []
        """The pages that are open."""
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
        """Runs its events."""
        if self._runtime is None:
            raise StateError("The app does not run. Use it inside of `async with testing.open(demo) as app:`.")
        return self._runtime

    @property
    def runs(self) -> bool:
        """It has been started and not stopped."""
        return self._runtime is not None

    @property
    def engine(self) -> StateEngine:
        """Keeps its State."""
        return self.runtime.engine

    @property
    def spec(self) -> Spec:
        """The app as it is served."""
        return self.runtime.app

    async def start(self) -> None:
        """Begin; `open` does it."""
        assembled = assemble(
            self._demo.spec,
            self._options,
            queue=self._demo.queue_options,
            settings=Settings(secret_key="a key for tests and good for nothing else"),  # noqa: S106 -- it guards nothing
            clock=self.clock,
            new_id=self._new_id,
            open_store=self._store,
        )
        await assembled.runtime.engine.start()
        await assembled.runtime.start()
        self._runtime = assembled.runtime

    def _store(self, url: str) -> Store:
        """What an app would keep in a file is kept in memory, where a restart finds it."""
        return MemoryStore(durable=True, shelf=self._shelf) if is_default(url) else stores.open(url)

    async def stop(self) -> None:
        """End; `open` does it."""
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
        """Open a page of the app, as another visitor unless a browser or user is named.

        Args:
            path: Which page of a multipage app.
            user: Who is logged in.
            browser: Any name; visits with the same one share what has `scope="browser"`.
            query: The page's query, for `gr.Request.query_params`.

        Raises:
            StateError: There is no such page.
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
        """Stop the process and start another one; open pages connect again by themselves, as they do in a browser.

        A page whose session is not known any more says so (`page.notice`) until it is loaded again.
        """
        for page in self.pages:
            page.interrupt()
        await self.stop()
        await self.start()
        for page in self.pages:
            await page.come_back()
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is under way on any page, but for what was begun with `wait=False`.

        Raises:
            TimeoutError: Something does not end; the message names it.
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
                f"After {self._patience:g} seconds this has not ended: {', '.join(busy)}. Begin what takes long with "
                "wait=False, or give testing.open(…, patience=seconds)."
            ) from None

    def moved(self) -> None:
        """Something has happened on a page."""
        self._moved.set()


@asynccontextmanager
async def open(
    demo: Blocks,
    *,
    patience: float = PATIENCE,
    scripts: Mapping[str, Script] | None = None,
    **options: Unpack[ServeOptions],
) -> AsyncIterator[App]:
    """Run an app for the time of a test, without server and browser.

        async with testing.open(demo, session="tab") as app:
            page = await app.visit()
            await page.fill(name, "Ada")
            await page.click(greet)
            assert page.value(shown) == "Hello Ada"
            await page.refresh()
            await app.restart()
            assert page.value(shown) == "Hello Ada"

    State that an app would keep in a file beside the program is kept in memory, where `app.restart()` finds it; with
    `state_store=` the store is the real one. The environment is not looked at.

    Args:
        demo: The app.
        patience: Seconds of real time to wait for the app's functions.
        scripts: Python functions that run in place of JavaScript, by the source that `js=` has; they get the values of
            the listener's inputs and outputs. Without one, an event that needs JavaScript raises a `StateError`.
        **options: As for `launch`, such as `session="tab"`, `session_grace=60` or `state_store="sqlite:///…"`.
    """
    needs_user = any(state.cell.scope == "user" for state in demo.spec.states)  # type: ignore[attr-defined]
    if needs_user and options.get("auth") is None and options.get("auth_dependency") is None:
        options["auth"] = _nobody  # visits name their user themselves
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

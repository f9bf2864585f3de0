"""A loaded page of an app under test: what a visitor sees and does on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.components.base import Component
from holdfast.components.state import State
from holdfast.errors import RequestError, StateError
from holdfast.files import rules as file_rules
from holdfast.graph.block import Block
from holdfast.runtime import EventRequest
from holdfast.runtime.request import Request
from holdfast.testing.dispatch import Dispatcher, Run
from holdfast.testing.screen import Screen

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec as Spec
    from holdfast.graph.app import AppView
    from holdfast.graph.listener import Listener
    from holdfast.runtime import Session
    from holdfast.testing.app import App

LOST = "The server was restarted and no longer has what this page did. Load it again: await page.refresh()."
UNKNOWN = "The server restarted while this was running, so its result is lost."


class Toast(NamedTuple):
    """A message that the page shows."""

    level: str
    message: str
    title: str | None = None


class Page:
    """A page that a visitor has open, created by `App.visit`.

    Actions (`fill`, `click`, `submit`, `fire`) return when everything that follows from them has ended: chains,
    `.change` listeners, and listeners on other pages. With `wait=False` they return immediately.

    Args:
        app: App that the page belongs to.
        path: Path of the page in a multipage app.
        user: Name of the logged-in user.
        browser: Id of the browser.
        query: Query of the page.
    """

    def __init__(self, app: App, path: str, *, user: str | None, browser: str, query: Mapping[str, str]) -> None:
        self.app = app
        self.path = path
        self.user = user
        self.browser = browser
        self.query = dict(query)
        self.toasts: list[Toast] = []
        """Messages shown to the visitor, including errors, oldest first."""
        self.invalid: dict[int, str] = {}
        """Messages of validators, by id of the input."""
        self.connected = False
        self.notice: str | None = None
        """Message that stays until the page is reloaded, because the server no longer knows its session."""
        self._screen = Screen(lambda: self._view)
        self._renumbered: set[int] = set()
        """Renders whose blocks have new ids after a restart of the server."""
        self._session: Session | None = None
        self._seen = 0
        self._unsent: list[tuple[Run, list[Any]]] = []
        self._held: list[tuple[Run, list[Any]]] = []
        """Calls on what renders had built, until that is built again."""
        self._rebuilding = False
        """Whether renders build again what another process had of them."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._timers: dict[int, tuple[float, asyncio.Task[None]]] = {}
        """Interval in seconds and ticking task of each timer, by id."""
        self._dispatcher = Dispatcher(self, app.scripts)

    # What the visitor sees ----------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """Session of the page; `session.id` is `request.session_hash` in handlers."""
        if self._session is None:
            raise StateError("This page is closed. Open another one: await app.visit().")
        return self._session

    @property
    def errors(self) -> list[str]:
        """Messages of the errors that were shown."""
        return [toast.message for toast in self.toasts if toast.level == "error"]

    @property
    def _view(self) -> AppView | Spec:
        return self.session.own_view or self.app.spec

    def value(self, block: Component) -> Any:
        """Return the value that a component shows, in the browser's form: a string, a number, a list, or JSON.

        Raises:
            StateError: The component is a State, which is not on the page; see `state`.
        """
        if isinstance(block, State):
            raise StateError("A State is not on the page. Write: await page.state(…)")
        return self._screen.value(block)

    def props(self, block: Block) -> dict[str, Any]:
        """Return a block's current properties on the page, including updates."""
        return self._screen.props(block)

    def is_visible(self, block: Block) -> bool:
        """Return whether a block and everything around it is visible."""
        return self._screen.is_visible(block)

    async def state(self, state: State) -> Any:
        """Return a copy of a State's value for this visitor."""
        return await self.app.engine.get(state.cell, self.session.owners.of(state.cell.scope))

    def find(self, kind: str | type[Block] | None = None, **props: Any) -> Any:
        """Return the block of the page with these properties, such as one built by `gr.render`.

        Args:
            kind: Class of the block, or name of its type, such as `"button"`.
            **props: Properties of the block, such as `label=`, `value=` or `elem_id=`.

        Raises:
            LookupError: There is no such block, or several.
        """
        found = [block for block in self._blocks() if self._is(block, kind, props)]
        if len(found) != 1:
            wanted = ", ".join([*([] if kind is None else [str(kind)]), *(f"{k}={v!r}" for k, v in props.items())])
            raise LookupError(f"This page has {len(found)} blocks with {wanted}, not one.")
        return found[0]

    def _blocks(self) -> Iterable[Block]:
        yield from (block for block in self.app.spec.blocks.values() if block.page == self.path)
        yield from self._screen.rendered_blocks()

    def _is(self, block: Block, kind: str | type[Block] | None, props: Mapping[str, Any]) -> bool:
        if isinstance(kind, str) and kind.lower() != block.NAME:
            return False
        if isinstance(kind, type) and not isinstance(block, kind):
            return False
        has = self.props(block)
        if isinstance(block, Component) and not isinstance(block, State):
            has["value"] = self.value(block)
        return all(name in has and has[name] == wanted for name, wanted in props.items())

    # What the visitor does ----------------------------------------------------------------------------------------

    async def fill(self, component: Component, value: Any, *, wait: bool = True) -> None:
        """Change a component's value as the visitor does; fires `change` and `input`.

        Args:
            component: Component to change.
            value: New value, as a handler would return it.
            wait: Whether to wait for everything that follows.
        """
        shown: Any = self._view.block(component.id)
        await self._edit(component, shown.postprocess(value), wait=wait)

    async def upload(self, component: Component, *paths: str | Path, wait: bool = True) -> None:
        """Upload files to a component; fires `change`, `input` and `upload`."""
        given: list[Any] = []
        for path in map(Path, paths):
            data = path.read_bytes()
            kept = file_rules.save_bytes(data, path.name, directory=self.app.runtime.options.file_rules.upload_dir)
            given.append(file_rules.file_data(kept, orig_name=path.name, size=len(data)))
            given[-1]["meta"] = {"_type": "gradio.FileData"}
        many = getattr(component, "file_count", "single") != "single"
        await self._edit(component, given if many else given[0], wait=False)
        await self.fire(component, "upload", wait=wait)

    async def _edit(self, component: Component, payload: Any, *, wait: bool) -> None:
        self._check_open()
        changed = self._screen.enter(component, payload)
        self.invalid.pop(component.id, None)
        for event in ("change", "input") if changed else ("input",):
            self._dispatcher.fire(component.id, event, background=not wait)
        if wait:
            await self.settled()

    async def click(self, block: Block, *, wait: bool = True) -> None:
        """Click a button, or any block that listens to `click`."""
        await self.fire(block, "click", wait=wait)

    async def submit(self, component: Component, *, wait: bool = True) -> None:
        """Press Enter in a component."""
        await self.fire(component, "submit", wait=wait)

    async def fire(self, block: Block, event: str, data: Any = None, *, wait: bool = True) -> None:
        """Fire any event of a block.

        Args:
            block: Block that fires the event.
            event: Name of the event, such as `"select"`.
            data: Data of the event, such as `{"index": 0, "value": "a"}`.
            wait: Whether to wait for everything that follows.

        Raises:
            StateError: The block does not have this event.
        """
        self._check_open()
        if event not in type(block).EVENTS:
            events = ", ".join(type(block).EVENTS) or "none"
            raise StateError(f"{type(block).__name__} has no event {event!r}. It has: {events}.")
        self._dispatcher.fire(block.id, event, data, background=not wait)
        if wait:
            await self.settled()

    async def settled(self) -> None:
        """Wait until the page is idle, except for events started with `wait=False`."""
        await self.app.settled()

    # Its life -----------------------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Reload the page (F5): it starts over or, if the session belongs to the tab, continues."""
        tab = self.app.spec.options.session == "tab"
        known = self._session
        await self._leave(gone=not tab)
        if tab and known is not None and self.notice is None:
            await self._enter(known.id, known.token)
            return
        self.notice = None
        self._forget()
        await self.load()

    async def close(self) -> None:
        """Close the page, which runs `unload` listeners."""
        await self._leave(gone=True)
        self._session = None
        if self in self.app.pages:
            self.app.pages.remove(self)
        await self.app.settled()

    def lose_connection(self) -> None:
        """Lose the network connection: actions are sent later, and messages arrive later."""
        self._disconnect(gone=False)

    async def reconnect(self) -> None:
        """Restore the connection: the page receives the messages that it missed, once and in order."""
        if not self.connected:
            await self._enter(self.session.id, self.session.token)
            await self.settled()

    async def duplicate(self) -> Page:
        """Duplicate the tab: with `session="tab"` the copy starts with this page's content and copies of its State."""
        copy = Page(self.app, self.path, user=self.user, browser=self.browser, query=self.query)
        self.app.pages.append(copy)
        if self.app.spec.options.session != "tab":
            await copy.load()
            return copy
        copy._screen = self._screen.copy(lambda: copy._view)
        copy._dispatcher.known = set(self._dispatcher.known)
        session = await self.app.runtime.resumption.fork(self.session, browser=self.browser, page=self.path)
        copy._connect(session, session.feed.last)
        return copy

    async def new_tab(self, path: str | None = None) -> Page:
        """Open the app in another tab of this browser, as the same user."""
        return await self.app.visit(self.path if path is None else path, user=self.user, browser=self.browser)

    async def load(self) -> None:
        """Load the page: start a session, and run `load` listeners. Called by `App.visit`."""
        runtime = self.app.runtime
        session = await runtime.resumption.begin(username=self.user, browser=self.browser, page=self.path)
        self._connect(session, 0)
        self._dispatcher.load()
        await self.settled()

    async def _enter(self, id: str, token: str | None) -> None:
        """Return to a session."""
        runtime, before = self.app.runtime, self._session
        found = await runtime.resumption.find(id, token, username=self.user, browser=self.browser, page=self.path)
        if found is None:
            self.notice = LOST
            self._dispatcher.abandon()
            return
        session = runtime.sessions.open(id, token=token, username=self.user, browser=self.browser, page=self.path)
        if before is not None and before.epoch == session.epoch:
            self._connect(session, self._seen)
        else:
            self._begin_again(session)

    def _begin_again(self, session: Session) -> None:
        """Continue without the process that had the running events and what renders had built."""
        waiting = [run.id for run, _ in (*self._unsent, *self._held)]
        if self._dispatcher.runs.keys() - set(waiting):
            self.toast("error", UNKNOWN)
        self._dispatcher.abandon(keep=waiting)
        self._held += [(run, data) for run, data in self._unsent if run.listener.rendered_in is not None]
        self._unsent = [(run, data) for run, data in self._unsent if run.listener.rendered_in is None]
        self._connect(session, 0)
        self._renumbered |= self._screen.renders
        self._dispatcher.load(
            [one for one in self.app.spec.listeners.values() if one.render_id in self._screen.renders]
        )
        self._rebuilding = True
        self._release()

    def _release(self) -> None:
        """Send the calls on what renders had built, once no render runs anymore."""
        if not self._rebuilding or any(run.listener.render_id is not None for run in self._dispatcher.runs.values()):
            return
        self._rebuilding = False
        held, self._held = self._held, []
        for run, data in held:
            listener = self._view.by_identity(run.listener.identity)
            if listener is not None:
                self._dispatcher.rebind(run, listener)
            self.submit_run(run, data)

    def _connect(self, session: Session, seen: int) -> None:
        self._session = session
        self._seen = seen
        url = f"http://testserver/{self.path}"
        session.request = Request(
            client=("testclient", 1),
            query_params=self.query,
            url=url,
            session_hash=session.id,
            username=self.user,
            path=self.path,
        )
        self.app.runtime.connect(session)
        self.connected = True
        loop = asyncio.get_running_loop()
        self._reader = loop.create_task(self._read(session))
        unsent, self._unsent = self._unsent, []
        for run, data in unsent:
            if run.id in self._dispatcher.runs:
                self.submit_run(run, data)
        self._set_timers()

    def _disconnect(self, *, gone: bool) -> None:
        if self._reader is not None:
            self._reader.cancel()
        for _, task in self._timers.values():
            task.cancel()
        self._timers.clear()
        if self.connected:
            self.connected = False
            self.app.runtime.disconnect(self.session, gone=gone)

    async def _leave(self, *, gone: bool) -> None:
        self._disconnect(gone=gone)
        await self.app.runtime.sessions.settled()

    def interrupt(self) -> None:
        """Disconnect because the server stops; called by `App.restart`."""
        self.connected = False
        self._disconnect(gone=False)

    async def come_back(self) -> None:
        """Reconnect to the restarted server; called by `App.restart`."""
        await self._enter(self.session.id, self.session.token)

    def _forget(self) -> None:
        self._screen = Screen(lambda: self._view)
        self._renumbered.clear()
        self.invalid.clear()
        self._unsent.clear()
        self._held.clear()
        self._rebuilding = False
        self._dispatcher = Dispatcher(self, self.app.scripts)

    def _check_open(self) -> None:
        if self.notice is not None:
            raise StateError(self.notice)
        _ = self.session

    async def _read(self, session: Session) -> None:
        try:
            async for number, message in session.feed.read(self._seen):
                self._seen = number
                self._dispatcher.hear(message)
                session.feed.ack(number)
        finally:
            self.moved()

    def _set_timers(self) -> None:
        """Start the active timers and stop the others; a timer with a changed interval restarts."""
        timers = [block for block in self._blocks() if block.NAME == "timer"] if self.connected else []
        wanted = {block.id: seconds for block in timers if (seconds := self._interval(block)) > 0}
        for id, (seconds, task) in list(self._timers.items()):
            if wanted.get(id) != seconds:
                task.cancel()
                del self._timers[id]
        loop = asyncio.get_running_loop()
        for id, seconds in wanted.items():
            if id not in self._timers:
                self._timers[id] = (seconds, loop.create_task(self._tick(id, seconds)))

    def _interval(self, timer: Any) -> float:
        """Return the interval of a timer in seconds; 0 if it is not active."""
        props, seconds = self.props(timer), self.value(timer)
        ticks = props.get("active", True) and props.get("visible", True)
        return float(1 if seconds is None else seconds) if ticks else 0

    async def _tick(self, id: int, seconds: float) -> None:
        while True:
            await self.app.clock.sleep(seconds)
            self._dispatcher.fire(id, "tick")

    # What it is to the app ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> list[str]:
        """Activity that `settled` waits for."""
        if not self.connected:
            return []
        runs = [run for run in self._dispatcher.runs.values() if not run.cause.background]
        names = [run.listener.api_name or f"listener {run.listener.id}" for run in runs]
        behind = self._seen < self.session.feed.last or bool(self._tasks)
        return names or (["messages that the page has not read"] if behind else [])

    @property
    def has_background(self) -> bool:
        """Whether an event is running that `settled` does not wait for."""
        return any(run.cause.background for run in self._dispatcher.runs.values())

    def check(self) -> None:
        """Raise any error that occurred while messages were read."""
        if self._reader is not None and self._reader.done() and not self._reader.cancelled():
            self._reader.result()

    # What the dispatcher asks -------------------------------------------------------------------------------------

    def listeners(self) -> Iterable[Listener]:
        """Return the listeners of the page, including those of renders."""
        view = self.session.own_view
        found = self.app.spec.listeners.values() if view is None else view.listeners()
        return [listener for listener in found if listener.page == self.path]

    def new_id(self) -> str:
        """Return a new event id."""
        return self.app.new_event_id()

    def inputs(self, listener: Listener) -> list[Any]:
        """Return the values of a listener's inputs."""
        return [
            self._screen.sent_props(block)
            if isinstance(block, Component) and index in listener.component_prop_inputs
            else self._given(block)
            for index, block in enumerate(listener.inputs)
        ]

    def outputs(self, listener: Listener) -> list[Any]:
        """Return the values of a listener's outputs."""
        return [self._given(block) for block in listener.outputs]

    def _given(self, block: Block) -> Any:
        if isinstance(block, State) or not isinstance(block, Component):
            return None
        return self._screen.value(block)

    def submit_run(self, run: Run, data: list[Any]) -> None:
        """Send a call now, or after the connection is restored."""
        if not self.connected:
            self._unsent.append((run, data))
            return
        if self._rebuilding and run.listener.rendered_in is not None:
            self._held.append((run, data))
            return
        self._spawn(self._send(run, data))

    async def _send(self, run: Run, data: list[Any]) -> None:
        cause = run.cause
        call = EventRequest(
            fn=run.listener.id,
            data=data,
            event_data=cause.data,
            trigger=cause.trigger,
            event_id=run.id,
            round=cause.round,
            request=self.session.request,
            origin="page",
            stream=run.listener.connection == "stream",
        )
        try:
            await self.app.runtime.submit(self.session, call)
        except RequestError as error:
            self._dispatcher.refuse(run.id, error.status, error.detail)

    def mark_invalid(self, id: int, message: str | None) -> None:
        """Show a validator's message for an input."""
        if message is None:
            self.invalid.pop(id, None)
        else:
            self.invalid[id] = message

    def feed_run(self, run: Run, data: list[Any] | None, event_data: Any = None) -> None:
        """Send the next values of a stream."""
        self.app.runtime.feed_chunk(self.session, run.id, data, event_data)

    def cancel(self, ids: list[str]) -> None:
        """Cancel events."""
        self.app.runtime.cancel(self.session, ids)

    def receive(self, id: int, given: Any) -> bool:
        """Apply an output's value or update; return whether its value changed."""
        changed = self._screen.receive(id, given)
        if self._view.block(id).NAME == "timer":
            self._set_timers()
        return changed

    def rerender(self, config: dict[str, Any]) -> None:
        """Replace the previous result of a render."""
        number = config["render_id"]
        self._screen.rerender(config, renumbered=number in self._renumbered)
        self._renumbered.discard(number)
        self._set_timers()

    def name_of(self, id: int) -> str:
        """Return the name of a block in errors."""
        block: Any = self._view.block(id)
        if isinstance(block, State):
            return f"State {id}" if block.key is None else f"State “{block.key}”"
        return str(self.props(block).get("label") or block.NAME.capitalize())

    def toast(self, level: str, message: str, title: str | None = None) -> None:
        """Show a message."""
        self.toasts.append(Toast(level, message, title))

    def moved(self) -> None:
        """Record that something has happened."""
        self._release()
        self.app.moved()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()
        self.moved()

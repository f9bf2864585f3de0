"""All sessions of this process: who may open which, how many there are, and when a closed one goes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from holdfast.clock import Clock
from holdfast.errors import BadRequest, Denied
from holdfast.ids import random_id
from holdfast.runtime.options import RuntimeOptions
from holdfast.runtime.pages import OpenPages
from holdfast.runtime.session import Session
from holdfast.runtime.tokens import Tokens
from holdfast.state import Owners
from holdfast.wire.page import MAX_ID

if TYPE_CHECKING:
    from holdfast.graph.app import App
    from holdfast.state import StateEngine

logger = logging.getLogger("holdfast.runtime")

NOT_YOURS = "This session belongs to another page. Open the app again to get one of your own."
PAGE = "page-"
"""What the ids of page sessions begin with. A client cannot name one without its secret, even if no process has it."""


class Sessions:
    """The sessions of one app, bounded in number.

    Args:
        app: The app.
        engine: Keeps their State.
        clock: Time for the grace of closed sessions.
        new_id: Makes session ids.
        tokens: The secrets of page sessions.
        options: Bounds and grace.
        on_gone: Called once when a session is closed for good or its page said goodbye (runs the unload listeners).
    """

    def __init__(
        self,
        app: App,
        *,
        engine: StateEngine,
        clock: Clock,
        new_id: Callable[[], str],
        options: RuntimeOptions,
        on_gone: Callable[[Session], Awaitable[None]],
        tokens: Tokens,
    ) -> None:
        self.app = app
        self.engine = engine
        self.clock = clock
        self.new_id = new_id
        self.tokens = tokens
        self.options = options
        self._on_gone = on_gone
        self._epochs = (f"{run}-{n}" for run in (random_id(),) for n in itertools.count(1))
        self._open: OrderedDict[str, Session] = OrderedDict()
        """Sessions with a connection, the one unused for longest first."""
        self._closed: OrderedDict[str, Session] = OrderedDict()
        """Sessions without one, the same way."""
        self._departing: OrderedDict[str, Session] = OrderedDict()
        """Closed sessions in the order in which their grace ends."""
        self.pages = OpenPages()
        """The sessions with an open page, or one that only lost its connection, by owner."""
        self.evictions = 0
        """Sessions that went because there were too many."""
        self._sweeper: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open) + len(self._closed)

    def __iter__(self) -> Iterator[Session]:
        yield from tuple(self._open.values())
        yield from tuple(self._closed.values())

    @property
    def count_open(self) -> int:
        """How many sessions a page or client is connected to."""
        return len(self._open)

    @property
    def connected(self) -> Iterator[Session]:
        """The sessions that a page or client is connected to."""
        yield from tuple(self._open.values())

    def get(self, id: str) -> Session | None:
        """The session with this id, if this process has it; does not count as use."""
        return self._open.get(id) or self._closed.get(id)

    def open(
        self,
        id: str | None = None,
        *,
        token: str | None = None,
        username: str | None = None,
        browser: str | None = None,
        page: str = "",
        temporary: bool = False,
        trusted: bool = False,
    ) -> Session:
        """The session that a request belongs to, made if need be.

        Args:
            id: The id that the client names; `None` begins a page session with a token of its own.
            token: The secret that the client sends with the id.
            username: Who is logged in.
            browser: Id of the browser, from its cookie.
            page: Which page of a multipage app.
            temporary: It goes with its one event.
            trusted: The caller has checked the right to this session itself; the token is not compared.

        Raises:
            BadRequest: The id is longer than 128 characters, or empty.
            Denied: The session belongs to somebody else.
        """
        if id is None:
            new = self.new_id() if temporary else PAGE + self.new_id()
            secret = None if temporary else self.tokens.give(new, username)
            return self._add(new, secret, username, browser, page, temporary)
        if not id or len(id) > MAX_ID:
            raise BadRequest(
                f"The session's id has {len(id)} characters; it must have between 1 and {MAX_ID}. Choose another one."
            )
        session = self.get(id)
        if session is None:
            if id.startswith(PAGE) and not self.tokens.fits(id, username, token):
                raise Denied(NOT_YOURS)
            secret = self.tokens.give(id, username) if id.startswith(PAGE) else None
            return self._add(id, secret, username, browser, page, temporary)
        if not trusted:
            self.check(session, token, username)
        if session.token is not None and session.page != page:
            self.pages.remove(session)
            session.page = page
            if session.connections:
                self.pages.add(session)
        self.touch(session)
        return session

    def check(self, session: Session, token: str | None, username: str | None) -> None:
        """Refuse a request for a session that is not its sender's (R8.1, R8.2).

        Raises:
            Denied: The secret is missing or wrong, or another user began the session.
        """
        if session.token is not None and not self.tokens.fits(session.id, session.username, token):
            raise Denied(NOT_YOURS)
        if session.username != username:
            raise Denied("This session was begun by another login. Use a session of your own.")

    def _add(
        self, id: str, token: str | None, username: str | None, browser: str | None, page: str, temporary: bool
    ) -> Session:
        while len(self) >= self.options.session_capacity and self._evict_one():
            pass
        session = Session(
            id,
            self.app,
            token=token,
            owners=Owners(session=id, browser=browser, user=username),
            username=username,
            page=page,
            temporary=temporary,
            epoch=next(self._epochs),
            feed_bounds=(self.options.limits.feed_messages, self.options.limits.feed_bytes),
        )
        self._closed[id] = session
        return session

    def touch(self, session: Session) -> None:
        """A session is used: of all of its kind it is now the last to be evicted."""
        found = self._open if session.id in self._open else self._closed
        if session.id in found:
            found.move_to_end(session.id)

    def _evict_one(self) -> bool:
        """Drop the session unused for longest, closed ones before open ones, idle ones before busy ones."""
        for kind in (self._closed, self._open):
            for id, session in kind.items():
                if not session.jobs:
                    self.evictions += 1
                    self.drop(id, keep=self.engine.store.durable)
                    return True
        return False

    # Connections --------------------------------------------------------------------------------------------------

    def connect(self, session: Session) -> None:
        """A page or a client's heartbeat is connected."""
        session.connections += 1
        session.connected_once = True
        if session.connections > 1 or self.get(session.id) is not session:
            return
        session.gone = session.overdue = False
        session.deadline = None
        self._departing.pop(session.id, None)
        self._closed.pop(session.id, None)
        self._open[session.id] = session
        self.pages.add(session)
        self.engine.open(session.id)

    def disconnect(self, session: Session, *, gone: bool) -> None:
        """A connection has ended.

        Args:
            session: Whose.
            gone: The page said goodbye, or the client's heartbeat ended: unload listeners run now. Otherwise the
                connection was lost and may come back; they run when the grace is over.
        """
        session.connections = max(0, session.connections - 1)
        if session.connections or self.get(session.id) is not session:
            return
        self._open.pop(session.id, None)
        self._closed[session.id] = session
        self.engine.close(session.id)
        session.deadline = self.clock.monotonic() + self.options.session_grace
        self._departing[session.id] = session
        if gone:
            self._say_goodbye(session)
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    def goodbye(self, session: Session) -> None:
        """The page of a session that has no connection any more says that it was closed."""
        if not session.connections:
            self._say_goodbye(session)

    def _say_goodbye(self, session: Session) -> asyncio.Task[None] | None:
        """Start the unload listeners of a session, once; the task in which they run, until they have ended."""
        if not session.gone:
            session.gone = True
            self.pages.remove(session)
            session.farewell = task = asyncio.get_running_loop().create_task(self._farewell(session))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)
        return session.farewell if session.farewell in self._farewells else None

    async def _farewell(self, session: Session) -> None:
        try:
            await self._on_gone(session)
        except Exception:
            logger.exception("An unload listener failed; the session is closed all the same.")

    async def _sweep(self) -> None:
        """Drop closed sessions when their grace ends; lives only while there are some."""
        while self._departing:
            session = next(iter(self._departing.values()))
            left = (session.deadline or 0) - self.clock.monotonic()
            if left > 0:
                await self.clock.sleep(left)
                continue
            self._departing.pop(session.id, None)
            farewell = self._say_goodbye(session)
            if farewell is None:
                self._drop_unless_back(session)
            else:
                farewell.add_done_callback(partial(self._drop_unless_back, session))

    def _drop_unless_back(self, session: Session, _: object = None) -> None:
        """Drop a session whose grace and unload listeners have ended; events that may end by themselves do so first."""
        if not session.connections and session.id not in self._departing and self.get(session.id) is session:
            session.overdue = bool(session.jobs)
            if not session.jobs:
                self.drop(session.id, lapsed=True)

    def settle(self, session: Session) -> None:
        """Drop a session that was kept for its events alone, now that one of them has ended."""
        if session.jobs or session.farewell in self._farewells:
            return
        if session.temporary:
            self.drop(session.id)
        elif session.overdue:
            self._drop_unless_back(session)

    # Ends -----------------------------------------------------------------------------------------------------------

    def drop(self, id: str, *, keep: bool = False, lapsed: bool = False) -> None:
        """Forget a session now: its events are cancelled, its State goes with the delete callbacks.

        Args:
            id: Its id.
            keep: Its State stays in the store for as long as the grace says, and the session may come back (R4.4).
            lapsed: Its grace is over here; its State stays if another process has the session open (R4.1).
        """
        session = self._open.pop(id, None) or self._closed.pop(id, None)
        self._departing.pop(id, None)
        if session is None:
            return
        self.pages.remove(session)
        for job in tuple(session.jobs.values()):
            job.cancel()
        session.close()
        farewell = self._say_goodbye(session) if session.connected_once else None
        if keep:
            if session.connections:
                self.engine.close(id)
            return
        end = self.engine.lapse if lapsed else self.engine.forget
        if farewell is None:
            end(id)
        else:  # unload listeners may take the State
            farewell.add_done_callback(lambda _: end(id))

    async def settled(self) -> None:
        """Wait for the unload listeners that are under way."""
        while self._farewells:
            await asyncio.wait(tuple(self._farewells))

    async def aclose(self) -> None:
        """End all feeds and timers; State stays with the engine, which its owner closes."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._farewells:
            await asyncio.wait(self._farewells, timeout=self.options.shutdown_grace)
        for session in self:
            session.close()

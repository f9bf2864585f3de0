"""All sessions of this process: access to them, limits on their number, and their expiration."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from holdfast import logs
from holdfast.clock import Clock
from holdfast.errors import BadRequest, Busy, Denied
from holdfast.ids import random_id
from holdfast.runtime.holdings import Account, Holdings, Tally
from holdfast.runtime.pages import OpenPages
from holdfast.runtime.session import Session
from holdfast.runtime.settings import RuntimeOptions
from holdfast.runtime.shelf import Shelf
from holdfast.runtime.tokens import Tokens
from holdfast.state import Owner, Owners
from holdfast.wire.page import MAX_ID

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.state import StateEngine

logger = logging.getLogger("holdfast.runtime")

LOOKED_AT = 256
"""Number of sessions of a kind to check for one that can be evicted."""
NOT_YOURS = "This session belongs to another page. Reload the app to start a new session."
NO_ROOM = "The server had no room left for this session, so this event was canceled. Send it again later."
PAGE = "page-"
"""Prefix of the IDs of page sessions. A client must prove their secret, even if no process has the session."""


class Sessions:
    """The sessions of an app, limited in number.

    Args:
        app: The app.
        engine: Engine that keeps the sessions' State.
        clock: Clock for the grace period of closed sessions.
        new_id: Function that generates session IDs.
        tokens: Secrets of page sessions.
        options: Settings with limits and the grace period.
        on_gone: Coroutine function that runs the unload listeners, called once when a session is closed for good.
    """

    def __init__(
        self,
        app: AppSpec,
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
        limits = options.limits
        self.holdings = Holdings(limits.held_bytes, limits.visitor_bytes, limits.session_bytes, relieve=self._relieve)
        """Counts of the bytes held for the sessions."""
        self._open: dict[str, Session] = {}
        """Connected sessions, which are never evicted."""
        self._fresh: Shelf[Session] = Shelf()
        """Sessions that have never been connected. Their grace period starts at their last use."""
        self._closed: Shelf[Session] = Shelf()
        """Sessions that are no longer connected."""
        self._departing: OrderedDict[str, Session] = OrderedDict()
        """Closed sessions in the order in which their grace periods expire."""
        self.pages = OpenPages()
        """Sessions whose page is open, or has only lost its connection, by owner."""
        self.evictions = 0
        """Number of sessions dropped because there were too many."""
        engine.choose = self.spare
        self._sweeper: asyncio.Task[None] | None = None
        self._unload_tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open) + len(self._fresh) + len(self._closed)

    def __iter__(self) -> Iterator[Session]:
        yield from tuple(self._open.values())
        yield from self._fresh
        yield from self._closed

    @property
    def full(self) -> bool:
        """Whether no session can be opened because all existing ones are connected."""
        return self.engine.full or self.count_open >= self.options.session_capacity

    @property
    def count_open(self) -> int:
        """Number of sessions that a page or client is connected to."""
        return len(self._open)

    @property
    def connected(self) -> Iterator[Session]:
        """Sessions that a page or client is connected to."""
        yield from tuple(self._open.values())

    def get(self, id: str) -> Session | None:
        """Return the session with this ID if this process has it, without marking it as used."""
        return self._open.get(id) or self._closed.get(id) or self._fresh.get(id)

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
        visitor: str = "",
    ) -> Session:
        """Return the session that a request belongs to, creating it if necessary.

        Args:
            id: ID from the client; `None` creates a page session with a new token.
            token: Secret that the client sends with the ID.
            username: Name of the logged-in user.
            browser: ID of the browser, from its cookie.
            page: Page of a multipage app.
            temporary: Drop the session after its only event.
            trusted: The caller has already checked access to this session, so the token is not compared.
            visitor: Visitor who opens the session, for the limits per visitor; empty if unknown.

        Raises:
            BadRequest: The ID is longer than 128 characters or empty.
            Denied: The session belongs to another page or user.
            Busy: There is no room for another session.
        """
        if id is None:
            new = self.new_id() if temporary else PAGE + self.new_id()
            secret = None if temporary else self.tokens.issue(new, username)
            return self._add(new, secret, username, browser, page, temporary, visitor, new=True)
        if not id or len(id) > MAX_ID:
            raise BadRequest(f"The session ID has {len(id)} characters; use between 1 and {MAX_ID} characters.")
        session = self.get(id)
        if session is None:
            if id.startswith(PAGE) and not self.tokens.matches(id, username, token):
                raise Denied(NOT_YOURS)
            secret = self.tokens.issue(id, username) if id.startswith(PAGE) else None
            return self._add(id, secret, username, browser, page, temporary, visitor)
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
        """Reject a request for a session that does not belong to its sender (R8.1, R8.2).

        Raises:
            Denied: The secret is missing or wrong, or another user started the session.
        """
        if session.token is not None and not self.tokens.matches(session.id, session.username, token):
            raise Denied(NOT_YOURS)
        if session.username != username:
            raise Denied("This session was started by another user. Use a different session ID.")

    def _add(
        self,
        id: str,
        token: str | None,
        username: str | None,
        browser: str | None,
        page: str,
        temporary: bool,
        visitor: str,
        *,
        new: bool = False,
    ) -> Session:
        self._make_room(visitor)
        session = Session(
            id,
            self.app,
            account=self.holdings.open(visitor),
            token=token,
            owners=Owners(session=id, browser=browser, user=username, new=new),
            username=username,
            page=page,
            temporary=temporary,
            epoch=next(self._epochs),
            feed_bounds=(self.options.limits.feed_messages, self.options.limits.feed_bytes),
        )
        session.deadline = self.clock.monotonic() + self.options.session_grace
        self._fresh.add(session)
        self._ensure_sweeper()
        return session

    def touch(self, session: Session) -> None:
        """Mark a session as most recently used."""
        if session.id in self._fresh:
            session.deadline = self.clock.monotonic() + self.options.session_grace
            self._fresh.touch(session)
        elif session.id in self._closed:
            self._closed.touch(session)

    # Bounds ---------------------------------------------------------------------------------------------------------

    def _make_room(self, visitor: str) -> None:
        """Evict sessions until there is room for one more.

        Raises:
            Busy: Only open pages are left, or busy sessions of visitors who have no more sessions than this one.
        """
        most = self.options.limits.visitor_sessions
        while visitor and self.holdings.sessions_of(visitor) >= most:
            if not self._evict(visitor, of=visitor):
                raise Busy(f"You have {most} sessions of this app open. Close some of its pages, then try again.")
        while len(self) >= self.options.session_capacity:
            if not self._evict(visitor):
                raise Busy("This app has reached its limit of open pages. Try again later.")
        if self.engine.full:
            raise Busy("This app has reached its memory limit for the State of open pages. Try again later.")

    def _evict(self, newcomer: str, of: str | None = None) -> bool:
        """Drop a session: never-connected ones before closed ones, idle ones before busy ones, and never an open page.

        Args:
            newcomer: Visitor who needs room.
            of: Visitor whose session to drop; by default, the one with the most sessions (R4.4).
        """
        share = self.holdings.sessions_of(newcomer)
        for busy in (False, True):
            for shelf in (self._fresh, self._closed):
                candidates = shelf.to_evict() if of is None else shelf.of(of)
                for session in itertools.islice(candidates, LOOKED_AT):
                    if session.jobs and not (busy and of is None and session.account.tally.sessions > share):
                        continue
                    self._drop_for_room(session)
                    return True
        return False

    def _drop_for_room(self, session: Session) -> None:
        self.evictions += 1
        self.drop(session.id, keep=self.engine.store.durable, why=NO_ROOM)

    def admit(self, session: Session, size: int) -> None:
        """Reject data that would exceed a limit, unless dropping sessions without an open page makes room.

        A limit can be nearly reached although nothing has been dropped yet. A session without events and readers is
        dropped for any other session. A session with events is only dropped for an open page: accepted events are not
        canceled for more of the same, so a client that sends too much is rejected instead.

        Raises:
            Busy: The session, its visitor, or the server has too much waiting.
        """
        self.make_room(session.account, size, None if session.id in self._open else session)

    def make_room(self, account: Account, size: int, newcomer: Session | None = None) -> None:
        """Reject data that would exceed a limit of an account, unless dropping sessions without an open page helps.

        Args:
            account: The account.
            size: Number of additional bytes.
            newcomer: Session of the account if it does not have an open page; only idle sessions are dropped for it.

        Raises:
            Busy: The account, its visitor, or the server holds too much.
        """
        try:
            account.admit(size)
        except Busy:
            if not account.fits(size):
                raise
            for tally in (account.tally, None):
                if tally is None or tally.name:
                    self._relieve(tally, size, newcomer)
            account.admit(size)

    def _relieve(self, tally: Tally | None, size: int = 0, newcomer: Session | None = None) -> None:
        """Drop sessions to get below a limit on held bytes.

        Args:
            tally: Visitor whose limit is exceeded; `None` for the limit on all visitors.
            size: Number of additional bytes that need room.
            newcomer: Session without an open page that needs the room; no session in use is dropped for it.
        """
        for shelf in (self._fresh, self._closed):
            found = list(shelf if tally is None else shelf.of(tally.name))
            if newcomer is not None:
                found = [session for session in found if session is not newcomer and not _in_use(session)]
            found.sort(key=_relief)
            for session in found:
                held, bound = (
                    (self.holdings.held, self.holdings.total)
                    if tally is None
                    else (tally.held, self.holdings.per_visitor)
                )
                if held + size <= bound - bound // 16:
                    return
                if session.account.held:
                    self._drop_for_room(session)

    def spare(self, acceptable: Callable[[Owner], bool]) -> Owner | None:
        """Return the owner whose State is dropped from memory next (R4.4).

        Args:
            acceptable: Function that returns whether dropping an owner frees memory and no event uses the owner.
        """
        for shelf in (self._fresh, self._closed):
            for session in itertools.islice(shelf.to_evict(), LOOKED_AT):
                if acceptable(session.owners.session):
                    return session.owners.session
        return None

    # Connections --------------------------------------------------------------------------------------------------

    def connect(self, session: Session) -> None:
        """Register a connection of a page or of a client's heartbeat."""
        session.connections += 1
        session.connected_once = True
        if session.connections > 1 or self.get(session.id) is not session:
            return
        session.gone = session.overdue = False
        session.deadline = None
        self._departing.pop(session.id, None)
        self._fresh.pop(session.id)
        self._closed.pop(session.id)
        self._open[session.id] = session
        self.pages.add(session)
        self.engine.open(session.id)

    def disconnect(self, session: Session, *, gone: bool) -> None:
        """Unregister a connection that has ended.

        Args:
            session: Session of the connection.
            gone: The page announced that it closes, or the client's heartbeat ended, so unload listeners run now.
                Otherwise, the connection was lost and may return; they run when the grace period expires.
        """
        session.connections = max(0, session.connections - 1)
        if session.connections or self.get(session.id) is not session:
            return
        self._open.pop(session.id, None)
        self._closed.add(session)
        self.engine.close(session.id)
        session.deadline = self.clock.monotonic() + self.options.session_grace
        self._departing[session.id] = session
        if gone:
            self._start_unload(session)
        self._ensure_sweeper()

    def goodbye(self, session: Session) -> None:
        """Handle the announcement of an already disconnected page that it is closed."""
        if not session.connections:
            self._start_unload(session)

    def _start_unload(self, session: Session) -> asyncio.Task[None] | None:
        """Start the unload listeners of a session once. Return their task while they run."""
        if not session.gone:
            session.gone = True
            self.pages.remove(session)
            session.unload_task = task = asyncio.get_running_loop().create_task(self._run_unload(session))
            self._unload_tasks.add(task)
            task.add_done_callback(self._unload_tasks.discard)
        return session.unload_task if session.unload_task in self._unload_tasks else None

    async def _run_unload(self, session: Session) -> None:
        try:
            await self._on_gone(session)
        except Exception:
            logger.exception("An unload listener failed. The session is closed anyway.")

    def _ensure_sweeper(self) -> None:
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def _sweep(self) -> None:
        """Drop disconnected sessions when their grace periods expire. This task only runs while there are any."""
        logs.about.set(None)  # the task was started in one session's context but serves all
        while True:
            first = (next(iter(self._departing.values()), None), self._fresh.first())
            due = min((session for session in first if session is not None), key=_deadline, default=None)
            if due is None:
                return
            left = _deadline(due) - self.clock.monotonic()
            if left > 0:
                await self.clock.sleep(left)
            elif due.connected_once:
                self._end_grace(due)
            elif due.jobs or (due.own_feed is not None and due.own_feed.watched):
                self.touch(due)
            else:
                self.drop(due.id, lapsed=True)

    def _end_grace(self, session: Session) -> None:
        self._departing.pop(session.id, None)
        unloading = self._start_unload(session)
        if unloading is None:
            self._drop_unless_back(session)
        else:
            unloading.add_done_callback(partial(self._drop_unless_back, session))

    def _drop_unless_back(self, session: Session, _: object = None) -> None:
        """Drop a session after its grace period and unload listeners have ended, but wait for its events to end."""
        if not session.connections and session.id not in self._departing and self.get(session.id) is session:
            session.overdue = bool(session.jobs)
            if not session.jobs:
                self.drop(session.id, lapsed=True)

    def settle(self, session: Session) -> None:
        """Drop a session that was only kept for its events, after one of them has ended."""
        if session.jobs or session.unload_task in self._unload_tasks:
            return
        if session.temporary:
            self.drop(session.id)
        elif session.overdue:
            self._drop_unless_back(session)

    # Ends -----------------------------------------------------------------------------------------------------------

    def drop(self, id: str, *, keep: bool = False, lapsed: bool = False, why: str | None = None) -> None:
        """Drop a session immediately: cancel its events and delete its State, running the delete callbacks.

        Args:
            id: ID of the session.
            keep: Keep the State in the store for the grace period, so that the session can be restored (R4.4).
            lapsed: The grace period expired in this process. Keep the State if another process has the session open
                (R4.1).
            why: Reason for those who wait for its events; by default, that they were canceled.
        """
        session = self._open.pop(id, None) or self._closed.pop(id) or self._fresh.pop(id)
        self._departing.pop(id, None)
        if session is None:
            return
        self.pages.remove(session)
        for job in tuple(session.jobs.values()):
            job.cancel(why)
        session.close()
        unloading = self._start_unload(session) if session.connected_once else None
        if keep:
            if session.connections:
                self.engine.close(id)
            return
        end = self.engine.lapse if lapsed else self.engine.forget
        if unloading is None:
            end(id)
        else:  # unload listeners can still use the State
            unloading.add_done_callback(lambda _: end(id))

    async def settled(self) -> None:
        """Wait for running unload listeners."""
        while self._unload_tasks:
            await asyncio.wait(tuple(self._unload_tasks))

    async def aclose(self) -> None:
        """Close all feeds and timers. State stays in the engine, which the caller closes."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._unload_tasks:
            await asyncio.wait(self._unload_tasks, timeout=self.options.shutdown_grace)
        for session in self:
            session.close()


def _deadline(session: Session) -> float:
    return session.deadline or 0.0


def _in_use(session: Session) -> bool:
    return bool(session.jobs) or session.readers > 0


def _relief(session: Session) -> tuple[bool, int]:
    """Return the sort key for dropping sessions to free memory: idle first, then by the visitor's bytes."""
    return _in_use(session), -session.account.tally.held

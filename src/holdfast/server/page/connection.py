"""A page's connection, independent of its transport: identification, requests, and messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import HTTPConnection

from holdfast import logs
from holdfast.errors import Denied, Malformed, NotFound, Outdated, RequestError
from holdfast.graph.listener import Listener
from holdfast.runtime.jobs import EventRequest
from holdfast.runtime.request import Request
from holdfast.runtime.session import Session
from holdfast.server.context import ServerContext
from holdfast.server.http.body import check_id
from holdfast.server.http.cors import may_call
from holdfast.server.http.origins import sender
from holdfast.server.http.request import HttpRequest
from holdfast.server.login.tokens import Login
from holdfast.server.operators import is_at_the_machine
from holdfast.wire.messages import Completed, FeedMessage, ProcessStarts
from holdfast.wire.page import (
    MAX_ID,
    Ack,
    Alive,
    Cancel,
    Chunk,
    FromPage,
    Hello,
    Ping,
    Pong,
    Probe,
    Refused,
    Submit,
    ToPage,
    Welcome,
)

logger = logging.getLogger("holdfast.server")

MAX_QUERY = 64 * 1024
MAX_CANCEL = 1000
"""Maximum number of events in a `Cancel`."""
ANSWERS_WITHIN = 1.0
"""Seconds that a page has to respond to a probe when another page presents the same session."""

FRAMES: msgspec.json.Decoder[FromPage] = msgspec.json.Decoder(FromPage)
"""Decoder of the frames that pages send."""


class PageLink:
    """The connection of a page that has sent its hello.

    Args:
        context: State shared by all routes.
        session: The page's session.
        request: Details of the connection for handlers.
        hello: Hello of the page.
        login: Login of the connection.
        resumed: The page already had this session.
        forked: The session is a copy of the one that the page had.
    """

    def __init__(
        self,
        context: ServerContext,
        session: Session,
        request: Request,
        hello: Hello,
        *,
        login: Login | None,
        resumed: bool,
        forked: bool = False,
    ) -> None:
        feed = session.feed
        self.session = session
        self.load = hello.load
        self.login = login
        self.seen = _start(hello, session) if resumed and not forked else feed.last
        self.on_replaced: Callable[[], object] | None = None
        self.on_logged_out: Callable[[], object] | None = None
        self.on_push: Callable[[ToPage], object] | None = None
        """Callback that sends a frame that is neither a response nor from the feed."""
        self._runtime = context.runtime
        self._context = context
        self._request = request
        self._resumed = resumed
        self._forked = forked
        self._left = False
        self.closed = False
        """Whether the page closed the connection; otherwise, it was lost."""
        self._logged_out = False
        self._is_current = hello.program in {"", context.runtime.app.program}
        """Whether the page was built by the running version of the program."""
        self._probe: asyncio.Future[bool] | None = None

    def welcome(self) -> Welcome:
        """Return the response to the page's hello."""
        waiting = [message.event_id for _, message in self.session.feed.after(self.seen)]
        return Welcome(
            session=self.session.id,
            token=self.session.token or "",
            resumed=self._resumed,
            forked=self._forked,
            epoch=self.session.epoch,
            seen=self.seen,
            pending=list(dict.fromkeys([*self.session.pending, *(id for id in waiting if id is not None)])),
            program=self._runtime.app.program,
        )

    def news(self, seen: int) -> tuple[int, list[tuple[int, FeedMessage]]]:
        """Return the messages to send to the page.

        The start of an event is omitted if its end is included, because it would not be visible.

        Args:
            seen: Number of the last message sent to the page.

        Returns:
            The number of the last message, and the messages.
        """
        feed = self.session.feed
        unread = feed.after(seen)
        seen = unread[-1][0] if unread else feed.last
        return seen, unread if len(unread) < 2 else _without_starts(unread)

    def begin(self) -> None:
        """Register the connection: open the session and close an older connection."""
        self._runtime.connect(self.session)
        self._context.links.hold(self)
        if self.login is not None and not self._context.auth.is_valid(self.login):
            self.log_out()  # the login ended during the handshake

    def end(self) -> None:
        """Unregister the connection."""
        self._context.links.release(self)
        self._end_probe(responded=False)
        self._runtime.disconnect(self.session, gone=self._left, closed=self.closed)

    def leave(self) -> None:
        """Record that the page announced its end. The connection ends right after."""
        self._left = True

    def replace(self) -> None:
        """Close the connection because a newer one of the same page has replaced it."""
        if self.on_replaced is not None:
            self.on_replaced()

    def log_out(self) -> None:
        """Close the connection because its login has ended. Further results could be seen by another user."""
        self._logged_out = True
        if self.on_logged_out is not None:
            self.on_logged_out()

    async def responds(self) -> bool:
        """Probe the page and return whether it responds. A closed or reloaded page cannot."""
        if self._probe is None:
            self._probe = asyncio.get_running_loop().create_future()
            if self.on_push is not None:
                self.on_push(Probe())
        probe = self._probe
        timeout = asyncio.ensure_future(self._runtime.clock.sleep(ANSWERS_WITHIN))
        either: list[asyncio.Future[Any]] = [probe, timeout]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timeout.cancel()
        self._end_probe(responded=False)
        return probe.result()

    def _end_probe(self, *, responded: bool) -> None:
        probe, self._probe = self._probe, None
        if probe is not None and not probe.done():
            probe.set_result(responded)

    def takes_long(self, frame: FromPage) -> bool:
        """Return whether `take` may wait for an author's function, for which other frames should not wait."""
        if not isinstance(frame, Submit):
            return False
        listener = self._runtime.app.by_identity(frame.event)
        return listener is None or listener.validator is not None

    async def take(self, frame: FromPage, weight: int = 0) -> ToPage | None:
        """Process a frame.

        Args:
            frame: The frame.
            weight: Approximate size of the frame in memory, in bytes.

        Returns:
            Frame to send in response, if any.
        """
        if self._logged_out:
            return None
        if isinstance(frame, Submit):
            if self.login is not None:
                self._context.auth.use(self.login)
            return await self._submit(frame, weight)
        if isinstance(frame, Ack):
            self.session.feed.ack(min(frame.seen, self.session.feed.last))
        elif isinstance(frame, Cancel):
            self._runtime.cancel(self.session, frame.event_ids[:MAX_CANCEL])
        elif isinstance(frame, Chunk):
            return self._chunk(frame, weight)
        elif isinstance(frame, Ping):
            return Pong()
        elif isinstance(frame, Alive):
            self._end_probe(responded=True)
        else:
            return Refused(event_id=None, status=400, detail="This connection has already sent a hello.")
        return None

    def _chunk(self, frame: Chunk, weight: int) -> Refused | None:
        try:
            self._runtime.feed_chunk(self.session, frame.event_id, frame.data, frame.event_data, weight=weight)
        except RequestError as error:
            return Refused(event_id=frame.event_id[:256], status=error.status, detail=error.detail)
        return None

    async def _submit(self, frame: Submit, weight: int) -> Refused | None:
        try:
            check_id("event_id", frame.event_id)
            listener = self._listener(frame)
            if listener is None:
                return None
            call = EventRequest(
                fn=listener.id,
                data=frame.data,
                event_data=frame.event_data,
                trigger=self._trigger(frame, listener),
                event_id=frame.event_id,
                round=frame.round,
                stream=frame.stream,
                weight=weight,
                request=self._request,
                origin="page",
            )
            await self._runtime.submit(self.session, call)
        except RequestError as error:
            return Refused(event_id=frame.event_id[:256], status=error.status, detail=error.detail)
        return None

    def _listener(self, frame: Submit) -> Listener | None:
        """Return the listener that a page wants to run, or `None` if its event ran and the listener was removed.

        Raises:
            Outdated: The page was built by another version of the program, and this one lacks the listener.
            NotFound: The listener was removed when a part of the page was rendered again.
        """
        found = self._runtime.named(self.session, frame.event)
        if found is not None or self.session.knows(frame.event_id):
            return found
        if self._is_current:
            raise NotFound(
                f"The event {frame.event[:MAX_ID]!r} no longer exists because a part of this page was rendered again."
            )
        raise Outdated("The app was updated, so this event was not run. The page reloads and keeps what you typed.")

    def _trigger(self, frame: Submit, listener: Listener) -> int | None:
        """Return the triggering component. Its number is ignored if it is from another program version."""
        if self._is_current:
            return frame.trigger
        blocks = [target.block for target in listener.targets if target.block is not None]
        return blocks[0].id if len(blocks) == 1 else None


def _without_starts(unread: list[tuple[int, FeedMessage]]) -> list[tuple[int, FeedMessage]]:
    over = {message.event_id for _, message in unread if type(message) is Completed}
    return [item for item in unread if type(item[1]) is not ProcessStarts or item[1].event_id not in over]


async def greet(context: ServerContext, connection: HTTPConnection, hello: Hello) -> PageLink:
    """Process a page's hello: continue its session or start a new one, and return its link.

    Raises:
        RequestError: The page has no access, or the session belongs to another page or user.
    """
    if is_foreign(context, connection):
        _log_rejection(context, connection)
        raise Denied(
            "This app does not accept connections from pages of other origins. If this is its own page behind a proxy, "
            "configure the proxy to pass the Host header on or to set X-Forwarded-Host, or set root_path to the public "
            "URL. Add other origins whose pages can use the app to trusted_origins."
        )
    user = await context.auth.identify(connection)
    login = context.auth.login_of(connection)
    check_id("session", hello.session)
    check_id("load", hello.load or None)
    if len(hello.query) > MAX_QUERY:
        raise Malformed(f"The page's query is {len(hello.query)} characters long. The maximum is {MAX_QUERY}.")
    page = hello.page[:1024]
    browser = context.browsers.read(connection)
    visitor = context.visitor(connection, user)
    session, resumed, forked, missed = await _session_of(context, hello, user, browser, page, visitor)
    query = dict(parse_qsl(hello.query.removeprefix("?"), keep_blank_values=True))
    request = HttpRequest(connection, session.id, user, query=query, path=page)
    session.request = request
    logs.about.set((session.id, None))
    session.developer = is_at_the_machine(connection)
    link = PageLink(context, session, request, hello, login=login, resumed=resumed, forked=forked)
    if missed:
        context.runtime.changes.catch_up(session)
    return link


def _log_rejection(context: ServerContext, connection: HTTPConnection) -> None:
    """Log a rejected page once. Most likely, it is the app's own page behind a proxy that hides this."""
    if context.refused_pages:
        return
    context.refused_pages = True
    headers = connection.headers
    logger.warning(
        "A page of %.200r was rejected because it accessed this app as %.200r. If it is the app's own page, configure "
        "the proxy to pass the Host header on or to set X-Forwarded-Host, or set root_path to the public URL.",
        headers.get("origin"),
        headers.get("host"),
    )


async def _session_of(
    context: ServerContext, hello: Hello, user: str | None, browser: str | None, page: str, visitor: str
) -> tuple[Session, bool, bool, bool]:
    """Return a page's session, and whether it was resumed, is a copy, and may have missed changes."""
    resumption = context.runtime.resumption
    known = None
    if hello.session is not None:
        known = await resumption.find(
            hello.session, hello.token, username=user, browser=browser, page=page, visitor=visitor
        )
    if known is None:
        return await resumption.begin(username=user, browser=browser, page=page, visitor=visitor), False, False, False
    other = context.links.of(known.id)
    # A reloaded connection of the same page is not probed: its secret takes precedence over its old connection.
    if resumption.tab and other is not None and other.load != hello.load and await other.responds():
        return await resumption.fork(known, browser=browser, page=page), True, True, True
    # The page shows State from before and was not notified of changes made in another process or on another page.
    missed = hello.epoch is not None and (hello.epoch != known.epoch or known.page != page)
    session = context.runtime.sessions.open(
        known.id, token=hello.token, username=user, browser=browser, page=page, visitor=visitor
    )
    return session, True, False, missed


def _start(hello: Hello, session: Session) -> int:
    """Return the number after which the page needs the messages of its session's feed."""
    if hello.seen is None:
        return session.feed.last
    is_current = hello.epoch is None or hello.epoch == session.epoch
    return min(max(hello.seen, 0), session.feed.last) if is_current else 0


def is_foreign(context: ServerContext, connection: HTTPConnection) -> bool:
    """Return whether a connection is from a page of an untrusted origin that cannot have a session here.

    CORS does not cover sockets, so browsers would let the page read the messages.
    """
    if sender(connection) != "untrusted":
        return False
    return context.auth.required or not may_call(connection.scope, strict=context.options.access.strict_cors)

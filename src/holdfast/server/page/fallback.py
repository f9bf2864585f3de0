"""The page's protocol without a WebSocket: POST requests and an event stream, for proxies that block sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import Denied, Malformed, NotFound
from holdfast.runtime.session import Session
from holdfast.server.context import ServerContext
from holdfast.server.http.body import check_id, read_as, read_weighed
from holdfast.server.http.errors import JSON
from holdfast.server.http.sse import EventStream, frame
from holdfast.server.page.connection import FRAMES, PageLink, greet
from holdfast.wire.encode import encode, one_line
from holdfast.wire.page import Ack, Alive, Cancel, Chunk, Hello, Numbered, Ping, Submit, ToPage

MAX_GOODBYE = 4096


class SendBody(Struct, kw_only=True):
    """Body of a page's request: its session and the frames that a socket would carry."""

    session: str
    token: str
    frames: list[Submit | Chunk | Cancel | Ack | Ping | Alive]


class SendReply(Struct, kw_only=True):
    """Immediate response to a page's request; everything else is sent through its stream."""

    frames: list[ToPage]


class Goodbye(Struct, kw_only=True):
    """Announcement that a page is closed."""

    session: str
    token: str


_send_decoder = msgspec.json.Decoder(SendBody)
_goodbye_decoder = msgspec.json.Decoder(Goodbye)


class FeedRoutes:
    """Routes of the fallback, and the goodbye that both transports share.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/page/feed", self.feed, methods=["POST"]),
            Route("/page/send", self.send, methods=["POST"]),
            Route("/page/close", self.close, methods=["POST"]),
        ]

    async def feed(self, request: Request) -> Response:
        """Respond to a hello with a stream of the welcome and every message."""
        hello = await read_as(request, FRAMES)
        if not isinstance(hello, Hello):
            raise Malformed("The first frame of a page's stream must be a hello.")
        link = await greet(self._context, request, hello)
        welcome = encode(link.welcome())
        stream = EventStream(
            _frames(link, welcome),
            self._context.streams,
            heartbeat=b":\n\n",
            interval=self._context.options.heartbeat,
            on_end=link.end,
        )
        link.on_replaced = link.on_logged_out = stream.stop  # the page then requests another and receives the reason
        link.on_push = lambda message: stream.push(frame(one_line(encode(message))))
        link.begin()
        return stream

    async def send(self, request: Request) -> Response:
        """Process the frames of a page that has an open stream."""
        body, weight = await read_weighed(request, _send_decoder)
        each = weight // max(len(body.frames), 1)
        session = await self._own(request, body.session, body.token)
        link = self._context.links.of(session.id)
        if link is None:
            raise NotFound("This session has no open stream. Open one, then send again.")
        answers = [await link.take(one, each) for one in body.frames]
        return JSON(SendReply(frames=[answer for answer in answers if answer is not None]))

    async def close(self, request: Request) -> Response:
        """Handle the announcement that a page is closed. A tab's session continues, because it may be a refresh."""
        bye = await read_as(request, _goodbye_decoder, MAX_GOODBYE)
        session = await self._own(request, bye.session, bye.token)
        if self._context.runtime.app.options.session != "tab":
            link = self._context.links.of(session.id)
            if link is not None:
                link.leave()
            else:
                self._context.runtime.goodbye(session)
        return Response(status_code=204)

    async def _own(self, request: Request, id: str, token: str) -> Session:
        user = await self._context.identify(request)
        check_id("session", id)
        session = self._context.runtime.sessions.get(id)
        if session is None:
            raise NotFound("This session does not exist. Send a hello to start one.")
        if session.token is None:
            raise Denied("This session belongs to an API client, not to a page.")
        self._context.runtime.sessions.check(session, token, user)
        return session


async def _frames(link: PageLink, welcome: bytes) -> AsyncIterator[bytes]:
    yield frame(welcome)
    feed, seen = link.session.feed, link.seen
    while await feed.wait(seen):
        seen, news = link.news(seen)
        for n, message in news:
            yield frame(one_line(encode(Numbered(n=n, message=message))))

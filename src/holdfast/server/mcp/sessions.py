"""The protocol's HTTP sessions, limited per visitor and in total. Idle ones are replaced by new ones."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.errors import Busy
from holdfast.limits import MB
from holdfast.server.context import USER, ServerContext
from holdfast.server.kept import Bounds, Kept

logger = logging.getLogger("holdfast.server")

ID = b"mcp-session-id"
SLACK = 100
"""Number of ending sessions allowed in addition to the maximum of open sessions."""


@dataclass(eq=False)
class Opened:
    """A session of the protocol, with the request that opened it and the number of its current requests."""

    id: bytes
    scope: Scope = field(repr=False)
    requests: int = 0


class ProtocolSessions:
    """Serves the protocol's requests and ends sessions to make room.

    Args:
        context: State shared by all routes.
        app: App that serves the protocol.
    """

    def __init__(self, context: ServerContext, app: ASGIApp) -> None:
        self._context = context
        self._app = app
        limits, options = context.options.limits, context.runtime.options
        bounds = Bounds(
            number=most_sessions(context),
            per_visitor=limits.visitor_mcp_sessions,
            size=1024 * MB,  # their content is counted elsewhere
            size_per_visitor=1024 * MB,
            seconds=max(options.session_grace, 1.0),
        )
        self._kept: Kept[Opened] = Kept(
            bounds, context.runtime.clock, dropped=self._end_soon, in_use=lambda opened: opened.requests > 0
        )
        self._ending: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request (ASGI).

        Raises:
            Busy: The request opens a session, but all sessions are in use.
        """
        request = Request(scope)
        id = request.headers.get(ID.decode())
        opened = None if id is None else self._kept.get(id)
        if id is None:
            self._check_room()
            await self._app(
                scope, receive, self._registering(scope, self._context.visitor(request, scope.get(USER)), send)
            )
        elif opened is None:
            await self._app(scope, receive, send)
        else:
            opened.requests += 1
            self._kept.touch(id)
            try:
                await self._app(scope, receive, send)
            finally:
                opened.requests -= 1
                if scope["method"] == "DELETE":
                    self._kept.pop(id)

    def _check_room(self) -> None:
        if len(self._kept) >= self._kept.bounds.number and not self._kept.evict():
            raise Busy("All tool sessions of this app are in use. Try again later.")

    def _registering(self, scope: Scope, visitor: str, send: Send) -> Send:
        async def registering(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                for name, value in message.get("headers", ()):
                    if name.lower() == ID:
                        self._kept.add(value.decode(), Opened(value, scope), self._kept.account(visitor))
            await send(message)

        return registering

    def _end_soon(self, opened: Opened) -> None:
        task = asyncio.get_running_loop().create_task(self._end(opened))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, opened: Opened) -> None:
        """End a session with the protocol's own request, as its client would."""
        dropped = {ID, b"content-length", b"content-type"}
        headers = [(name, value) for name, value in opened.scope["headers"] if name.lower() not in dropped]

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: Message) -> None:
            return

        try:
            scope = {**opened.scope, "method": "DELETE", "headers": [*headers, (ID, opened.id)]}
            await self._app(scope, receive, send)
        except Exception:
            logger.exception("A tool session could not be ended.")


def most_sessions(context: ServerContext) -> int:
    """Return the maximum number of open sessions of the protocol."""
    return min(context.options.limits.mcp_sessions, context.runtime.options.session_capacity)

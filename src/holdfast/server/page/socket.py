"""The page's WebSocket: one per page, with one message per frame."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from holdfast.errors import Denied, RequestError, Unauthenticated
from holdfast.server.context import ServerContext
from holdfast.server.http.body import decoded
from holdfast.server.http.body_budget import weigh
from holdfast.server.page.connection import FRAMES, PageLink, greet
from holdfast.wire.encode import encode
from holdfast.wire.page import FromPage, Hello, Numbered, Refused, ToPage

HELLO_WITHIN = 10.0
"""Seconds that a new connection has to send its hello."""

NEEDS_LOGIN, NOT_YOURS, NO_HELLO, REPLACED, ENDED = 4401, 4403, 4408, 4409, 4410
"""Close codes of a socket. The page reconnects only after the last one, and reloads after the first one."""


CLOSED = frozenset({1000, 1001, 1005})
"""Close codes of a socket that its page has closed, or that ended with its page. uvicorn also reports 1005 for a lost
connection, but without a reason."""


class PageSocket:
    """Serves sockets as a raw ASGI app, because its memory is needed once per open page.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._aside: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection from its hello to its end."""
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        link = await self._greet(websocket)
        if link is None:
            return
        writer: asyncio.Task[None] | None = None

        def give_way(code: int, why: str) -> None:
            if writer is not None:
                writer.cancel()
            self._spawn(_close(websocket, code, why))

        link.on_replaced = partial(give_way, REPLACED, "Another connection of this page has replaced this one.")
        link.on_logged_out = partial(give_way, NEEDS_LOGIN, "The login of this page has ended.")
        link.on_push = lambda frame: self._spawn(_answer(websocket, frame))
        link.begin()  # before the welcome, which may not arrive, so that the session ends with its connection
        try:
            await _send(websocket, encode(link.welcome()))
            writer = asyncio.create_task(_write(websocket, link))
            await self._read(websocket, link)
        except WebSocketDisconnect:
            return
        finally:
            link.end()
            if writer is not None:
                writer.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _greet(self, websocket: WebSocket) -> PageLink | None:
        try:
            message = await asyncio.wait_for(websocket.receive(), HELLO_WITHIN)
        except asyncio.TimeoutError:
            await _close(websocket, NO_HELLO, "No hello was received.")
            return None
        if message["type"] == "websocket.disconnect":
            return None
        try:
            hello, _ = await self._frame(message)
            if not isinstance(hello, Hello):
                await _close(websocket, NO_HELLO, "The first frame was not a hello.")
                return None
            link = await greet(self._context, websocket, hello)
        except RequestError as error:
            await _answer(websocket, _refusal(error))
            code = {Unauthenticated: NEEDS_LOGIN, Denied: NOT_YOURS}.get(type(error), NO_HELLO)
            await _close(websocket, code, str(error))
            return None
        except HTTPException as error:  # raised by the author's `auth_dependency`
            status = error.status_code
            await _answer(websocket, Refused(event_id=None, status=status, detail=error.detail))
            code = NEEDS_LOGIN if status == 401 or 300 <= status < 400 else NOT_YOURS if status == 403 else NO_HELLO
            await _close(websocket, code, error.detail)
            return None
        return link

    async def _frame(self, message: Message) -> tuple[FromPage, int]:
        """Decode a page's frame and return it with its approximate size in memory.

        Raises:
            RequestError: It is not a valid frame.
        """
        text: str | bytes = message.get("text") or message.get("bytes") or b""
        return await decoded(text, FRAMES, self._context.options.limits.body_values), weigh(text)

    async def _read(self, websocket: WebSocket, link: PageLink) -> None:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                link.closed = message.get("code") in CLOSED and "reason" in message
                return
            try:
                frame, weight = await self._frame(message)
            except RequestError as error:
                await _answer(websocket, _refusal(error))
                continue
            if link.takes_long(frame):
                self._spawn(_take(websocket, link, frame, weight))
            else:
                await _take(websocket, link, frame, weight)


async def _write(websocket: WebSocket, link: PageLink) -> None:
    feed, seen = link.session.feed, link.seen
    try:
        while await feed.wait(seen):
            seen, news = link.news(seen)
            for n, message in news:
                await _send(websocket, encode(Numbered(n=n, message=message)))
        await _close(websocket, ENDED, "The session has ended.")
    except WebSocketDisconnect:
        return  # the reader is notified too and ends the connection


async def _take(websocket: WebSocket, link: PageLink, frame: FromPage, weight: int) -> None:
    answer = await link.take(frame, weight)
    if answer is not None:
        await _answer(websocket, answer)


async def _answer(websocket: WebSocket, frame: ToPage) -> None:
    with suppress(WebSocketDisconnect):  # the page resends frames without a response
        await _send(websocket, encode(frame))


async def _send(websocket: WebSocket, frame: bytes) -> None:
    """Send a frame.

    Raises:
        WebSocketDisconnect: The socket was closed by the page, by this code, or by a stopping server.
    """
    if websocket.application_state is not WebSocketState.CONNECTED:
        raise WebSocketDisconnect(1006)
    try:
        await websocket.send({"type": "websocket.send", "text": frame.decode()})
    except RuntimeError:  # the server has closed the socket
        raise WebSocketDisconnect(1006) from None


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close the socket, after which the reader receives its end."""
    if websocket.application_state is WebSocketState.CONNECTED:
        text = reason.encode()[:120].decode("utf-8", "ignore")
        with suppress(WebSocketDisconnect, RuntimeError):  # the socket was already closed
            await websocket.send({"type": "websocket.close", "code": code, "reason": text})


def _refusal(error: RequestError) -> Refused:
    return Refused(event_id=None, status=error.status, detail=error.detail)

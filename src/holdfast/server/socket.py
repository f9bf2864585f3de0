"""The page's WebSocket: one per page, one frame per message."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from holdfast.errors import Denied, RequestError, Unauthenticated
from holdfast.server.page_link import PageLink, greet, read_frame
from holdfast.server.site import Site
from holdfast.wire.encode import encode
from holdfast.wire.page import FromPage, Hello, Numbered, Refused

HELLO_WITHIN = 10.0
"""Seconds that a connection may stay silent at first."""

NEEDS_LOGIN, NOT_YOURS, NO_HELLO, REPLACED, ENDED = 4401, 4403, 4408, 4409, 4410
"""Why a socket was closed; the page tries again after the last only, and reloads after the first."""


class PageSocket:
    """The socket's route.

    Args:
        site: What is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._aside: set[asyncio.Task[None]] = set()

    def routes(self) -> list[WebSocketRoute]:
        """The route under the API's prefix."""
        return [WebSocketRoute("/page/socket", self.serve)]

    async def serve(self, websocket: WebSocket) -> None:
        """One connection, from its hello to its end."""
        await websocket.accept()
        link = await self._greet(websocket)
        if link is None:
            return
        replaced = asyncio.get_running_loop().create_future()
        link.on_replaced = replaced.cancel
        link.begin()
        tasks = {asyncio.create_task(self._read(websocket, link)), asyncio.create_task(self._write(websocket, link))}
        try:
            await asyncio.wait({*tasks, replaced}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            link.end()
        if replaced.cancelled():
            await _close(websocket, REPLACED, "Another connection of this page took over.")
        for task in tasks:
            if (
                not task.cancelled()
                and (error := task.exception()) is not None
                and not isinstance(error, WebSocketDisconnect)
            ):
                raise error

    async def _greet(self, websocket: WebSocket) -> PageLink | None:
        try:
            message = await asyncio.wait_for(websocket.receive(), HELLO_WITHIN)
        except asyncio.TimeoutError:
            await _close(websocket, NO_HELLO, "No hello came.")
            return None
        if message["type"] == "websocket.disconnect":
            return None
        try:
            hello = read_frame(message.get("text") or message.get("bytes") or b"")
            if not isinstance(hello, Hello):
                await _close(websocket, NO_HELLO, "The first frame was no hello.")
                return None
            link = await greet(self._site, websocket, hello)
        except RequestError as error:
            await _send(websocket, encode(Refused(event_id=None, status=error.status, detail=error.detail)))
            code = {Unauthenticated: NEEDS_LOGIN, Denied: NOT_YOURS}.get(type(error), NO_HELLO)
            await _close(websocket, code, str(error))
            return None
        await _send(websocket, encode(link.welcome()))
        return link

    async def _read(self, websocket: WebSocket, link: PageLink) -> None:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                frame = read_frame(message.get("text") or message.get("bytes") or b"")
            except RequestError as error:
                await _send(websocket, encode(Refused(event_id=None, status=error.status, detail=error.detail)))
                continue
            if link.takes_long(frame):
                aside = asyncio.create_task(_take(websocket, link, frame))
                self._aside.add(aside)
                aside.add_done_callback(self._aside.discard)
            else:
                await _take(websocket, link, frame)

    async def _write(self, websocket: WebSocket, link: PageLink) -> None:
        feed = link.session.feed
        seen = link.seen
        while await feed.wait(seen):
            unread = feed.after(seen)
            for n, message in unread:
                await _send(websocket, encode(Numbered(n=n, message=message)))
            seen = unread[-1][0] if unread else feed.last
        await _close(websocket, ENDED, "The session has ended.")


async def _take(websocket: WebSocket, link: PageLink, frame: FromPage) -> None:
    answer = await link.take(frame)
    if answer is not None:
        with suppress(WebSocketDisconnect):  # the page sends again what it has no answer to
            await _send(websocket, encode(answer))


async def _send(websocket: WebSocket, frame: bytes) -> None:
    await websocket.send({"type": "websocket.send", "text": frame.decode()})


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    await websocket.send(
        {"type": "websocket.close", "code": code, "reason": reason.encode()[:120].decode("utf-8", "ignore")}
    )

"""Server-sent events: frames from an async iterator, heartbeats while it is idle, and an end by either side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from holdfast.clock import Clock

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]

DRAIN = b""
"""A frame that sends nothing. The next frame is requested after the connection has sent almost everything before it."""


def frame(data: bytes) -> bytes:
    """Return an SSE frame. JSON escapes line breaks, so `data` is always a single line."""
    return b"data: " + data + b"\n\n"


def named_frame(event: bytes, data: bytes) -> bytes:
    """Return an SSE frame with an event name, as used by `/call`."""
    return b"event: " + event + b"\ndata: " + data + b"\n\n"


class Stoppable(Protocol):
    """A response that continues until it is stopped."""

    def stop(self) -> None:
        """Stop the response."""


class Streams:
    """The open streams, so that they can be stopped with the server.

    Args:
        clock: Clock for the intervals between heartbeats.

    Attributes:
        stopping: Whether `stop` was called; never reset.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._open: set[Stoppable] = set()
        self.stopping = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, stream: Stoppable) -> None:
        """Register an opened stream."""
        self._open.add(stream)
        if self.stopping:
            stream.stop()

    def discard(self, stream: Stoppable) -> None:
        """Unregister a stream."""
        self._open.discard(stream)

    def stop(self) -> None:
        """Stop all streams, including those opened later."""
        self.stopping = True
        for stream in list(self._open):
            stream.stop()


class EventStream(Response):
    """A response that streams server-sent events.

    Args:
        frames: Frames to send. The response ends with them; if the client disconnects, they are closed.
        streams: Collection that the stream registers itself in while it is open.
        heartbeat: Frame to send every `interval` seconds; empty for none.
        interval: Seconds between heartbeats.
        final_frames: Function that returns the frames to send when the server stops.
        on_end: Callback for when the stream has ended for any reason.
    """

    def __init__(
        self,
        frames: AsyncIterator[bytes],
        streams: Streams,
        *,
        heartbeat: bytes = b"",
        interval: float = 15.0,
        final_frames: Callable[[], AsyncIterator[bytes]] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._frames = frames
        self._streams = streams
        self._heartbeat = heartbeat
        self._interval = interval
        self._final_frames = final_frames
        self._stopped: asyncio.Future[None] | None = None
        self.status_code = 200
        self.background = None
        self._on_end = on_end
        self._send: Send | None = None
        self._pushes: set[asyncio.Task[None]] = set()

    def push(self, data: bytes) -> None:
        """Send a frame between the others."""
        if self._send is not None:
            task = asyncio.ensure_future(self._send({"type": "http.response.body", "body": data, "more_body": True}))
            self._pushes.add(task)
            task.add_done_callback(self._pushes.discard)

    def stop(self) -> None:
        """Stop the stream after sending the final frames."""
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's signature
        """Send the frames (ASGI)."""
        self._stopped = asyncio.get_running_loop().create_future()
        self._streams.add(self)
        watch = asyncio.create_task(gone(receive))
        pump = asyncio.create_task(self._pump(send, watch))
        beat = asyncio.create_task(self._beat(send))
        try:
            await asyncio.wait({pump, watch, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._send = None
            self._streams.discard(self)
            await _end(pump, watch, beat, *self._pushes)
            if self._on_end is not None:
                self._on_end()
        if self._stopped.done() and self._final_frames is not None:
            async for data in self._final_frames():
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        if not pump.cancelled() and (error := pump.exception()) is not None:
            raise error

    async def _pump(self, send: Send, watch: asyncio.Task[None]) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            self._send = send
            async for data in self._frames:
                await send({"type": "http.response.body", "body": data, "more_body": True})
                if watch.done():  # the server does not report sending to a disconnected client
                    return
        finally:
            close = getattr(self._frames, "aclose", None)
            if close is not None:
                await close()

    async def _beat(self, send: Send) -> None:
        while self._heartbeat:
            await self._streams.clock.sleep(self._interval)
            await send({"type": "http.response.body", "body": self._heartbeat, "more_body": True})


async def gone(receive: Receive) -> None:
    """Wait until the client has disconnected. Do not use `wait_for`: before Python 3.12, it can lose a cancellation."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

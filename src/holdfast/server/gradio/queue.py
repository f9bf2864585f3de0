"""Gradio's queue over HTTP: `queue/join` starts an event, and `queue/data` streams the session's messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.clock import Clock
from holdfast.errors import BadRequest, Malformed
from holdfast.runtime.feed import Feed
from holdfast.runtime.jobs import EventRequest
from holdfast.runtime.session import Session
from holdfast.server.context import ServerContext, absolute_files
from holdfast.server.http.body import read_as, read_weighed
from holdfast.server.http.errors import JSON, error_object
from holdfast.server.http.request import HttpRequest
from holdfast.server.http.sse import DRAIN, EventStream, frame
from holdfast.wire.encode import encode, one_line
from holdfast.wire.gradio import CancelBody, PredictBody, ResetBody
from holdfast.wire.messages import (
    CloseStream,
    Completed,
    Failure,
    FeedMessage,
    Generating,
    Heartbeat,
    Output,
    StateChanged,
    UnexpectedError,
)

HEARTBEAT = frame(encode(Heartbeat()))
CLOSE = frame(encode(CloseStream()))
STOPPED = frame(encode(UnexpectedError(message="Server stopped unexpectedly.")))
UNFINISHED = Failure(error="The server stopped before this event ended. Try again later.")
UNKNOWN = frame(encode(UnexpectedError(message="404: Not Found", session_not_found=True)))

REPLAYED = 50
"""Messages to repeat on a stream if another stream, which is or may be dead, has received them."""

CLOSING = 0.5
"""Seconds that a client has to process the end of its stream before the connection ends. Most clients close it."""

_predict = msgspec.json.Decoder(PredictBody)
_cancel = msgspec.json.Decoder(CancelBody)
_reset = msgspec.json.Decoder(ResetBody)


class QueueRoutes:
    """Routes of the queue.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._readers: WeakKeyDictionary[Session, Readers] = WeakKeyDictionary()

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/queue/join", self.join, methods=["POST"]),
            Route("/queue/data", self.data, methods=["GET"]),
            Route("/queue/status", self.status, methods=["GET"]),
            Route("/cancel", self.cancel, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/reset/", self.reset, methods=["POST"]),
        ]

    async def join(self, request: Request) -> Response:
        """Start an event. Its messages are sent through the session's stream."""
        body, weight = await read_weighed(request, _predict)
        if body.session_hash is None:
            raise BadRequest("Session hash not found.")
        if body.fn_index is None:
            raise BadRequest("No function index provided.")
        session = await self._context.client_session(request, body.session_hash)
        call = EventRequest(
            fn=body.fn_index,
            data=body.data,
            event_data=body.event_data,
            trigger=body.trigger_id,
            batched=body.batched,
            weight=weight,
            request=HttpRequest(request, session.id, session.username),
        )
        job = await self._context.runtime.submit(session, call)
        if (readers := self._readers.get(session)) is not None:
            await readers.wait_closed()
        return JSON({"event_id": job.id})

    async def data(self, request: Request) -> Response:
        """Stream the messages of a session's events until none is pending."""
        id = request.query_params.get("session_hash")
        if id is None:
            raise Malformed("The query parameter session_hash is missing.")
        user = await self._context.identify(request)
        session = await self._context.known_session(request, id, user)
        final_frames = on_end = None
        if session is None:
            frames: AsyncIterator[bytes] = _not_found()
        else:
            final_frames = partial(final_frames_of, session, self._context.runtime.clock)
            self._context.runtime.listen(session)
            on_end = partial(self._context.runtime.unlisten, session)
            readers = self._readers.setdefault(session, Readers())
            frames = messages(session, partial(self._context.root, request), readers, self._context.runtime.clock)
        return EventStream(
            frames,
            self._context.streams,
            heartbeat=HEARTBEAT,
            interval=self._context.options.heartbeat,
            final_frames=final_frames,
            on_end=on_end,
        )

    async def status(self, request: Request) -> Response:
        """Serve the length of the queue."""
        await self._context.identify(request)
        size = self._context.runtime.queue.waiting
        return JSON({"msg": "estimation", "event_id": None, "rank": None, "queue_size": size, "rank_eta": None})

    async def cancel(self, request: Request) -> Response:
        """Cancel an event of the client's session."""
        body = await read_as(request, _cancel)
        session = await self._context.known_session(request, body.session_hash)
        if session is not None:
            self._context.runtime.cancel(session, [body.event_id])
        return JSON({"success": True})

    async def reset(self, request: Request) -> Response:
        """Do nothing, because generators belong to events and need no reset."""
        await read_as(request, _reset)
        return JSON({"success": True})


async def _not_found() -> AsyncIterator[bytes]:
    yield UNKNOWN


class Readers:
    """The open streams of a session. Each receives every message, regardless of the others.

    A client that loses its connection opens another stream, often long before the server detects that the first one is
    dead, and the messages sent to the dead stream would be lost. So a few messages are kept while a stream is open and
    after it broke off, and the next stream starts with them; clients ignore those that they already know.

    A stream with a sent `close_stream` only ends when its client closes it. On `close_stream`, the Python client gives
    up all events that it knows, so an event started just before would be lost, although its messages would arrive
    through the next stream. `wait_closed` therefore delays the response to a new event while a stream is closing.
    """

    def __init__(self) -> None:
        self._passed: dict[object, int] = {}
        self._read = 0
        """Number of the last message of a stream that was read to its end."""
        self._closing = 0
        self._closed: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._passed)

    def add(self, reader: object) -> None:
        """Register an opened stream."""
        self._passed[reader] = 0

    def passed(self, reader: object, n: int, feed: Feed) -> None:
        """Record that a message was passed to a stream's connection."""
        self._passed[reader] = n
        feed.ack(min(self._passed.values()) - REPLAYED)

    def remove(self, reader: object, feed: Feed, *, whole: bool) -> None:
        """Unregister a stream. All its messages count as read if it is complete, otherwise all but the last few.

        Args:
            reader: The stream. If it has already ended, nothing happens.
            feed: Feed of its messages.
            whole: The stream sent all messages; otherwise, it broke off.
        """
        passed = self._passed.pop(reader, None)
        if passed is None:
            return
        if whole:
            self._read = max(self._read, passed)
        if not self._passed:
            feed.ack(max(self._read, passed - REPLAYED))

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Mark a stream as closing until its client has closed it."""
        self._closing += 1
        try:
            yield
        finally:
            self._closing -= 1
            if not self._closing and self._closed is not None:
                self._closed.set()
                self._closed = None

    async def wait_closed(self) -> None:
        """Wait until no stream is closing."""
        if self._closing:
            self._closed = self._closed or asyncio.Event()
            await self._closed.wait()


async def messages(
    session: Session, root: Callable[[], str], readers: Readers, clock: Clock
) -> AsyncGenerator[bytes, None]:
    """Yield a session's messages for Gradio's clients, until an event has ended and none is pending.

    A stream continues after the last message of an earlier stream that was read to its end. See `Readers` for streams
    that broke off.

    Args:
        session: Session of the stream.
        root: Function that returns the app's public URL, for file URLs.
        readers: All streams of the session.
        clock: Source of time.
    """
    feed = session.feed
    generated: set[str] = set()
    seen, ended = 0, False
    reader = object()
    readers.add(reader)
    try:
        while await feed.wait(seen):
            unread = feed.after(seen)
            seen = feed.last
            for n, message in unread:
                encoded = encode_for_client(message, generated)
                readers.passed(reader, n, feed)
                if encoded:
                    yield frame(one_line(absolute_files(encoded, root)))
                ended = ended or isinstance(message, Completed)
            if ended and _all_sent(session, seen):
                yield DRAIN  # a slow or lost client must not delay those who wait until it is closed
                if _all_sent(session, seen):
                    break
        else:
            yield STOPPED
            return
        readers.remove(reader, feed, whole=True)
        with readers.closing():
            yield CLOSE
            await clock.sleep(CLOSING)
    finally:
        readers.remove(reader, feed, whole=False)


async def final_frames_of(session: Session, clock: Clock) -> AsyncIterator[bytes]:
    """Yield the end of a session's stream when the server stops.

    Gradio's Python client only shows a message from the end of an event: on `unexpected_error` it raises a `KeyError`,
    and the end of the stream cancels what it has not processed, so that iterating over such a job waits indefinitely.

    Args:
        session: Session of the stream.
        clock: Source of time.
    """
    jobs = [job for job in session.jobs.values() if job.feed is session.feed and not job.has_ended]
    for job in jobs:
        end = Completed(event_id=job.id, output=UNFINISHED, success=False, title="Error")
        yield frame(encode_for_client(end, set()))
    if jobs:
        await clock.sleep(CLOSING)
    yield STOPPED


def _all_sent(session: Session, seen: int) -> bool:
    return session.idle and seen == session.feed.last


def encode_for_client(message: FeedMessage, generated: set[str]) -> bytes:
    """Encode a message for Gradio's stream. Messages that its clients do not know become empty.

    Args:
        message: The message.
        generated: IDs of events that have generated output on this stream; updated by this function.
    """
    if isinstance(message, StateChanged):
        return b""
    if isinstance(message, Generating):
        if message.full and message.event_id in generated:
            message = _as_edits(message)
        generated.add(message.event_id)
    elif isinstance(message, Completed):
        generated.discard(message.event_id)
        if message.cancelled:
            return _completed(message, {})
        if isinstance(message.output, Failure):
            return _completed(message, error_object(message.output))
    return encode(message)


def _completed(message: Completed, output: dict[str, Any]) -> bytes:
    shown = {"msg": "process_completed", "event_id": message.event_id, "output": output}
    return encode({**shown, "success": message.success, "title": message.title})


def _as_edits(message: Generating) -> Generating:
    """Convert full values to edits that replace the old ones, because a client expects edits after the first output."""
    output: Output = message.output
    data: list[Any] = [[["replace", [], value]] for value in output.data]
    return replace(message, output=replace(output, data=data), full=False)

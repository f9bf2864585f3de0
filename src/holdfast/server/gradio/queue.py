"""Gradio's queue over HTTP: `queue/join` makes an event, `queue/data` streams what the session's events tell."""

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
UNFINISHED = Failure(error="The server was stopped before this event had ended. Try again later.")
UNKNOWN = frame(encode(UnexpectedError(message="404: Not Found", session_not_found=True)))

REPLAYED = 50
"""Messages that a stream begins with when another one, which is dead or may be, has had them."""

PARTING = 0.5
"""Seconds that a client has to take in the end of its stream before the connection ends: most close it at once."""

_predict = msgspec.json.Decoder(PredictBody)
_cancel = msgspec.json.Decoder(CancelBody)
_reset = msgspec.json.Decoder(ResetBody)


class QueueRoutes:
    """The queue's routes.

    Args:
        context: What all routes share.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._readers: WeakKeyDictionary[Session, Readers] = WeakKeyDictionary()

    def routes(self) -> list[Route]:
        """The routes under the API's prefix."""
        return [
            Route("/queue/join", self.join, methods=["POST"]),
            Route("/queue/data", self.data, methods=["GET"]),
            Route("/queue/status", self.status, methods=["GET"]),
            Route("/cancel", self.cancel, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/reset/", self.reset, methods=["POST"]),
        ]

    async def join(self, request: Request) -> Response:
        """Make an event; its messages come through the session's stream."""
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
            await readers.parted()
        return JSON({"event_id": job.id})

    async def data(self, request: Request) -> Response:
        """Stream the messages of all events of a session until none is pending."""
        id = request.query_params.get("session_hash")
        if id is None:
            raise Malformed("The query parameter session_hash is missing.")
        user = await self._context.identify(request)
        session = await self._context.known_session(request, id, user)
        farewell = on_end = None
        if session is None:
            frames: AsyncIterator[bytes] = _not_found()
        else:
            farewell = partial(last_words, session, self._context.runtime.clock)
            self._context.runtime.listen(session)
            on_end = partial(self._context.runtime.unlisten, session)
            readers = self._readers.setdefault(session, Readers())
            frames = messages(session, partial(self._context.root, request), readers, self._context.runtime.clock)
        return EventStream(
            frames,
            self._context.streams,
            heartbeat=HEARTBEAT,
            interval=self._context.options.heartbeat,
            farewell=farewell,
            on_end=on_end,
        )

    async def status(self, request: Request) -> Response:
        """How long the queue is."""
        await self._context.identify(request)
        size = self._context.runtime.queue.waiting
        return JSON({"msg": "estimation", "event_id": None, "rank": None, "queue_size": size, "rank_eta": None})

    async def cancel(self, request: Request) -> Response:
        """Stop an event of the asking client's session."""
        body = await read_as(request, _cancel)
        session = await self._context.known_session(request, body.session_hash)
        if session is not None:
            self._context.runtime.cancel(session, [body.event_id])
        return JSON({"success": True})

    async def reset(self, request: Request) -> Response:
        """Nothing: generators are per event, so there is none to reset."""
        await read_as(request, _reset)
        return JSON({"success": True})


async def _not_found() -> AsyncIterator[bytes]:
    yield UNKNOWN


class Readers:
    """The streams that are open on one session: each gets every message, whoever else reads.

    A client that lost its connection opens another stream, often long before the server learns that the first is dead,
    and what was handed to that one would be nobody's. So a few messages are kept while a stream is open and after one
    that broke off, and the next one begins with them; clients pass over what they know already.

    A stream that is told to close is gone when its client has closed it. The Python client gives up every event that
    it knows of when it reads `close_stream`, so one that it learns of just before would be lost, although its messages
    would come through the next stream. Hence `parted`: no new event is told while a stream is parting.
    """

    def __init__(self) -> None:
        self._handed: dict[object, int] = {}
        self._read = 0
        """Number of the last message of a stream that came to its end."""
        self._parting = 0
        self._parted: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._handed)

    def begin(self, reader: object) -> None:
        """A stream is opened."""
        self._handed[reader] = 0

    def hand(self, reader: object, n: int, feed: Feed) -> None:
        """A message is handed to a stream's connection."""
        self._handed[reader] = n
        feed.ack(min(self._handed.values()) - REPLAYED)

    def end(self, reader: object, feed: Feed, *, whole: bool) -> None:
        """A stream has ended; what it has told counts as read if it is the whole of it, else all but a few messages.

        Args:
            reader: The stream; one that has ended already is passed over.
            feed: Where its messages came from.
            whole: It told all that there was; otherwise it broke off.
        """
        handed = self._handed.pop(reader, None)
        if handed is None:
            return
        if whole:
            self._read = max(self._read, handed)
        if not self._handed:
            feed.ack(max(self._read, handed - REPLAYED))

    @contextmanager
    def parting(self) -> Iterator[None]:
        """While a stream that is told to close is still open."""
        self._parting += 1
        try:
            yield
        finally:
            self._parting -= 1
            if not self._parting and self._parted is not None:
                self._parted.set()
                self._parted = None

    async def parted(self) -> None:
        """Wait for the streams that are parting."""
        if self._parting:
            self._parted = self._parted or asyncio.Event()
            await self._parted.wait()


async def messages(
    session: Session, root: Callable[[], str], readers: Readers, clock: Clock
) -> AsyncGenerator[bytes, None]:
    """A session's messages as Gradio's clients read them; ends when an event has ended and none is pending.

    A stream that is opened after one that came to its end goes on there; see `Readers` for one that broke off.

    Args:
        session: Whose.
        root: Gives the app's public address, for the addresses of files.
        readers: All streams of the session.
        clock: Where time comes from.
    """
    feed = session.feed
    generated: set[str] = set()
    seen, ended = 0, False
    reader = object()
    readers.begin(reader)
    try:
        while await feed.wait(seen):
            unread = feed.after(seen)
            seen = feed.last
            for n, message in unread:
                encoded = encode_for_client(message, generated)
                readers.hand(reader, n, feed)
                if encoded:
                    yield frame(one_line(absolute_files(encoded, root)))
                ended = ended or isinstance(message, Completed)
            if ended and _all_told(session, seen):
                yield DRAIN  # a client that is slow, or gone unnoticed, must not hold up those who wait for its parting
                if _all_told(session, seen):
                    break
        else:
            yield STOPPED
            return
        readers.end(reader, feed, whole=True)
        with readers.parting():
            yield CLOSE
            await clock.sleep(PARTING)
    finally:
        readers.end(reader, feed, whole=False)


async def last_words(session: Session, clock: Clock) -> AsyncIterator[bytes]:
    """What a session's stream ends with when the server stops.

    Gradio's Python client reads a sentence only in the end of an event: `unexpected_error` makes it raise a `KeyError`,
    the end of the stream cancels what it has not taken in yet, and who iterates over such a job waits for ever.

    Args:
        session: Whose.
        clock: Where time comes from.
    """
    jobs = [job for job in session.jobs.values() if job.feed is session.feed and not job.over]
    for job in jobs:
        end = Completed(event_id=job.id, output=UNFINISHED, success=False, title="Error")
        yield frame(encode_for_client(end, set()))
    if jobs:
        await clock.sleep(PARTING)
    yield STOPPED


def _all_told(session: Session, seen: int) -> bool:
    return session.idle and seen == session.feed.last


def encode_for_client(message: FeedMessage, generated: set[str]) -> bytes:
    """One message in the form of Gradio's stream; empty for what its clients do not know.

    Args:
        message: The message.
        generated: Ids of the events that have generated on this stream; kept up to date.
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
    """Whole values as edits that replace what was there: a client that has generated once reads nothing but edits."""
    output: Output = message.output
    data: list[Any] = [[["replace", [], value]] for value in output.data]
    return replace(message, output=replace(output, data=data), full=False)

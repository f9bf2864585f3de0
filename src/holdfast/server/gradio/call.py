"""`/call`: start an event with one request and collect its result with another, for curl and other HTTP clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakValueDictionary, ref

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import Denied, Malformed, NotFound
from holdfast.graph.api.info import endpoint
from holdfast.graph.listener import Listener
from holdfast.runtime.feed import Feed
from holdfast.runtime.jobs import EventRequest, Job
from holdfast.runtime.session import Session
from holdfast.server.context import ServerContext, absolute_files
from holdfast.server.http.body import read_weighed
from holdfast.server.http.errors import JSON, error_object
from holdfast.server.http.request import HttpRequest
from holdfast.server.http.sse import DRAIN, EventStream, named_frame
from holdfast.server.kept import Bounds, Kept
from holdfast.wire.encode import encode, one_line
from holdfast.wire.gradio import CallBody
from holdfast.wire.messages import Completed, Failure, Generating, Output, Streaming

HEARTBEAT = named_frame(b"heartbeat", b"null")
DROPPED = Failure(
    error="The result was dropped because results of newer events needed the room. Start the event again."
)
STOPPED = named_frame(b"error", b'"Server stopped unexpectedly."')

_call = msgspec.json.Decoder(CallBody)
_named: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Result:
    """An event started by `/call` whose result has not been collected."""

    job: ref[Job]
    feed: Feed
    name: str
    username: str | None


def results(context: ServerContext) -> Kept[Result]:
    """Return the storage for results that have not been collected."""
    limits = context.options.limits
    bounds = Bounds(
        number=limits.results,
        per_visitor=limits.visitor_results,
        size=limits.results_bytes,
        size_per_visitor=limits.visitor_results_bytes,
        seconds=limits.result_seconds,
    )
    return Kept(
        bounds,
        context.runtime.clock,
        dropped=lambda result: result.feed.close(),
        in_use=_in_use,
    )


def _in_use(result: Result) -> bool:
    """Return whether a result is not complete yet or is being collected."""
    job = result.job()
    return (job is not None and not job.has_ended) or result.feed.watched


class Calls:
    """Routes of `/call`.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._results = results(context)
        self._jobs: WeakValueDictionary[str, Job] = WeakValueDictionary()
        """Running events by ID."""

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix, longest first because names can contain slashes."""
        return [
            Route("/call/v2/{name:path}/{event_id}", self.collect, methods=["GET"]),
            Route("/call/v2/{name:path}", self.start_named, methods=["POST"]),
            Route("/call/{name:path}/{event_id}", self.collect, methods=["GET"]),
            Route("/call/{name:path}", self.start, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        """Start an event with positional values."""
        user = await self._context.identify(request)
        body, weight = await read_weighed(request, _call)
        session = None
        if body.session_hash is not None:
            session = await self._context.client_session(request, body.session_hash)
        listener = find(self._context, session, endpoint_name(request))
        return await self._start(request, session, user, listener, fill(listener, body.data), weight)

    async def start_named(self, request: Request) -> Response:
        """Start an event with named values."""
        user = await self._context.identify(request)
        given, weight = await read_weighed(request, _named)
        listener = find(self._context, None, endpoint_name(request))
        return await self._start(request, None, user, listener, by_name(listener, given), weight)

    async def _start(
        self,
        request: Request,
        session: Session | None,
        user: str | None,
        listener: Listener,
        data: list[Any],
        weight: int,
    ) -> Response:
        if session is None:
            session = self._context.temporary_session(request, user)
        limits = self._context.options.limits
        account = self._results.account(session.visitor)
        feed = Feed(limits.feed_messages, limits.feed_bytes, account)
        about = HttpRequest(request, session.id, user)
        call = EventRequest(fn=listener.id, data=data, request=about, feed=feed, weight=weight, diffs=False)
        try:
            job = await self._context.runtime.submit(session, call)
        except BaseException:
            account.close()
            raise
        self._jobs[job.id] = job
        self._results.add(job.id, Result(ref(job), feed, listener.api_name, user), account)
        return JSON({"event_id": job.id})

    async def collect(self, request: Request) -> Response:
        """Stream an event's values until it has ended. This is possible only once."""
        user = await self._context.identify(request)
        event_id = request.path_params["event_id"]
        result = self._results.get(event_id)
        if result is None or result.name != request.path_params["name"]:
            raise NotFound(
                "There is no result for this event. It was already collected, has expired, or never existed."
            )
        if result.username != user:
            raise Denied("This event was started by another user.")
        return EventStream(
            self._frames(event_id, result.feed, partial(self._context.root, request)),
            self._context.streams,
            heartbeat=HEARTBEAT,
            interval=self._context.options.heartbeat,
            final_frames=_stopped,
            on_end=self._context.runtime.follow(self._jobs.get(event_id)),
        )

    async def _frames(self, event_id: str, feed: Feed, root: Callable[[], str]) -> AsyncIterator[bytes]:
        async for _, message in feed.read(0):
            if isinstance(message, Generating | Streaming):
                yield named_frame(b"generating", _line(message.output.data, root))
            elif isinstance(message, Completed):
                yield _last_frame(message, root)
                yield DRAIN  # the connection can be lost while a large result is sent
                self._results.pop(event_id)
                return
        yield named_frame(b"error", _line(error_object(DROPPED), root))


async def _stopped() -> AsyncIterator[bytes]:
    yield STOPPED


def endpoint_name(request: Request) -> str:
    """Return the endpoint's name from the path, without a trailing slash."""
    return str(request.path_params["name"]).removesuffix("/")


def _last_frame(message: Completed, root: Callable[[], str]) -> bytes:
    if isinstance(message.output, Failure):
        return named_frame(b"error", _line(error_object(message.output), root))
    done = isinstance(message.output, Output) and not message.cancelled
    return named_frame(b"complete", _line(message.output.data if done else None, root))  # type: ignore[union-attr]


def _line(value: Any, root: Callable[[], str]) -> bytes:
    return one_line(absolute_files(encode(value), root))


def find(context: ServerContext, session: Session | None, name: str) -> Listener:
    """Return the listener of an endpoint.

    Raises:
        NotFound: The endpoint does not exist.
    """
    app = context.runtime.app if session is None or session.own_view is None else session.own_view
    listener = app.by_api_name(name)
    if listener is None or listener.fn is None:
        known = sorted(li.api_name for li in context.runtime.app.listeners.values() if li.api_visibility == "public")
        offer = f" Its endpoints are /{', /'.join(known[:20])}." if known else ""
        raise NotFound(f"This app has no endpoint /{name[:100]}.{offer}")
    return listener


def fill(listener: Listener, data: list[Any]) -> list[Any]:
    """Return values for all inputs, adding those that callers can omit because the API excludes them (mainly State)."""
    wanted = [block for block in listener.inputs if not block.SKIP_API]
    if len(data) == len(listener.inputs) or len(data) != len(wanted):
        return data
    given = iter(data)
    return [None if block.SKIP_API else next(given) for block in listener.inputs]


def by_name(listener: Listener, given: dict[str, Any]) -> list[Any]:
    """Return values for all inputs from named values and defaults.

    Raises:
        Malformed: A name is unknown, or a value without a default is missing.
    """
    parameters = {one["parameter_name"]: one for one in endpoint(listener)["parameters"]}
    unknown = [name for name in given if name not in parameters]
    if unknown:
        names = ", ".join(parameters) or "none"
        raise Malformed(f"/{listener.api_name} has no parameter {unknown[0][:100]!r}. Its parameters are: {names}.")
    values = []
    for name, parameter in parameters.items():
        if name not in given and not parameter["parameter_has_default"]:
            raise Malformed(f"No value provided for required argument: {name}")
        values.append(given.get(name, parameter["parameter_default"]))
    return fill(listener, values)

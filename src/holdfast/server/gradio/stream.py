"""`/stream`: send the next values to a running `stream` event (a microphone, a camera), or end it."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import NotFound
from holdfast.runtime.session import Session
from holdfast.server.context import TOKEN_HEADER, ServerContext
from holdfast.server.http.body import check_id, read_weighed
from holdfast.server.http.errors import JSON
from holdfast.wire.gradio import PredictBody

_predict = msgspec.json.Decoder(PredictBody)


class Chunks:
    """Routes of running streams.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/stream/{event_id}", self.feed, methods=["POST"]),
            Route("/stream/{event_id}/close", self.close, methods=["POST"]),
        ]

    async def feed(self, request: Request) -> Response:
        """Pass the next values to a running event."""
        body, weight = await read_weighed(request, _predict)
        event_id = request.path_params["event_id"]
        session = await self._session(request, event_id)
        self._context.runtime.feed_chunk(session, event_id, body.data, body.event_data, weight=weight)
        return JSON({"msg": "success"})

    async def close(self, request: Request) -> Response:
        """End a running stream event."""
        event_id = request.path_params["event_id"]
        session = await self._session(request, event_id)
        self._context.runtime.feed_chunk(session, event_id, None)
        return JSON({"msg": "success"})

    async def _session(self, request: Request, event_id: str) -> Session:
        """Return the session of an event. The request only contains the event's ID, which cannot be guessed."""
        check_id("event_id", event_id)
        user = await self._context.identify(request)
        sessions = self._context.runtime.sessions
        for session in sessions:
            if event_id in session.jobs:
                sessions.check(session, request.headers.get(TOKEN_HEADER), user)
                return session
        raise NotFound("This stream does not exist. Start an event first.")

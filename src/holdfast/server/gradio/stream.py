"""`/stream`: the next values for a running `stream` event (a microphone, a camera), and its end."""

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
    """The routes of running streams.

    Args:
        context: What all routes share.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under the API's prefix."""
        return [
            Route("/stream/{event_id}", self.feed, methods=["POST"]),
            Route("/stream/{event_id}/close", self.close, methods=["POST"]),
        ]

    async def feed(self, request: Request) -> Response:
        """Give a running event its next values."""
        body, weight = await read_weighed(request, _predict)
        event_id = request.path_params["event_id"]
        session = await self._session(request, event_id)
        self._context.runtime.feed_chunk(session, event_id, body.data, body.event_data, weight=weight)
        return JSON({"msg": "success"})

    async def close(self, request: Request) -> Response:
        """Tell a running event that nothing more comes."""
        event_id = request.path_params["event_id"]
        session = await self._session(request, event_id)
        self._context.runtime.feed_chunk(session, event_id, None)
        return JSON({"msg": "success"})

    async def _session(self, request: Request, event_id: str) -> Session:
        """Whose event it is: the request names the event alone, whose id nobody else can guess."""
        check_id("event_id", event_id)
        user = await self._context.identify(request)
        sessions = self._context.runtime.sessions
        for session in sessions:
            if event_id in session.jobs:
                sessions.check(session, request.headers.get(TOKEN_HEADER), user)
                return session
        raise NotFound("There is no such stream. Start an event first.")

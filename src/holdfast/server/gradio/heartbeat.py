"""`/heartbeat`: a stream that only shows each side that the other is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.server.context import ServerContext
from holdfast.server.http.body import check_id
from holdfast.server.http.sse import EventStream, frame

ALIVE = frame(b"ALIVE")


class HeartbeatRoute:
    """Route of the heartbeat.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the route under the API's prefix."""
        return [Route("/heartbeat/{session_hash}", self.heartbeat, methods=["GET"])]

    async def heartbeat(self, request: Request) -> Response:
        """Keep the stream open until the client disconnects, then close its session."""
        id = request.path_params["session_hash"]
        check_id("session_hash", id)
        session = await self._context.known_session(request, id)
        if session is None:
            await self._context.identify(request)
        heartbeats = self._context.heartbeats
        heartbeats.add(id, session)
        return EventStream(
            _alive(),
            self._context.streams,
            heartbeat=ALIVE,
            interval=self._context.options.heartbeat,
            on_end=lambda: heartbeats.remove(id),
        )


async def _alive() -> AsyncIterator[bytes]:
    yield ALIVE
    await anyio.sleep_forever()

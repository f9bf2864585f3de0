"""`/heartbeat`: a stream that says nothing but that both sides are there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.server.context import Site
from holdfast.server.http.body import check_id
from holdfast.server.http.sse import EventStream, frame

ALIVE = frame(b"ALIVE")


class Heartbeat:
    """The heartbeat's route.

    Args:
        site: What is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """The route under the API's prefix."""
        return [Route("/heartbeat/{session_hash}", self.heartbeat, methods=["GET"])]

    async def heartbeat(self, request: Request) -> Response:
        """Stay open as long as the client does; its session is closed afterwards."""
        id = request.path_params["session_hash"]
        check_id("session_hash", id)
        session = await self._site.known_session(request, id)
        if session is None:
            await self._site.identify(request)
        heartbeats = self._site.heartbeats
        heartbeats.add(id, session)
        return EventStream(
            _alive(),
            self._site.streams,
            heartbeat=ALIVE,
            interval=self._site.options.heartbeat,
            on_end=lambda: heartbeats.remove(id),
        )


async def _alive() -> AsyncIterator[bytes]:
    yield ALIVE
    await anyio.sleep_forever()

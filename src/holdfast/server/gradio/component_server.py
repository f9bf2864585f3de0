"""`/component_server`: component methods that the page can call (`@server`)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import BadRequest, Malformed, Outdated
from holdfast.server.context import ServerContext
from holdfast.server.http.body import read_weighed
from holdfast.server.http.errors import JSON
from holdfast.server.http.request import HttpRequest


class ComponentCall(Struct, kw_only=True):
    """Body of a page's call of a component method."""

    component_id: int
    fn_name: str
    session_hash: str
    data: Any = None
    program: str = ""
    """Version of the program that built the page. Component numbers are only valid for that version."""


_decoder = msgspec.json.Decoder(ComponentCall)


class ComponentServer:
    """Route of component methods.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/component_server", self.call, methods=["POST"]),
            Route("/component_server/", self.call, methods=["POST"]),
        ]

    async def call(self, request: Request) -> Response:
        """Call a method of the session's own instance of a component."""
        await self._context.identify(request)
        try:
            body, weight = await read_weighed(request, _decoder)
        except Malformed as error:
            raise BadRequest(f"Invalid JSON body. {error}") from None
        if body.program not in {"", self._context.runtime.app.program}:
            raise Outdated("The app was updated. Reload the page.")
        session = await self._context.client_session(request, body.session_hash)
        about = HttpRequest(request, session.id, session.username)
        result = await self._context.runtime.component_server(
            session, body.component_id, body.fn_name, body.data, request=about, weight=weight
        )
        return JSON(result)

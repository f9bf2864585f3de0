"""The routes under `/gradio_api/mcp`: both transports, the list of tools, and a page for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from holdfast.errors import Denied
from holdfast.server.context import USER, ServerContext
from holdfast.server.http.cors import may_call
from holdfast.server.http.errors import JSON
from holdfast.server.mcp.client_sessions import CALLS
from holdfast.server.mcp.landing import landing
from holdfast.server.mcp.tools import described, selected, tools_of
from holdfast.server.mcp.transports import ActiveRequest, McpServer

ASGI: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class McpRoutes:
    """Routes of the app's tools.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._tools = tools_of(context.runtime.app)
        self._serving = McpServer(context, self._tools)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Return a context manager that serves while it is open."""
        return self._serving.running()

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix, each with and without a trailing slash."""
        apps: dict[str, ASGI] = {
            "": self._streamable,
            "/sse": self._serving.sse,
            "/messages": self._serving.messages,
        }
        guarded = [
            Route(f"/mcp{path}{slash}", Guarded(self._context, app))
            for path, app in apps.items()
            for slash in ("/", "")
        ]
        return [Route("/mcp/schema", self.schema), Route("/mcp/schema/", self.schema), *guarded]

    async def schema(self, request: Request) -> Response:
        """Serve the tools as JSON, for people and for clients that configure themselves."""
        await self._context.identify(request)
        chosen = selected(self._tools, request.query_params.get("tools"))
        return JSON([described(tool) for tool in chosen.values()])

    async def _streamable(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        accepted = request.headers.get("accept", "")
        if scope["method"] in {"GET", "HEAD"} and "text/html" in accepted and "text/event-stream" not in accepted:
            chosen = selected(self._tools, request.query_params.get("tools"))
            page = landing(self._context.runtime.app.title, list(chosen.values()), self._context.root(request))
            await HTMLResponse(page)(scope, receive, send)
            return
        await self._serving.streamable(scope, receive, send)


class Guarded:
    """Checks access to the app, and rejects pages of other sites if the app is on its visitor's machine.

    Args:
        context: State shared by all routes.
        app: App that serves requests with access.
    """

    def __init__(self, context: ServerContext, app: ASGI) -> None:
        self._context = context
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request (ASGI).

        Raises:
            Unauthenticated: A login is required.
            Denied: The request comes from a page of another site.
        """
        request = Request(scope)
        if not may_call(scope, strict=self._context.options.access.strict_cors):
            raise Denied("A page of another site cannot use the tools of an app on this machine.")
        user = await self._context.identify(request)
        calls: list[Callable[[], None]] = []
        scope = {**scope, USER: user, CALLS: calls}
        if user is not None:  # the `mcp` package binds each session to this user
            scope["user"] = AuthenticatedUser(AccessToken(token="", client_id=user, scopes=[]))
        with self._context.bodies.intake(receive, self._context.visitor(request, user)) as intake:
            running = ActiveRequest(intake, send)
            self._context.streams.add(running)
            try:
                await running.serve(self._app, scope)
            finally:
                for leave in () if running.ended else calls:
                    leave()
                self._context.streams.discard(running)

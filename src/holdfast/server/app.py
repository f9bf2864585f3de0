"""The ASGI app of a served app, which combines its routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.errors import HoldfastError
from holdfast.runtime.runtime import Runtime
from holdfast.server.access_log import AccessLog
from holdfast.server.app_config import Configs
from holdfast.server.context import ServerContext
from holdfast.server.default_store import enter, leave
from holdfast.server.file_routes import Files
from holdfast.server.gradio.call import Calls
from holdfast.server.gradio.component_server import ComponentServer
from holdfast.server.gradio.config import GradioRoutes
from holdfast.server.gradio.heartbeat import HeartbeatRoute
from holdfast.server.gradio.queue import QueueRoutes
from holdfast.server.gradio.run import Run
from holdfast.server.gradio.stream import Chunks
from holdfast.server.health import Health
from holdfast.server.http.cors import CORS
from holdfast.server.http.errors import HANDLERS, JSON
from holdfast.server.http.gate import Gate
from holdfast.server.http.root_path import StripRoot
from holdfast.server.login.routes import AuthRoutes
from holdfast.server.mcp.loader import ToolServer, open_tools
from holdfast.server.metrics import Metrics
from holdfast.server.page.assets import Static
from holdfast.server.page.fallback import FeedRoutes
from holdfast.server.page.html import Pages
from holdfast.server.page.socket import PageSocket
from holdfast.server.settings import ServerOptions
from holdfast.server.uploads import Uploads

PREFIX = "/gradio_api"
"""Path prefix of the API. Clients read it from the config."""
SOCKET = f"{PREFIX}/page/socket"
STOPPED = "The server stopped before it could respond. Try again later."


class ServerApp(Starlette):
    """A Starlette app behind a gate. Its only socket bypasses the middleware stack, which would be kept per page.

    Args:
        context: State shared by all routes.
        socket: App that serves the page's socket.
        **options: Options of Starlette.
    """

    def __init__(self, context: ServerContext, socket: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._socket = socket
        access, root_path = context.options.access, context.options.root_path
        served = AccessLog(self._serve, context.runtime.clock.monotonic) if context.options.access_log else self._serve
        self._gate = Gate(served, proxies=access.proxies(), hosts=access.hosts(root_path), origins=context.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection (ASGI)."""
        await self._gate(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection that the gate has admitted."""
        if scope["type"] == "websocket" and scope["path"].endswith(SOCKET):
            scope["app"] = self
            await self._socket(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            context: ServerContext = self.state.context
            if scope["type"] != "http" or not context.streams.stopping:
                raise
            with suppress(RuntimeError):  # the response has started
                await JSON({"detail": STOPPED}, status_code=503)(scope, receive, send)


def create_app(runtime: Runtime, options: ServerOptions) -> Starlette:
    """Return the ASGI app that serves a runtime and starts and closes it in its lifespan.

    Args:
        runtime: Runtime that runs the events.
        options: Settings of the server.

    Returns:
        The app. Its `state.context` holds what the routes share.
    """
    context = ServerContext(runtime, options)
    configs = Configs(runtime.app, options.rules)
    auth = AuthRoutes(context.auth, context.links, options.root_path)
    gradio = GradioRoutes(context, configs)
    tools = open_tools(context) if runtime.app.options.mcp_server else None
    health = Health(context)
    api: list[BaseRoute] = [
        *QueueRoutes(context).routes(),  # the most used routes come first, since routes are tried in order
        *Run(context).routes(),
        *FeedRoutes(context).routes(),
        *Calls(context).routes(),
        *HeartbeatRoute(context).routes(),
        *Uploads(context).routes(),
        *Files(context).routes(),
        *ComponentServer(context).routes(),
        *Chunks(context).routes(),
        *gradio.api_routes(),
        *auth.api_routes(),
        *health.routes(),
        *Metrics(context).routes(),
        *(tools.routes() if tools is not None else ()),
    ]
    routes: list[BaseRoute] = [
        *_under(PREFIX, api),
        *health.probes(),
        *Pages(context, configs).routes(),
        *gradio.routes(),
        *auth.routes(),
        *Static(options.page_folder, options.favicon_path, options.logo).routes(),
    ]
    middleware = [Middleware(StripRoot, root_path=options.root_path)]
    if options.cors:
        middleware.append(Middleware(CORS, strict=options.access.strict_cors))
    app = ServerApp(
        context,
        PageSocket(context),
        routes=routes,
        middleware=middleware,
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.context = context
    app.state.tools = tools
    return app


def _under(prefix: str, routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Add a prefix to routes. A mount's path would become part of the app's public URL."""
    for route in routes:
        if isinstance(route, Route):
            yield QuickRoute(prefix + route.path, route.endpoint, methods=list(route.methods or ()))


class QuickRoute(Route):
    """A route that rejects other requests' paths in a tenth of the time; a request passes many routes."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods)
        self._head = path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a request as `Route.matches` does."""
        # The path can start with the root path of a mount or proxy, which Starlette removes.
        return super().matches(scope) if self._head in scope["path"] else (Match.NONE, {})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Start the runtime. At the end, stop the streams and close the runtime."""
    context: ServerContext = app.state.context
    tools: ToolServer | None = app.state.tools
    keeper = context.options.rules.keeper
    unchosen, engine = context.options.default_store, context.runtime.engine
    specs = [state.cell for state in context.runtime.app.states]  # type: ignore[attr-defined]
    try:
        if unchosen is not None:
            enter(unchosen, specs)
        await engine.start()
        await context.runtime.start()
        context.started = True
    except HoldfastError as error:
        app.state.refused = error
        await engine.aclose()
        leave(unchosen or "", specs)
        if keeper is not None:
            await anyio.to_thread.run_sync(keeper.close)
        raise
    try:
        async with AsyncExitStack() as serving:
            await serving.enter_async_context(context.auth.attended(context.links))
            if tools is not None:
                await serving.enter_async_context(tools.running())
            if keeper is not None:
                sweeping = asyncio.create_task(keeper.run())
                serving.callback(sweeping.cancel)
            yield
    finally:
        context.streams.stop()
        await context.runtime.aclose()
        await engine.aclose()
        leave(unchosen or "", specs)
        if keeper is not None:
            await anyio.to_thread.run_sync(keeper.close)

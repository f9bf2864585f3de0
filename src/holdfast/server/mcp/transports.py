"""The protocol's two transports over HTTP, as ASGI apps: one address, and the older pair of addresses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from mcp import types
from mcp.server import Server
from mcp.server.runner import serve_loop
from mcp.server.sse import SseServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.errors import Busy
from holdfast.server.context import USER, ServerContext
from holdfast.server.http.body_budget import Intake
from holdfast.server.mcp.calls import Context, ToolCalls
from holdfast.server.mcp.client_sessions import request_of
from holdfast.server.mcp.resources import Readings, has_parameters, shown_prompt, shown_resource, shown_template
from holdfast.server.mcp.sessions import SLACK, ProtocolSessions, most_sessions
from holdfast.server.mcp.tools import Tool, of_kind, selected
from holdfast.version import __version__

Page: TypeAlias = "types.PaginatedRequestParams | None"
Offered: TypeAlias = Callable[..., dict[str, Tool]]
"""Gives those of a kind that a client wants."""
MESSAGES = "/gradio_api/mcp/messages/"
"""Where clients of the older transport post to, below the app's root."""


class Serving:
    """Serves an app's tools.

    Args:
        context: What all routes share.
        tools: Its tools.
    """

    def __init__(self, context: ServerContext, tools: Mapping[str, Tool]) -> None:
        self._context = context
        self._tools = tools
        self._calls = ToolCalls(context)
        self._manager: StreamableHTTPSessionManager | None = None
        self._streams: Counter[str] = Counter()
        """Streams of the older transport that are open, by visitor."""
        self._sse = SseServerTransport(MESSAGES, max_request_body_size=context.options.limits.body_bytes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while this is open; at its end all sessions end."""
        options = self._context.runtime.options
        manager = StreamableHTTPSessionManager(
            self._server(),
            session_idle_timeout=max(options.session_grace, 1.0),
            max_request_body_size=self._context.options.limits.body_bytes,
            max_sessions=most_sessions(self._context) + SLACK,
        )
        async with manager.run():
            self._manager = manager
            self._sessions = ProtocolSessions(self._context, manager.asgi_app)
            try:
                yield
            finally:
                self._manager = None

    async def streamable(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The current transport: requests are posted, answers and notifications are streamed."""
        if self._manager is None:
            raise RuntimeError(
                "The MCP server has not started: the app's lifespan has not been entered. Serve the app with launch(), "
                "or mount it before the parent app starts."
            )
        await self._sessions(scope, receive, send)

    async def sse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The older transport's stream; it is the session.

        Raises:
            Busy: The visitor, or all visitors, have as many of them as they may.
        """
        request = Request(scope)
        visitor = self._context.visitor(request, scope.get(USER))
        self._check_room(visitor)
        self._streams[visitor] += 1
        try:
            await self._stream(request, scope, receive, send)
        finally:
            self._streams[visitor] -= 1
            if not self._streams[visitor]:
                del self._streams[visitor]

    def _check_room(self, visitor: str) -> None:
        if visitor and self._streams[visitor] >= self._context.options.limits.visitor_mcp_sessions:
            raise Busy("You have as many sessions of this app's tools open as you may. End one of them first.")
        if sum(self._streams.values()) >= most_sessions(self._context):
            raise Busy("All sessions of the tools of this app are in use. Try again later.")

    async def _stream(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        path = urlsplit(self._context.root(request)).path  # the transport tells its client where to post
        server = self._server(request.query_params.get("tools", ""))
        async with self._sse.connect_sse({**scope, "root_path": path}, receive, send) as (incoming, outgoing):
            await serve_loop(server, incoming, outgoing, lifespan_state={})

    async def messages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What clients of the older transport post."""
        await self._sse.handle_post_message(scope, receive, send)

    def _server(self, names: str | None = None) -> Server[Any]:
        """The protocol's server.

        Args:
            names: The tools that its one client wants; without, each request says it.
        """

        def offered(ctx: Context, kind: str = "tool") -> dict[str, Tool]:
            wanted = request_of(ctx).query_params.get("tools") if names is None else names
            return of_kind(selected(self._tools, wanted), kind)

        async def list_tools(ctx: Context, _: Page) -> types.ListToolsResult:
            return types.ListToolsResult(tools=[_shown(tool) for tool in offered(ctx).values()])

        async def call_tool(ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
            return await self._calls.call(ctx, offered(ctx), params.name, params.arguments or {})

        server: Server[Any] = Server(
            self._context.runtime.app.title, version=__version__, on_list_tools=list_tools, on_call_tool=call_tool
        )
        self._add_readings(server, offered)
        server.add_request_handler("server/discover", types.RequestParams, _discover(server))
        return server

    def _add_readings(self, server: Server[Any], offered: Offered) -> None:
        """Resources and prompts, where the app has any: a server says that it has what it can answer for."""
        readings = Readings(self._calls, self._context.options.rules)

        async def list_resources(ctx: Context, _: Page) -> types.ListResourcesResult:
            found = offered(ctx, "resource").values()
            return types.ListResourcesResult(
                resources=[shown_resource(one) for one in found if not has_parameters(one)]
            )

        async def list_templates(ctx: Context, _: Page) -> types.ListResourceTemplatesResult:
            found = [shown_template(one) for one in offered(ctx, "resource").values() if has_parameters(one)]
            return types.ListResourceTemplatesResult(resource_templates=found)

        async def read(ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
            return await readings.resource(ctx, offered(ctx, "resource"), str(params.uri))

        async def list_prompts(ctx: Context, _: Page) -> types.ListPromptsResult:
            return types.ListPromptsResult(prompts=[shown_prompt(one) for one in offered(ctx, "prompt").values()])

        async def get_prompt(ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
            return await readings.prompt(ctx, offered(ctx, "prompt"), params.name, params.arguments or {})

        if of_kind(self._tools, "resource"):
            server.add_request_handler("resources/list", types.PaginatedRequestParams, list_resources)
            server.add_request_handler("resources/templates/list", types.PaginatedRequestParams, list_templates)
            server.add_request_handler("resources/read", types.ReadResourceRequestParams, read)
        if of_kind(self._tools, "prompt"):
            server.add_request_handler("prompts/list", types.PaginatedRequestParams, list_prompts)
            server.add_request_handler("prompts/get", types.GetPromptRequestParams, get_prompt)


def _shown(tool: Tool) -> types.Tool:
    shown = types.Tool(name=tool.name, description=tool.description, input_schema=tool.schema)
    return shown if tool.offer.meta is None else shown.model_copy(update={"meta": tool.offer.meta})


def _discover(server: Server[Any]) -> Any:
    """Tells clients that know the version without sessions to take one with them: State lives in a session.

    Those that insist are served, with a fresh session for each call.
    """

    async def discover(ctx: Context, _: types.RequestParams) -> types.DiscoverResult:
        return types.DiscoverResult(
            supported_versions=list(HANDSHAKE_PROTOCOL_VERSIONS),
            capabilities=server.get_capabilities(protocol_version=ctx.protocol_version),
        )

    return discover


class Running:
    """One request being served. When the server ends it is told that its client has gone, and ends in its own way.

    Args:
        intake: Receives what the client sends.
        send: Where its answer goes.
    """

    def __init__(self, intake: Intake, send: Send) -> None:
        self._intake = intake
        self._send = send
        self._stopped = asyncio.get_running_loop().create_future()
        self._begun = self.ended = False

    def stop(self) -> None:
        """End it."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        """Serve the request until it is answered, or stopped; then its answer ends where it is."""
        await app(scope, self._received, self._sent)
        if self._stopped.done() and self._begun and not self.ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _received(self) -> Message:
        message = asyncio.ensure_future(self._intake.receive())
        try:
            await asyncio.wait({message, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            self._intake.hold(0)  # the answer may be a stream that stays open
            message["headers"] = [*message.get("headers", ()), EXPOSED]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.ended = True
        await self._send(message)


EXPOSED = (b"access-control-expose-headers", b"mcp-session-id")
"""Lets a browser's client read the session's id, without which it cannot go on."""

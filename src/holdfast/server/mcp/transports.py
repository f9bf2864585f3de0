"""The protocol's two HTTP transports as ASGI apps: streamable HTTP with one URL, and the older SSE with two."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
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
from holdfast.server.mcp.resources import ResourceReader, has_parameters, shown_prompt, shown_resource, shown_template
from holdfast.server.mcp.sessions import SLACK, ProtocolSessions, most_sessions
from holdfast.server.mcp.tools import Tool, of_kind, selected
from holdfast.server.mcp.unread import ENTRY, Received, Unread
from holdfast.version import __version__

Page: TypeAlias = "types.PaginatedRequestParams | None"
Offered: TypeAlias = Callable[..., dict[str, Tool]]
"""Function that returns the tools of a kind that a client requests."""
MESSAGES = "/gradio_api/mcp/messages/"
"""Path for messages of clients with the older transport, below the app's root."""


class McpServer:
    """Serves an app's tools.

    Args:
        context: State shared by all routes.
        tools: Tools of the app.
    """

    def __init__(self, context: ServerContext, tools: Mapping[str, Tool]) -> None:
        self._context = context
        self._tools = tools
        self._calls = ToolCalls(context)
        self._manager: StreamableHTTPSessionManager | None = None
        self._streams: Counter[str] = Counter()
        """Number of open streams of the older transport, by visitor."""
        self._sse = SseServerTransport(MESSAGES, max_request_body_size=context.options.limits.body_bytes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while this context is open. At its end, all sessions end."""
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
        """Serve the current transport, with posted requests and streamed responses and notifications."""
        if self._manager is None:
            raise RuntimeError(
                "The MCP server has not started: the app's lifespan has not been entered. Serve the app with launch(), "
                "or mount it before the parent app starts."
            )
        await self._sessions(scope, receive, send)

    async def sse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream of the older transport, which is its session.

        Raises:
            Busy: The visitor, or the server, has too many of them.
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
            raise Busy("You have reached the limit of open tool sessions for this app. End one of them first.")
        if sum(self._streams.values()) >= most_sessions(self._context):
            raise Busy("All tool sessions of this app are in use. Try again later.")

    async def _stream(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        path = urlsplit(self._context.root(request)).path  # the transport sends this path to its client
        server = self._server(request.query_params.get("tools", ""))
        async with self._sse.connect_sse({**scope, "root_path": path}, receive, send) as (incoming, outgoing):
            sessions = self._context.runtime.sessions
            account = sessions.holdings.open(self._context.visitor(request, scope.get(USER)))
            try:
                unread = Unread(outgoing, account, partial(sessions.make_room, account))
                await serve_loop(server, Received(incoming, unread), unread, lifespan_state={})
            finally:
                account.close()

    async def messages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive messages posted by clients of the older transport.

        Raises:
            Busy: So much is held for the visitor, or for all visitors, that there is no room for a response.
        """
        sessions = self._context.runtime.sessions
        account = sessions.holdings.open(self._context.visitor(Request(scope), scope.get(USER)))
        try:
            announced = Request(scope).headers.get("content-length", "")
            sessions.make_room(account, ENTRY + (int(announced) if announced.isdecimal() else 0))
        finally:
            account.close()
        await self._sse.handle_post_message(scope, receive, send)

    def _server(self, names: str | None = None) -> Server[Any]:
        """Return the protocol's server.

        Args:
            names: Tools that its only client requests; `None` if each request specifies them.
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
        """Add resources and prompts if the app has any, because a server announces what it has handlers for."""
        readings = ResourceReader(self._calls, self._context.options.rules)

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
    """Return a handler that directs clients to a protocol version with sessions, because State belongs to a session.

    Clients that use the version without sessions are still served, with a new session for each call.
    """

    async def discover(ctx: Context, _: types.RequestParams) -> types.DiscoverResult:
        return types.DiscoverResult(
            supported_versions=list(HANDSHAKE_PROTOCOL_VERSIONS),
            capabilities=server.get_capabilities(protocol_version=ctx.protocol_version),
        )

    return discover


class ActiveRequest:
    """A request that is being served. When the server stops, its client appears disconnected, and it ends normally.

    Args:
        intake: Receives the client's data.
        send: ASGI channel for the response.
    """

    def __init__(self, intake: Intake, send: Send) -> None:
        self._intake = intake
        self._send = send
        self._stopped = asyncio.get_running_loop().create_future()
        self._begun = self.ended = False

    def stop(self) -> None:
        """Stop the request."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        """Serve the request until its response is complete. If it is stopped, end the response where it is."""
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
            self._intake.hold(0)  # the response may be a stream that remains open
            message["headers"] = [*message.get("headers", ()), EXPOSED]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.ended = True
        await self._send(message)


EXPOSED = (b"access-control-expose-headers", b"mcp-session-id")
"""Header that lets a browser's client read the session's ID, which it needs to continue."""

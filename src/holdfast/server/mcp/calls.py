"""Tool calls, which run as events of the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp import types
from mcp.server import ServerRequestContext
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from holdfast.errors import Error, RequestError
from holdfast.runtime.feed import Feed
from holdfast.runtime.jobs import EventRequest, Job
from holdfast.server.context import ServerContext
from holdfast.server.http.request import HttpRequest
from holdfast.server.mcp import arguments, content
from holdfast.server.mcp.client_sessions import CALLS, ClientSessions, connection_of, request_of, was_cancelled
from holdfast.server.mcp.progress import Meter
from holdfast.server.mcp.tools import Tool
from holdfast.server.mcp.unread import weigh_value
from holdfast.wire.messages import Completed, Failure, FeedMessage, Generating, Output, Streaming

HIDDEN = "The function failed. See the app's log for details."
CANCELLED = "The call was canceled before it ended."

Context = ServerRequestContext[Any, Any]


class ToolCalls:
    """Runs tool calls.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._visits = ClientSessions(context)

    async def call(
        self, ctx: Context, tools: Mapping[str, Tool], name: str, given: Mapping[str, Any]
    ) -> types.CallToolResult:
        """Run a tool. Any failure is returned as an error result.

        Args:
            ctx: The protocol's request.
            tools: Tools that the client can call.
            name: Name of the called tool.
            given: Arguments by name.
        """
        tool = tools.get(name)
        if tool is None:
            offer = ", ".join(sorted(tools)[:20]) or "none"
            return content.failed(f"This app has no tool {name[:100]!r}. Its tools are: {offer}.")
        try:
            return await self._run(ctx, tool, given)
        except RequestError as error:
            return content.failed(str(error.detail))
        except Error as error:
            return content.failed(error.message)

    async def _run(self, ctx: Context, tool: Tool, given: Mapping[str, Any]) -> types.CallToolResult:
        data = await self._data(ctx, tool, given)
        root = self._context.root(request_of(ctx))
        blocks = await content.contents(tool.listener, data, self._context.options.rules, root)
        if not tool.offer.structured:
            return types.CallToolResult(content=blocks)
        shown = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in blocks]
        return types.CallToolResult(content=blocks, structured_content={"result": shown})

    async def values(self, ctx: Context, tool: Tool, given: Mapping[str, Any]) -> list[Any]:
        """Run an endpoint and return the values for the client.

        Raises:
            Error: The call failed; the message can be shown to the user.
            RequestError: The call could not be run.
        """
        data = await self._data(ctx, tool, given)
        return list(content.shown(tool.listener, data, self._context.root(request_of(ctx))))

    async def _data(self, ctx: Context, tool: Tool, given: Mapping[str, Any]) -> list[Any]:
        context, request = self._context, request_of(ctx)
        root = context.root(request)
        data = await arguments.values(tool, given, context.options.rules, root)
        lasting = ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS
        session = self._visits.session(connection_of(ctx), request, lasting=lasting)
        about = HttpRequest(request, session.id, session.username)
        limits = context.options.limits
        feed = Feed(limits.feed_messages, limits.feed_bytes, session.account)
        event = EventRequest(
            fn=tool.listener.id, data=data, request=about, feed=feed, weight=weigh_value(data), diffs=False
        )
        job = await context.runtime.submit(session, event)
        unfollow = context.runtime.follow(job)
        request.scope.setdefault(CALLS, []).append(unfollow)
        try:
            ended = await self._follow(ctx, job, feed, root)
        finally:
            if was_cancelled(ctx):
                job.cancel()
            unfollow()  # no effect if the event has ended
            feed.ack(feed.last)
        if isinstance(ended.output, Failure):
            raise Error(ended.output.error or HIDDEN)
        if ended.cancelled or not isinstance(ended.output, Output):
            raise Error(CANCELLED)
        return ended.output.data

    async def _follow(self, ctx: Context, job: Job, feed: Feed, root: str) -> Completed:
        """Report an event's progress until it ends."""
        meter = Meter()
        async for n, message in feed.read(0):
            feed.ack(n)
            if isinstance(message, Completed):
                return message
            report = meter.report(message, _first(job, message, root))
            if report is not None:
                await ctx.session.report_progress(report.progress, report.total, report.message)
        return Completed(event_id=job.id, output=None, success=False, cancelled=True)


def _first(job: Job, message: FeedMessage, root: str) -> str | None:
    """Return the first string among a step's values."""
    if not isinstance(message, Generating | Streaming):
        return None
    values = content.shown(job.listener, message.output.data, root)
    return next((value for value in values if isinstance(value, str)), None)

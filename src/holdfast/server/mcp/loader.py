"""Serving tools, where the package for it is installed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.routing import Route

from holdfast.errors import BuildError
from holdfast.server.context import ServerContext


class ToolServer(Protocol):
    """What serves an app's tools."""

    def routes(self) -> list[Route]:
        """Its routes under the API's prefix."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Serve while this is open."""


def open_tools(context: ServerContext) -> ToolServer:
    """What serves the tools of a site.

    Raises:
        BuildError: The package `mcp` is missing, or too old.
    """
    try:
        from mcp.server.streamable_http_manager import DEFAULT_MAX_SESSIONS  # noqa: F401 -- older ones bound nothing
    except ImportError as error:
        raise BuildError(
            "mcp_server=True needs the package mcp, version 2.3 or newer, which is not installed here. Install it with "
            "pip install 'holdfast[mcp]', or launch without mcp_server (and without HOLDFAST_MCP_SERVER)."
        ) from error
    from holdfast.server.mcp.routes import McpRoutes

    return McpRoutes(context)

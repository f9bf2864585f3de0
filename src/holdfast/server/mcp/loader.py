"""Load the tool server if the package for it is installed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.routing import Route

from holdfast.errors import BuildError
from holdfast.server.context import ServerContext


class ToolServer(Protocol):
    """A server for an app's tools."""

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Return a context manager that serves while it is open."""


def open_tools(context: ServerContext) -> ToolServer:
    """Return the tool server of an app.

    Raises:
        BuildError: The package `mcp` is missing or too old.
    """
    try:
        from mcp.server.streamable_http_manager import DEFAULT_MAX_SESSIONS  # noqa: F401 -- older versions lack limits
    except ImportError as error:
        raise BuildError(
            "mcp_server=True requires the package mcp, version 2.3 or newer, which is not installed. Install it with "
            "pip install 'holdfast[mcp]', or launch without mcp_server (and without HOLDFAST_MCP_SERVER)."
        ) from error
    from holdfast.server.mcp.routes import McpRoutes

    return McpRoutes(context)

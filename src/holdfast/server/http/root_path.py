"""The app's public URL, determined for each request because proxies and mounts change it."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.server.http.origins import sender
from holdfast.server.http.proxies import HOST, reported, scheme_of


def public_root(connection: HTTPConnection, configured: str | None) -> str:
    """Return the URL by which the client of this request reaches the app, without a trailing slash.

    A root path that is a full URL takes precedence, then a trusted proxy's report (`X-Forwarded-Host` and
    `X-Forwarded-Proto`, or Gradio's `x-gradio-server`), then the request's own URL. A root path that is only a path
    replaces the path.

    Args:
        connection: The request.
        configured: The app's `root_path`.
    """
    configured = (configured or "").rstrip("/")
    if configured.startswith(("http://", "https://")):
        return configured
    path = configured or connection.scope.get("root_path", "").rstrip("/")
    if path and not path.startswith("/"):
        path = f"/{path}"
    return f"{_origin(connection)}{path}"


def is_secure(connection: HTTPConnection, configured: str | None) -> bool:
    """Return whether the visitor's browser uses https, even if a proxy terminates it.

    Args:
        connection: The request.
        configured: The app's `root_path`.
    """
    if public_root(connection, configured).startswith("https://"):
        return True
    return sender(connection) == "own" and connection.headers.get("origin", "").startswith("https://")


def _origin(connection: HTTPConnection) -> str:
    origin = reported(connection.scope).origin
    if origin is not None:
        return origin
    own = connection.headers.get("host", "")
    if not HOST.fullmatch(own):
        name, port = connection.scope.get("server") or ("localhost", None)
        own = f"{name}:{port}" if port else str(name)
    return f"{scheme_of(connection.scope)}://{own}"


class StripRoot:
    """Makes a proxy that passes the root path on work like one that removes it.

    Args:
        app: App to wrap.
        root_path: The app's root path.
    """

    def __init__(self, app: ASGIApp, root_path: str | None) -> None:
        self._app = app
        path = root_path or ""
        if "://" in path:
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        self._prefix = "/" + path.strip("/") if path.strip("/") else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection (ASGI)."""
        if self._prefix and scope["type"] in {"http", "websocket"} and not scope.get("root_path"):
            path = scope["path"]
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                scope = {**scope, "root_path": self._prefix}
        await self._app(scope, receive, send)

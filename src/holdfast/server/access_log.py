"""The access log: a line per request and socket, without queries, headers, and bodies, which can contain secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("holdfast.access")


class AccessLog:
    """ASGI middleware that logs the app's responses.

    Args:
        app: The app.
        now: Function that returns the time in seconds.
    """

    def __init__(self, app: ASGIApp, now: Callable[[], float]) -> None:
        self._app = app
        self._now = now
        logger.setLevel(logging.INFO)  # the access log was requested, so show it regardless of the log level

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection (ASGI)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        began = self._now()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            _log(scope, status, self._now() - began)


def _log(scope: Scope, status: int, seconds: float) -> None:
    client = (scope.get("client") or ("-",))[0]
    method = scope.get("method", "SOCKET")
    path, took = scope["path"], round(seconds * 1000, 1)
    fields = {"client": client, "method": method, "path": path, "status": status, "milliseconds": took}
    logger.info('%s "%s %s" %s %s ms', client, method, path, status or "-", took, extra={"fields": fields})

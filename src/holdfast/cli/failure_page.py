"""The error page at the program's URL while the program does not start, for pages that its author has open."""

from __future__ import annotations

import html
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from holdfast.clock import Clock, SystemClock
from holdfast.server.http.origins import Origins
from holdfast.server.uvicorn_server import Certificate, bind
from holdfast.wire.encode import encode
from holdfast.wire.page import Pong, Reload

BEAT = 0.1
"""Seconds between comments on the event stream, which detect that the page was closed or the program starts."""
LOCAL = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})
ELSEWHERE = "This app is being edited and currently does not start."
"""Text for pages on other machines, because an error message can contain code of the program."""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The program does not start</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }}
pre {{ overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: 8px; font-size: 14px; }}
</style></head>
<body><h1>The program does not start</h1><pre>{error}</pre>
<p>This page reloads when the file is saved without the error.</p>
<script>
setInterval(async () => {{
  try {{ if ((await fetch(location.href, {{ cache: 'no-store' }})).status !== 503) location.reload() }} catch {{ }}
}}, 500)
</script></body></html>
"""


class Broken:
    """Serves the error until it is closed.

    Args:
        error: Error that prevents the program from starting.
        host: Host of the program.
        port: Port of the program.
        certificate: Certificate of the program, if it uses https.
        clock: Clock for the intervals of the event stream.
    """

    def __init__(
        self,
        error: str,
        host: str,
        port: int,
        certificate: Certificate | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._error = error.strip()
        self._closed = Event()
        app = Starlette(
            routes=[
                WebSocketRoute("/{path:path}", self._socket),
                Route("/{path:path}", self._get, methods=["GET"]),
                Route("/{path:path}", self._post, methods=["POST"]),
            ]
        )
        tls = {} if certificate is None else _tls(certificate)
        config = uvicorn.Config(app, log_level="error", ws="websockets-sansio", timeout_graceful_shutdown=1, **tls)
        self._server = uvicorn.Server(config)
        self._listener = bind(host, port)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and release the program's port."""
        self._closed.set()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _visible_error(self, connection: HTTPConnection) -> str:
        host = (connection.headers.get("host") or "").rsplit(":", 1)[0].strip("[]")
        peer = connection.client.host if connection.client is not None else ""
        forwarded = "x-forwarded-for" in connection.headers or "forwarded" in connection.headers
        own = Origins().sender(connection.scope) in {
            "own",
            "link",
        }  # browsers let every site read messages from a socket
        return self._error if own and peer in LOCAL and host in LOCAL and not forwarded else ELSEWHERE

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await socket.receive_text()
            await socket.send_text(encode(Reload(error=self._visible_error(socket))).decode())
            while True:
                await socket.receive_text()
                await socket.send_text(encode(Pong()).decode())

    async def _get(self, request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(PAGE.format(error=html.escape(self._visible_error(request))), status_code=503)
        return JSONResponse({"detail": self._visible_error(request)}, status_code=503)

    async def _post(self, request: Request) -> Response:
        if not request.url.path.endswith("/page/feed"):
            return JSONResponse({"detail": self._visible_error(request)}, status_code=503)
        return StreamingResponse(self._feed(self._visible_error(request)), media_type="text/event-stream")

    async def _feed(self, error: str) -> AsyncIterator[str]:
        yield f"data: {json.dumps({'type': 'reload', 'error': error})}\n\n"
        while not self._closed.is_set():
            await self._clock.sleep(BEAT)
            yield ":\n\n"


def _tls(certificate: Certificate) -> dict[str, Any]:
    return {
        "ssl_keyfile": certificate.key,
        "ssl_certfile": certificate.chain,
        "ssl_keyfile_password": certificate.password,
    }

"""Which other sites' pages may call the app: Gradio's rules, as raw ASGI."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.server.errors import JSON
from holdfast.server.origins import hostname, is_own

LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 -- a name to compare with, nothing is bound
REFUSED = (
    "An app on this machine takes no requests from the pages of other sites. If it is to be used from elsewhere, let "
    "the proxy in front pass the Host header on or set X-Forwarded-Host, or name the public address as root_path."
)
_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def is_allowed(origin: str, host: str, *, strict: bool = True) -> bool:
    """Whether a page of `origin` may call the app at `host`.

    Anyone may, except that an app on this machine is closed to pages from elsewhere: else any site that its developer
    visits could use it.

    Args:
        origin: The `Origin` header.
        host: The `Host` header.
        strict: Whether the origin `null` (a sandboxed frame, a file) is elsewhere too.
    """
    if hostname(f"//{host}") not in LOCAL:
        return True
    if origin == "null":
        return not strict
    return hostname(origin) in LOCAL


class CORS:
    """Answers preflights and names the allowed origin in every answer to a page of another site.

    A page that may not read the answer may not make the app do anything either: browsers send simple requests without
    asking first.

    Args:
        app: What it wraps.
        strict: See `is_allowed`.
        root_path: The app's configured root path.
    """

    def __init__(self, app: ASGIApp, *, strict: bool = True, root_path: str | None = None) -> None:
        self._app = app
        self._strict = strict
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        granted = {"access-control-allow-credentials": "true", "vary": "Origin"}
        if is_allowed(origin, headers.get("host", ""), strict=self._strict):
            granted["access-control-allow-origin"] = origin
        elif self._refuses(origin, HTTPConnection(scope)):
            await JSON({"detail": REFUSED}, status_code=403)(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _answer_preflight(headers, granted, send)
            return

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in granted.items():
                    if name == "vary":
                        answer.add_vary_header(value)
                    else:
                        answer[name] = value
            await send(message)

        await self._app(scope, receive, send_with_origin)

    def _refuses(self, origin: str, connection: HTTPConnection) -> bool:
        """A browser sends it for a page from elsewhere; extensions and the like have schemes of their own."""
        if connection.scope["method"] in {"GET", "HEAD", "OPTIONS"} or is_own(origin, connection, self._root_path):
            return False
        return origin == "null" or origin.startswith(("http://", "https://"))


async def _answer_preflight(headers: Headers, granted: dict[str, str], send: Send) -> None:
    answer = {
        **granted,
        "access-control-allow-methods": _METHODS,
        "access-control-max-age": "600",
        "content-type": "text/plain; charset=utf-8",
        "content-length": "2",
    }
    if asked := headers.get("access-control-request-headers"):
        answer["access-control-allow-headers"] = asked
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await send({"type": "http.response.body", "body": b"OK"})

"""Which other sites' pages may call the app: Gradio's rules, as raw ASGI."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 -- a name to compare with, nothing is bound
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
    if _hostname(f"//{host}") not in LOCAL:
        return True
    if origin == "null":
        return not strict
    return _hostname(origin) in LOCAL


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


class CORS:
    """Answers preflights and names the allowed origin in every answer to a page of another site.

    Args:
        app: What it wraps.
        strict: See `is_allowed`.
    """

    def __init__(self, app: ASGIApp, *, strict: bool = True) -> None:
        self._app = app
        self._strict = strict

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

"""ASGI middleware for CORS: which origins' pages can call the app, and which can read responses with credentials."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.server.http.errors import JSON
from holdfast.server.http.hosts import is_this_machine
from holdfast.server.http.origins import SENDER, hostname

REFUSED = (
    "An app on this machine does not accept requests from pages of other sites. To use it from elsewhere, configure "
    "the proxy to pass the Host header on or to set X-Forwarded-Host, or set root_path to the public URL."
)
PROXYS = ("x-forwarded-", "x-gradio-server")
"""Prefixes of headers set by a proxy, which a page of another origin must not set."""
_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def is_allowed(origin: str, host: str, *, strict: bool = True) -> bool:
    """Return whether a page of `origin` can call the app at `host`, possibly without the visitor's login.

    Any page can, as in Gradio, with one exception: an app on this machine only accepts calls from pages on this
    machine. Otherwise, every site that its developer visits could use it.

    Args:
        origin: Value of the `Origin` header.
        host: Value of the `Host` header.
        strict: Treat the origin `null` (a sandboxed frame, a file) as foreign.
    """
    if not is_this_machine(hostname(f"//{host}")):
        return True
    if origin == "null":
        return not strict
    return is_this_machine(hostname(origin))


def may_call(scope: Scope, *, strict: bool = True) -> bool:
    """Return whether the sender of a request that the gate has admitted can call the app.

    Args:
        scope: Scope of the request.
        strict: See `is_allowed`.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or scope.get(SENDER, "untrusted") != "untrusted":
        return True
    return is_allowed(origin, headers.get("host", ""), strict=strict)


class CORS:
    """Responds to preflights and names the origin that can read a response.

    Only the app's own and trusted origins are named together with credentials. Every other page can read what is
    public; the gate has removed the visitor's cookies from its requests.

    A page that cannot call the app must not cause any effect either, because browsers send simple requests without a
    preflight.

    Args:
        app: App to wrap.
        strict: See `is_allowed`.
    """

    def __init__(self, app: ASGIApp, *, strict: bool = True) -> None:
        self._app = app
        self._strict = strict

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        granted = self._granted(origin, scope)
        if "access-control-allow-origin" not in granted and _refuses(origin, scope):
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

    def _granted(self, origin: str, scope: Scope) -> dict[str, str]:
        granted = {"vary": "Origin"}
        if scope.get(SENDER) in {"own", "trusted"}:
            granted["access-control-allow-origin"] = origin
            granted["access-control-allow-credentials"] = "true"
        elif may_call(scope, strict=self._strict):
            granted["access-control-allow-origin"] = "*"
        return granted


def _refuses(origin: str, scope: Scope) -> bool:
    """Return whether a browser sends the request for a foreign page. Extensions use other schemes."""
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
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
    asked = [name.strip() for name in headers.get("access-control-request-headers", "").split(",")]
    # A page must not set a proxy's headers.
    allowed = ", ".join(
        name for name in asked if name and not name.lower().startswith(("x-forwarded-", "x-gradio-server"))
    )
    if allowed:
        answer["access-control-allow-headers"] = allowed
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await send({"type": "http.response.body", "body": b"OK"})

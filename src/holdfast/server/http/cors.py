"""Which other origins' pages may call the app, and which read the answers with the visitor's login: as raw ASGI."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdfast.server.http.errors import JSON
from holdfast.server.http.hosts import is_this_machine
from holdfast.server.http.origins import SENDER, hostname

REFUSED = (
    "An app on this machine takes no requests from the pages of other sites. If it is to be used from elsewhere, let "
    "the proxy in front pass the Host header on or set X-Forwarded-Host, or name the public address as root_path."
)
PROXYS = ("x-forwarded-", "x-gradio-server")
"""Beginnings of headers that a proxy sets; a page of another origin must not speak for it."""
_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def is_allowed(origin: str, host: str, *, strict: bool = True) -> bool:
    """Whether a page of `origin` may call the app at `host`, be it without the visitor's login.

    Any page may, as in Gradio, except that an app on this machine takes calls only from pages on this machine: else
    every site that its developer visits could use it.

    Args:
        origin: The `Origin` header.
        host: The `Host` header.
        strict: Whether the origin `null` (a sandboxed frame, a file) is elsewhere too.
    """
    if not is_this_machine(hostname(f"//{host}")):
        return True
    if origin == "null":
        return not strict
    return is_this_machine(hostname(origin))


def may_call(scope: Scope, *, strict: bool = True) -> bool:
    """Whether the sender of a request that came through the gate may call the app at all.

    Args:
        scope: Of the request.
        strict: See `is_allowed`.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or scope.get(SENDER, "untrusted") != "untrusted":
        return True
    return is_allowed(origin, headers.get("host", ""), strict=strict)


class CORS:
    """Answers preflights, and names the origin that may read an answer.

    Only the app's own and trusted origins are named together with credentials. Every other page may read what everyone
    may read; the gate has removed the visitor's cookies from its requests.

    A page that may not call the app may not make it do anything either: browsers send simple requests without asking
    first.

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
    """A browser sends it for a page from elsewhere; extensions and the like have schemes of their own."""
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
    # A page must not speak for a proxy.
    allowed = ", ".join(
        name for name in asked if name and not name.lower().startswith(("x-forwarded-", "x-gradio-server"))
    )
    if allowed:
        answer["access-control-allow-headers"] = allowed
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await send({"type": "http.response.body", "body": b"OK"})

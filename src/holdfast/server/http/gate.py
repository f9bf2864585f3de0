"""The gate: a check that every HTTP request and every socket passes first."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.server.http.errors import JSON
from holdfast.server.http.hosts import Hosts
from holdfast.server.http.origins import SENDER, Origins
from holdfast.server.http.proxies import Proxies

FORBIDDEN = 4403
"""Close code of a rejected socket."""


class Gate:
    """Applies the headers of trusted proxies, rejects foreign hosts, and determines the sender of each request.

    A page of an untrusted origin must not act as the visitor. Its request therefore continues without the headers that
    browsers add automatically, so that code behind the gate (logins, `auth_dependency`, functions that read
    `gr.Request`) cannot mistake it for the visitor's own.

    Args:
        app: App to protect.
        proxies: Rules for proxies' headers.
        hosts: Host names under which the app is reachable.
        origins: Determines the sender of a request.
    """

    def __init__(self, app: ASGIApp, *, proxies: Proxies, hosts: Hosts, origins: Origins) -> None:
        self._app = app
        self._proxies = proxies
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection (ASGI)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        scope = self._proxies.applied(dict(scope))
        refusal = self._hosts.refusal(scope)
        if refusal is not None:
            await refuse(scope, receive, send, refusal)
            return
        scope[SENDER] = self._origins.sender(scope)
        if scope[SENDER] == "untrusted":
            scope["headers"] = [pair for pair in scope["headers"] if not _is_unasked(*pair)]
        await self._app(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send, detail: str) -> None:
    """Respond with 403 to a request or to a socket's handshake."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": FORBIDDEN, "reason": detail[:120]})
        return
    await JSON({"detail": detail}, status_code=403)(scope, receive, send)


def _is_unasked(name: bytes, value: bytes) -> bool:
    """Return whether browsers add a header automatically: cookies, and passwords entered in a browser dialog."""
    if name == b"authorization":
        return value[:7].lower() != b"bearer "
    return name == b"cookie"

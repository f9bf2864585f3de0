"""The gate: what every HTTP request and every socket passes before anything else of the server sees it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from holdfast.server.http.errors import JSON
from holdfast.server.http.hosts import Hosts
from holdfast.server.http.origins import SENDER, Origins
from holdfast.server.http.proxies import Proxies

FORBIDDEN = 4403
"""Close code of a socket that is refused."""


class Gate:
    """Applies what trusted proxies report, refuses foreign hosts, and decides who sends each request.

    A page of an untrusted origin must not act as the visitor. So its request goes on without what browsers add to it
    unasked: whatever is behind the gate (logins, `auth_dependency`, functions that read `gr.Request`) cannot take it
    for the visitor's own.

    Args:
        app: What it guards.
        proxies: Whose reports count.
        hosts: The names under which the app may be reached.
        origins: Tells who sends a request.
    """

    def __init__(self, app: ASGIApp, *, proxies: Proxies, hosts: Hosts, origins: Origins) -> None:
        self._app = app
        self._proxies = proxies
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
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
    """Answer 403 to a request, or to the handshake of a socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": FORBIDDEN, "reason": detail[:120]})
        return
    await JSON({"detail": detail}, status_code=403)(scope, receive, send)


def _is_unasked(name: bytes, value: bytes) -> bool:
    """Whether browsers send a header without its page's doing: cookies, and passwords that the browser asked for."""
    if name == b"authorization":
        return value[:7].lower() != b"bearer "
    return name == b"cookie"

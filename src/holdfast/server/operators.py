"""Who may see how an app is doing: its operators, not every visitor."""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection, Request

from holdfast.server.context import ServerContext
from holdfast.server.http.hosts import is_loopback
from holdfast.server.http.origins import hostname, sender
from holdfast.server.http.proxies import reported

FORWARDED = ("forwarded", "via", "x-real-ip")
"""Headers with which a proxy shows itself, besides those that report how it was reached."""


async def is_operator(context: ServerContext, request: Request) -> bool:
    """Whether a request shows the metrics token, or comes from a logged-in user.

    Args:
        context: What all routes share.
        request: The request.
    """
    expected = context.options.access.metrics_token
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if expected is not None and kind.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), expected.encode())
    return context.auth.required and await context.auth.user_of(request) is not None


def is_at_the_machine(request: HTTPConnection) -> bool:
    """Whether a request comes from this machine itself, by a local name, and not from a browser for another page.

    A proxy on this machine shows itself by its headers or by the public name that it passes on.

    Args:
        request: A request or connection that came through the gate.
    """
    client, headers = request.client, request.headers
    if client is None or not is_loopback(client.host) or sender(request) != "own":
        return False
    if reported(request.scope).proxied or any(name in headers for name in FORWARDED):
        return False
    return is_loopback(hostname(f"//{headers.get('host', '')}"))

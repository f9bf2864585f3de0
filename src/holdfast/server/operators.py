"""Access to an app's operational data for its operators, not for every visitor."""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection, Request

from holdfast.server.context import ServerContext
from holdfast.server.http.hosts import is_loopback
from holdfast.server.http.origins import hostname, sender
from holdfast.server.http.proxies import reported

FORWARDED = ("forwarded", "via", "x-real-ip")
"""Headers that indicate a proxy, in addition to those that report the original request."""


async def is_operator(context: ServerContext, request: Request) -> bool:
    """Return whether a request has the metrics token or comes from a logged-in user.

    Args:
        context: State shared by all routes.
        request: The request.
    """
    expected = context.options.access.metrics_token
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if expected is not None and kind.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), expected.encode())
    return context.auth.required and await context.auth.user_of(request) is not None


def is_at_the_machine(request: HTTPConnection) -> bool:
    """Return whether a request comes from this machine, by a local name, and not from another site's page.

    A proxy on this machine is detected by its headers or by the public name that it forwards.

    Args:
        request: Request or connection that the gate has admitted.
    """
    client, headers = request.client, request.headers
    if client is None or not is_loopback(client.host) or sender(request) != "own":
        return False
    if reported(request.scope).proxied or any(name in headers for name in FORWARDED):
        return False
    return is_loopback(hostname(f"//{headers.get('host', '')}"))

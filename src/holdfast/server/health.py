"""Health checks for load balancers and operators."""

from __future__ import annotations

from typing import Literal, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.runtime.metrics import metrics
from holdfast.server.context import ServerContext
from holdfast.server.http.errors import JSON
from holdfast.server.operators import is_at_the_machine, is_operator
from holdfast.version import __version__

Status: TypeAlias = Literal["ok", "starting", "stopping", "full", "damaged", "unsaved"]


def status_of(context: ServerContext) -> Status:
    """Return whether the server can accept visitors, and if not, the reason.

    Without its store, an app continues in memory. This is reported but does not make it unavailable, unless the app is
    configured to reject events then or the store is damaged.
    """
    engine = context.runtime.engine
    status: Status = "ok"
    if not context.started:
        status = "starting"
    elif context.streams.stopping:
        status = "stopping"
    elif context.runtime.sessions.full:
        status = "full"
    elif not engine.health.ok:
        if not engine.persistence.away:
            status = "damaged"
        elif engine.options.outage == "refuse":
            status = "unsaved"
    return status


async def alive(request: Request) -> Response:  # noqa: ARG001 -- Starlette's signature
    """Respond with 200 while the process responds at all, since a restart would not help otherwise."""
    return JSON({"status": "ok"})


class Health:
    """The health route.

    Args:
            context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the route under the API's prefix."""
        return [Route("/health", self.health, methods=["GET", "HEAD"])]

    def probes(self) -> list[Route]:
        """Return the probes at the app's root for process managers and load balancers. They require no login."""
        return [
            Route(path, probe, methods=["GET", "HEAD"])
            for path, probe in (("/healthz", alive), ("/readyz", self.ready))
        ]

    async def ready(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Respond with 200 if a page could open now and its data could be stored, otherwise with 503."""
        status = status_of(self._context)
        return JSON({"status": status}, status_code=200 if status == "ok" else 503)

    async def health(self, request: Request) -> Response:
        """Respond like `ready`, with counts (but no names) for operators.

        The operators of an app with a login are its users; otherwise, programs on this machine. In both cases, a
        request with the metrics token is from an operator.
        """
        context = self._context
        status = status_of(context)
        facts = {
            "status": status,
            "version": __version__,
            "sessions": len(context.runtime.sessions),
            "pages": len(context.links),
            "streams": len(context.streams),
            "store": "ok" if context.runtime.engine.health.ok else "out of reach",
            "metrics": {metric.name: metric.value for metric in metrics(context.runtime)},
        }
        all_of_it = await is_operator(context, request) or (not context.auth.required and is_at_the_machine(request))
        shown = facts if all_of_it else {"status": status}
        return JSON(shown, status_code=200 if status == "ok" else 503)

"""Is it well? For load balancers, and for people who look."""

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
    """Return whether a site can take visitors, and if not, why not.

    Without its store an app goes on from memory, which is said, and is not a reason to take visitors away. One that was
    told to refuse events then, or whose store is damaged, cannot serve them.
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
    """200 as long as the process answers: restarting it would help with nothing else."""
    return JSON({"status": "ok"})


class Health:
    """The health route.

    Args:
        context: What all routes share.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The route under the API's prefix."""
        return [Route("/health", self.health, methods=["GET", "HEAD"])]

    def probes(self) -> list[Route]:
        """The routes at the app's root, for whom keeps processes alive and sends them visitors; they need no login."""
        return [
            Route(path, probe, methods=["GET", "HEAD"])
            for path, probe in (("/healthz", alive), ("/readyz", self.ready))
        ]

    async def ready(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """200 if a page could open now and what must be stored can be, else 503: send visitors elsewhere."""
        status = status_of(self._context)
        return JSON({"status": status}, status_code=200 if status == "ok" else 503)

    async def health(self, request: Request) -> Response:
        """200 if `ready` is, else 503; for its operators with counts, no names.

        On an app with a login, the operators are its users; on another, programs on this machine. On both, the bearer
        of the metrics token is one.

        Without its store it goes on serving from memory, so that is said and is no reason to take it away.
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

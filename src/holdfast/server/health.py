"""Is it well? For load balancers, and for people who look."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.runtime.metrics import metrics
from holdfast.server.errors import JSON
from holdfast.server.operators import is_at_the_machine, is_operator
from holdfast.server.site import Site
from holdfast.version import __version__


class Health:
    """The health route.

    Args:
        site: What is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """The route under the API's prefix."""
        return [Route("/health", self.health, methods=["GET", "HEAD"])]

    async def health(self, request: Request) -> Response:
        """200 while it serves, 503 while it stops; for its operators with counts, no names.

        On an app with a login, the operators are its users; on another, programs on this machine. On both, the bearer
        of the metrics token is one.

        Without its store it goes on serving from memory, so that is said and is no reason to take it away.
        """
        site = self._site
        stopping = site.streams.stopping
        facts = {
            "status": "stopping" if stopping else "ok",
            "version": __version__,
            "sessions": len(site.runtime.sessions),
            "pages": len(site.links),
            "streams": len(site.streams),
            "store": "ok" if site.runtime.engine.health.ok else "out of reach",
            "metrics": {metric.name: metric.value for metric in metrics(site.runtime)},
        }
        all_of_it = await is_operator(site, request) or (not site.auth.required and is_at_the_machine(request))
        shown = facts if all_of_it else {"status": facts["status"]}
        return JSON(shown, status_code=503 if stopping else 200)

"""The app's metrics in Prometheus's format."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import Denied, Unauthenticated
from holdfast.runtime.metrics import Metric, metrics
from holdfast.server.context import ServerContext
from holdfast.server.operators import is_at_the_machine, is_operator

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics route, which exists if the app was launched with `enable_monitoring=True` or `HOLDFAST_METRICS=1`.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the route under the API's prefix."""
        return [Route("/metrics", self.metrics, methods=["GET", "HEAD"])]

    async def metrics(self, request: Request) -> Response:
        """Respond with all metrics as text.

        Raises:
            Denied: Monitoring is not enabled.
            Unauthenticated: The request comes from another machine, without a login or the token.
        """
        if not self._context.options.monitoring:
            raise Denied("Monitoring is not enabled.")
        if not (is_at_the_machine(request) or await is_operator(self._context, request)):
            raise Unauthenticated(
                "Metrics require a login, or the token of launch(metrics_token=…) or HOLDFAST_METRICS_TOKEN as "
                "`Authorization: Bearer TOKEN`."
            )
        text = "".join(prometheus(metric) for metric in metrics(self._context.runtime))
        return Response(text, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})


def prometheus(metric: Metric) -> str:
    """Format a metric in Prometheus's text format."""
    name = f"holdfast_{metric.name}{'_total' if metric.kind == 'counter' else ''}"
    value = int(metric.value) if metric.value == int(metric.value) else metric.value
    return f"# HELP {name} {metric.help}\n# TYPE {name} {metric.kind}\n{name} {value}\n"

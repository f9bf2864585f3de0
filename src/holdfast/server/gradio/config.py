"""Routes that Gradio's clients use before calling an endpoint: config, API description, and details of the app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.errors import Denied, NotFound
from holdfast.graph.api.info import EXAMPLE_ROOT, api_info
from holdfast.graph.api.openapi import openapi
from holdfast.server.app_config import Configs
from holdfast.server.context import ServerContext
from holdfast.server.http.errors import JSON
from holdfast.wire.encode import encode


class GradioRoutes:
    """Routes that describe the app.

    Args:
        context: State shared by all routes.
        configs: Configs of the app.
    """

    def __init__(self, context: ServerContext, configs: Configs) -> None:
        self._context = context
        self._configs = configs
        self._infos: dict[tuple[str | None, bool], bytes] = {}
        self._started = False

    def routes(self) -> list[Route]:
        """Return the routes next to the page."""
        return [
            Route("/config", self.config),
            Route("/config/", self.config),
            Route("/theme.css", self.theme),
            Route("/manifest.json", self.manifest),
            Route("/monitoring", self.monitoring),
            Route("/monitoring/{rest:path}", self.monitoring),
        ]

    def api_routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/info", self.info),
            Route("/info/", self.info),
            Route("/openapi.json", self.openapi),
            Route("/app_id", self.app_id),
            Route("/app_id/", self.app_id),
            Route("/startup-events", self.startup),
            Route("/theme.css", self.theme),
            Route("/dev/reload", self.reload),
        ]

    async def config(self, request: Request) -> Response:
        """Serve the config of the whole app or of one page."""
        user = await self._context.identify(request)
        page = self._page(request)
        return JSON(self._configs.config(self._context.root(request), user, page))

    async def info(self, request: Request) -> Response:
        """Serve the description of the endpoints, their parameters, and their results."""
        await self._context.identify(request)
        everything = request.query_params.get("all_endpoints", "").lower() in {"true", "1"}
        page = self._page(request)
        found = self._infos.get((page, everything))
        if found is None:
            login = self._context.auth.has_login
            found = encode(api_info(self._context.runtime.app, all_endpoints=everything, page=page, login=login))
            self._infos[page, everything] = found
        root = encode(self._context.root(request))[
            1:-1
        ]  # the snippets use the URL by which the visitor reached the app
        return JSON(found.replace(EXAMPLE_ROOT.encode(), root))

    def _page(self, request: Request) -> str | None:
        page = request.query_params.get("page")
        if page is not None and not self._configs.has_page(page):
            raise NotFound(f"This app has no page {page[:100]!r}.")
        return page

    async def openapi(self, request: Request) -> Response:
        """Serve the endpoints as an OpenAPI document."""
        await self._context.identify(request)
        return JSON(openapi(self._context.runtime.app))

    async def app_id(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve a number that changes when the program does."""
        return JSON({"app_id": self._context.runtime.app.app_id})

    async def startup(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Respond with true the first time, as Gradio's launcher expects."""
        first, self._started = not self._started, True
        return JSON(first)

    async def theme(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve the theme's CSS variables."""
        theme = self._context.runtime.app.options.theme
        css = theme.css() if hasattr(theme, "css") else ""
        return Response(css, media_type="text/css", headers={"cache-control": "public, max-age=3600"})

    async def manifest(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve the manifest with which a browser installs the page as an app (`pwa=True`)."""
        app = self._context.runtime.app
        if not app.options.pwa:
            raise NotFound("This app cannot be installed. Launch it with pwa=True.")
        icon = {"src": "favicon.ico", "sizes": "any", "purpose": "any"}
        return JSON({"name": app.title, "icons": [icon], "start_url": "./", "display": "standalone"})

    async def monitoring(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Reject requests for Gradio's dashboard, which Holdfast does not have."""
        raise Denied("Monitoring is not enabled.")

    async def reload(self, request: Request) -> Response:
        """Reject Gradio's hot reload. Holdfast's page is notified through its socket instead."""
        await self._context.identify(request)
        raise NotFound("This app sends reload notifications through the page's socket.")

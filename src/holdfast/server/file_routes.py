"""Serve the files that a browser can access: generated, uploaded, or in a folder that the author has allowed."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from holdfast.errors import Denied
from holdfast.files.rules import FileRules, Way
from holdfast.server.context import ServerContext

HEADERS = {"x-content-type-options": "nosniff", "accept-ranges": "bytes"}
SANDBOX = {"content-security-policy": "sandbox"}
"""Header that prevents scripts, forms, and access to the app's origin in a displayed file."""


class Files:
    """The file routes.

    Args:
            context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route("/file={path:path}", self.file, methods=["GET", "HEAD"]),
            Route("/file/{path:path}", self.file, methods=["GET", "HEAD"]),
        ]

    async def file(self, request: Request) -> Response:
        """Serve a file or a range of it."""
        await self._context.identify(request)
        path = request.path_params["path"]
        found = await anyio.to_thread.run_sync(resolve, self._context.options.rules, path)
        if found is None:
            raise Denied(f"File not allowed: {path[:200]}.")
        real, way = found
        inline = way != "attachment"
        kind = mimetypes.guess_type(real.name)[0] if inline else None
        return FileResponse(
            real,
            media_type=kind or "application/octet-stream",
            filename=real.name,
            content_disposition_type="inline" if inline else "attachment",
            headers={**HEADERS, **SANDBOX} if way == "sandboxed" else HEADERS,
        )


def resolve(rules: FileRules, path: str) -> tuple[Path, Way] | None:
    """Return the file for a path from a URL and how to serve it, or `None` if access is not allowed.

    The file that is opened is the one that the rules have checked, with all links resolved, so it cannot be swapped.

    Args:
        rules: Rules for files that can be served.
        path: Absolute path, or path relative to the working directory.
    """
    if not path or path.startswith(("//", "\\\\")):
        return None
    try:
        real = Path(path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    way = rules.may_serve(real)
    return None if way is None else (real, way)

"""Files that the app lets a browser have: produced, uploaded, or in a folder that its author allowed."""

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
"""Takes scripts, forms and the app's origin from what a browser shows."""


class Files:
    """The file routes.

    Args:
        context: What all routes share.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        """The routes under the API's prefix."""
        return [
            Route("/file={path:path}", self.file, methods=["GET", "HEAD"]),
            Route("/file/{path:path}", self.file, methods=["GET", "HEAD"]),
        ]

    async def file(self, request: Request) -> Response:
        """One file, whole or a range of it."""
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
    """The file behind a path from a URL, if it may be served, and how a browser may have it.

    What is opened is the file that the rules have looked at, with all links followed: nothing can be put in its way.

    Args:
        rules: What may be served.
        path: Absolute, or relative to the working folder.
    """
    if not path or path.startswith(("//", "\\\\")):
        return None
    try:
        real = Path(path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    way = rules.may_serve(real)
    return None if way is None else (real, way)

"""The built page's files, compressed if the build has compressed them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from holdfast.errors import Denied, NotFound

FOREVER = "public, max-age=31536000, immutable"
"""Cache header for assets, whose names contain a digest."""
SHORT = "public, max-age=3600"
LOGO = "static/logo"
"""Path of the image that replaces Holdfast's logo, relative to the app's root."""
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Static:
    """Routes for static files in a folder.

    Args:
        folder: Folder of the built page.
        favicon: Path of the site's icon; the page's own by default.
        logo: Path or URL of the image that replaces Holdfast's logo.
    """

    def __init__(self, folder: Path, favicon: str | None = None, logo: str | None = None) -> None:
        self._folder = folder
        self._logo = None if logo is None or is_address(logo) else Path(logo)
        self._favicon = None if favicon is None else Path(favicon)

    def routes(self) -> list[Route]:
        """Return the routes next to the page."""
        both = ["GET", "HEAD"]
        return [
            Route("/assets/{path:path}", self.asset, methods=both),
            Route(f"/{LOGO}", self.logo, methods=both),
            Route("/static/{path:path}", self.static, methods=both),
            Route("/svelte/{path:path}", self.static, methods=both),
            Route("/favicon.ico", self.favicon, methods=both),
            Route("/gradio.js", self.element, methods=both),
            Route("/robots.txt", self.robots, methods=both),
        ]

    async def asset(self, request: Request) -> Response:
        """Serve a file whose name contains a digest of its content."""
        return await self._answer(request, "assets", FOREVER)

    async def static(self, request: Request) -> Response:
        """Serve any other file of the page."""
        return await self._answer(request, "static", SHORT)

    async def favicon(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve the site's icon."""
        for candidate in (self._favicon, self._folder / "favicon.svg", self._folder / "favicon.ico"):
            if candidate is not None and await anyio.to_thread.run_sync(candidate.is_file):
                return FileResponse(candidate, headers={"cache-control": SHORT})
        return Response(status_code=204)

    async def element(self, request: Request) -> Response:
        """Serve the script that makes `<gradio-app src=…>` an element on any site's page."""
        response = await self._file(request, self._folder, "gradio.js", SHORT)
        # Required for loading a module from another origin. The script contains no data of the app.
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response

    async def logo(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve the image that replaces Holdfast's logo."""
        if self._logo is None or not await anyio.to_thread.run_sync(self._logo.is_file):
            raise NotFound("Not Found")
        # An SVG opened directly could run scripts on this site's origin.
        headers = {"cache-control": SHORT, "x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return FileResponse(self._logo, headers=headers)

    async def robots(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Serve `robots.txt`, which lets crawlers access the page but not the API."""
        return Response("User-agent: *\nDisallow: /gradio_api/\n", media_type="text/plain")

    async def _answer(self, request: Request, part: str, caching: str) -> Response:
        return await self._file(request, self._folder / part, request.path_params["path"], caching)

    async def _file(self, request: Request, folder: Path, path: str, caching: str) -> Response:
        accepted = request.headers.get("accept-encoding", "")
        found, encoding = await anyio.to_thread.run_sync(find, folder, path, accepted)
        headers = {"cache-control": caching, "vary": "Accept-Encoding", "x-content-type-options": "nosniff"}
        if encoding is not None:
            headers["content-encoding"] = encoding
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return FileResponse(found, media_type="text/javascript" if path.endswith(".js") else kind, headers=headers)


def is_address(logo: str) -> bool:
    """Return whether a logo is a URL instead of a file on this machine."""
    return logo.startswith(("https://", "http://", "data:"))


def logo_address(logo: str | None, base: str) -> str | None:
    """Return the URL of the app's logo for a page.

    Args:
        logo: Path or URL from the author.
        base: Relative path from the page to the app's root.
    """
    return logo if logo is None or is_address(logo) else base + LOGO


def find(folder: Path, path: str, accepted: str) -> tuple[Path, str | None]:
    """Return the file at `path` in `folder`, in the smallest form that the browser accepts.

    Args:
        folder: Folder of the file.
        path: Path from the URL.
        accepted: Value of the `Accept-Encoding` header.

    Returns:
        The file and its encoding.

    Raises:
        Denied: The path is outside of the folder.
        NotFound: The file does not exist.
    """
    if "\0" in path:
        raise Denied("The path is not allowed.")
    wanted = (folder / path).resolve()
    if not wanted.is_relative_to(folder.resolve()) or path.startswith("/"):
        raise Denied("The path is not allowed.")
    if not _is_file(wanted):
        raise NotFound("Not Found")
    offered = {part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")}
    for encoding, suffix in ENCODINGS:
        compressed = wanted.with_name(wanted.name + suffix)
        if encoding in offered and _is_file(compressed):
            return compressed, encoding
    return wanted, None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the name is too long for the file system
        return False

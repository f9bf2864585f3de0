"""The built page's own files, with compressed forms where the build made them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from holdfast.errors import Denied, NotFound

FOREVER = "public, max-age=31536000, immutable"
"""The build puts a digest into every asset's name."""
SHORT = "public, max-age=3600"
LOGO = "static/logo"
"""Where pages find the image that replaces Holdfast's mark, from the app's root."""
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Static:
    """Static files below one folder.

    Args:
        folder: The built page.
        favicon: The site's icon; the page's own by default.
        logo: File of the image that replaces Holdfast's mark.
    """

    def __init__(self, folder: Path, favicon: str | None = None, logo: str | None = None) -> None:
        self._folder = folder
        self._logo = None if logo is None or is_address(logo) else Path(logo)
        self._favicon = None if favicon is None else Path(favicon)

    def routes(self) -> list[Route]:
        """The routes beside the page."""
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
        """A file whose name holds a digest of its content."""
        return await self._answer(request, "assets", FOREVER)

    async def static(self, request: Request) -> Response:
        """Any other file of the page."""
        return await self._answer(request, "static", SHORT)

    async def favicon(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """The site's icon."""
        for candidate in (self._favicon, self._folder / "favicon.svg", self._folder / "favicon.ico"):
            if candidate is not None and await anyio.to_thread.run_sync(candidate.is_file):
                return FileResponse(candidate, headers={"cache-control": SHORT})
        return Response(status_code=204)

    async def element(self, request: Request) -> Response:
        """The script that makes `<gradio-app src=…>` an element of any site's page."""
        response = await self._file(request, self._folder, "gradio.js", SHORT)
        # A module of another origin is loaded only with this; it holds nothing of the app.
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response

    async def logo(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """The image that replaces Holdfast's mark."""
        if self._logo is None or not await anyio.to_thread.run_sync(self._logo.is_file):
            raise NotFound("Not Found")
        # Opened by itself, an SVG could run scripts as this site.
        headers = {"cache-control": SHORT, "x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return FileResponse(self._logo, headers=headers)

    async def robots(self, request: Request) -> Response:  # noqa: ARG002 -- Starlette's signature
        """Crawlers may see the page, not the API."""
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
    """Whether a logo is one that browsers fetch themselves, not a file of this machine."""
    return logo.startswith(("https://", "http://", "data:"))


def logo_address(logo: str | None, base: str) -> str | None:
    """Where a page finds the app's logo.

    Args:
        logo: What the author gave.
        base: The way from the page to the app's root.
    """
    return logo if logo is None or is_address(logo) else base + LOGO


def find(folder: Path, path: str, accepted: str) -> tuple[Path, str | None]:
    """The file at `path` in `folder`, in the smallest form that the browser takes.

    Args:
        folder: Nothing outside of it is found.
        path: From the URL.
        accepted: The `Accept-Encoding` header.

    Returns:
        The file and its encoding.

    Raises:
        Denied: The path leads out of the folder.
        NotFound: There is no such file.
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
    except OSError:  # a name that is longer than the file system takes
        return False

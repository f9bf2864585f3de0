"""The HTML pages: the built page with the app's config."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from holdfast.server.app_config import Configs
from holdfast.server.context import ServerContext
from holdfast.server.http.root_path import is_secure
from holdfast.server.page.assets import logo_address
from holdfast.server.page.documents import document_headers
from holdfast.wire.encode import encode

MARK = "<!--holdfast:head-->"
MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The page is not built</title></head>
<body style="font: 16px/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>The page is not built</h1>
<p>The server is running, but this installation lacks the page's files. In a clone, build them with:</p>
<pre>cd frontend &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>API clients work without them.</p></body></html>
"""
COMPRESS_FROM = 1024
_LONG = re.compile(rb"\d{16}")
_STRING_OR_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?')
_WHOLE = re.compile(rb"-?\d{16,}")
UNTITLED = "Holdfast"
"""Title of an app without a title from its author."""


class PageFiles:
    """The built page: its HTML, and the files that each component needs.

    Args:
        folder: Folder of the built page.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_built(self) -> bool:
        """Whether the page has been built."""
        return self.template is not None

    @cached_property
    def template(self) -> tuple[str, str] | None:
        """The HTML before and after the part that the server inserts."""
        try:
            text = (self._folder / "index.html").read_text("utf-8")
        except FileNotFoundError:
            return None
        before, mark, after = text.partition(MARK)
        if not mark:
            before, _, after = text.partition("</head>")
            after = "</head>" + after
        return before, after

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        try:
            found = json.loads((self._folder / "manifest.json").read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}

    def links(self, types: Iterable[str], base: str) -> str:
        """Return links with which the browser preloads the files of component types.

        Args:
            types: Names of the types.
            base: Relative path from the page to the app's root.
        """
        template = "".join(self.template or ())
        components = self._manifest.get("components", {})
        needed = [components[name] for name in dict.fromkeys(types) if name in components]
        scripts = dict.fromkeys(file for one in needed for file in one.get("js", ()))
        styles = dict.fromkeys(file for one in needed for file in one.get("css", ()))
        lines = [f'<link rel="modulepreload" crossorigin href="{base}{file}">' for file in scripts]
        lines += [f'<link rel="stylesheet" crossorigin href="{base}{file}">' for file in styles if file not in template]
        return "\n".join(lines)


class Pages:
    """Routes of the app's pages.

    Args:
        context: State shared by all routes.
        configs: Configs of the app.
    """

    def __init__(self, context: ServerContext, configs: Configs) -> None:
        self._context = context
        self._app = context.runtime.app
        self._configs = configs
        self._files = PageFiles(context.options.page_folder)
        self._links: dict[str, str] = {}
        self._browser_scope = any(state.cell.scope == "browser" for state in self._app.states)  # type: ignore[attr-defined]

    def routes(self) -> list[Route]:
        """Return one route per page, and one with a trailing slash that redirects to it."""
        found = []
        for page in self._app.pages:
            if page.path:
                found.append(Route(f"/{page.path}/", self.without_slash, methods=["GET", "HEAD"]))
            found.append(Route(f"/{page.path}", self.page, methods=["GET", "HEAD"]))
        return found

    async def without_slash(self, request: Request) -> Response:
        """Redirect to the page's URL without the trailing slash."""
        path = request.url.path.rstrip("/")
        inside = path.removeprefix(request.scope.get("root_path", "").rstrip("/"))
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{self._context.root(request)}{inside}{query}", status_code=301)

    async def page(self, request: Request) -> Response:
        """Serve a page, or the login page if a login is required."""
        root_path = request.scope.get("root_path", "").rstrip("/")
        path = request.url.path.removeprefix(root_path).strip("/")
        auth = self._context.auth
        if auth.dependency is not None:
            user = await auth.identify(request)
        else:
            user = await auth.user_of(request)
        if self._files.template is None:
            return HTMLResponse(MISSING, status_code=503)
        content = self._render(request, path, user)
        return self._answer(request, content)

    def _render(self, request: Request, path: str, user: str | None) -> bytes:
        before, after = self._files.template or ("", "")
        base = "../" * path.count("/") or "./"
        root = self._context.root(request)
        logo = logo_address(self._context.options.logo, base)
        if self._context.auth.required and user is None:
            config = encode({**self._locked(root, base), "logo": logo})
            links = ""
        else:
            more: dict[str, Any] = {
                "username": user,
                "logout": self._context.auth.has_login,
                "root": root,
                "base": base,
                "current_page": path,
                "deep_link_state": "none",
            }
            more |= {"logo": logo, "header": self._context.options.header}
            if self._app.options.session == "tab":
                more["session"] = "tab"
            config = self._configs.page_config(path, more)
            links = self._links_of(path, base)
        head = "\n".join(
            part
            for part in (
                f"<title>{html.escape(self._title(path))}</title>",
                f"<script>window.gradio_config = {_in_script(config)};</script>",
                links,
                self._styles(base),
                self._app.options.head or "",
            )
            if part
        )
        return (_based(before, base) + head + _based(after, base)).encode()

    def _title(self, path: str) -> str:
        """Return the browser tab's title: the app's title, with the page's label on pages other than the first."""
        label = next((page.label for page in self._app.pages if page.path == path), "") if path else ""
        parts = [label, self._app.title if self._app.title != UNTITLED or not label else ""]
        return " · ".join(part for part in parts if part)

    def _locked(self, root: str, base: str) -> dict[str, Any]:
        """Return the config for a visitor who has not logged in."""
        return {
            "auth_required": True,
            "auth_message": self._context.auth.message,
            "title": self._app.title,
            "footer_links": list(self._app.options.footer_links),
            "space_id": None,
            "root": root,
            "base": base,
            "page": {"": {"layout": {}}},
            "pages": [""],
            "components": [],
            "dependencies": [],
            "current_page": "",
        }

    def _links_of(self, path: str, base: str) -> str:
        if path not in self._links:
            types = [block.NAME for block in self._app.blocks.values() if block.page == path]
            self._links[path] = self._files.links(types, base)
        return self._links[path]

    def _styles(self, base: str) -> str:
        options = self._app.options
        lines = []
        if hasattr(options.theme, "css"):
            lines.append(f'<link rel="stylesheet" href="{base}theme.css">')
        if options.css:
            lines.append(f"<style>{options.css.replace('</style', '<' + chr(92) + '/style')}</style>")
        return "\n".join(lines)

    def _document_headers(self, *, secure: bool) -> dict[str, str]:
        return document_headers(self._context.options.access, login=self._context.auth.required, secure=secure)

    def _answer(self, request: Request, content: bytes) -> Response:
        secure = is_secure(request, self._context.options.root_path)
        headers = self._document_headers(secure=secure) | {"cache-control": "no-cache", "vary": "Accept-Encoding"}
        if len(content) >= COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            content = gzip.compress(content, 5, mtime=0)
            headers["content-encoding"] = "gzip"
        response = HTMLResponse(content, headers=headers)
        self._context.auth.renew(request, response, secure=secure)
        if self._browser_scope:
            self._context.browsers.set_cookies(request, response, secure=secure)
        return response


def _based(text: str, base: str) -> str:
    return text if base == "./" else text.replace('="./', f'="{base}')


def _exact(found: re.Match[bytes]) -> bytes:
    """Return a string unchanged, and a number that JavaScript would round as a bigint."""
    text = found[0]
    return text + b"n" if _WHOLE.fullmatch(text) and abs(int(text)) >= 2**53 else text


def _in_script(encoded: bytes) -> str:
    """Return JSON for a script element: without anything that starts a tag, and with exact large integers."""
    if _LONG.search(encoded) is not None:
        encoded = _STRING_OR_NUMBER.sub(_exact, encoded)
    return encoded.decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

"""Error pages for people who open a URL that does not exist or that the server cannot serve."""

from __future__ import annotations

import html
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from holdfast.server.http.root_path import public_root
from holdfast.server.page.assets import logo_address

HEADINGS = {401: "Login required", 403: "Not allowed", 404: "Page not found", 503: "Busy right now"}
MARK = (
    '<svg viewBox="0 0 24 24" width="44" height="44" aria-hidden="true"><rect width="24" height="24" rx="6"/>'
    '<path d="M5 12.5h3l2-5 3.5 9 2-4H19"/></svg>'
)
THEME = """try{const t=localStorage.getItem('holdfast-theme')
if(t==='light'||t==='dark')document.documentElement.style.colorScheme=t}catch{}"""
"""Script that applies the page's choice of light or dark mode."""
STYLE = """
:root { color-scheme: light dark }
* { box-sizing: border-box }
body { display: grid; min-height: 100dvh; margin: 0; padding: 24px; place-items: center;
  background: light-dark(#f7f8fa, #0d0f13); color: light-dark(#14181f, #eceff4);
  font: 400 14px/1.5 Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif }
main { max-width: 368px; text-align: center }
svg, img { display: block; height: 44px; margin: 0 auto 16px }
rect { fill: light-dark(#2f54eb, #5b7cff) }
path { fill: none; stroke: light-dark(#fff, #0b1020); stroke-linecap: round; stroke-linejoin: round; stroke-width: 2 }
h1 { margin: 0 0 8px; font-size: 20px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.25 }
p { margin: 0 0 20px; color: light-dark(#4a5362, #a9b3c2); overflow-wrap: anywhere }
a { display: inline-flex; align-items: center; min-height: 44px; padding: 0 16px; border-radius: 6px;
  background: light-dark(#2f54eb, #5b7cff); color: light-dark(#fff, #0b1020); font-weight: 550; text-decoration: none }
a:hover { background: light-dark(#2443c4, #7591ff) }
a:focus-visible { outline: 2px solid light-dark(#2f54eb, #8aa2ff); outline-offset: 2px }
"""


def wants_page(request: Request) -> bool:
    """Return whether a request is from a browser that opens a URL, not from a script or an API client."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, detail: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the page for an error.

    Args:
        request: The request that failed.
        detail: Error detail for API clients.
        status: The HTTP status.
        headers: Additional headers of the response.
    """
    context = request.app.state.context
    root = public_root(request, context.options.root_path)
    title = html.escape(context.runtime.app.title)
    heading = HEADINGS.get(status, "Something went wrong" if status >= 500 else "This did not work")
    logo = logo_address(context.options.logo, f"{root}/")
    mark = MARK if logo is None else f'<img src="{html.escape(logo)}" alt="">'
    content = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{heading} · {title}</title>
<link rel="icon" href="{html.escape(root)}/favicon.ico">
<style>{STYLE}</style><script>{THEME}</script></head>
<body><main>{mark}<h1>{heading}</h1><p>{html.escape(_sentence(request, detail, status))}</p>
<a href="{html.escape(root)}/">Go to {title}</a></main></body></html>
"""
    own = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return HTMLResponse(content, status_code=status, headers={**dict(headers or {}), **own})


def _sentence(request: Request, detail: Any, status: int) -> str:
    if isinstance(detail, dict):
        detail = detail.get("error")
    phrase = HTTPStatus(status).phrase if status in {code.value for code in HTTPStatus} else ""
    if isinstance(detail, str) and detail.strip() and detail != phrase:
        return detail
    if status == HTTPStatus.NOT_FOUND:
        return f"There is nothing at {request.url.path}."
    return (
        "Try again later."
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else f"The server responded with status {status}."
    )

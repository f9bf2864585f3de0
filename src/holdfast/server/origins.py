"""Where a request comes from: a page of this app, or of another site, which browsers let travel with our cookies."""

from __future__ import annotations

from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

Sender: TypeAlias = Literal["own", "unsure", "foreign"]


def sender(connection: HTTPConnection, root_path: str | None = None) -> Sender:
    """Whose page sends a request.

    A cookie that must work in frames travels with every site's requests, and CORS as Gradio has it lets every site read
    the answer. Browsers say over https where a request comes from (https://www.w3.org/TR/fetch-metadata/), except, in
    some, of one that opens a socket; that has an `Origin`, and only the app's own address counts then. Behind a proxy
    that does not tell that address, `"unsure"`: such a request has nothing but cookies that browsers keep to one site.

    Args:
        connection: The request.
        root_path: The app's configured root path.

    Returns:
        `"own"` also for programs, which say nothing, and for a link or frame on another site that shows our page.
    """
    headers = connection.headers
    site = headers.get("sec-fetch-site")
    if site is not None:
        shows_a_page = headers.get("sec-fetch-mode") == "navigate" and connection.scope.get("method") in {"GET", "HEAD"}
        return "foreign" if site == "cross-site" and not shows_a_page else "own"
    origin = headers.get("origin")
    return "own" if origin is None or is_own(origin, connection, root_path) else "unsure"


def is_own(origin: str, connection: HTTPConnection, root_path: str | None = None) -> bool:
    """Whether a page of `origin` is on the host at which this request has reached the app.

    Args:
        origin: The `Origin` header.
        connection: The request; a proxy in front may have told its own address in `X-Forwarded-Host`.
        root_path: The app's configured root path, which may be its whole public address.
    """
    headers = connection.headers
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    asked = hostname(origin)
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip()
    public = root_path if root_path and "://" in root_path else "//"
    return asked is not None and asked in {
        hostname(f"//{headers.get('host', '')}"),
        hostname(f"//{forwarded}"),
        hostname(public),
    }


def hostname(url: str) -> str | None:
    """The host in a URL, without its port."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None

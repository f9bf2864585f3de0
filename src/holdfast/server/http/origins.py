"""The sender of a request: the app itself, an origin that its author trusts, or any other origin.

There is only one check: every HTTP request and every socket passes it at the gate (`holdfast.server.http.gate`), and
all other code gets its result from `sender`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from holdfast.errors import BuildError
from holdfast.server.http.proxies import reported, scheme_of

Sender: TypeAlias = Literal["own", "trusted", "link", "untrusted"]
"""The sender of a request.

`own`: a page of this app, the visitor (who typed the URL), or a program. `trusted`: a page of a trusted origin. `link`:
a link or frame of another origin that opens a page of this app. It can neither read the response nor change anything,
so the visitor's login applies to what is shown, but to nothing else. `untrusted`: any other page.
"""
SENDER = "holdfast.sender"
"""Key in the scope under which the gate stores its result."""
LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 -- for comparison, not binding
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host, and port of a URL."""

    scheme: str
    host: str
    port: int | None


def sender(connection: HTTPConnection) -> Sender:
    """Return the sender of a request as determined by the gate. Without the gate, it is untrusted."""
    found: Sender = connection.scope.get(SENDER, "untrusted")
    return found


class Origins:
    """Distinguishes the app's pages from those of other origins.

    Browsers send cookies with requests of every page on the same site (other ports, sibling subdomains), and some
    cookies with requests of every site. Over https, browsers report the source of a request
    (https://www.w3.org/TR/fetch-metadata/); all other relevant requests have an `Origin`.

    Args:
        trusted: Origins such as `https://example.com`; `null` for pages without one, `*` for every page.
        root_path: The app's configured root path, which can be its full public URL.

    Raises:
        BuildError: An entry is not a valid origin.
    """

    def __init__(self, trusted: Sequence[str] = (), *, root_path: str | None = None) -> None:
        self._everyone = "*" in trusted
        self._null = "null" in trusted
        self._trusted = {_required(entry) for entry in trusted if entry not in {"*", "null"}}
        self._public = parse(root_path) if root_path and "://" in root_path else None

    def sender(self, scope: Scope) -> Sender:
        """Return the sender of a request.

        Args:
            scope: Scope of an HTTP request or a socket, with the headers of a trusted proxy applied.
        """
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site in {"same-origin", "none"}:
            return "own"
        if site is None and origin is None:
            return self._without_signs(scope, headers)
        # A simple GET has no Origin. A page can omit its Referer but not forge it.
        if self._trusts(origin or headers.get("referer")):
            return "trusted"
        if site is not None:
            shows = scope["type"] == "http" and headers.get("sec-fetch-mode") == "navigate"
            return "link" if shows and scope["method"] in {"GET", "HEAD"} else "untrusted"
        return "own" if self._is_own(origin, scope, headers) else "untrusted"

    def _without_signs(self, scope: Scope, headers: Headers) -> Sender:
        """Return the sender if it is a program, or a browser that loads a page or an image over plain http."""
        browser = headers.get("user-agent", "").startswith("Mozilla/")
        if not browser or scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return "own"
        return "own" if self._is_own(headers.get("referer"), scope, headers) else "link"

    def _trusts(self, origin: str | None) -> bool:
        if origin is None or self._everyone:
            return origin is not None
        return self._null if origin == "null" else parse(origin) in self._trusted

    def _is_own(self, origin: str | None, scope: Scope, headers: Headers) -> bool:
        """Return whether an origin matches the scheme, host, and port under which the app was reached."""
        asked = None if origin is None else parse(origin)
        if asked is None:
            return False
        report = reported(scope)
        reached = [report.origin or "", f"{scheme_of(scope)}://{headers.get('host', '')}"]
        addresses = {self._public, *map(parse, reached)}
        if report.scheme is None:  # many proxies terminate https but only report the host
            hosts = [url.partition("://")[2] for url in reached]
            addresses |= {parse(f"https://{host}") for host in hosts if ":" not in host and host not in LOCAL}
        return asked in addresses


def parse(url: str) -> Origin | None:
    """Return the origin of a URL, or `None` if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname:
        return None
    return Origin(parts.scheme, parts.hostname.rstrip("."), _PORTS.get(parts.scheme) if port is None else port)


def hostname(url: str) -> str | None:
    """Return the host of a URL, without its port and without a trailing dot."""
    try:
        found = urlsplit(url).hostname
    except ValueError:
        return None
    return None if found is None else found.rstrip(".")


def _required(entry: str) -> Origin:
    found = parse(entry)
    if found is None or urlsplit(entry).path.strip("/"):
        raise BuildError(
            f"trusted_origins: {entry!r} is not a valid origin. Use scheme, host, and port, such as "
            "'https://example.com' or 'http://localhost:3000'."
        )
    return found

"""`gr.Request`: details of the HTTP request that started an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from holdfast.graph.injected import Injected


class Address(NamedTuple):
    """Network address that a request came from."""

    host: str
    port: int = 0


class Headers(Mapping[str, str]):
    """HTTP headers. Names are case-insensitive."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = items.items() if isinstance(items, Mapping) else items
        self._items = {name.lower(): value for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({list(self._items)})"


class Url(str):
    """A URL with its parts as attributes."""

    __slots__ = ()

    @property
    def parts(self) -> SplitResult:
        """Parts of the URL, as `urllib.parse` names them."""
        return urlsplit(str(self))

    def __getattr__(self, name: str) -> Any:
        if name in {"scheme", "netloc", "path", "query", "fragment", "hostname", "port", "username", "password"}:
            return getattr(self.parts, name)
        raise AttributeError(f"A URL has no attribute {name!r}.")


class Request(Injected):
    """The HTTP request behind an event: the page's connection, or the client's call.

    Args:
            headers: HTTP headers.
            client: Host and port that the request came from.
            query_params: Query parameters of the page or the call.
            path_params: Path parameters of the route.
            url: Full URL.
            cookies: Cookies.
            session_hash: ID of the session.
            username: Name of the logged-in user, if any.
            path: Page of a multipage app that the request belongs to.
            scope: ASGI scope, for details that are not listed here.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        client: tuple[str, int] | None = None,
        query_params: Mapping[str, str] | None = None,
        path_params: Mapping[str, Any] | None = None,
        url: str = "",
        cookies: Mapping[str, str] | None = None,
        session_hash: str | None = None,
        username: str | None = None,
        path: str = "",
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.client = None if client is None else Address(*client)
        self.query_params = dict(query_params or {})
        self.path_params = dict(path_params or {})
        self.url = Url(url)
        self.cookies = dict(cookies or {})
        self.session_hash = session_hash
        self.username = username
        self.path = path
        self.scope = scope or {}

    def of(self, session_hash: str | None, username: str | None = None) -> Request:
        """Return the same request with a session's ID.

        Args:
                session_hash: ID of the session.
                username: Name of the logged-in user; the request's own by default.
        """
        if self.session_hash == session_hash and username in {None, self.username}:
            return self
        copy = Request.__new__(Request)
        copy.__dict__.update(self.__dict__)
        copy.session_hash = session_hash
        copy.username = self.username if username is None else username
        return copy

    def __repr__(self) -> str:
        return f"Request(url={str(self.url)!r}, session_hash={self.session_hash!r})"

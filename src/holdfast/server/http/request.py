"""`gr.Request` for an HTTP request. Its attributes are computed on first use, since most handlers never use them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import HTTPConnection

from holdfast.runtime.request import Request

FIELDS = frozenset({"headers", "client", "query_params", "path_params", "url", "cookies", "path", "scope"})


class HttpRequest(Request):
    """Details of an HTTP request for handlers.

    Args:
        connection: The request.
        session_hash: ID of the session.
        username: Name of the logged-in user.
        query: Query parameters that replace the request's own (the page's, for a request through its socket).
        path: Page of a multipage app.
    """

    def __init__(
        self,
        connection: HTTPConnection,
        session_hash: str | None,
        username: str | None,
        *,
        query: dict[str, str] | None = None,
        path: str = "",
    ) -> None:
        self.session_hash = session_hash
        self.username = username
        self._connection = connection
        self._query = query
        self._page = path

    def __getattr__(self, name: str) -> Any:
        if name not in FIELDS:
            raise AttributeError(f"A request has no attribute {name!r}.")
        self._fill()
        return self.__dict__[name]

    def of(self, session_hash: str | None, username: str | None = None) -> Request:
        """Return the same request with a session's ID."""
        if self.session_hash == session_hash and username in {None, self.username}:
            return self
        name = self.username if username is None else username
        return HttpRequest(self._connection, session_hash, name, query=self._query, path=self._page)

    def _url(self) -> str:
        """Return the visitor's URL: the page's for a request through its socket, and the public one behind a proxy."""
        connection = self._connection
        context = getattr(getattr(connection.scope.get("app"), "state", None), "context", None)
        if context is None:
            return str(connection.url)
        root = context.root(connection)
        if self._query is not None:
            query = f"?{urlencode(self._query)}" if self._query else ""
            return f"{root}/{self._page}{query}"
        path = connection.scope["path"].removeprefix(connection.scope.get("root_path", "").rstrip("/"))
        return f"{root}{path}{f'?{connection.url.query}' if connection.url.query else ''}"

    def _fill(self) -> None:
        connection = self._connection
        client = connection.client
        super().__init__(
            headers=connection.headers.items(),
            client=None if client is None else (client.host, client.port),
            query_params=dict(connection.query_params) if self._query is None else self._query,
            path_params=connection.path_params,
            url=self._url(),
            cookies=connection.cookies,
            session_hash=self.session_hash,
            username=self.username,
            path=self._page,
            scope=connection.scope,
        )

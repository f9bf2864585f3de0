"""What all routes of one served app share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import HTTPConnection

from holdfast import logs
from holdfast.runtime.runtime import Runtime
from holdfast.runtime.session import Session
from holdfast.server.browsers import Browsers
from holdfast.server.http.body import check_id
from holdfast.server.http.body_budget import Bodies
from holdfast.server.http.liveness import OpenHeartbeats
from holdfast.server.http.root_path import public_root
from holdfast.server.http.sse import Streams
from holdfast.server.login.guesses import block_of
from holdfast.server.login.routes import Auth
from holdfast.server.page.connections import Links
from holdfast.server.settings import ServerOptions
from holdfast.wire.encode import encode

TOKEN_HEADER = "x-holdfast-token"  # noqa: S105 -- the name of a header
"""Where a page puts its session's secret when it calls a route of Gradio's protocol."""
USER = "holdfast.user"
"""Where a request's ASGI scope says who is logged in, once that is known."""
UNKNOWN = object()
FILE_URL = b'"url":"/gradio_api/file='
"""How a file's address stands in what the runtime writes: relative to the app's root, which only a request knows."""


class ServerContext:
    """One served app.

    Attributes:
        runtime: Runs its events.
        options: How it is served.
        auth: Who may come in.
        bodies: The request bodies that are in flight.
        origins: Tells the app's own pages from those of other origins.
        streams: Its open event streams.
        links: Its pages' connections.
        browsers: Which browser is which.
        heartbeats: The heartbeats that API clients keep open.
        started: Its runtime runs.
        refused_pages: A page was refused because it seems to be another site's, and the log says so.
    """

    def __init__(self, runtime: Runtime, options: ServerOptions) -> None:
        self.runtime = runtime
        self.options = options
        self.auth = Auth(
            options.auth,
            message=options.auth_message,
            dependency=options.auth_dependency,
            keys=options.keys,
            clock=runtime.clock,
            idle=options.access.login_idle,
            lifetime=options.limits.login_seconds,
            limit=options.limits.logins,
            shelf=options.shelf,
            app=runtime.app.title,
            framed=options.access.is_framed,
        )
        self.bodies = Bodies(options.limits, runtime.clock)
        self.origins = options.access.origins(options.root_path)
        self.streams = Streams()
        self.links = Links()
        self.browsers = Browsers(options.secret)
        self.heartbeats = OpenHeartbeats(runtime)
        self.refused_pages = False
        self.started = False

    def root(self, connection: HTTPConnection) -> str:
        """The app's public address, as this request has reached it."""
        return public_root(connection, self.options.root_path)

    async def identify(self, request: HTTPConnection) -> str | None:
        """Return the name of who sends a request, worked out once per request; `None` where no login is needed.

        Raises:
            Unauthenticated: A login is needed.
        """
        found: Any = request.scope.get(USER, UNKNOWN)
        if found is UNKNOWN:
            found = request.scope[USER] = await self.auth.identify(request)
        user: str | None = found
        return user

    def visitor(self, request: HTTPConnection, user: str | None) -> str:
        """Return the name under which the bounds per visitor count: the user, or else the address; empty if unknown."""
        if user is not None:
            return f"user {user}"
        client = request.client
        return "" if client is None else f"address {block_of(client.host)}"

    async def client_session(self, request: HTTPConnection, session_hash: str) -> Session:
        """The session that an API client names, made if need be.

        Raises:
            Unauthenticated: A login is needed.
            Malformed: The id cannot be one.
            Denied: It is another user's session, or a page's.
        """
        user = await self.identify(request)
        found = await self.known_session(request, session_hash, user)
        if found is not None:
            return found
        if user is not None:
            await self.runtime.returns.claim(session_hash, user)
        session = self.runtime.sessions.open(
            session_hash,
            token=request.headers.get(TOKEN_HEADER),
            username=user,
            browser=self.browsers.read(request),
            visitor=self.visitor(request, user),
        )
        self.heartbeats.begin(session)
        return session

    def passing_session(self, request: HTTPConnection, user: str | None) -> Session:
        """A session for one call that names none; it goes with the call.

        Args:
            request: The call.
            user: Who is logged in.
        """
        browser = self.browsers.read(request)
        session = self.runtime.sessions.open(
            None, username=user, browser=browser, temporary=True, visitor=self.visitor(request, user)
        )
        logs.about.set((session.id, None))
        return session

    async def known_session(
        self, request: HTTPConnection, session_hash: str, user: str | None = None
    ) -> Session | None:
        """The session that an API client names, if there is one.

        Args:
            request: What names it.
            session_hash: Its id.
            user: Who asks, where that is known already.

        Raises:
            Malformed: The id cannot be one.
            Denied: It is another user's session, or a page's.
        """
        check_id("session_hash", session_hash)
        logs.about.set((session_hash, None))
        sessions = self.runtime.sessions
        session = sessions.get(session_hash)
        if session is None:
            return None
        if user is None:
            found = request.scope.get(USER, UNKNOWN)
            user = await self.auth.user_of(request) if found is UNKNOWN else found
        sessions.check(session, request.headers.get(TOKEN_HEADER), user)
        sessions.touch(session)
        return session


def absolute_files(encoded: bytes, root: Callable[[], str]) -> bytes:
    """Encoded JSON with its files' addresses under the app's root, for clients that do not resolve them.

    Args:
        encoded: The JSON.
        root: Gives the app's public address; asked only when there is a file.
    """
    if FILE_URL not in encoded:
        return encoded
    return encoded.replace(FILE_URL, b'"url":' + encode(root())[:-1] + b"/gradio_api/file=")

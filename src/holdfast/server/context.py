"""State shared by all routes of a served app."""

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
"""Header with a page session's secret, for page requests to routes of Gradio's protocol."""
USER = "holdfast.user"
"""Key in a request's ASGI scope of the user's name, set once it is known."""
UNKNOWN = object()
FILE_URL = b'"url":"/gradio_api/file='
"""Start of a file's URL in the runtime's JSON. It is relative to the app's root, which only a request determines."""


class ServerContext:
    """State shared by all routes of a served app.

    Attributes:
        runtime: Runtime that runs the app's events.
        options: Settings of the server.
        auth: Login of the app.
        bodies: Request bodies that are being received.
        origins: Check that distinguishes the app's pages from those of other origins.
        streams: Open event streams.
        links: Connections of pages.
        browsers: Browser IDs in cookies.
        heartbeats: Heartbeats that API clients keep open.
        started: Whether the runtime is running.
        refused_pages: Whether the log has reported that a page was rejected as another site's.
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
        self.streams = Streams(runtime.clock)
        self.links = Links()
        self.browsers = Browsers(options.secret)
        self.heartbeats = OpenHeartbeats(runtime)
        self.refused_pages = False
        self.started = False

    def root(self, connection: HTTPConnection) -> str:
        """Return the app's public URL as seen by this request."""
        return public_root(connection, self.options.root_path)

    async def identify(self, request: HTTPConnection) -> str | None:
        """Return the name of the user who sends a request, determined once per request; `None` if there is no login.

        Raises:
            Unauthenticated: A login is required.
        """
        found: Any = request.scope.get(USER, UNKNOWN)
        if found is UNKNOWN:
            found = request.scope[USER] = await self.auth.identify(request)
        user: str | None = found
        return user

    def visitor(self, request: HTTPConnection, user: str | None) -> str:
        """Return the visitor's name for the limits per visitor: user, otherwise address; empty if unknown."""
        if user is not None:
            return f"user {user}"
        client = request.client
        return "" if client is None else f"address {block_of(client.host)}"

    async def client_session(self, request: HTTPConnection, session_hash: str) -> Session:
        """Return the session that an API client refers to, creating it if necessary.

        Raises:
            Unauthenticated: A login is required.
            Malformed: The ID is not valid.
            Denied: The session belongs to another user or to a page.
        """
        user = await self.identify(request)
        found = await self.known_session(request, session_hash, user)
        if found is not None:
            return found
        if user is not None:
            await self.runtime.resumption.claim(session_hash, user)
        session = self.runtime.sessions.open(
            session_hash,
            token=request.headers.get(TOKEN_HEADER),
            username=user,
            browser=self.browsers.read(request),
            visitor=self.visitor(request, user),
        )
        self.heartbeats.begin(session)
        return session

    def temporary_session(self, request: HTTPConnection, user: str | None) -> Session:
        """Create a session for a call that does not refer to one. It is dropped after the call.

        Args:
            request: Request of the call.
            user: Name of the logged-in user.
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
        """Return the session that an API client refers to, if it exists.

        Args:
            request: Request that refers to the session.
            session_hash: ID of the session.
            user: Name of the user, if already known.

        Raises:
            Malformed: The ID is not valid.
            Denied: The session belongs to another user or to a page.
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
    """Make file URLs in encoded JSON absolute, for clients that do not resolve them.

    Args:
        encoded: The JSON.
        root: Function that returns the app's public URL; called only if there is a file.
    """
    if FILE_URL not in encoded:
        return encoded
    return encoded.replace(FILE_URL, b'"url":' + encode(root())[:-1] + b"/gradio_api/file=")

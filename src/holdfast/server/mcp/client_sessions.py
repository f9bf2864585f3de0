"""Sessions for tool calls: one per session of the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from holdfast.runtime.session import Session
from holdfast.server.context import USER, ServerContext
from holdfast.server.http.request import HttpRequest

if TYPE_CHECKING:
    from mcp.server.connection import Connection

KEY = "holdfast"
CALLS = "holdfast.calls"
"""Key in a request's ASGI scope of the functions to call if its client disconnects before the response."""


@dataclass
class ClientSession:
    """A session of the protocol."""

    id: str
    session: Session | None = None


class ClientSessions:
    """Assigns a session to each connection and closes it with the connection.

    A session is created by a connection's first call, not when the connection is opened, so a client that only lists
    tools needs no State.

    Args:
        context: State shared by all routes.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def session(self, connection: Connection, request: Request, *, lasting: bool) -> Session:
        """Return the session for a call.

        Args:
            connection: Connection of the call.
            request: HTTP request of the call.
            lasting: The client's version of the protocol has sessions; otherwise, the call receives a temporary
                session.

        Raises:
            Denied: The session was started by another user.
        """
        user: str | None = request.scope.get(USER)
        sessions = self._context.runtime.sessions
        if not lasting:
            return self._context.temporary_session(request, user)
        visit = connection.state.get(KEY)
        if visit is None:
            visit = connection.state[KEY] = ClientSession(f"mcp-{self._context.runtime.new_id()}")
            connection.exit_stack.callback(self._end, visit)
        session = sessions.open(
            visit.id,
            username=user,
            browser=self._context.browsers.read(request),
            visitor=self._context.visitor(request, user),
        )
        if session is not visit.session:  # new, or the old one was evicted
            visit.session = session
            self._context.runtime.connect(session)
        session.request = HttpRequest(request, session.id, user)
        return session

    def _end(self, visit: ClientSession) -> None:
        if visit.session is not None:
            self._context.runtime.disconnect(visit.session, gone=True)


def connection_of(ctx: Any) -> Connection:
    """Return the connection that a handler of the `mcp` package serves.

    The package only provides it inside the request's session (mcp 2). The connection's `state` and `exit_stack` are
    documented for this use.
    """
    found: Connection = getattr(ctx, "connection", None) or ctx.session._connection
    return found


def was_cancelled(ctx: Any) -> bool:
    """Return whether the client has canceled a call; otherwise, its connection or session has ended.

    Like the connection, the package only provides this inside the request's session (mcp 2).
    """
    return bool(ctx.session._request_outbound.cancel_requested.is_set())


def request_of(ctx: Any) -> Request:
    """Return the HTTP request that a handler of the `mcp` package serves."""
    found: Request = ctx.request
    return found

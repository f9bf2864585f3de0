"""Which session a client's call belongs to: one session of the protocol is one of ours."""

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
"""Where a request's ASGI scope keeps what is to be called if its client leaves before the answer."""


@dataclass
class Visit:
    """One session of the protocol."""

    id: str
    session: Session | None = None


class Visits:
    """Gives each connection its session, and closes it with the connection.

    A session is made by a connection's first call, not by its beginning: a client that only looks costs no State.

    Args:
        context: What all routes share.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def session(self, connection: Connection, request: Request, *, lasting: bool) -> Session:
        """The session of a call.

        Args:
            connection: What the call came by.
            request: Its HTTP request.
            lasting: Whether the client's version of the protocol knows sessions; else the call has one of its own.

        Raises:
            Denied: Another login began it.
        """
        user: str | None = request.scope.get(USER)
        sessions = self._context.runtime.sessions
        if not lasting:
            return self._context.passing_session(request, user)
        visit = connection.state.get(KEY)
        if visit is None:
            visit = connection.state[KEY] = Visit(f"mcp-{self._context.runtime.new_id()}")
            connection.exit_stack.callback(self._end, visit)
        session = sessions.open(
            visit.id,
            username=user,
            browser=self._context.browsers.read(request),
            visitor=self._context.visitor(request, user),
        )
        if session is not visit.session:  # new, or it had to go when there were too many
            visit.session = session
            self._context.runtime.connect(session)
        session.request = HttpRequest(request, session.id, user)
        return session

    def _end(self, visit: Visit) -> None:
        if visit.session is not None:
            self._context.runtime.disconnect(visit.session, gone=True)


def connection_of(ctx: Any) -> Connection:
    """The connection that a handler of the protocol's package serves.

    The package hands it to handlers inside of the request's session alone (mcp 2); its `state` and `exit_stack` are
    documented for this use.
    """
    found: Connection = getattr(ctx, "connection", None) or ctx.session._connection
    return found


def was_cancelled(ctx: Any) -> bool:
    """Return whether the client has sent a cancel for a call; otherwise its connection or session has ended.

    Like the connection, the package hands this to handlers inside of the request's session alone (mcp 2).
    """
    return bool(ctx.session._request_outbound.cancel_requested.is_set())


def request_of(ctx: Any) -> Request:
    """The HTTP request that a handler of the protocol's package serves."""
    found: Request = ctx.request
    return found

"""Which session a client's call belongs to: one session of the protocol is one of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from holdfast.runtime.session import Session
from holdfast.server.context import USER, Site
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
        site: What is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

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
        sessions = self._site.runtime.sessions
        if not lasting:
            return self._site.passing_session(request, user)
        visit = connection.state.get(KEY)
        if visit is None:
            visit = connection.state[KEY] = Visit(f"mcp-{self._site.runtime.new_id()}")
            connection.exit_stack.callback(self._end, visit)
        session = sessions.open(
            visit.id,
            username=user,
            browser=self._site.browsers.read(request),
            visitor=self._site.visitor(request, user),
        )
        if session is not visit.session:  # new, or it had to go when there were too many
            visit.session = session
            self._site.runtime.connect(session)
        session.request = HttpRequest(request, session.id, user)
        return session

    def _end(self, visit: Visit) -> None:
        if visit.session is not None:
            self._site.runtime.disconnect(visit.session, gone=True)


def connection_of(context: Any) -> Connection:
    """The connection that a handler of the protocol's package serves.

    The package hands it to handlers inside of the request's session alone (mcp 2); its `state` and `exit_stack` are
    documented for this use.
    """
    found: Connection = getattr(context, "connection", None) or context.session._connection
    return found


def was_cancelled(context: Any) -> bool:
    """Return whether the client has sent a cancel for a call; otherwise its connection or session has ended.

    Like the connection, the package hands this to handlers inside of the request's session alone (mcp 2).
    """
    return bool(context.session._request_outbound.cancel_requested.is_set())


def request_of(context: Any) -> Request:
    """The HTTP request that a handler of the protocol's package serves."""
    found: Request = context.request
    return found

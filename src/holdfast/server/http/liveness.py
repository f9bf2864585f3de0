"""The connections by which API clients show that they are there."""

from __future__ import annotations

from holdfast.runtime.runtime import Runtime
from holdfast.runtime.session import Session


class OpenHeartbeats:
    """Counts the open heartbeats of each session id; a session is closed when its last one ends.

    A client opens its heartbeat before it has called anything, and that alone makes no session: one that is made while
    a heartbeat of its id is open counts as connected from then on. What is kept here is bounded by open connections.

    Args:
        runtime: Is told when sessions open and close.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._open: dict[str, int] = {}
        self._connected: dict[str, Session] = {}

    def __len__(self) -> int:
        return sum(self._open.values())

    def add(self, id: str, session: Session | None) -> None:
        """A heartbeat has begun.

        Args:
            id: The session's id.
            session: The session, if there is one yet.
        """
        self._open[id] = self._open.get(id, 0) + 1
        if session is not None:
            self.begin(session)

    def begin(self, session: Session) -> None:
        """A session is there: it is connected if a heartbeat of its id is open."""
        if session.id in self._open and self._connected.get(session.id) is not session:
            self._connected[session.id] = session
            self._runtime.connect(session)

    def remove(self, id: str) -> None:
        """A heartbeat has ended; with the last one the session closes, and its unload listeners run."""
        left = self._open.get(id, 0) - 1
        if left > 0:
            self._open[id] = left
            return
        self._open.pop(id, None)
        session = self._connected.pop(id, None)
        if session is not None:
            self._runtime.disconnect(session, gone=True)

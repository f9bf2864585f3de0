"""Heartbeats: connections that show that an API client is present."""

from __future__ import annotations

from holdfast.runtime.runtime import Runtime
from holdfast.runtime.session import Session


class OpenHeartbeats:
    """Counts the open heartbeats of each session ID. A session is closed when its last heartbeat ends.

    A client opens its heartbeat before its first call, which does not create a session. A session created while a
    heartbeat with its ID is open counts as connected from then on. The size of this object is limited by the number of
    open connections.

    Args:
        runtime: Runtime to notify when sessions open and close.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._open: dict[str, int] = {}
        self._connected: dict[str, Session] = {}

    def __len__(self) -> int:
        return sum(self._open.values())

    def add(self, id: str, session: Session | None) -> None:
        """Register a heartbeat.

        Args:
            id: ID of the session.
            session: The session, if it exists.
        """
        self._open[id] = self._open.get(id, 0) + 1
        if session is not None:
            self.begin(session)

    def begin(self, session: Session) -> None:
        """Connect a new session if a heartbeat with its ID is open."""
        if session.id in self._open and self._connected.get(session.id) is not session:
            self._connected[session.id] = session
            self._runtime.connect(session)

    def remove(self, id: str) -> None:
        """Unregister a heartbeat. After the last one, the session closes and its unload listeners run."""
        left = self._open.get(id, 0) - 1
        if left > 0:
            self._open[id] = left
            return
        self._open.pop(id, None)
        session = self._connected.pop(id, None)
        if session is not None:
            self._runtime.disconnect(session, gone=True)

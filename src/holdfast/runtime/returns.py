"""Sessions that outlive a page load: how they come back after a restart, and copies for duplicated tabs (R5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.errors import Denied
from holdfast.runtime.session import Session
from holdfast.runtime.sessions import NOT_YOURS, PAGE, Sessions
from holdfast.state import CellSpec, Owner

if TYPE_CHECKING:
    from holdfast.graph.app import App
    from holdfast.state import StateEngine

RECORD = "holdfast.session"
"""Name of the cell that says that a session is there, whatever State it has."""


class Returns:
    """Finds the session that a page had before it was loaded again, or before the server was started again.

    A tab's session leaves a record in the durable store, among its cells, so that it goes when they go: a page whose
    session is over is told so, and does not go on with half of it.

    Args:
        app: The app.
        sessions: Its sessions in this process.
        engine: Keeps the records.
    """

    def __init__(self, app: App, sessions: Sessions, engine: StateEngine) -> None:
        self.tab = app.options.session == "tab"
        self.lasting = self.tab and engine.store.durable
        """Sessions outlive the process."""
        self.record = CellSpec(key=RECORD)
        self._sessions = sessions
        self._engine = engine

    async def begin(self, *, username: str | None, browser: str | None, page: str) -> Session:
        """A new page session."""
        session = self._sessions.open(None, username=username, browser=browser, page=page)
        if self.lasting:
            fresh: dict[str, Any] = {"user": username}
            await self._engine.update(self.record, session.owners.session, lambda _: fresh)
        return session

    async def find(
        self, id: str, token: str | None, *, username: str | None, browser: str | None, page: str
    ) -> Session | None:
        """The session that a page says it has; `None` when it is over.

        Raises:
            Denied: It is somebody else's.
        """
        session = self._sessions.get(id)
        if session is not None or not self.lasting:
            if session is not None:
                self._sessions.check(session, token, username)
            return session
        if not id.startswith(PAGE):
            return None
        if not self._sessions.tokens.fits(id, username, token):
            raise Denied(NOT_YOURS)
        if await self._engine.get(self.record, Owner("session", id)) is None:
            return None
        # Another connection of the page may have brought it back meanwhile.
        return self._sessions.open(id, token=token, username=username, browser=browser, page=page)

    async def fork(self, session: Session, *, browser: str | None, page: str) -> Session:
        """A copy of a session, for a tab that was duplicated: it has all that was committed, and no running events."""
        copy = self._sessions.open(None, username=session.username, browser=browser, page=page)
        await self._engine.copy_session(session.id, copy.id)
        if session.own_view is not None:
            copy.take_view(session.own_view.copy())
        return copy

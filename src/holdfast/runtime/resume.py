"""Sessions that outlive a page load: how they come back after a restart, and copies for duplicated tabs (R5.2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holdfast.errors import Denied, StateError
from holdfast.runtime.session import Session
from holdfast.runtime.sessions import NOT_YOURS, PAGE, Sessions
from holdfast.state import CellSpec, Owner
from holdfast.state.codec import EncodeError, encode

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.state import StateEngine

logger = logging.getLogger("holdfast.runtime")

RECORD = "holdfast.session"
"""Name of the cell that says that a session is there, whatever State it has."""


class SessionResumption:
    """Finds the session that a page had before it was loaded again, or before the server was started again.

    A tab's session leaves a record in the durable store, among its cells, so that it goes when they go: a page whose
    session is over is told so, and does not go on with half of it.

    Args:
        app: The app.
        sessions: Its sessions in this process.
        engine: Keeps the records.
    """

    def __init__(self, app: AppSpec, sessions: Sessions, engine: StateEngine) -> None:
        self.tab = app.options.session == "tab"
        self.lasting = (self.tab or bool(app.options.boot)) and engine.store.durable
        """Sessions outlive the process."""
        self.record = CellSpec(key=RECORD)
        self._durable = engine.store.durable
        self._sessions = sessions
        self._app = app
        self._engine = engine
        self._unwritten: dict[Session, None] = {}
        self._writer: asyncio.Task[None] | None = None

    async def begin(self, *, username: str | None, browser: str | None, page: str, visitor: str = "") -> Session:
        """A new page session."""
        session = self._sessions.open(None, username=username, browser=browser, page=page, visitor=visitor)
        if self.lasting:
            self._engine.begin(session.owners)
            await self._write(session)
        return session

    async def find(
        self,
        id: str,
        token: str | None,
        *,
        username: str | None,
        browser: str | None,
        page: str,
        visitor: str = "",
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
        record = await self._engine.get(self.record, Owner("session", id))
        if record is None:
            return None
        # Another connection of the page may have brought it back meanwhile.
        there = self._sessions.get(id) is not None
        session = self._sessions.open(id, token=token, username=username, browser=browser, page=page, visitor=visitor)
        if not there:
            self._take_props(session, record["props"])
        return session

    def _take_props(self, session: Session, props: Mapping[Any, Mapping[str, Any]]) -> None:
        """Take over what updates have made of components that the program still has."""
        numbers = {name: number for number, name in self._app.block_names.items()}
        for name in props.keys() & numbers.keys():
            try:
                session.view.update_props(numbers[name], props[name])
            except (TypeError, ValueError) as error:  # noqa: PERF203 -- this version refuses what an older one took
                logger.info("A component is not as a session had it before the restart: %s", error)

    async def fork(self, session: Session, *, browser: str | None, page: str) -> Session:
        """A copy of a session, for a tab that was duplicated: it has all that was committed, and no running events."""
        copy = self._sessions.open(
            None, username=session.username, browser=browser, page=page, visitor=session.account.visitor
        )
        view = session.own_view
        rendered: list[CellSpec] = [] if view is None else [state.cell for state in view.states]  # type: ignore[attr-defined]
        await self._engine.copy_session(session.id, copy.id, rendered)
        if view is not None:
            copy.take_view(view.copy())
        return copy

    async def claim(self, id: str, username: str) -> None:
        """Bind a session that a client names to the user who was first to name it, also over a restart (R8.2).

        Raises:
            Denied: Another user was.
        """
        if not self._durable or id.startswith(PAGE):
            return
        owner = Owner("session", id)
        record = await self._engine.get(self.record, owner)
        if record is None:
            mine = {"app": self._app.app_id, "user": username, "props": {}}
            record = await self._engine.update(self.record, owner, lambda there: there or mine)
        if record["user"] != username:
            raise Denied("This session was begun by another login. Use a session of your own.")

    # What updates have made of the page's components ------------------------------------------------------------------

    def changed(self, session: Session) -> None:
        """Updates have changed a session's view of the app: its record is written again, soon and in the background."""
        if self.lasting and session.token is not None:
            self._unwritten[session] = None
            if self._writer is None or self._writer.done():
                self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def aclose(self) -> None:
        """Write what is not written yet."""
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def _write_all(self) -> None:
        while self._unwritten:
            session = next(iter(self._unwritten))
            del self._unwritten[session]
            try:
                if not session.closed:
                    await self._write(session)
            except StateError as error:
                logger.warning("What a page's components have become is not kept for a restart: %s", error)

    async def _write(self, session: Session) -> None:
        view = session.own_view
        names = self._app.block_names
        props = {} if view is None else {names[n]: _writable(props) for n, props in view.changed_props().items()}
        record = {"app": self._app.app_id, "user": session.username, "props": props}
        await self._engine.update(self.record, session.owners.session, lambda _: record)


def _writable(props: dict[str, Any]) -> dict[str, Any]:
    """The properties that a store can keep; the others are as the program says after a restart."""
    return {name: value for name, value in props.items() if _can_be_written(value)}


def _can_be_written(value: Any) -> bool:
    try:
        encode(value)
    except EncodeError:
        return False
    return True

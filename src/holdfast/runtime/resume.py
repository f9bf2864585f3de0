"""Page sessions that outlive a page load: restored after a restart and copied for duplicated tabs (R5.2)."""

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
"""Name of the cell that records that a session exists, even if it has no State."""


class SessionResumption:
    """Restores the session that a page had before the page was reloaded or the server was restarted.

    A tab's session stores a record next to its cells in the durable store. The record expires together with the cells,
    so a page whose session has expired is informed instead of continuing with part of its State.

    Args:
        app: The app.
        sessions: The app's sessions in this process.
        engine: State engine that stores the records.
    """

    def __init__(self, app: AppSpec, sessions: Sessions, engine: StateEngine) -> None:
        self.tab = app.options.session == "tab"
        self.lasting = (self.tab or bool(app.options.boot)) and engine.store.durable
        """Whether sessions outlive the process."""
        self.record = CellSpec(key=RECORD)
        self._durable = engine.store.durable
        self._sessions = sessions
        self._app = app
        self._engine = engine
        self._unwritten: dict[Session, None] = {}
        self._writer: asyncio.Task[None] | None = None

    async def begin(self, *, username: str | None, browser: str | None, page: str, visitor: str = "") -> Session:
        """Open a new page session and store its record."""
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
        """Return the session that a page had, or `None` if it has expired.

        Raises:
            Denied: The session belongs to another page or user.
        """
        session = self._sessions.get(id)
        if session is not None or not self.lasting:
            if session is not None:
                self._sessions.check(session, token, username)
            return session
        if not id.startswith(PAGE):
            return None
        if not self._sessions.tokens.matches(id, username, token):
            raise Denied(NOT_YOURS)
        record = await self._engine.get(self.record, Owner("session", id))
        if record is None:
            return None
        # Another connection of the page may have restored the session meanwhile.
        there = self._sessions.get(id) is not None
        session = self._sessions.open(id, token=token, username=username, browser=browser, page=page, visitor=visitor)
        if not there:
            self._take_props(session, record["props"])
        return session

    def _take_props(self, session: Session, props: Mapping[Any, Mapping[str, Any]]) -> None:
        """Restore the properties that updates had set, for components that the program still has."""
        numbers = {name: number for number, name in self._app.block_names.items()}
        for name in props.keys() & numbers.keys():
            try:
                session.view.update_props(numbers[name], props[name])
            except (TypeError, ValueError) as error:  # noqa: PERF203 -- this version can reject an older one's value
                logger.info("A component's properties could not be restored after the restart: %s", error)

    async def fork(self, session: Session, *, browser: str | None, page: str) -> Session:
        """Return a copy of a session for a duplicated tab, with everything committed and no running events."""
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
        """Bind a session named by a client to its first user, even across restarts (R8.2).

        Raises:
            Denied: The session belongs to another user.
        """
        if not self._durable or id.startswith(PAGE):
            return
        owner = Owner("session", id)
        record = await self._engine.get(self.record, owner)
        if record is None:
            mine = {"app": self._app.app_id, "user": username, "props": {}}
            record = await self._engine.update(self.record, owner, lambda there: there or mine)
        if record["user"] != username:
            raise Denied("This session was started by another user. Use a different session ID.")

    # Component properties changed by updates --------------------------------------------------------------------------

    def changed(self, session: Session) -> None:
        """Schedule another write of a session's record after updates have changed its view of the app."""
        if self.lasting and session.token is not None:
            self._unwritten[session] = None
            if self._writer is None or self._writer.done():
                self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def aclose(self) -> None:
        """Wait until all changed records have been written."""
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
                logger.warning(
                    "The changed properties of a page's components were not saved and will be lost on a restart: %s",
                    error,
                )

    async def _write(self, session: Session) -> None:
        view = session.own_view
        names = self._app.block_names
        props = {} if view is None else {names[n]: _writable(props) for n, props in view.changed_props().items()}
        record = {"app": self._app.app_id, "user": session.username, "props": props}
        await self._engine.update(self.record, session.owners.session, lambda _: record)


def _writable(props: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that a store can keep. After a restart, the others have the program's values."""
    return {name: value for name, value in props.items() if _can_be_written(value)}


def _can_be_written(value: Any) -> bool:
    try:
        encode(value)
    except EncodeError:
        return False
    return True

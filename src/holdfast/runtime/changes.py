"""Notify the pages that listen to a State of changes made outside their own session's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from holdfast.runtime.session import Session
from holdfast.runtime.sessions import Sessions
from holdfast.wire.messages import StateChanged

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.state import CellSpec, Owner, StateEngine


class Changes:
    """Publishes `StateChanged` to sessions whose pages listen to the changed State.

    Args:
            app: App whose listeners determine which page listens to which State.
            sessions: The app's sessions.
            engine: Engine whose changes are published.
    """

    def __init__(self, app: AppSpec, sessions: Sessions, engine: StateEngine) -> None:
        self.sessions = sessions
        self._shared = [state.cell for state in app.states if state.cell.scope != "session"]  # type: ignore[attr-defined]
        self._everywhere = frozenset(page.path for page in app.pages)
        self._pages: defaultdict[int, set[str]] = defaultdict(set)
        for listener in app.listeners.values():
            for target in listener.targets:
                if target.event == "change" and target.block is not None and target.block.NAME == "state":
                    self._pages[target.block.id].add(listener.page)
        self._unsubscribe = engine.subscribe(self.notify)

    def notify(self, owner: Owner, specs: frozenset[CellSpec], origin: str | None) -> None:
        """Notify every open page of an owner.

        Args:
                owner: Owner of the changed cells.
                specs: Changed States that have subscribers.
                origin: ID of the session whose event made the change; that event reports the change to its own page.
        """
        message = StateChanged(ids=sorted(spec.id for spec in specs))
        for session in self._of(owner, specs):
            # A disconnected page needs only one message, however often the State changes before it reconnects.
            reported = session.connections == 0 and session.feed.reports_change_of(message.ids)
            if session.id != origin and not reported:
                session.feed.publish(message, weight=60)

    def catch_up(self, session: Session) -> None:
        """Have a page reload all shared State that it listens to, because it may have missed changes (R7.2)."""
        ids = sorted(spec.id for spec in self._shared if session.page in self._pages.get(spec.id, ()))
        if ids:
            session.feed.publish(StateChanged(ids=ids), weight=60)

    def _of(self, owner: Owner, specs: frozenset[CellSpec]) -> Iterable[Session]:
        if owner.scope == "session":
            session = self.sessions.get(owner.id)
            return () if session is None or session.gone else (session,)
        pages = frozenset().union(*(self._pages.get(spec.id, self._everywhere) for spec in specs))
        return self.sessions.pages.of(owner, pages)

    def close(self) -> None:
        """Stop publishing changes."""
        self._unsubscribe()

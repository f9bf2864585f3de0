"""Changes of State from outside a session's own events, told to the pages that listen to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from holdfast.runtime.session import Session
from holdfast.runtime.sessions import Sessions
from holdfast.wire.messages import StateChanged

if TYPE_CHECKING:
    from holdfast.state import CellSpec, Owner, StateEngine


class Changes:
    """Publishes `StateChanged` to the sessions that a change is about.

    Args:
        sessions: The app's sessions.
        engine: Tells of changes.
    """

    def __init__(self, sessions: Sessions, engine: StateEngine) -> None:
        self.sessions = sessions
        self._unsubscribe = engine.subscribe(self.tell)

    def tell(self, owner: Owner, specs: frozenset[CellSpec], origin: str | None) -> None:
        """Tell every open page of an owner.

        Args:
            owner: Whose cells changed.
            specs: The watched States.
            origin: Id of the session whose event did it; its page learns of it from the event.
        """
        message = StateChanged(ids=sorted(spec.id for spec in specs))
        for session in self._of(owner):
            if session.id != origin and session.has_feed:
                session.feed.publish(message, weight=60)

    def _of(self, owner: Owner) -> Iterable[Session]:
        """The sessions whose pages are open, or only out of touch."""
        if owner.scope == "session":
            session = self.sessions.get(owner.id)
            return () if session is None or session.gone else (session,)
        return self._sharing(owner)

    def _sharing(self, owner: Owner) -> Iterator[Session]:
        for session in self.sessions:
            if not session.gone and session.token is not None and owner in session.owners:
                yield session

    def close(self) -> None:
        """Tell nobody any more."""
        self._unsubscribe()

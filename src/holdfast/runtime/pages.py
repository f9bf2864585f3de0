"""Index of open pages by the owners of the State they show, so that notifying them costs no more than their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.runtime.session import Session
    from holdfast.state import Owner, Owners


class OpenPages:
    """Sessions with an open page, by owner and by page of the app."""

    def __init__(self) -> None:
        self._by_owner: dict[Owner, dict[str, dict[Session, None]]] = {}

    def add(self, session: Session) -> None:
        """Add the session of an opened page. Sessions named by API clients have no page and are ignored."""
        if session.token is None:
            return
        for owner in _shared(session.owners):
            self._by_owner.setdefault(owner, {}).setdefault(session.page, {})[session] = None

    def remove(self, session: Session) -> None:
        """Remove the session of a closed page."""
        for owner in _shared(session.owners):
            pages = self._by_owner.get(owner, {})
            sessions = pages.get(session.page, {})
            sessions.pop(session, None)
            if not sessions:
                pages.pop(session.page, None)
            if not pages:
                self._by_owner.pop(owner, None)

    def of(self, owner: Owner, pages: frozenset[str]) -> Iterator[Session]:
        """Yield the sessions of an owner that are open on one of these pages of the app."""
        by_page = self._by_owner.get(owner, {})
        for page in pages & by_page.keys():
            yield from tuple(by_page[page])

    def __len__(self) -> int:
        return sum(len(sessions) for pages in self._by_owner.values() for sessions in pages.values())


def _shared(owners: Owners) -> Iterator[Owner]:
    """Yield the owners that a visitor can share with other sessions."""
    for owner in (owners.browser, owners.user, owners.app):
        if owner is not None:
            yield owner

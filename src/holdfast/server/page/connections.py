"""Which connection a page's session has now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from holdfast.runtime.session import Session
from holdfast.server.login.tokens import Login
from holdfast.wire.page import FromPage, ToPage


class Link(Protocol):
    """One connection of a page."""

    session: Session
    load: str
    login: Login | None

    async def answers(self) -> bool:
        """Whether its page is there; asks it now."""

    def leave(self) -> None:
        """The page says that it is being closed."""

    def replace(self) -> None:
        """A newer connection of the same page took over."""

    def log_out(self) -> None:
        """Its login has ended."""

    async def take(self, frame: FromPage, weight: int = 0) -> ToPage | None:
        """Do what a frame of so many bytes in memory asks; what to answer at once, if anything."""


class Links:
    """The connections of pages, one per session: the newest holds, an older one is told to go."""

    def __init__(self) -> None:
        self._by_session: dict[str, Link] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def hold(self, link: Link) -> None:
        """Make `link` the one of its session."""
        before = self._by_session.get(link.session.id)
        self._by_session[link.session.id] = link
        if before is not None:
            before.replace()

    def release(self, link: Link) -> None:
        """`link` has ended."""
        if self._by_session.get(link.session.id) is link:
            del self._by_session[link.session.id]

    def log_out(self, counts: Callable[[Login], bool]) -> None:
        """End the pages that were opened with logins that have ended.

        Args:
            counts: Whether a login has not.
        """
        for link in list(self._by_session.values()):
            if link.login is not None and not counts(link.login):
                link.log_out()

    def of(self, session_id: str) -> Link | None:
        """The connection of a session."""
        return self._by_session.get(session_id)

"""The current connection of each page session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from holdfast.runtime.session import Session
from holdfast.server.login.tokens import Login
from holdfast.wire.page import FromPage, ToPage


class Link(Protocol):
    """A connection of a page."""

    session: Session
    load: str
    login: Login | None

    async def responds(self) -> bool:
        """Probe the page and return whether it responds."""

    def leave(self) -> None:
        """Record that the page announced its end."""

    def replace(self) -> None:
        """Close the connection because a newer one of the same page has replaced it."""

    def log_out(self) -> None:
        """Close the connection because its login has ended."""

    async def take(self, frame: FromPage, weight: int = 0) -> ToPage | None:
        """Process a frame of `weight` bytes and return the response, if any."""


class Links:
    """The pages' connections, one per session. A newer one replaces an older one."""

    def __init__(self) -> None:
        self._by_session: dict[str, Link] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def hold(self, link: Link) -> None:
        """Make `link` the connection of its session, closing an older one."""
        before = self._by_session.get(link.session.id)
        self._by_session[link.session.id] = link
        if before is not None:
            before.replace()

    def release(self, link: Link) -> None:
        """Unregister a connection that has ended."""
        if self._by_session.get(link.session.id) is link:
            del self._by_session[link.session.id]

    def log_out(self, is_valid: Callable[[Login], bool]) -> None:
        """Close the connections of pages whose logins have ended.

        Args:
            is_valid: Function that returns whether a login is still valid.
        """
        for link in list(self._by_session.values()):
            if link.login is not None and not is_valid(link.login):
                link.log_out()

    def of(self, session_id: str) -> Link | None:
        """Return the connection of a session."""
        return self._by_session.get(session_id)

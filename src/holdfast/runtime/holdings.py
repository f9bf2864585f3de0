"""Count the bytes held for visitors: per session, per visitor, and in total. Counting takes constant time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from holdfast.errors import Busy

FULL = "The server has reached its memory limit for visitors. Try again later."
YOURS = (
    "You have reached the server's memory limit per visitor. Wait for some of your events to end, or close some pages."
)
SESSIONS = "Too many of this session's events are waiting. Wait until some have ended."


class Tally:
    """Total of a visitor's accounts.

    Args:
            name: The visitor; empty if unknown, in which case only the limit for all visitors applies.
            threshold: Number of bytes at which the visitor's limit is enforced next.
    """

    __slots__ = ("held", "name", "sessions", "threshold")

    def __init__(self, name: str, threshold: int) -> None:
        self.name = name
        self.threshold = threshold
        self.held = 0
        """Bytes held for the visitor."""
        self.sessions = 0
        """Number of open accounts."""


class Account:
    """Number of bytes held for one session or one result.

    Args:
            holdings: Collection that the account belongs to.
            tally: Totals of the account's visitor.
    """

    __slots__ = ("closed", "held", "holdings", "tally")

    def __init__(self, holdings: Holdings, tally: Tally) -> None:
        self.holdings = holdings
        self.tally = tally
        self.held = 0
        self.closed = False

    @property
    def visitor(self) -> str:
        """Visitor that the account belongs to."""
        return self.tally.name

    def add(self, size: int) -> None:
        """Add `size` bytes, which can be negative. If this exceeds a limit, the limit is enforced shortly after."""
        if self.closed:
            return
        self.held += size
        self.tally.held += size
        self.holdings.held += size
        if size > 0:
            self.holdings.on_growth(self.tally)

    def admit(self, size: int) -> None:
        """Raise an error if `size` more bytes would exceed a limit.

        Raises:
            Busy: The session, the visitor, or the server would hold too much.
        """
        holdings = self.holdings
        if not self.fits(size):
            raise Busy(SESSIONS)
        if self.tally.name and self.tally.held + size > holdings.per_visitor:
            raise Busy(YOURS)
        if holdings.held + size > holdings.total:
            raise Busy(FULL)

    def fits(self, size: int) -> bool:
        """Return whether `size` more bytes fit into the account's own limit."""
        most = self.holdings.per_session
        return most is None or self.held + size <= most

    def close(self) -> None:
        """Close the account and subtract the bytes that it holds."""
        if self.closed:
            return
        self.add(-self.held)
        self.closed = True
        self.holdings.on_close(self.tally)


class Holdings:
    """All accounts of one kind, with their limits.

    Args:
            total: Maximum number of bytes of all accounts.
            per_visitor: Maximum number of bytes of one visitor's accounts.
            per_session: Maximum number of bytes with which an account admits more.
            relieve: Callback for when a limit is exceeded. It receives the visitor who exceeds the limit per visitor,
                or `None` for the total, and must close accounts or reduce them.
    """

    def __init__(
        self,
        total: int,
        per_visitor: int,
        per_session: int | None = None,
        *,
        relieve: Callable[[Tally | None], None],
    ) -> None:
        self.total = total
        self.per_visitor = per_visitor
        self.per_session = per_session
        self.held = 0
        """Bytes of all accounts."""
        self._relieve = relieve
        self._due = False
        """Whether enforcement of the limits is scheduled."""
        self._threshold = total
        """Number of bytes at which the total limit is enforced next; more than `total` while nothing can be freed."""
        self._tallies: dict[str, Tally] = {}

    def __len__(self) -> int:
        return len(self._tallies)

    def open(self, visitor: str) -> Account:
        """Return a new account for a visitor."""
        tally = self._tallies.get(visitor)
        if tally is None:
            tally = self._tallies[visitor] = Tally(visitor, self.per_visitor)
        tally.sessions += 1
        return Account(self, tally)

    def sessions_of(self, visitor: str) -> int:
        """Return the number of accounts of a visitor."""
        tally = self._tallies.get(visitor)
        return 0 if tally is None else tally.sessions

    def on_close(self, tally: Tally) -> None:
        """Update a visitor's totals after one of its accounts was closed."""
        tally.sessions -= 1
        if not tally.sessions:
            self._tallies.pop(tally.name, None)

    def on_growth(self, tally: Tally) -> None:
        """Schedule enforcement of the limits after an account has grown.

        Enforcement runs after the current work, which can belong to an event of a session that is about to be dropped.
        """
        if self._due or (self.held <= self._threshold and (tally.held <= tally.threshold or not tally.name)):
            return
        self._due = True
        asyncio.get_running_loop().call_soon(self._relieve_now, tally)

    def _relieve_now(self, tally: Tally) -> None:
        self._due = False
        if self.held > self.total:
            self._relieve(None)
        if tally.name and tally.held > self.per_visitor:
            self._relieve(tally)
        self._threshold = _next(self.held, self.total)
        tally.threshold = _next(tally.held, self.per_visitor)


def _next(held: int, bound: int) -> int:
    """Return the number of bytes at which to try again, so that a full server does not try on every message."""
    return bound if held <= bound else held + bound // 16

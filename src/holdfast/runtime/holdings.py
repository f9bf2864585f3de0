"""How many bytes are kept for visitors: per session, per visitor, and in total. Counting costs the same at any size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from holdfast.errors import Busy

FULL = "The server keeps as much for its visitors as it may. Try again later."
YOURS = "The server keeps as much for you as it may. Wait until some of your events have ended, or close some pages."
SESSIONS = "Too many of this session's events wait. Wait until some have ended."


class Tally:
    """What one visitor holds.

    Args:
        name: The visitor; empty if unknown, who is bounded in total only.
        threshold: What it holds when it is relieved next.
    """

    __slots__ = ("held", "name", "sessions", "threshold")

    def __init__(self, name: str, threshold: int) -> None:
        self.name = name
        self.threshold = threshold
        self.held = 0
        """Bytes."""
        self.sessions = 0
        """Accounts."""


class Account:
    """What is kept for one session, or for one result.

    Args:
        holdings: All accounts.
        tally: What its visitor holds.
    """

    __slots__ = ("closed", "held", "holdings", "tally")

    def __init__(self, holdings: Holdings, tally: Tally) -> None:
        self.holdings = holdings
        self.tally = tally
        self.held = 0
        self.closed = False

    @property
    def visitor(self) -> str:
        """The visitor whose account it is."""
        return self.tally.name

    def add(self, size: int) -> None:
        """Count `size` more bytes, or fewer if it is negative. What is over a bound is relieved soon."""
        if self.closed:
            return
        self.held += size
        self.tally.held += size
        self.holdings.held += size
        if size > 0:
            self.holdings.grown(self.tally)

    def admit(self, size: int) -> None:
        """Refuse what would exceed a bound.

        Raises:
            Busy: The session, the visitor or the server holds too much.
        """
        holdings = self.holdings
        if not self.fits(size):
            raise Busy(SESSIONS)
        if self.tally.name and self.tally.held + size > holdings.per_visitor:
            raise Busy(YOURS)
        if holdings.held + size > holdings.total:
            raise Busy(FULL)

    def fits(self, size: int) -> bool:
        """Whether the account may hold `size` more bytes, as far as its own bound is concerned."""
        most = self.holdings.per_session
        return most is None or self.held + size <= most

    def close(self) -> None:
        """Nothing is kept for it any longer."""
        if self.closed:
            return
        self.add(-self.held)
        self.closed = True
        self.holdings.closed(self.tally)


class Holdings:
    """All accounts of one kind.

    Args:
        total: Most bytes of all of them.
        per_visitor: Most bytes of one visitor's.
        per_session: Most bytes of one account that further ones are admitted to.
        relieve: Called when a bound is exceeded: with the visitor who exceeds the bound per visitor, or `None` for the
            total. It closes accounts, or takes from them.
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
        """It will be relieved soon."""
        self._threshold = total
        """What is held when it is relieved next; more than `total` while nothing can be taken."""
        self._tallies: dict[str, Tally] = {}

    def __len__(self) -> int:
        return len(self._tallies)

    def open(self, visitor: str) -> Account:
        """Return a new account of a visitor."""
        tally = self._tallies.get(visitor)
        if tally is None:
            tally = self._tallies[visitor] = Tally(visitor, self.per_visitor)
        tally.sessions += 1
        return Account(self, tally)

    def sessions_of(self, visitor: str) -> int:
        """Return how many accounts a visitor has."""
        tally = self._tallies.get(visitor)
        return 0 if tally is None else tally.sessions

    def closed(self, tally: Tally) -> None:
        """An account was closed."""
        tally.sessions -= 1
        if not tally.sessions:
            self._tallies.pop(tally.name, None)

    def grown(self, tally: Tally) -> None:
        """An account has grown. It is relieved after what is going on: that may be an event of a session that goes."""
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
    """What is held when the next try is due: nothing is gained by one at every message."""
    return bound if held <= bound else held + bound // 16

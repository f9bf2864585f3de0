"""Delay wrong passwords: each further guess waits longer, by user name and by address."""

from __future__ import annotations

import functools
import ipaddress
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from holdfast.clock import Clock

Kind: TypeAlias = Literal["pair", "name", "address"]
FIRST = 0.5
"""Seconds of the first delay. Each further wrong guess doubles it."""
FORGET = 900.0
"""Seconds after the last guess when its record is dropped."""
PATIENCE = 2.0
"""Maximum number of seconds that a request is delayed. One that would wait longer is rejected."""


class Rule(NamedTuple):
    """Limits on guesses of one kind."""

    free: int
    """Number of guesses without a delay."""
    most: float
    """Maximum delay in seconds."""


RULES: dict[Kind, Rule] = {
    "pair": Rule(4, 60.0),  # one address guesses one user's password
    "name": Rule(12, 8.0),  # many addresses guess one user's password; short, to not lock the user out
    "address": Rule(24, 60.0),  # one address guesses many users' passwords; real users can share one too
}


@dataclass
class Record:
    """Guesses of a pair, a name, or an address."""

    wrong: int = 0
    next: float = 0.0
    """Time at which the next guess is allowed."""
    last: float = 0.0


class Guesses:
    """Delays guesses.

    A guess counts as wrong from its start, so that many simultaneous guesses have no advantage.

    Args:
        clock: Source of time.
        limit: Maximum number of records; the oldest are dropped first.
    """

    def __init__(self, clock: Clock, limit: int = 10_000) -> None:
        self._clock = clock
        self._limit = limit
        self._records: OrderedDict[tuple[Kind, str], Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def begin(self, name: str, address: str) -> float:
        """Register a guess.

        Args:
            name: Name of the user.
            address: Address that the guess comes from.

        Returns:
            Seconds to wait before checking the guess. If this exceeds `PATIENCE`, the guess was not registered and must
            not be checked.
        """
        now = self._clock.monotonic()
        keys = list(_keys(name, address))
        # A delayed guess leaves no record. Otherwise, an attacker could push out the records of others.
        due = max([now, *(self._due(key, now) for key in keys)])
        if due - now > PATIENCE:
            return due - now
        for kind, key in keys:
            record = self._record(kind, key, now)
            record.wrong += 1
            record.last = now
            record.next = due + delay(kind, record.wrong)
        return due - now

    def undo(self, name: str, address: str) -> None:
        """Undo the registration of a guess that was correct.

        Args:
            name: Name of the user.
            address: Address that the guess came from.
        """
        now = self._clock.monotonic()
        for kind, key in _keys(name, address):
            record = self._records.get((kind, key))
            if record is None:
                continue
            record.wrong -= 1
            record.next = min(record.next, now + delay(kind, record.wrong))
            if kind == "pair" or record.wrong <= 0:
                del self._records[kind, key]

    def _due(self, key: tuple[Kind, str], now: float) -> float:
        record = self._records.get(key)
        return now if record is None or now - record.last > FORGET else record.next

    def _record(self, kind: Kind, key: str, now: float) -> Record:
        record = self._records.setdefault((kind, key), Record(last=now))
        self._records.move_to_end((kind, key))
        if now - record.last > FORGET:
            record.wrong, record.next = 0, 0.0
        while len(self._records) > self._limit:
            self._records.popitem(last=False)
        return record


def delay(kind: Kind, wrong: int) -> float:
    """Return the delay in seconds after a number of wrong guesses.

    Args:
        kind: Kind of the guesses.
        wrong: Number of wrong guesses.
    """
    rule = RULES[kind]
    if wrong <= rule.free:
        return 0.0
    return min(rule.most, FIRST * 2.0 ** min(wrong - rule.free - 1, 20))


@functools.lru_cache(maxsize=1024)
def block_of(address: str) -> str:
    """Return the part of an address that identifies a visitor: an IPv4 address, or the /64 network of an IPv6 address.

    Args:
        address: The address. Other strings are returned unchanged.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def _keys(name: str, address: str) -> Iterator[tuple[Kind, str]]:
    block, name = block_of(address), name[:256]
    yield "pair", f"{block} {name}"
    yield "name", name
    yield "address", block

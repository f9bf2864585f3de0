"""A feed: the numbered, bounded message log that a session's events write to and its page reads from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.runtime.folding import fold
from holdfast.wire.messages import FeedMessage, StateChanged

if TYPE_CHECKING:
    from holdfast.runtime.holdings import Account

ABANDONED = 10
"""Multiple of the bound beyond which even final results are dropped, because the reader has gone for good."""
ENTRY = 400
"""Approximate overhead of a message in bytes, not counting its content."""
SOON = 0.01
"""Seconds that a message without urgency may wait for its readers. Messages published meanwhile are sent together with
it, so the start and the end of a quick event go out at once."""


class Entry(NamedTuple):
    """A message in a feed."""

    n: int
    message: FeedMessage
    weight: int
    """Approximate size in bytes."""


class Feed:
    """An ordered log of numbered messages, kept until they are acknowledged.

    Beyond a bound, the unread steps of each event are folded into one step with full values, so numbers can have gaps.
    Call all methods on the event loop's thread.

    Args:
            messages: Number of unread messages at which messages are folded.
            size: Approximate number of unread bytes at which messages are folded.
            account: Account that counts the bytes held by the feed.
    """

    __slots__ = (
        "_account",
        "_bound",
        "_charged",
        "_due",
        "_entries",
        "_full",
        "_full_size",
        "_size",
        "_size_bound",
        "_waiters",
        "closed",
        "last",
        "messages",
        "size",
    )

    def __init__(self, messages: int = 1_000, size: int = 4_000_000, account: Account | None = None) -> None:
        self._account = account
        self._charged = 0
        """Bytes that the account currently counts for this feed."""
        self._full_size = 0
        self.messages = messages
        self.size = size
        self.last = 0
        """Number of the newest message."""
        self.closed = False
        self._entries: list[Entry] = []
        self._full: dict[str, tuple[list[Any], int]] | None = None
        self._size = 0
        self._bound = messages
        self._size_bound = size
        self._waiters: list[asyncio.Future[None]] | None = None
        self._due = False
        """Whether a wake-up of the readers is scheduled."""

    def __len__(self) -> int:
        return len(self._entries)

    def publish(
        self,
        message: FeedMessage,
        *,
        weight: int = 100,
        full: tuple[list[Any], int] | None = None,
        at_once: bool = True,
    ) -> int:
        """Append a message.

        Args:
                message: Message to append.
                weight: Approximate size in bytes.
                full: Full values and their size, for a step that is sent as edits. Needed if the step is folded.
                at_once: Wake readers immediately instead of within `SOON`.

            Returns:
                Number of the message.
        """
        self.last += 1
        if self.closed:
            return self.last
        self._entries.append(Entry(self.last, message, weight))
        self._size += weight
        if full is not None and message.event_id is not None:
            self._full = self._full or {}
            before = self._full.get(message.event_id)
            self._full_size += full[1] - (0 if before is None else before[1])
            self._full[message.event_id] = full
        if len(self._entries) > self._bound or self._size > self._size_bound:
            self._fold()
        if self._account is not None:
            self._charge(self._account)
        if at_once:
            self._wake()
        elif self._waiters and not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(SOON, self._wake_late)
        return self.last

    def reports_change_of(self, ids: Iterable[int]) -> bool:
        """Return whether the newest message is unread and already reports a change of these States."""
        last = self._entries[-1].message if self._entries else None
        return isinstance(last, StateChanged) and set(ids) <= set(last.ids)

    def ended(self, event_id: str) -> None:
        """Drop an event's full values after its last message has been published."""
        if self._full and (full := self._full.pop(event_id, None)) is not None:
            self._full_size -= full[1]
            if self._account is not None:
                self._charge(self._account)

    def _charge(self, account: Account) -> None:
        """Update the account with the number of bytes currently held."""
        held = self._size + self._full_size + ENTRY * len(self._entries)
        if held != self._charged:
            account.add(held - self._charged)
            self._charged = held

    def after(self, seen: int) -> list[tuple[int, FeedMessage]]:
        """Return the messages with a number greater than `seen`, oldest first."""
        if seen >= self.last:
            return []
        found = []
        for entry in reversed(self._entries):
            if entry.n <= seen:
                break
            found.append((entry.n, entry.message))
        found.reverse()
        return found

    async def wait(self, seen: int) -> bool:
        """Wait for messages after `seen`. Return false if the feed is closed and has none."""
        while seen >= self.last and not self.closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters = [*(self._waiters or ()), waiter]
            try:
                await waiter
            finally:
                if self._waiters and waiter in self._waiters:
                    self._waiters.remove(waiter)
        return seen < self.last

    async def read(self, after: int = 0) -> AsyncIterator[tuple[int, FeedMessage]]:
        """Yield every message after number `after`, existing ones first, until the feed closes."""
        while await self.wait(after):
            found = self.after(after)
            for item in found:
                yield item
            after = found[-1][0] if found else self.last

    @property
    def watched(self) -> bool:
        """Whether a reader is waiting for the next message."""
        return bool(self._waiters)

    def ack(self, n: int) -> None:
        """Drop all messages up to number `n`, which the reader has received."""
        read = 0
        for entry in self._entries:
            if entry.n > n:
                break
            read += 1
            self._size -= entry.weight
        del self._entries[:read]
        if len(self._entries) <= self.messages // 2:
            self._bound, self._size_bound = self.messages, self.size
        if self._account is not None:
            self._charge(self._account)

    def close(self) -> None:
        """Close the feed. Readers stop after the messages that are already in it."""
        self.closed = True
        self._wake()

    def _wake_late(self) -> None:
        self._due = False
        self._wake()

    def _wake(self) -> None:
        if self._waiters:
            waiters, self._waiters = self._waiters, None
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _fold(self) -> None:
        folded = fold([(e.n, e.message, e.weight) for e in self._entries], self._full or {}, 4 * self.size)
        self._entries = [Entry(*item) for item in folded[-ABANDONED * self.messages :]]
        self._size = sum(entry.weight for entry in self._entries)
        self._bound = max(
            self.messages, 2 * len(self._entries)
        )  # avoid folding on every message if the feed cannot shrink
        self._size_bound = max(self.size, min(2 * self._size, 5 * self.size))

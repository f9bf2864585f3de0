"""A store in Redis or Valkey, which any number of processes on any number of machines can share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from typing import Any

import orjson

from holdfast.clock import Clock, SystemClock
from holdfast.stores.errors import FencedError, StoreUnavailableError, VersionConflictError
from holdfast.stores.protocol import Change, Claim, Dropped, Gap, Key, OwnerInfo, Record, Write
from holdfast.stores.redis.client import RedisLink, without_password
from holdfast.stores.redis.leases import RedisLeases, record_of
from holdfast.stores.redis.pipeline import SMALL
from holdfast.tasks import end, heed_cancel, outlast

_HEARD = 10.0
"""Seconds without a sign of life after which a process counts as ended; it sends five signs in that time."""
_LEASE = 10.0
"""Seconds after which a claim is free if its holder does not renew it."""

_AT_ONCE = 20
"""Number of expired owners that are dropped at a time; their cells are in memory during that."""


class RedisStore:
    """Keeps each owner's cells in one hash.

    Lanes are leases in the hash. A commit names the process that must have the lease, and is refused if another process
    has it, so a process that was paused for too long overwrites nothing.

    Args:
        url: `redis://…`, `rediss://…`, or `unix://…`, in the format of redis-py.
        prefix: Prefix of all keys.
        slot: Hash tag of all keys, so that commits over several owners work with Redis Cluster.
        lease: Seconds after which the claims of a process that does not renew them are free.
        clock: The source of time; Redis uses the clock of its machine.
    """

    durable = True

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "holdfast",
        slot: str | None = None,
        lease: float = _LEASE,
        clock: Clock | None = None,
    ) -> None:
        self.url = without_password(url)
        self._given = url
        self._prefix = prefix
        self._slot = slot
        self._lease = lease
        self._clock: Clock = clock or SystemClock()
        self._parts: tuple[RedisLink, RedisLeases] | None = None
        self._others = 0
        """Number of other processes that had the store open at the last check."""
        self._presence: asyncio.Task[None] | None = None

    # Life

    async def open(self) -> None:
        """See `Store.open`."""
        link = RedisLink(self._given, self._prefix, self._slot, self._clock)
        try:
            await link.check()
        except BaseException:
            await link.aclose()
            raise
        self._parts = link, RedisLeases(link, link.feed, self._lease, self._clock)
        await self._show()
        self._presence = asyncio.get_running_loop().create_task(self._keep_showing())

    async def _show(self) -> None:
        link, leases = self._opened()
        with suppress(StoreUnavailableError):
            here = await link.do("PRESENT", [f"{link.prefix}:present"], [leases.token, round(_HEARD * 1000)])
            self._others = here - 1

    async def _keep_showing(self) -> None:
        while True:
            await self._clock.sleep(_HEARD / 5)
            await self._show()

    async def aclose(self) -> None:
        """See `Store.aclose`."""
        if self._parts is not None:
            link, leases = self._parts
            await end(self._presence)
            await leases.aclose()
            with suppress(StoreUnavailableError):
                await link.call("ZREM", f"{link.prefix}:present", leases.token)
            self._parts = None
            await link.aclose()

    def _opened(self) -> tuple[RedisLink, RedisLeases]:
        if self._parts is None:
            raise StoreUnavailableError(f"{self.url} is not open.")
        return self._parts

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        """See `Store.fact`."""
        link, leases = self._opened()
        place = f"{link.prefix}:facts"
        if value is not None and await link.call("HSET" if replace else "HSETNX", place, name, value):
            leases.forget_idle()  # the store is new or was emptied, so it has none of them
        found = await link.call("HGET", place, name)
        return None if found is None else str(found.decode())

    def alone(self) -> bool:
        """See `Store.alone`."""
        return self._others <= 0

    def holds(self, key: Key) -> bool:
        """See `Store.holds`."""
        return self.alone() or (self._parts is not None and self._parts[1].holds(key))

    def _index(self, link: RedisLink) -> str:
        """Return the key of the sorted set of expiries."""
        return f"{link.prefix}:expiry"

    # Reading

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """See `Store.read`."""
        link, _ = self._opened()
        if not keys:
            return []
        places, index = _places(link, (key.owner for key in keys))
        arguments: list[Any] = []
        for i, key in enumerate(keys):
            arguments += (index[key.owner], key.name, known[i] if i < len(known) else 0)
        return [record_of(found) for found in await link.do("READ", places, arguments)]

    async def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """See `Store.owners`."""
        link, _ = self._opened()
        begin, end = link.key("\0").split("\0")
        pattern = _escaped(begin + prefix) + "*" + _escaped(end)
        seen: set[str] = set()
        cursor: Any = b"0"
        while True:
            cursor, found = await link.call("SCAN", cursor, "MATCH", pattern, "COUNT", 500, "TYPE", "hash")
            for raw in found:
                key = raw.decode(errors="replace")
                if key in seen or key.encode() != raw:
                    continue
                seen.add(key)
                cells, size, expires = await link.do("INFO", [key], [])
                if cells:
                    owner = key[len(begin) : len(key) - len(end) or None]
                    yield OwnerInfo(owner, cells, size, float(expires) if expires else None)
            if cursor == b"0":
                return

    async def names(self, owner: str) -> list[str]:
        """See `Store.names`."""
        link, _ = self._opened()
        fields = await link.call("HKEYS", link.key(owner))
        return [field[1:].decode() for field in fields if field[:1] == b"v"]

    # Writing

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """See `Store.commit`."""
        await heed_cancel()
        await outlast(self._commit(writes, claims))

    async def _commit(self, writes: Sequence[Write], claims: Sequence[Claim]) -> None:
        link, leases = self._opened()
        held = leases.held(claims)
        places, index = _places(link, [*(write.key.owner for write in writes), *(key.owner for key in held)])
        if not places:
            return
        times = {write.key.owner: write.expires for write in writes if write.expires is not None}
        if times:
            # The index first, as in `touch`; it is a separate key, which a script over owners cannot access.
            said = [part for owner, time in times.items() for part in (owner, repr(time))]
            await link.do("EXPECT", [self._index(link)], said)
        arguments = _commit_arguments(link.feed.changes, writes, held, index, leases.token)
        leases.committed(writes, certain=False)
        large = sum(len(write.data or b"") for write in writes) > SMALL
        try:
            outcome = await link.do("COMMIT", places, arguments, large=large)
        except StoreUnavailableError:
            if not await link.lives():
                raise
            # The connection was lost, so the commit may be done. Repeating it tells, because it checks versions.
            outcome = await link.do("COMMIT", places, arguments, large=large)
            if outcome[0] == b"conflict" and await self._is_written(writes):
                outcome = [b"ok"]
        if outcome[0] == b"ok":
            leases.committed(writes)
            if len(outcome) > 1:
                before = {list(index)[int(place) - 1]: float(time) for place, time in outcome[1:]}
                # Without this, `expire` would only find them later.
                with suppress(StoreUnavailableError):
                    for late, time in before.items():
                        await link.call("ZADD", self._index(link), time, late)
            return
        owner = list(index)[int(outcome[1]) - 1]
        leases.lost(owner)
        if outcome[0] == b"fenced":
            if not outcome[3]:
                leases.forget_idle()  # other leases may be lost too
            had = any(write.expected for write in writes if write.key.owner == owner)
            raise FencedError(owner, outcome[2].decode(), vanished=had and not outcome[3])
        raise VersionConflictError(owner, outcome[2].decode(), int(outcome[3]), int(outcome[4]))

    async def _is_written(self, writes: Sequence[Write]) -> bool:
        found = await self.read([write.key for write in writes])
        return all(
            record is None if write.data is None else record == Record(write.version, write.data)
            for write, record in zip(writes, found, strict=True)
        )

    async def touch(self, owner: str, expires: float | None) -> None:
        """See `Store.touch`."""
        link, _ = self._opened()
        index = self._index(link)
        # The index first: a superfluous entry is found and removed, but a missing one is not.
        if expires is not None:
            await link.call("ZADD", index, expires, owner)
        time = "" if expires is None else repr(expires)
        kept = await link.do("TOUCH", [link.key(owner)], [time])
        if expires is None or not kept:
            await link.call("ZREM", index, owner)
            if expires is not None and await link.do("TOUCH", [link.key(owner)], [time]):
                # Its first cell has just been written.
                await link.call("ZADD", index, expires, owner)

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """See `Store.expire`."""
        link, _ = self._opened()
        while True:
            await heed_cancel()
            most = min(limit, _AT_ONCE)
            due = await link.call("ZRANGEBYSCORE", self._index(link), "-inf", now, "LIMIT", 0, most)
            if not due:
                return []
            # Dropped cells exist only in the answer, so neither a cancel nor another owner's failure may lose them.
            work = [self._expire(raw.decode(), now) for raw in due]
            outcomes = await outlast(asyncio.gather(*work, return_exceptions=True))
            dropped = [cell for cells in outcomes if not isinstance(cells, BaseException) for cell in cells]
            if dropped:
                return dropped
            for error in outcomes:
                if isinstance(error, BaseException):
                    raise error

    async def _expire(self, owner: str, now: float) -> list[Dropped]:
        link, _ = self._opened()
        outcome = await self._drop(owner, repr(now))
        dropped = _dropped(owner, outcome)
        try:
            if outcome[0] == b"later":
                await link.call("ZADD", self._index(link), outcome[1], owner)
            else:
                await link.do("FORGET", [self._index(link)], [owner, repr(now)])
        except StoreUnavailableError:
            if not dropped:
                raise
        return dropped

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        """See `Store.drop`."""
        link, _ = self._opened()
        outcome = await self._drop(owner, "" if due is None else repr(due))
        if outcome[0] == b"dropped":
            await link.call("ZREM", self._index(link), owner)
        return _dropped(owner, outcome)

    async def _drop(self, owner: str, now: str) -> Any:
        link, leases = self._opened()
        leases.dropped(owner)
        return await link.do("DROP", [link.key(owner)], [now, link.feed.wanted, owner])

    # Claims

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        """See `Store.claim`."""
        return await self._opened()[1].claim(keys, known, wait)

    async def release(self, claim: Claim) -> None:
        """See `Store.release`."""
        if self._parts is not None:
            await self._parts[1].release(claim)

    # Changes

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """See `Store.changes`."""
        return await self._opened()[0].feed.follow()


def _places(link: RedisLink, owners: Iterable[str]) -> tuple[list[str], dict[str, int]]:
    """Return the hashes of owners, and the index of each owner among them."""
    index: dict[str, int] = {}
    for owner in owners:
        index.setdefault(owner, len(index) + 1)
    return [link.key(owner) for owner in index], index


def _commit_arguments(
    channel: str, writes: Sequence[Write], held: Sequence[Key], index: dict[str, int], token: int
) -> list[Any]:
    arguments: list[Any] = [channel, len(held)]
    for key in held:
        arguments += (index[key.owner], key.name, token)
    for write in writes:
        arguments += (
            index[write.key.owner],
            write.key.name,
            "" if write.expected is None else write.expected,
            write.version,
            "" if write.data is None else "1",
            write.data or b"",
            orjson.dumps([*write.key, write.version]) if write.announce else "",
            "" if write.expires is None else repr(write.expires),
        )
    return arguments


def _dropped(owner: str, outcome: Sequence[Any]) -> list[Dropped]:
    if outcome[0] != b"dropped":
        return []
    return [Dropped(Key(owner, name.decode()), int(version), data) for name, version, data in outcome[1:]]


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in text)

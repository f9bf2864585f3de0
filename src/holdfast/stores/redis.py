"""Cells in Redis or Valkey, which any number of processes on any number of machines may share."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import anyio
import orjson

from holdfast.stores import redis_scripts as scripts
from holdfast.stores.ending import end
from holdfast.stores.errors import (
    FencedError,
    StoreDamagedError,
    StoreFormatError,
    StoreUnavailableError,
    StoreUrlError,
    VersionConflictError,
)
from holdfast.stores.protocol import Change, Claim, Dropped, Gap, Key, OwnerInfo, Record, Write
from holdfast.stores.redis_feed import RedisFeed
from holdfast.stores.turns import Turns

log = logging.getLogger("holdfast.stores")

FORMAT = 1
_LEASE = 10.0
"""Seconds after which a claim is free when its holder is not heard of."""


class RedisStore:
    """Keeps each owner's cells in one hash.

    Lanes are leases in the hash, renewed while they are held. A commit names its lease's fence and is refused when
    another has it by then, so a process that was paused for too long overwrites nothing.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`, as redis-py takes it.
        prefix: What all keys begin with.
        slot: A hash tag for all keys, so that commits over several owners work under Redis Cluster.
        lease: Seconds after which the claims of a process that is not heard of are free.
    """

    durable = True

    def __init__(self, url: str, *, prefix: str = "holdfast", slot: str | None = None, lease: float = _LEASE) -> None:
        self.url = _without_password(url)
        self._given = url
        self._prefix = prefix
        self._slot = slot
        self._lease = lease
        self._client: Any = None
        self._listener: Any = None
        self._feed: RedisFeed | None = None
        self._turns = Turns()
        self._fences = itertools.count(secrets.randbits(32) << 20)
        self._held: dict[int, Claim] = {}
        self._renewal: asyncio.Task[None] | None = None
        self._scripts: dict[str, Any] = {}

    # Life

    async def open(self) -> None:
        """See `Store.open`."""
        from redis.asyncio import Redis

        self._client = Redis.from_url(self._given, socket_timeout=5.0, socket_connect_timeout=3.0)
        self._scripts = {
            name: self._client.register_script(getattr(scripts, name))
            for name in ("READ", "COMMIT", "CLAIM", "RENEW", "RELEASE", "TOUCH", "DROP", "INFO")
        }
        # It waits for as long as nothing happens, so it has no time limit but looks whether the connection lives.
        self._listener = Redis.from_url(self._given, socket_connect_timeout=3.0, health_check_interval=15)
        self._feed = RedisFeed(self._listener.pubsub, f"{self._prefix}:changes", f"{self._prefix}:freed")
        with self._translated():
            await self._check(self._client)

    async def _check(self, client: Any) -> None:
        from redis.exceptions import ResponseError

        key = f"{self._prefix}:format"
        await client.set(key, FORMAT, nx=True)
        found = await client.get(key)
        if not str(found.decode()).isdigit():
            raise StoreDamagedError(f"The key {key!r} in {self.url} is not Holdfast's. Choose another prefix.")
        if int(found) > FORMAT:
            raise StoreFormatError(
                f"{self.url} was written by a newer release of Holdfast (format {int(found)}; this one reads {FORMAT})."
            )
        try:
            policy = (await client.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        except ResponseError:
            return  # managed services do not tell
        if str(policy).startswith("allkeys"):
            log.warning(
                "%s drops any key when its memory is full (maxmemory-policy %s), so State may vanish. "
                "Set it to noeviction.",
                self.url,
                policy,
            )

    async def aclose(self) -> None:
        """See `Store.aclose`."""
        await end(self._renewal)
        if self._feed is not None:
            await self._feed.aclose()
        if self._client is not None:
            await self._listener.aclose()
            await self._client.aclose()
            self._client = None

    def _opened(self) -> Any:
        if self._client is None:
            raise StoreUnavailableError(f"{self.url} is not open.")
        return self._client

    def _key(self, owner: str) -> str:
        return f"{self._prefix}:{{{owner}}}" if self._slot is None else f"{self._prefix}:{{{self._slot}}}:{owner}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from redis.exceptions import RedisError

        try:
            yield
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            if "CROSSSLOT" in str(error):
                raise StoreUrlError(
                    "A step wrote cells of several owners, which Redis Cluster keeps in different places. "
                    f"Add ?slot=app to the store's URL, so that all are kept in one: {self.url}?slot=app"
                ) from error
            raise StoreUnavailableError(
                f"{self.url} cannot be used just now ({type(error).__name__}: {error})."
            ) from error

    async def _do(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        self._opened()
        with self._translated():
            return await self._scripts[script](keys=keys, args=arguments)

    # Reading

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """See `Store.read`."""
        if not keys:
            return []
        places, index = self._places(key.owner for key in keys)
        arguments: list[Any] = []
        for i, key in enumerate(keys):
            arguments += (index[key.owner], key.name, known[i] if i < len(known) else 0)
        return [_record(found) for found in await self._do("READ", places, arguments)]

    def _places(self, owners: Any) -> tuple[list[str], dict[str, int]]:
        """The hashes of owners, and the number of each among them."""
        index: dict[str, int] = {}
        for owner in owners:
            index.setdefault(owner, len(index) + 1)
        return [self._key(owner) for owner in index], index

    async def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """See `Store.owners`."""
        begin, end = self._key("\0").split("\0")
        pattern = _escaped(begin + prefix) + "*" + _escaped(end)
        seen: set[str] = set()
        with self._translated():
            async for raw in self._opened().scan_iter(match=pattern, count=500):
                key = raw.decode()
                if key in seen:
                    continue
                seen.add(key)
                cells, size, expires = await self._do("INFO", [key], [])
                if cells:
                    owner = key[len(begin) : len(key) - len(end) or None]
                    yield OwnerInfo(owner, cells, size, float(expires) if expires else None)

    async def names(self, owner: str) -> list[str]:
        """See `Store.names`."""
        with self._translated():
            fields = await _awaited(self._opened().hkeys(self._key(owner)))
        return [field[1:].decode() for field in fields if field[:1] == b"v"]

    # Writing

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """See `Store.commit`."""
        held = [(key, claim.fence) for claim in claims for key in claim.keys]
        places, index = self._places([*(write.key.owner for write in writes), *(key.owner for key, _ in held)])
        if not places:
            return
        arguments: list[Any] = [f"{self._prefix}:changes", len(held)]
        for key, fence in held:
            arguments += (index[key.owner], key.name, fence)
        for write in writes:
            message = orjson.dumps([*write.key, write.version]) if write.announce else ""
            expected = "" if write.expected is None else write.expected
            has_data = "" if write.data is None else "1"
            number = index[write.key.owner]
            arguments += (number, write.key.name, expected, write.version, has_data, write.data or b"", message)
        try:
            outcome = await self._do("COMMIT", places, arguments)
        except StoreUnavailableError:
            # The connection was cut: it may be written or not. Doing it again tells, since versions are checked.
            outcome = await self._do("COMMIT", places, arguments)
            if outcome[0] == b"conflict" and await self._is_written(writes):
                return
        owners = list(index)
        if outcome[0] == b"fenced":
            raise FencedError(owners[int(outcome[1]) - 1], outcome[2].decode())
        if outcome[0] == b"conflict":
            owner = owners[int(outcome[1]) - 1]
            raise VersionConflictError(owner, outcome[2].decode(), int(outcome[3]), int(outcome[4]))

    async def _is_written(self, writes: Sequence[Write]) -> bool:
        found = await self.read([write.key for write in writes])
        return all(
            record is None if write.data is None else record == Record(write.version, write.data)
            for write, record in zip(writes, found, strict=True)
        )

    async def touch(self, owner: str, expires: float | None) -> None:
        """See `Store.touch`."""
        index = f"{self._prefix}:expiry"
        with self._translated():
            # The index first: an entry too many is found and taken out, one too few never.
            if expires is not None:
                await self._opened().zadd(index, {owner: expires})
            kept = await self._do("TOUCH", [self._key(owner)], ["" if expires is None else repr(expires)])
            if expires is None or not kept:
                await self._opened().zrem(index, owner)

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """See `Store.expire`."""
        dropped: list[Dropped] = []
        index = f"{self._prefix}:expiry"
        while len(dropped) < limit:
            with self._translated():
                due = await self._opened().zrangebyscore(index, "-inf", now, start=0, num=20)
            if not due:
                break
            for raw in due:
                owner = raw.decode()
                outcome = await self._do("DROP", [self._key(owner)], [repr(now)])
                with self._translated():
                    if outcome[0] == b"later":
                        await self._opened().zadd(index, {owner: float(outcome[1])})
                    else:
                        await self._opened().zrem(index, owner)
                dropped += _dropped(owner, outcome)
        return dropped

    async def drop(self, owner: str) -> list[Dropped]:
        """See `Store.drop`."""
        dropped = _dropped(owner, await self._do("DROP", [self._key(owner)], [""]))
        with self._translated():
            await self._opened().zrem(f"{self._prefix}:expiry", owner)
        return dropped

    # Claims

    async def claim(self, keys: Sequence[Key], *, wait: float | None = None) -> Claim | None:
        """See `Store.claim`."""
        fence = next(self._fences)
        wanted = tuple(sorted(set(keys)))
        turns: list[Key] = []
        found: dict[Key, Record | None] = {}
        scope = anyio.CancelScope()
        try:
            with anyio.move_on_after(wait) as scope:
                for key in wanted:
                    await self._turns.take(key, fence)
                    turns.append(key)
                for owner, group in itertools.groupby(wanted, key=lambda key: key.owner):
                    found.update(await self._claim_owner(owner, [key.name for key in group], fence))
        except BaseException:
            await self._give_back(turns, fence)
            raise
        if scope.cancelled_caught:
            await self._give_back(turns, fence)
            return None
        claim = Claim(wanted, fence, tuple(found[key] for key in wanted))
        self._held[fence] = claim
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._renew())
        return claim

    async def _claim_owner(self, owner: str, names: Sequence[str], fence: int) -> dict[Key, Record | None]:
        key = self._key(owner)
        milliseconds = int(self._lease * 1000)
        while True:
            outcome = await self._do("CLAIM", [key], [fence, milliseconds, *names])
            if outcome[0] == b"ok":
                return {Key(owner, name): _record(raw) for name, raw in zip(names, outcome[1:], strict=True)}
            if self._feed is not None:
                await self._feed.ready()
                await self._feed.freed(owner, min(outcome[1] / 1000 + 0.001, 0.25))

    async def _give_back(self, keys: Sequence[Key], fence: int) -> None:
        with anyio.CancelScope(shield=True):
            self._held.pop(fence, None)
            try:
                for owner, group in itertools.groupby(sorted(keys), key=lambda key: key.owner):
                    arguments = [f"{self._prefix}:freed", owner, fence, *(key.name for key in group)]
                    await self._do("RELEASE", [self._key(owner)], arguments)
            except StoreUnavailableError as error:
                log.warning("A claim could not be given back and ends with its lease: %s", error)
            finally:
                self._turns.free(keys, fence)

    async def release(self, claim: Claim) -> None:
        """See `Store.release`."""
        await self._give_back([key for key in claim.keys if self._turns.holds(key, claim.fence)], claim.fence)

    async def _renew(self) -> None:
        """Say that the claims are still held, while there are any."""
        try:
            while self._held:
                await asyncio.sleep(self._lease / 3)
                for claim in list(self._held.values()):
                    await self._renew_one(claim)
        finally:
            self._renewal = None

    async def _renew_one(self, claim: Claim) -> None:
        try:
            for owner, group in itertools.groupby(claim.keys, key=lambda key: key.owner):
                arguments = [claim.fence, int(self._lease * 1000), *(key.name for key in group)]
                await self._do("RENEW", [self._key(owner)], arguments)
        except StoreUnavailableError as error:
            log.warning("A claim could not be renewed; if it is lost, its commit is refused: %s", error)

    # Changes

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """See `Store.changes`."""
        self._opened()
        if self._feed is None:
            raise StoreUnavailableError(f"{self.url} is not open.")
        return await self._feed.follow()


def _record(raw: Any) -> Record | None:
    if not raw:
        return None
    return Record(int(raw[0]), raw[1] if len(raw) > 1 else None)


def _dropped(owner: str, outcome: Sequence[Any]) -> list[Dropped]:
    return (
        [Dropped(Key(owner, name.decode()), int(version), data) for name, version, data in outcome[1:]]
        if (outcome[0] == b"dropped")
        else []
    )


async def _awaited(answer: Awaitable[Any] | Any) -> Any:
    return await answer


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in text)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    if not at:
        return url
    user = credentials.partition(":")[0]
    return f"{scheme}{separator}{user + '@' if user else ''}{place}"

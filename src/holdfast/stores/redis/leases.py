"""Claims in Redis: leases that a process renews while it uses them, and keeps until another process wants them.

Most sessions are used by one process. It claims their cells once and then continues without asking Redis again, until
it learns that another process waits, or the lease expires.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import anyio

from holdfast.clock import Clock
from holdfast.stores.errors import FencedError, StoreUnavailableError
from holdfast.stores.protocol import Claim, Key, Record, Write
from holdfast.stores.redis.feed import RedisFeed
from holdfast.stores.turns import Turns
from holdfast.tasks import end, outlast

log = logging.getLogger("holdfast.stores")

_MOST = 20_000
"""Maximum number of owners whose idle leases are kept."""
_TIDY = 32
"""Number of released claims between two searches for expired idle leases."""


class Lease:
    """This process's right to write one cell."""

    __slots__ = ("fence", "name", "next", "until", "version", "wanted")

    def __init__(self, name: str, until: float, version: int) -> None:
        self.name = name
        self.until = until
        """Time until which no other process can have the lease, with a margin."""
        self.version: int | None = version
        """Version of the cell; `None` if it is uncertain."""
        self.fence: int | None = None
        """Claim that uses the lease; `None` while it is idle."""
        self.wanted = False
        """True if another process waits for the lease."""
        self.next: Lease | None = None
        """Next lease of the owner. There are many sessions with few cells each, and a list would take more memory than
        its contents."""


class Channels(Protocol):
    """The part of a store's connection that leases use."""

    async def do(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script."""
        ...

    def key(self, owner: str) -> str:
        """Return the key of an owner's hash."""
        ...


class RedisLeases:
    """The claims of one store.

    Args:
        channels: Runs scripts.
        feed: Reports leases that are wanted or free.
        seconds: Duration of a lease that is not renewed.
        clock: The source of time.
    """

    def __init__(self, channels: Channels, feed: RedisFeed, seconds: float, clock: Clock) -> None:
        self._channels = channels
        self._feed = feed
        self._seconds = seconds
        self._clock = clock
        self.token = secrets.randbits(52)
        """Identifier of this process in Redis."""
        self._fences = itertools.count(1)
        self._turns = Turns()
        self._owners: dict[str, Lease | None] = {}
        """First lease of each owner, beginning with the owner unused for longest."""
        self._latest = ""
        """Owner used last."""
        self._released = 0
        self._used: set[str] = set()
        """Owners of leases in use."""
        self._asking: dict[str, int] = {}
        """Number of current requests for leases, by owner."""
        self._wanted_early: set[str] = set()
        """Owners of requested leases that another process may want: its message can arrive before the answer."""
        self._renewal: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        feed.on_wanted = self._wanted
        feed.on_missed = self.forget_idle

    # Claiming

    async def claim(self, keys: Sequence[Key], known: Sequence[int], wait: float | None) -> Claim | None:
        """See `Store.claim`."""
        fence = next(self._fences)
        wanted = tuple(keys)
        versions = {key: known[i] if i < len(known) else 0 for i, key in enumerate(wanted)}
        taken = list(wanted) if self._turns.try_take(wanted, fence) else []
        found: dict[Key, Record | None] = {}
        try:
            with anyio.move_on_after(wait) as scope:
                if not taken:
                    for key in sorted(wanted):
                        await self._turns.take(key, fence)
                        taken.append(key)
                for owner, group in _by_owner(wanted):
                    found.update(await self._claim_owner(owner, group, fence, versions))
        except BaseException:
            await outlast(self._give_back(taken, fence))
            raise
        if scope.cancelled_caught:
            await outlast(self._give_back(taken, fence))
            return None
        return Claim(wanted, fence, tuple(found[key] for key in wanted))

    async def _claim_owner(
        self, owner: str, keys: Sequence[Key], fence: int, known: dict[Key, int]
    ) -> dict[Key, Record | None]:
        if owner != self._latest:
            self._owners[owner] = self._owners.pop(owner, None)
            self._latest = owner
        self._used.add(owner)
        soon = self._clock.monotonic() + self._seconds / 4
        found: dict[Key, Record | None] = {}
        for key in keys:
            lease = self._lease(key)
            if lease is None or lease.until < soon or lease.wanted or lease.version != known[key]:
                return await self._ask(owner, keys, fence, known)
            lease.fence = fence
            found[key] = Record(lease.version, None) if lease.version else None
        self._keep_renewing(owner)
        return found

    def _keep_renewing(self, owner: str) -> None:
        """Mark an owner as in use as soon as one lease is granted, even before the whole claim is."""
        # The last other lease may have been released in the meantime, which ends the renewal.
        self._used.add(owner)
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def _ask(
        self, owner: str, keys: Sequence[Key], fence: int, known: dict[Key, int]
    ) -> dict[Key, Record | None]:
        arguments: list[Any] = [self.token, int(self._seconds * 1000), self._feed.wanted, owner]
        for key in keys:
            arguments += (key.name, known[key])
        until, wanted, outcome = await self._try(owner, arguments)
        if outcome[0] != b"ok":
            await self._feed.ready()
            # Leases that become free from here on are noticed, even during the next request.
            with self._feed.waiting(owner) as freed:
                while True:
                    until, wanted, outcome = await self._try(owner, arguments)
                    if outcome[0] == b"ok":
                        break
                    await freed(min(outcome[1] / 1000 + 0.001, 0.25))
        found: dict[Key, Record | None] = {}
        new: list[Lease] = []
        for key, raw in zip(keys, outcome[1:], strict=True):
            record = found[key] = record_of(raw)
            before = self._lease(key)
            lease = Lease(key.name, until, record.version if record is not None else 0)
            lease.fence = fence
            lease.wanted = wanted or (before is not None and before.wanted)
            new.append(lease)
        self._owners[owner] = _chained((*self._without(owner, [key.name for key in keys]), *new))
        self._keep_renewing(owner)
        return found

    async def _try(self, owner: str, arguments: Sequence[Any]) -> tuple[float, bool, Any]:
        """Request leases.

        Returns:
            The time until which they would last, whether another process may want them already, and the answer.
        """
        until = self._clock.monotonic() + self._seconds * 0.9
        self._asking[owner] = self._asking.get(owner, 0) + 1
        try:
            # A request that was cut off may still be granted, and its lease would never be released.
            outcome = await outlast(self._channels.do("CLAIM", [self._channels.key(owner)], arguments))
            return until, owner in self._wanted_early, outcome
        finally:
            self._asking[owner] -= 1
            if not self._asking[owner]:
                del self._asking[owner]
                self._wanted_early.discard(owner)

    def _lease(self, key: Key) -> Lease | None:
        lease = self._owners.get(key.owner)
        while lease is not None and lease.name != key.name:
            lease = lease.next
        return lease

    def _of(self, owner: str) -> Iterator[Lease]:
        lease = self._owners.get(owner)
        while lease is not None:
            yield lease
            lease = lease.next

    def _without(self, owner: str, names: Sequence[str]) -> tuple[Lease, ...]:
        return tuple(lease for lease in self._of(owner) if lease.name not in names)

    def holds(self, key: Key) -> bool:
        """Return whether this process has a lease that has not expired."""
        lease = self._lease(key)
        return lease is not None and lease.until > self._clock.monotonic()

    # Commits

    def held(self, claims: Sequence[Claim]) -> list[Key]:
        """Return the cells of claims.

        Raises:
            FencedError: A claim was released.
        """
        keys = [key for claim in claims for key in claim.keys]
        for claim in claims:
            for key in claim.keys:
                if not self._turns.holds(key, claim.fence):
                    raise FencedError(*key)
        return keys

    def committed(self, writes: Sequence[Write], *, certain: bool = True) -> None:
        """Note the versions of a commit."""
        for write in writes:
            lease = self._lease(write.key)
            if lease is not None:
                lease.version = None if not certain else 0 if write.data is None else write.version

    def lost(self, owner: str) -> None:
        """Forget an owner's leases."""
        self._owners.pop(owner, None)

    def dropped(self, owner: str) -> None:
        """Forget the versions of an owner's cells, which are dropped."""
        for lease in self._of(owner):
            lease.version = None

    # Releasing

    async def release(self, claim: Claim) -> None:
        """See `Store.release`."""
        keys = [key for key in claim.keys if self._turns.holds(key, claim.fence)]
        if self._feed.connected and self._keep(keys):
            self._turns.free(keys, claim.fence)
        else:
            await outlast(self._give_back(keys, claim.fence))

    def _keep(self, keys: Sequence[Key]) -> bool:
        """Keep leases for the next claim, unless a process waits for one."""
        leases = [self._lease(key) for key in keys]
        if any(lease is None or lease.wanted for lease in leases):
            return False
        for lease in leases:
            if lease is not None:
                lease.fence = None
        for owner in {key.owner for key in keys}:
            self._idle(owner)
        self._tidy()
        return True

    def _tidy(self) -> None:
        """Forget expired idle leases, unused for longest first, a little faster than new ones are added."""
        self._released += 1
        if self._released % _TIDY:
            return
        now = self._clock.monotonic()
        for owner in list(itertools.islice(self._owners, 2 * _TIDY)):
            if owner in self._used:
                self._owners[owner] = self._owners.pop(owner)
                self._latest = owner
            elif len(self._owners) > _MOST or all(lease.until <= now for lease in self._of(owner)):
                del self._owners[owner]

    def _idle(self, owner: str) -> None:
        if all(lease.fence is None for lease in self._of(owner)):
            self._used.discard(owner)

    async def _give_back(self, keys: Sequence[Key], fence: int) -> None:
        self._feed.start()
        try:
            for owner, group in _by_owner(keys):
                names = [key.name for key in group]
                left = self._without(owner, names)
                if left:
                    self._owners[owner] = _chained(left)
                else:
                    self._owners.pop(owner, None)
                self._idle(owner)
                await self._tell_free(owner, names)
        finally:
            self._turns.free(keys, fence)

    async def _tell_free(self, owner: str, names: Sequence[str]) -> None:
        try:
            await self._channels.do(
                "RELEASE", [self._channels.key(owner)], [self._feed.free, owner, self.token, *names]
            )
        except StoreUnavailableError as error:
            log.debug("A claim could not be given back and ends with its lease: %s", error)

    def _wanted(self, owner: str) -> None:
        """Release idle leases of an owner, because another process waits for its cells."""
        leases = list(self._of(owner))
        for lease in leases:
            lease.wanted = True
        if owner in self._asking:
            self._wanted_early.add(owner)
        fence = next(self._fences)
        # Holding them locally prevents new claims in this process before Redis has released them.
        idle = [key for lease in leases if self._turns.try_take((key := Key(owner, lease.name),), fence)]
        if idle:
            task = asyncio.get_running_loop().create_task(self._give_back(idle, fence))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    def forget_idle(self) -> None:
        """Forget idle leases, because messages about them may be lost, or Redis may no longer have them."""
        for owner in [owner for owner in self._owners if owner not in self._used]:
            del self._owners[owner]
        for owner in self._used:
            for lease in self._of(owner):
                lease.wanted = True
        self._wanted_early.update(self._asking)

    # Renewing

    async def _renew(self) -> None:
        """Renew leases at intervals while any are in use."""
        while self._used:
            await self._clock.sleep(self._seconds / 3)
            for owner in list(self._used):
                names = [lease.name for lease in self._of(owner) if lease.fence is not None]
                if names:
                    await self._renew_owner(owner, names)

    async def _renew_owner(self, owner: str, names: Sequence[str]) -> None:
        until = self._clock.monotonic() + self._seconds * 0.9
        arguments = [self.token, int(self._seconds * 1000), *names]
        try:
            kept = await self._channels.do("RENEW", [self._channels.key(owner)], arguments)
        except StoreUnavailableError as error:
            log.debug("A claim could not be renewed; if it is lost, its commit is refused: %s", error)
            return
        for name, still in zip(names, kept, strict=True):
            lease = self._lease(Key(owner, name))
            if lease is not None and still:
                lease.until = until

    async def aclose(self) -> None:
        """Release all leases."""
        await end(self._renewal)
        now = self._clock.monotonic()
        for owner in list(self._owners):
            names = [lease.name for lease in self._of(owner) if lease.until > now]
            if names:
                await self._tell_free(owner, names)
        self._owners.clear()
        for task in list(self._background):
            await end(task)


def record_of(raw: Any) -> Record | None:
    """Return the record that a script's answer contains."""
    if not raw:
        return None
    return Record(int(raw[0]), raw[1] if len(raw) > 1 else None)


def _chained(leases: Sequence[Lease]) -> Lease:
    """Link the leases of one owner, and return the first."""
    for lease, following in itertools.zip_longest(leases, leases[1:]):
        lease.next = following
    return leases[0]


def _by_owner(keys: Sequence[Key]) -> list[tuple[str, list[Key]]]:
    """Group keys by owner, in the same order in all processes."""
    if len(keys) == 1:
        return [(keys[0].owner, list(keys))]
    return [(owner, list(group)) for owner, group in itertools.groupby(sorted(keys), key=lambda key: key.owner)]

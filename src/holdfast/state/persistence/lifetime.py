"""How long a durable store keeps sessions: open ones, closed ones, and those of a process that died."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from holdfast.state.owners import Owner
from holdfast.state.settings import MARGIN
from holdfast.state.timers import Timers
from holdfast.stores import Dropped, StoreDamagedError, StoreError, StoreUnavailableError
from holdfast.tasks import end, ended

if TYPE_CHECKING:
    from holdfast.clock import Clock
    from holdfast.state.lifetime import Lifetime
    from holdfast.state.model import Cell, OwnerCells
    from holdfast.state.persistence.outage import Outage
    from holdfast.state.persistence.reader import Reader
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.stores import Store

log = logging.getLogger("holdfast.state")


_ROUNDS = 64
"""Number of rounds in the time until a renewal is due: sessions that are due at about the same time share one."""


class Round:
    """Sessions whose expiry in the store is extended at about the same time.

    Args:
        until: Time on the monotonic clock after which it takes no more sessions.
        when: Time on the monotonic clock at which they are due.
    """

    __slots__ = ("_gone", "_homes", "timed", "until", "when")

    def __init__(self, until: float, when: float) -> None:
        self.until = until
        self.when: float | None = when
        self.timed = False
        self._homes: list[OwnerCells] = []
        self._gone = 0

    def __iter__(self) -> Iterator[OwnerCells]:
        return (owner_cells for owner_cells in self._homes if owner_cells.round is self and not owner_cells.dropped)

    def add(self, owner_cells: OwnerCells) -> None:
        """Renew a session with this round only."""
        if owner_cells.round is not self:
            if owner_cells.round is not None:
                owner_cells.round.remove(owner_cells)
            owner_cells.round = self
            self._homes.append(owner_cells)

    def remove(self, owner_cells: OwnerCells) -> None:
        """Stop renewing a session."""
        owner_cells.round = None
        self._gone += 1
        if self._gone > 64 and self._gone * 2 > len(self._homes):
            self._homes = list(dict.fromkeys(self))
            self._gone = 0

    def replace(self, owner_cells: OwnerCells, other: OwnerCells) -> None:
        """Renew another object of the same session instead."""
        self.remove(owner_cells)
        self.add(other)


class StoredLifetime:
    """Extends and ends the lives of owners in a durable store.

    Args:
        store: The store.
        outage: Whether the store can be reached.
        reader: Reads dropped values for their delete callbacks.
        clock: The source of time.
        options: Grace period and sweep interval.
        lifetime: The owners in memory.
        find_spec: Returns the State that has a scope and a cell name.
    """

    def __init__(
        self,
        store: Store,
        outage: Outage,
        reader: Reader,
        clock: Clock,
        options: StateOptions,
        lifetime: Lifetime,
        find_spec: Callable[[str, str], CellSpec | None],
    ) -> None:
        self._store = store
        self._outage = outage
        self._reader = reader
        self._clock = clock
        self._options = options
        self._lifetime = lifetime
        self._find_spec = find_spec
        self._dropping: dict[Owner, asyncio.Task[Any]] = {}
        """Owners that are being dropped; reads and claims wait until that is done."""
        self._timers: Timers[Round] = Timers(clock, _deadline, self._renew_round)
        """Deadlines of the renewals of sessions that this process keeps open or uses."""
        self._round = Round(0.0, 0.0)
        """Round that sessions join now."""
        self._touching: dict[Owner, float] = {}
        """Sessions whose expiry is being written, with that expiry in seconds since the epoch."""
        self._sweeper: asyncio.Task[None] | None = None
        self._touches: set[asyncio.Task[Any]] = set()
        self._late: dict[Owner, bool] = {}
        """Owners to drop when the store is back, and whether only if they have expired."""
        self._failure = ""
        """Error of the last sweep, so that it is logged once."""
        self._closed = False

    def start(self) -> None:
        """Start to sweep expired owners at intervals."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def aclose(self) -> None:
        """Stop sweeping and renewing."""
        self._closed = True
        self._timers.close()
        await end(self._sweeper)

    # Open and closed

    def stored(self, owner_cells: OwnerCells) -> None:
        """Set the expiry of a session of which a cell was stored."""
        if owner_cells.kept or owner_cells.owner.scope != "session" or owner_cells.dropped:
            return
        owner_cells.kept = True
        if owner_cells.opened or not owner_cells.was_open:
            self._renew(owner_cells)
        else:
            left = self._options.grace if owner_cells.closes is None else owner_cells.closes - self._clock.monotonic()
            self._touch(owner_cells, max(left, 0.0) + MARGIN)

    def opened(self, owner_cells: OwnerCells) -> None:
        """Keep what is stored of a session while it is open."""
        self._renew(owner_cells)

    def closed(self, owner_cells: OwnerCells) -> None:
        """Let a session expire after its grace period."""
        if owner_cells.round is not None:
            owner_cells.round.remove(owner_cells)
        self._touch(owner_cells, self._options.grace + MARGIN)

    def _renew(self, owner_cells: OwnerCells) -> None:
        now = self._clock.monotonic()
        if now >= self._round.until:
            span = self._options.unheard_grace / 2
            self._round = Round(now + span / _ROUNDS, now + span)
        self._round.add(owner_cells)
        if not self._closed:
            self._timers.watch(self._round)
        self._touch(owner_cells, self._options.unheard_grace)

    def _renew_round(self, round: Round) -> None:
        round.when = None
        for owner_cells in list(round):
            self._renew(owner_cells)

    def _renew_all(self) -> None:
        """Extend all sessions that are open here, because their expiry in the store may be too early."""
        for owner_cells in [owner_cells for round in self._timers.watched() for owner_cells in round]:
            self._touch(owner_cells, self._options.unheard_grace)

    def catch_up(self) -> None:
        """Write the expiries and drops that an outage has held back."""
        self._renew_all()
        late, self._late = self._late, {}
        for owner, only_due in late.items():
            self._begin_drop(owner, (), only_due=only_due)

    def _touch(self, owner_cells: OwnerCells, seconds: float) -> None:
        """Write a session's expiry; if several calls overlap, the last one wins."""
        begun = owner_cells.owner in self._touching
        self._touching[owner_cells.owner] = self._clock.time() + seconds
        if not begun:
            task = self._lifetime.spawn(self._write_touch(owner_cells.owner))
            self._touches.add(task)
            task.add_done_callback(self._touches.discard)

    async def _write_touch(self, owner: Owner) -> None:
        written = 0.0
        try:
            while written != self._touching[owner]:
                written = self._touching[owner]
                await self._extend(owner, written)
        finally:
            del self._touching[owner]

    async def _extend(self, owner: Owner, expires: float) -> None:
        if self._outage.now:
            return  # `catch_up` writes all of them when the store is back
        try:
            async with self._outage.noticing_damage():
                await self._store.touch(str(owner), expires)
        except StoreUnavailableError as error:
            self._outage.began(error)
        except StoreDamagedError:
            log.debug("The expiry of %s cannot be extended in the damaged store.", owner)

    # Ends

    async def drops_of(self, cells: Sequence[Cell]) -> None:
        """Wait for drops of the owners of these cells that are in progress."""
        if self._dropping:
            for owner in {cell.owner_cells.owner for cell in cells}:
                if owner in self._dropping:
                    await ended(self._dropping[owner])

    def drop(self, owner_cells: OwnerCells, cells: Sequence[Cell], *, only_due: bool = False) -> None:
        """Drop an owner from the store, and run each delete callback once among all processes (R4.3).

        Args:
            owner_cells: The owner, which has left memory.
            cells: Its cells in memory.
            only_due: Keep it if another process has extended its expiry since.
        """
        self._begin_drop(owner_cells.owner, cells, only_due=only_due)

    def _begin_drop(self, owner: Owner, cells: Sequence[Cell], *, only_due: bool) -> None:
        task = self._lifetime.spawn(self._drop(owner, cells, only_due=only_due))
        self._dropping[owner] = task
        task.add_done_callback(partial(self._dropped, owner))

    def _dropped(self, owner: Owner, task: asyncio.Task[Any]) -> None:
        if self._dropping.get(owner) is task:  # the owner may have returned and been dropped again
            del self._dropping[owner]

    async def _drop(self, owner: Owner, cells: Sequence[Cell], *, only_due: bool) -> None:
        due = self._clock.time() + MARGIN + 1 if only_due else None
        if self._touches:
            await asyncio.wait(self._touches)
        try:
            self._outage.check()
            async with self._outage.noticing_damage():
                dropped = await self._store.drop(str(owner), due=due)
            if only_due and not dropped and await self._store.names(str(owner)):
                cells = [cell for cell in cells if cell.bound]
        except StoreUnavailableError as error:
            log.debug("%s will be dropped when the store is back: %s", owner, error)
            self._late[owner] = only_due
            dropped = []  # cells that were never stored end here
        except StoreDamagedError:
            log.debug("%s cannot be dropped from the damaged store.", owner)
            dropped = []
        self._end(owner, dropped, {cell.spec.name: cell for cell in cells})

    async def _sweep(self) -> None:
        last = self._clock.time()
        while True:
            now = self._clock.time()
            if now - last > self._options.sweep + self._options.unheard_grace / 4:
                # The machine slept, or its clock was set, so open sessions have not been renewed.
                self._renew_all()
            else:
                await self._lifetime.spawn(self._look(now))
            last = now
            await self._clock.sleep(self._options.sweep)

    async def _look(self, now: float) -> None:
        if self._touches:
            # A session whose expiry is being extended must not expire first.
            await asyncio.wait(self._touches)
        if self._outage.now:
            return
        try:
            async with self._outage.noticing_damage():
                while dropped := await self._store.expire(now):
                    self._expired(dropped)
        except StoreUnavailableError as error:
            self._outage.began(error)
        except StoreDamagedError:
            log.debug("Expired State cannot be searched for in the damaged store.")
        except StoreError as error:
            if str(error) != self._failure:
                self._failure = str(error)
                log.error("The search for expired State failed: %s", error)  # noqa: TRY400 -- the message is complete

    def _expired(self, dropped: Sequence[Dropped]) -> None:
        by_owner: dict[str, list[Dropped]] = {}
        for cell in dropped:
            by_owner.setdefault(cell.key.owner, []).append(cell)
        for name, cells in by_owner.items():
            owner = Owner.known(name)
            if owner is None:
                continue
            owner_cells = self._lifetime.take(owner)
            held = {} if owner_cells is None else {cell.spec.name: cell for cell in owner_cells.cells}
            self._end(owner, cells, held)

    def _end(self, owner: Owner, dropped: Sequence[Dropped], held: dict[str, Cell]) -> None:
        handed = {cell.key.name: cell for cell in dropped}
        for name, cell in held.items():
            # If the drop did not return a stored value, another process runs its callback.
            if cell.created and cell.spec.delete_callback is not None and (name in handed or cell.stored <= 0):
                self._lifetime.call_back_with(cell.spec, cell.committed)
        for name, found in handed.items():
            spec = self._find_spec(owner.scope, name)
            if name not in held and spec is not None and spec.delete_callback is not None:
                self._lifetime.call_back_with(spec, self._maker(spec, found))

    def _maker(self, spec: CellSpec, found: Dropped) -> Callable[[], Any]:
        return lambda: self._reader.decoded(spec, found.key, found.data).value


def _deadline(round: Round) -> float | None:
    return round.when

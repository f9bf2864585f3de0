"""How long a durable store keeps what is in it: sessions that are open, closed, or of a process that died."""

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
"""Rounds of renewals in the time that one lasts: sessions that are due at about the same time share one."""


class Round:
    """Sessions that must be kept longer in the store at about the same time.

    Args:
        until: When it takes no more of them, on the monotonic clock.
        when: When they are due.
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
        """Renew a session with this round and no other."""
        if owner_cells.round is not self:
            if owner_cells.round is not None:
                owner_cells.round.remove(owner_cells)
            owner_cells.round = self
            self._homes.append(owner_cells)

    def remove(self, owner_cells: OwnerCells) -> None:
        """Have a session not be renewed."""
        owner_cells.round = None
        self._gone += 1
        if self._gone > 64 and self._gone * 2 > len(self._homes):
            self._homes = list(dict.fromkeys(self))
            self._gone = 0

    def replace(self, owner_cells: OwnerCells, other: OwnerCells) -> None:
        """Renew another home of the same session instead."""
        self.remove(owner_cells)
        self.add(other)


class StoredLifetime:
    """Ends of owners in a durable store.

    Args:
        store: The store.
        outage: Whether the store can be reached.
        reader: Reads values that were dropped, for their delete callbacks.
        clock: Where time comes from.
        options: Grace and sweep.
        lifetime: The owners in memory.
        find_spec: The State of a scope and a cell's name.
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
        """Owners that are just being dropped; what is asked for after that waits for it."""
        self._timers: Timers[Round] = Timers(clock, _deadline, self._renew_round)
        """Of the sessions that this process keeps open or uses."""
        self._round = Round(0.0, 0.0)
        """The one that sessions join now."""
        self._touching: dict[Owner, float] = {}
        """Sessions of which the store is just being told: when they may go, in seconds since the epoch."""
        self._sweeper: asyncio.Task[None] | None = None
        self._touches: set[asyncio.Task[Any]] = set()
        self._late: dict[Owner, bool] = {}
        """Owners that could not be dropped since the store was out of reach, and whether only if their time is over."""
        self._failure = ""
        """Why the last look for what has expired failed."""
        self._closed = False

    def start(self) -> None:
        """Look for what may go from time to time."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def aclose(self) -> None:
        """Stop looking."""
        self._closed = True
        self._timers.close()
        await end(self._sweeper)

    # Open and closed

    def stored(self, owner_cells: OwnerCells) -> None:
        """Something of a home was stored; the store keeps sessions for some time only."""
        if owner_cells.kept or owner_cells.owner.scope != "session" or owner_cells.dropped:
            return
        owner_cells.kept = True
        if owner_cells.opened or not owner_cells.was_open:
            self._renew(owner_cells)
        else:
            left = self._options.grace if owner_cells.closes is None else owner_cells.closes - self._clock.monotonic()
            self._touch(owner_cells, max(left, 0.0) + MARGIN)

    def opened(self, owner_cells: OwnerCells) -> None:
        """A session is open (again); what is stored of it from before must not go meanwhile."""
        self._renew(owner_cells)

    def closed(self, owner_cells: OwnerCells) -> None:
        """A session's grace has begun."""
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
        """The store may not have heard until when it keeps what is open here, or not for long."""
        for owner_cells in [owner_cells for round in self._timers.watched() for owner_cells in round]:
            self._touch(owner_cells, self._options.unheard_grace)

    def catch_up(self) -> None:
        """The store is back: say what it has missed."""
        self._renew_all()
        late, self._late = self._late, {}
        for owner, only_due in late.items():
            self._begin_drop(owner, (), only_due=only_due)

    def _touch(self, owner_cells: OwnerCells, seconds: float) -> None:
        """Tell the store until when it keeps a session; the last word counts, whatever comes in between."""
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
            return  # all are told when it is back
        try:
            async with self._outage.noticing_damage():
                await self._store.touch(str(owner), expires)
        except StoreUnavailableError as error:
            self._outage.began(error)
        except StoreDamagedError:
            log.debug("%s cannot be kept longer in the damaged store.", owner)

    # Ends

    async def drops_of(self, cells: Sequence[Cell]) -> None:
        """Wait until the owners of cells are dropped that are just being dropped."""
        if self._dropping:
            for owner in {cell.owner_cells.owner for cell in cells}:
                if owner in self._dropping:
                    await ended(self._dropping[owner])

    def drop(self, owner_cells: OwnerCells, cells: Sequence[Cell], *, only_due: bool = False) -> None:
        """Drop an owner from the store, and call back for each value once among all processes (R4.3).

        Args:
            home: The owner's home, which has left memory.
            cells: What it held.
            only_due: Its time is over here; it stays if another process has kept it open since.
        """
        self._begin_drop(owner_cells.owner, cells, only_due=only_due)

    def _begin_drop(self, owner: Owner, cells: Sequence[Cell], *, only_due: bool) -> None:
        task = self._lifetime.spawn(self._drop(owner, cells, only_due=only_due))
        self._dropping[owner] = task
        task.add_done_callback(partial(self._dropped, owner))

    def _dropped(self, owner: Owner, task: asyncio.Task[Any]) -> None:
        if self._dropping.get(owner) is task:  # it came back and was dropped again meanwhile
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
            log.debug("%s is dropped when the store is back: %s", owner, error)
            self._late[owner] = only_due
            dropped = []  # what the store never had ends here
        except StoreDamagedError:
            log.debug("%s cannot be dropped from the damaged store.", owner)
            dropped = []
        self._end(owner, dropped, {cell.spec.name: cell for cell in cells})

    async def _sweep(self) -> None:
        last = self._clock.time()
        while True:
            now = self._clock.time()
            if now - last > self._options.sweep + self._options.unheard_grace / 4:
                # The machine slept, or its clock was set: what is open here has not been renewed meanwhile.
                self._renew_all()
            else:
                await self._lifetime.spawn(self._look(now))
            last = now
            await self._clock.sleep(self._options.sweep)

    async def _look(self, now: float) -> None:
        if self._touches:
            # What is about to be kept longer is not to go before that.
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
            log.debug("What has expired cannot be looked for in the damaged store.")
        except StoreError as error:
            if str(error) != self._failure:
                self._failure = str(error)
                log.error("Looking for State that has expired failed: %s", error)  # noqa: TRY400 -- the sentence says all

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
            # A stored value that was not handed back here is another process's to call back for.
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

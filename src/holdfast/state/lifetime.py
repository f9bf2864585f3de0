"""How long owners and cells are kept: connections, time to live, limits, delete callbacks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from holdfast.state.model import UNSET, Cell, OwnerCells
from holdfast.state.persistence.memory_only import MemoryOnly
from holdfast.state.timers import Timers
from holdfast.state.values.atoms import size_of
from holdfast.state.values.snapshot import Snapshot
from holdfast.stores import StoreDamagedError

if TYPE_CHECKING:
    from holdfast.clock import Clock
    from holdfast.state.observer import Observer
    from holdfast.state.owners import Owner
    from holdfast.state.persistence.protocol import Persistence
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.state.values.snapshot import Captured

Chooser = Callable[[Callable[["Owner"], bool]], "Owner | None"]

log = logging.getLogger("holdfast.state")


class Lifetime:
    """The owners in memory, in the order of their last use.

    Args:
        clock: The source of time.
        options: Grace period and limits.
        observer: Notified of evictions and expirations.
        expire: Called with each cell whose time to live has ended.
    """

    def __init__(self, clock: Clock, options: StateOptions, observer: Observer, expire: Callable[[Cell], None]) -> None:
        self._clock = clock
        self._options = options
        self._observer = observer
        self._expire = expire
        self._open: dict[Owner, OwnerCells] = {}
        self._closed: dict[Owner, OwnerCells] = {}
        self._shared: dict[Owner, OwnerCells] = {}
        self._latest: OwnerCells | None = None
        """Owner used last, which is the last one in its dict."""
        self._away: dict[Owner, OwnerCells] = {}
        """Owners that connections hold open although their values had to leave memory."""
        self.timers = Timers(clock, _deadline, self._fire)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.size = 0
        """Number of bytes of all values."""
        self.persistence: Persistence = MemoryOnly()
        """Keeper of committed cells outside memory."""
        self.choose: Chooser = lambda _: None
        """Selects the next owner to leave memory, among those that satisfy its argument; if it returns `None`, the one
        unused for longest leaves."""

    def __len__(self) -> int:
        return len(self._open) + len(self._closed) + len(self._shared)

    def __iter__(self) -> Iterator[OwnerCells]:
        for owners in (self._open, self._closed, self._shared):
            yield from owners.values()

    def find(self, owner: Owner) -> OwnerCells | None:
        """Return an owner's cells, or `None` if they are not in memory."""
        found = (owners.get(owner) for owners in (self._open, self._closed, self._shared, self._away))
        return next(filter(None, found), None)

    def owner_cells(self, owner: Owner) -> OwnerCells:
        """Return an owner's cells, created if necessary, and mark the owner as most recently used."""
        for owners in (self._open, self._closed):
            owner_cells = owners.get(owner)
            if owner_cells is not None:
                if owner_cells is not self._latest:
                    # An `OrderedDict` has a method for this, but takes 50% more memory for each session.
                    del owners[owner]
                    owners[owner] = self._latest = owner_cells
                return owner_cells
        if owner.scope == "app":
            return self._shared.setdefault(owner, OwnerCells(owner))
        owner_cells = self._away.pop(owner, None)
        if owner_cells is not None:
            self._open[owner] = owner_cells
        else:
            owner_cells = self._closed[owner] = OwnerCells(owner)
        self._latest = owner_cells
        self._shrink(owner_cells)
        return owner_cells

    def use(self, owner: Owner) -> OwnerCells:
        """Return an owner's cells for the duration of an event; pass them to `release` afterwards."""
        owner_cells = self.owner_cells(owner)
        owner_cells.users += 1
        return owner_cells

    def open(self, owner: Owner) -> None:
        """Hold an owner open for a new connection."""
        owner_cells = self.owner_cells(owner)
        owner_cells.opened += 1
        owner_cells.was_open = True
        owner_cells.closes = None
        if self._closed.pop(owner, None) is not None:
            self._open[owner] = self._latest = owner_cells
        if owner_cells.opened == 1:
            self.persistence.opened(owner_cells)

    def close(self, owner: Owner) -> None:
        """Note the end of a connection; the grace period begins with the last one."""
        owners = self._away if owner in self._away else self._open
        owner_cells = owners.get(owner)
        if owner_cells is None:
            return
        owner_cells.opened -= 1
        if owner_cells.opened <= 0:
            owner_cells.opened = 0
            del owners[owner]
            self._closed[owner] = self._latest = owner_cells
            self._count_grace(owner_cells)
            self.persistence.closed(owner_cells)

    def release(self, owner_cells: OwnerCells) -> None:
        """End an event's use of an owner's cells."""
        owner_cells.users -= 1
        if owner_cells.users:
            return
        if owner_cells.dropped:
            self._finish(owner_cells)
        elif owner_cells.opened == 0 and owner_cells.owner.scope == "session":
            if not owner_cells.was_open:
                self._count_grace(owner_cells)
            elif owner_cells.closes is not None and owner_cells.closes <= self._clock.monotonic():
                self.lapse(owner_cells)

    def _count_grace(self, owner_cells: OwnerCells) -> None:
        if self._options.manual_expiry:
            return
        owner_cells.closes = self._clock.monotonic() + self._options.grace
        if not owner_cells.timed:
            self.timers.watch(owner_cells)

    def touch(self, cell: Cell) -> None:
        """Restart the time to live of a cell that was written."""
        if cell.spec.time_to_live is not None:
            cell.expires = self._clock.monotonic() + cell.spec.time_to_live
            self.watch(cell)

    def watch(self, cell: Cell) -> None:
        """Expire a cell at the end of its time to live."""
        if not cell.timed:
            self.timers.watch(cell)

    def _fire(self, item: OwnerCells | Cell) -> None:
        if isinstance(item, Cell):
            if not item.owner_cells.dropped:
                self._expire(item)
        elif not item.users:
            # `release` drops one that is in use when its last event ends.
            self.lapse(item)

    def lapse(self, owner_cells: OwnerCells) -> None:
        """Drop an owner whose grace period has ended here; another process may still keep it open."""
        self._observer.expired(owner_cells.owner, None)
        owner_cells.lapsed = True
        self.drop(owner_cells)

    def drop(self, owner_cells: OwnerCells) -> None:
        """Drop an owner; its delete callbacks run once no event uses it."""
        self._take(owner_cells)
        if not owner_cells.users:
            self._finish(owner_cells)

    def take(self, owner: Owner) -> OwnerCells | None:
        """Remove an owner from memory without delete callbacks, and return its cells."""
        owner_cells = self.find(owner)
        if owner_cells is not None:
            self._take(owner_cells)
        return owner_cells

    def _take(self, owner_cells: OwnerCells) -> None:
        for owners in (self._open, self._closed, self._shared, self._away):
            if owners.get(owner_cells.owner) is owner_cells:
                del owners[owner_cells.owner]
        self.size -= owner_cells.size
        owner_cells.dropped = True
        if owner_cells is self._latest:
            self._latest = None
        if owner_cells.round is not None:
            owner_cells.round.remove(owner_cells)
        owner_cells.closes = None
        for cell in owner_cells.cells:
            cell.expires = None

    def _finish(self, owner_cells: OwnerCells) -> None:
        cells = owner_cells.take_cells()
        for cell in self.persistence.drop(owner_cells, cells, only_due=owner_cells.lapsed):
            self.call_back(cell)

    def call_back(self, cell: Cell) -> None:
        """Run the delete callback of a cell that is dropped."""
        callback = cell.spec.delete_callback
        if callback is None or not cell.created:
            return
        if cell.value is UNSET or cell.checked_out_by is not None:
            make = cell.image.restore if isinstance(cell.image, Snapshot) else cell.committed
        else:
            make = partial(_same_object, cell.value)
        self.call_back_with(cell.spec, make)

    def call_back_with(self, spec: CellSpec, make: Callable[[], Any]) -> None:
        """Run a State's delete callback with the value that `make` returns."""
        if spec.delete_callback is not None:
            self.spawn(_call(spec.delete_callback, make, spec.label))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine in the background; `finish` waits for it. Damage of the store ends it quietly."""
        task = asyncio.get_running_loop().create_task(_despite_damage(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def put(self, cell: Cell, value: Any, image: Captured | None) -> None:
        """Set the committed value of a cell, or with `UNSET` and no image make the cell uncreated."""
        before = cell.owner_cells.size
        if value is UNSET and image is None:
            cell.clear()
        else:
            cell.put(value, image, size_of(value) if image is None else image.size)
        if not cell.owner_cells.dropped:
            self.grown(cell.owner_cells.size - before)

    def grown(self, delta: int) -> None:
        """Note that the values have grown by a number of bytes, and evict owners if they exceed the limit."""
        self.size += delta
        limit = self._options.memory_limit
        if limit is not None and self.size > limit:
            self._shrink(None)

    def _shrink(self, keep: OwnerCells | None) -> None:
        limit = self._options.memory_limit
        while len(self._open) + len(self._closed) > self._options.session_capacity or (
            limit is not None and self.size > limit
        ):
            victim = self._least_used(keep)
            if victim is None:
                return
            self._observer.evicted(victim.owner)
            if victim.opened:
                self._away[victim.owner] = victim.without_values()
                if len(self._away) > self._options.session_capacity:
                    self._take(next(iter(self._away.values())))
            if self.persistence.can_leave(victim):
                self._take(victim)
            else:
                self.drop(victim)

    def _least_used(self, keep: OwnerCells | None) -> OwnerCells | None:
        def spare(owner: Owner) -> bool:
            owner_cells = self._closed.get(owner)
            return owner_cells is not None and not owner_cells.users and owner_cells is not keep

        chosen = self.choose(spare)
        if chosen is not None:
            return self._closed[chosen]
        for owner_cells in self._closed.values():
            if not owner_cells.users and owner_cells is not keep:
                return owner_cells
        for owner_cells in self._open.values():  # an open one never loses its values (R4.4)
            if not owner_cells.users and owner_cells is not keep and self.persistence.can_leave(owner_cells):
                return owner_cells
        return None

    @property
    def full(self) -> bool:
        """Whether values exceed their limit although all that could leave memory have left."""
        limit = self._options.memory_limit
        return limit is not None and self.size > limit

    async def settled(self) -> None:
        """Wait for running callbacks and expiries."""
        # From Python 3.12, gathering finished tasks does not yield to the loop, so their callbacks would never run.
        while tasks := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self) -> None:
        """Drop what the persistence does not keep, and wait for the callbacks."""
        self.timers.close()
        for owner_cells in list(self):
            if self.persistence.durable:
                for cell in owner_cells.cells:
                    if cell.bound:
                        self.call_back(cell)
            else:
                self.drop(owner_cells)
        await self.settled()


def _deadline(item: OwnerCells | Cell) -> float | None:
    return item.expires if isinstance(item, Cell) else item.closes


def _same_object(value: Any) -> Any:
    return value


async def _call(callback: Callable[[Any], object], make: Callable[[], Any], label: str) -> None:
    try:
        result = await asyncio.get_running_loop().run_in_executor(None, lambda: callback(make()))
        if inspect.isawaitable(result):
            await result
    except Exception:
        log.exception("The delete_callback of %s failed; the value was dropped anyway.", label)


async def _despite_damage(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except StoreDamagedError as error:
        log.debug("Background work ended because the store is damaged: %s", error)
        return None

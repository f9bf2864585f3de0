"""How long owners and cells are kept: open and closed, time to live, bounds, delete callbacks."""

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
    """The homes in memory, in the order of their last use, and their ends.

    Args:
        clock: Where time comes from.
        options: Grace and bounds.
        observer: Notified of evictions and expirations.
        expire: Called with a cell whose time to live is over.
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
        """The one used last, which is the last of its dict."""
        self._away: dict[Owner, OwnerCells] = {}
        """Of owners whose values had to leave memory while connections hold them open: what is known of those."""
        self.timers = Timers(clock, _deadline, self._fire)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.size = 0
        """Bytes of the values of all homes."""
        self.persistence: Persistence = MemoryOnly()
        """Where cells are kept besides memory."""
        self.choose: Chooser = lambda _: None
        """Gives the owner whose home goes next, among those for which its argument holds; else the one unused for
        longest goes."""

    def __len__(self) -> int:
        return len(self._open) + len(self._closed) + len(self._shared)

    def __iter__(self) -> Iterator[OwnerCells]:
        for homes in (self._open, self._closed, self._shared):
            yield from homes.values()

    def find(self, owner: Owner) -> OwnerCells | None:
        """An owner's home, if it is in memory."""
        found = (homes.get(owner) for homes in (self._open, self._closed, self._shared, self._away))
        return next(filter(None, found), None)

    def owner_cells(self, owner: Owner) -> OwnerCells:
        """An owner's home, made if need be; its use is noted."""
        for homes in (self._open, self._closed):
            owner_cells = homes.get(owner)
            if owner_cells is not None:
                if owner_cells is not self._latest:
                    # An `OrderedDict` does it by itself, but takes half as much again for each session.
                    del homes[owner]
                    homes[owner] = self._latest = owner_cells
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
        """A connection holds the owner's home open from now on."""
        owner_cells = self.owner_cells(owner)
        owner_cells.opened += 1
        owner_cells.was_open = True
        owner_cells.closes = None
        if self._closed.pop(owner, None) is not None:
            self._open[owner] = self._latest = owner_cells
        if owner_cells.opened == 1:
            self.persistence.opened(owner_cells)

    def close(self, owner: Owner) -> None:
        """A connection is gone; after the last one the grace begins."""
        homes = self._away if owner in self._away else self._open
        owner_cells = homes.get(owner)
        if owner_cells is None:
            return
        owner_cells.opened -= 1
        if owner_cells.opened <= 0:
            owner_cells.opened = 0
            del homes[owner]
            self._closed[owner] = self._latest = owner_cells
            self._count_grace(owner_cells)
            self.persistence.closed(owner_cells)

    def release(self, owner_cells: OwnerCells) -> None:
        """An event is done with a home."""
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
        """A cell was written: its time to live begins anew."""
        if cell.spec.time_to_live is not None:
            cell.expires = self._clock.monotonic() + cell.spec.time_to_live
            self.watch(cell)

    def watch(self, cell: Cell) -> None:
        """See to it that a cell goes when its time is over."""
        if not cell.timed:
            self.timers.watch(cell)

    def _fire(self, item: OwnerCells | Cell) -> None:
        if isinstance(item, Cell):
            if not item.owner_cells.dropped:
                self._expire(item)
        elif not item.users:
            # One in use goes when its last event leaves.
            self.lapse(item)

    def lapse(self, owner_cells: OwnerCells) -> None:
        """A home's time is over here; another process may still keep the session open."""
        self._observer.expired(owner_cells.owner, None)
        owner_cells.lapsed = True
        self.drop(owner_cells)

    def drop(self, owner_cells: OwnerCells) -> None:
        """Forget a home; its values' callbacks run when no event uses it any more."""
        self._take(owner_cells)
        if not owner_cells.users:
            self._finish(owner_cells)

    def take(self, owner: Owner) -> OwnerCells | None:
        """Take an owner's home out of memory, without its callbacks."""
        owner_cells = self.find(owner)
        if owner_cells is not None:
            self._take(owner_cells)
        return owner_cells

    def _take(self, owner_cells: OwnerCells) -> None:
        for homes in (self._open, self._closed, self._shared, self._away):
            if homes.get(owner_cells.owner) is owner_cells:
                del homes[owner_cells.owner]
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
        """Hand the value that is dropped to the State's delete callback."""
        callback = cell.spec.delete_callback
        if callback is None or not cell.created:
            return
        if cell.value is UNSET or cell.checked_out_by is not None:
            make = cell.image.restore if isinstance(cell.image, Snapshot) else cell.committed
        else:
            make = partial(_same_object, cell.value)
        self.call_back_with(cell.spec, make)

    def call_back_with(self, spec: CellSpec, make: Callable[[], Any]) -> None:
        """Hand a value that is made for it to a State's delete callback."""
        if spec.delete_callback is not None:
            self.spawn(_call(spec.delete_callback, make, spec.label))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine in the background; `finish` waits for it. Damage of the store, which is noticed, ends it."""
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
        """Note that a home has grown by so many bytes."""
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
        """Whether values exceed their bound although all that could leave memory has left."""
        limit = self._options.memory_limit
        return limit is not None and self.size > limit

    async def settled(self) -> None:
        """Wait for the callbacks and expiries that are under way."""
        # From Python 3.12 on, gathering tasks that are all done gives nobody a turn: not even what takes them out.
        while tasks := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self) -> None:
        """End all: drop what is lost now, and wait for the callbacks."""
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
        log.exception("The delete_callback of %s failed; the value is dropped all the same.", label)


async def _despite_damage(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except StoreDamagedError as error:
        log.debug("Something in the background ended at damage of the store: %s", error)
        return None

"""How long owners and cells are kept: open and closed, time to live, bounds, delete callbacks."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from holdfast.state.model import UNSET, Cell, Home
from holdfast.state.timers import Timers
from holdfast.state.values.snapshot import Snapshot
from holdfast.stores import StoreDamagedError

if TYPE_CHECKING:
    from holdfast.clock import Clock
    from holdfast.state.owners import Owner
    from holdfast.state.persistence.lifetime import StoredLifetime
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.state.stats import StateStats

Chooser = Callable[[Callable[["Owner"], bool]], "Owner | None"]

log = logging.getLogger("holdfast.state")


class Lifetime:
    """The homes in memory, in the order of their last use, and their ends.

    Args:
        clock: Where time comes from.
        options: Grace and bounds.
        stats: Where evictions and expirations are counted.
        expire: Called with a cell whose time to live is over.
    """

    def __init__(self, clock: Clock, options: StateOptions, stats: StateStats, expire: Callable[[Cell], None]) -> None:
        self._clock = clock
        self._options = options
        self._stats = stats
        self._expire = expire
        self._open: dict[Owner, Home] = {}
        self._closed: dict[Owner, Home] = {}
        self._shared: dict[Owner, Home] = {}
        self._latest: Home | None = None
        """The one used last, which is the last of its dict."""
        self._away: dict[Owner, Home] = {}
        """Of owners whose values had to leave memory while connections hold them open: what is known of those."""
        self.timers = Timers(clock, _deadline, self._fire)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.size = 0
        """Bytes of the values of all homes."""
        self.stored: StoredLifetime | None = None
        """Where a durable store keeps owners."""
        self.can_leave: Callable[[Home], bool] = lambda _: False
        """Whether nothing is lost when a home leaves memory."""
        self.choose: Chooser = lambda _: None
        """Gives the owner whose home goes next, among those for which its argument holds; else the one unused for
        longest goes."""

    def __len__(self) -> int:
        return len(self._open) + len(self._closed) + len(self._shared)

    def __iter__(self) -> Iterator[Home]:
        for homes in (self._open, self._closed, self._shared):
            yield from homes.values()

    def find(self, owner: Owner) -> Home | None:
        """An owner's home, if it is in memory."""
        found = (homes.get(owner) for homes in (self._open, self._closed, self._shared, self._away))
        return next(filter(None, found), None)

    def home(self, owner: Owner) -> Home:
        """An owner's home, made if need be; its use is noted."""
        for homes in (self._open, self._closed):
            home = homes.get(owner)
            if home is not None:
                if home is not self._latest:
                    # An `OrderedDict` does it by itself, but takes half as much again for each session.
                    del homes[owner]
                    homes[owner] = self._latest = home
                return home
        if owner.scope == "app":
            return self._shared.setdefault(owner, Home(owner))
        home = self._away.pop(owner, None)
        if home is not None:
            self._open[owner] = home
        else:
            home = self._closed[owner] = Home(owner)
        self._latest = home
        self._shrink(home)
        return home

    def open(self, owner: Owner) -> None:
        """A connection holds the owner's home open from now on."""
        home = self.home(owner)
        home.opened += 1
        home.was_open = True
        home.closes = None
        if self._closed.pop(owner, None) is not None:
            self._open[owner] = self._latest = home
        if self.stored is not None and home.opened == 1:
            self.stored.opened(home)

    def close(self, owner: Owner) -> None:
        """A connection is gone; after the last one the grace begins."""
        homes = self._away if owner in self._away else self._open
        home = homes.get(owner)
        if home is None:
            return
        home.opened -= 1
        if home.opened <= 0:
            home.opened = 0
            del homes[owner]
            self._closed[owner] = self._latest = home
            self._count_grace(home)
            if self.stored is not None:
                self.stored.closed(home)

    def release(self, home: Home) -> None:
        """An event is done with a home."""
        home.users -= 1
        if home.users:
            return
        if home.dropped:
            self._finish(home)
        elif home.opened == 0 and home.owner.scope == "session":
            if not home.was_open:
                self._count_grace(home)
            elif home.closes is not None and home.closes <= self._clock.monotonic():
                self.lapse(home)

    def _count_grace(self, home: Home) -> None:
        if self._options.caller_ends:
            return
        home.closes = self._clock.monotonic() + self._options.grace
        if not home.timed:
            self.timers.watch(home)

    def touch(self, cell: Cell) -> None:
        """A cell was written: its time to live begins anew."""
        if cell.spec.time_to_live is not None:
            cell.expires = self._clock.monotonic() + cell.spec.time_to_live
            self.watch(cell)

    def watch(self, cell: Cell) -> None:
        """See to it that a cell goes when its time is over."""
        if not cell.timed:
            self.timers.watch(cell)

    def _fire(self, item: Home | Cell) -> None:
        if isinstance(item, Cell):
            if not item.home.dropped:
                self._expire(item)
        elif not item.users:
            # One in use goes when its last event leaves.
            self.lapse(item)

    def lapse(self, home: Home) -> None:
        """A home's time is over here; another process may still keep the session open."""
        self._stats.expirations += 1
        home.lapsed = True
        self.drop(home)

    def drop(self, home: Home) -> None:
        """Forget a home; its values' callbacks run when no event uses it any more."""
        self._take(home)
        if not home.users:
            self._finish(home)

    def take(self, owner: Owner) -> Home | None:
        """Take an owner's home out of memory, without its callbacks."""
        home = self.find(owner)
        if home is not None:
            self._take(home)
        return home

    def _take(self, home: Home) -> None:
        for homes in (self._open, self._closed, self._shared, self._away):
            if homes.get(home.owner) is home:
                del homes[home.owner]
        self.size -= home.size
        home.dropped = True
        if home is self._latest:
            self._latest = None
        if home.round is not None:
            home.round.remove(home)
        home.closes = None
        for cell in home.cells:
            cell.expires = None

    def _finish(self, home: Home) -> None:
        cells = home.take_cells()
        if self.stored is not None:
            self.stored.drop(home, cells, only_due=home.lapsed)
            return
        for cell in cells:
            self.call_back(cell)

    def call_back(self, cell: Cell) -> None:
        """Hand the value that is dropped to the State's delete callback."""
        callback = cell.spec.delete_callback
        if callback is None or not cell.created:
            return
        if cell.value is UNSET or cell.lent is not None:
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

    def grown(self, delta: int) -> None:
        """Note that a home has grown by so many bytes."""
        self.size += delta
        limit = self._options.memory_limit
        if limit is not None and self.size > limit:
            self._shrink(None)

    def _shrink(self, keep: Home | None) -> None:
        limit = self._options.memory_limit
        while len(self._open) + len(self._closed) > self._options.session_capacity or (
            limit is not None and self.size > limit
        ):
            victim = self._least_used(keep)
            if victim is None:
                return
            self._stats.evictions += 1
            if victim.opened:
                self._away[victim.owner] = victim.without_values()
                if len(self._away) > self._options.session_capacity:
                    self._take(next(iter(self._away.values())))
            if self.can_leave(victim):
                self._take(victim)
            else:
                self.drop(victim)

    def _least_used(self, keep: Home | None) -> Home | None:
        def spare(owner: Owner) -> bool:
            home = self._closed.get(owner)
            return home is not None and not home.users and home is not keep

        chosen = self.choose(spare)
        if chosen is not None:
            return self._closed[chosen]
        for home in self._closed.values():
            if not home.users and home is not keep:
                return home
        for home in self._open.values():  # an open one never loses its values (R4.4)
            if not home.users and home is not keep and self.can_leave(home):
                return home
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
        for home in list(self):
            if self.stored is None:
                self.drop(home)
                continue
            for cell in home.cells:
                if cell.bound:
                    self.call_back(cell)
        await self.settled()


def _deadline(item: Home | Cell) -> float | None:
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

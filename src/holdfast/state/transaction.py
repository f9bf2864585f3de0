"""One event as a transaction on the cells of its visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from typing_extensions import Self

from holdfast.state import lanes
from holdfast.state.errors import StateDeadlockError, UpdateError
from holdfast.state.values.snapshot import Snapshot

if TYPE_CHECKING:
    from types import TracebackType

    from holdfast.clock import Clock
    from holdfast.state.history import History, Move
    from holdfast.state.lane_policy import LanePolicy
    from holdfast.state.lifetime import Lifetime
    from holdfast.state.model import Cell, OwnerCells
    from holdfast.state.observer import Observer
    from holdfast.state.owners import Owner, Owners
    from holdfast.state.persistence.protocol import Persistence
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.state.values.capture import Capturer
    from holdfast.state.values.snapshot import Captured
    from holdfast.stores import Claim

current_event: ContextVar[Transaction | None] = ContextVar("holdfast_state_event", default=None)
"""The event whose function is running; threads that run a step get a copy of the context."""


_SHORT = 0.25
"""Seconds that an event that holds lanes waits for another one that another process holds."""


class Engine(Protocol):
    """What transactions, and the modules that start them, use of a state engine."""

    clock: Clock
    options: StateOptions
    persistence: Persistence
    lifetime: Lifetime
    lanes: LanePolicy
    capturer: Capturer
    specs: tuple[CellSpec, ...]
    loop: asyncio.AbstractEventLoop | None

    @property
    def observer(self) -> Observer:
        """Receives what happens."""
        ...

    def event(
        self,
        owners: Owners,
        reads: Sequence[CellSpec],
        writes: Sequence[CellSpec],
        *,
        on_wait: Callable[[int], None] | None = None,
        source: Hashable = None,
    ) -> Transaction:
        """See `StateEngine.event`."""
        ...

    def create(self, cell: Cell) -> Awaitable[None]:
        """See `InitialValues.create`."""
        ...

    def commit(self, event: Transaction, values: Mapping[CellSpec, Any]) -> Awaitable[tuple[CellSpec, ...]]:
        """See `Committer.commit`."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """See `StateEngine.spawn`."""
        ...


class Given(NamedTuple):
    """A cell's value in the hands of an event, and the commit that it comes from."""

    cell: Cell
    value: Any
    version: int
    image: Captured | None


class Transaction:
    """The transaction of one event; made by `StateEngine.event`, used with `async with`.

    It enters when every lane of what it writes is held. What is neither committed nor discarded when it is left is
    discarded.
    """

    __slots__ = (
        "_before",
        "_cells",
        "_homes",
        "_on_wait",
        "_open",
        "_reads",
        "_writes",
        "claiming",
        "claims",
        "engine",
        "given",
        "held",
        "inherits",
        "inner",
        "is_update",
        "lanes_lent_out",
        "moves",
        "outer",
        "owners",
        "parked",
        "source",
        "unsaved",
        "waited",
        "waits_for",
        "working",
    )

    def __init__(
        self,
        engine: Engine,
        owners: Owners,
        reads: Sequence[CellSpec],
        writes: Sequence[CellSpec],
        on_wait: Callable[[int], None] | None,
        source: Hashable,
    ) -> None:
        self.engine = engine
        self.owners = owners
        self.source = source
        self.waited = 0.0
        """Seconds that it waited for lanes."""
        self.held: list[Cell] = []
        """Cells whose lanes it holds."""
        self.given: dict[CellSpec, Given] = {}
        self.working: dict[CellSpec, Any] = {}
        """Values set by `update` inside the step."""
        self.claims: list[tuple[Claim, tuple[Cell, ...]]] = []
        """The same lanes among all processes, where the store is shared."""
        self.moves: dict[CellSpec, Move] = {}
        """States that the step takes back or forth in their history."""
        self.inherits: dict[CellSpec, History] = {}
        """Earlier versions that a State is to have from now on, with the value that the step gives it."""
        self.outer: Transaction | None = None
        """The event whose function has asked for it, for an `update` of a cell that the other does not hold."""
        self.inner: set[Transaction] = set()
        """Updates that its function has asked for and that have not ended."""
        self.waits_for: Cell | None = None
        self.is_update = False
        """It is an update: it needs nothing but its lane, so it is over soon once it has that."""
        self.claiming = False
        """It holds its lanes in this process and waits for them among all."""
        self.parked = False
        """It holds lanes and waits for something else before it begins; updates may go before it."""
        self.lanes_lent_out: dict[Cell, asyncio.Future[None]] = {}
        """Lanes that an update has taken while it was parked, and what tells that they are back."""
        self.unsaved = False
        """Something that it has committed is in memory alone, since the store is out of reach."""
        self._reads = reads
        self._writes = writes
        self._on_wait = on_wait
        self._cells: dict[CellSpec, Cell] = {}
        self._homes: list[OwnerCells] = []
        self._before: Transaction | None = None
        self._open = False

    async def __aenter__(self) -> Self:
        self._before = current_event.get()
        try:
            for spec in self.engine.lanes.lanes_of(self._reads, self._writes, self.source):
                await self.hold(self.cell(spec))
            await self._claim()
        except BaseException:
            await self._leave()
            raise
        current_event.set(self)
        return self

    async def _claim(self) -> None:
        """Hold its lanes among all processes too."""
        if self.held:
            # An update inside an event holds what others may want, so its wait is limited.
            wait = None if self.outer is None else self.engine.options.patience
            self.claiming = True
            try:
                if not await self.engine.persistence.claim(self, self.held, wait=wait):
                    raise StateDeadlockError(self.held[0].spec.label)
            finally:
                self.claiming = False

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open or kind is not None:
            self._undo()
        current_event.set(self._before)
        await self._leave()

    @property
    def reads(self) -> Sequence[CellSpec]:
        """The States that its function takes."""
        return self._reads

    @property
    def writes(self) -> Sequence[CellSpec]:
        """The States among its outputs."""
        return self._writes

    @property
    def patience(self) -> float | None:
        """Seconds after which a wait is checked for deadlock across processes; `None` for a wait without limit."""
        engine = self.engine
        return engine.options.patience if self.outer is not None and engine.persistence.durable else None

    def cell(self, spec: CellSpec) -> Cell:
        """The visitor's cell of a State."""
        cell = self._cells.get(spec)
        if cell is None:
            owner_cells = self.engine.lifetime.use(self.owners.of(spec.scope))
            if self.owners.new and spec.scope == "session":
                owner_cells.fresh, self.owners.new = True, False
            self._homes.append(owner_cells)
            cell = self._cells[spec] = owner_cells.cell(spec)
        return cell

    def within(self, outer: Transaction | None) -> Self:
        """Make it an update, asked for by the function of another event or by nobody."""
        self.is_update = True
        if outer is not None and outer.engine is self.engine:
            self.outer = outer
            outer.inner.add(self)
        return self

    def around(self) -> Iterator[Transaction]:
        """It, the event whose function has asked for it, the one whose function has asked for that, …"""
        event: Transaction | None = self
        while event is not None:
            yield event
            event = event.outer

    def within_it(self) -> Iterator[Transaction]:
        """It, and all updates that its function, or one of theirs, has asked for and that have not ended."""
        yield self
        for update in self.inner:
            yield from update.within_it()

    async def hold(self, cell: Cell) -> None:
        """Take the lane of a cell, or wait for it."""
        if cell.holder is None:
            cell.holder = self
        elif cell.holder is not self:
            clock = self.engine.clock
            if self._on_wait is not None:
                self._on_wait(lanes.queue_length(cell))
            began = clock.monotonic()
            if self.held:
                self.park()
            try:
                await lanes.take(cell, self)
            finally:
                took = clock.monotonic() - began
                self.waited += took
                self.engine.observer.waited(cell, took)
        else:
            return
        self.held.append(cell)
        if self.parked:
            await self.resume()

    def park(self) -> None:
        """Say that it holds lanes and must wait for something else before it begins, such as a place in a queue.

        Until `resume` updates go before it, since what it waits for may itself wait for such an update.
        """
        self.parked = True
        for cell in self.held:
            lanes.let_update_pass(cell)

    async def resume(self) -> None:
        """Go on after `park`: returns when all of its lanes are its own again."""
        self.parked = False
        for cell in self.held:
            if cell.holder is not self:
                await lanes.regain(cell, self)
        self.lanes_lent_out.clear()

    def holder(self, owner: Owner, spec: CellSpec) -> Transaction | None:
        """Which event around it, itself first, holds the lane of an owner's cell: an update is part of its step."""
        return next((event for event in self.around() if event.holds(owner, spec)), None)

    def holds(self, owner: Owner, spec: CellSpec) -> bool:
        """Whether it holds the lane of an owner's cell."""
        return any(cell.spec.name == spec.name and cell.owner_cells.owner == owner for cell in self.held)

    async def values(self) -> dict[CellSpec, Any]:
        """The owner's own objects of the States it reads; the first access creates them."""
        self._open = True
        found = {}
        cells = [self.cell(spec) for spec in self._reads]
        # Other processes do not write the cells whose lanes this transaction holds.
        free = [cell for cell in cells if cell not in self.held]
        if free:
            await self.engine.persistence.refresh(free)
        for spec, cell in zip(self._reads, cells, strict=True):
            if not cell.created:
                await self.engine.create(cell)
            found[spec] = await self._give(spec, cell)
        return found

    async def hold_late(self, cell: Cell) -> bool:
        """Take a lane while others may be held.

        Returns:
            Whether it is held now. A lane that another event holds is waited for only where that keeps the fixed
            order of lanes; else two events could wait for each other. Among processes it is waited for only with
            nothing in hand: its holder may wait for a claim whose holder, in another process, waits for this event.
        """
        if cell in self.held:
            return True
        if cell.holder is not None and self.held:
            order = cell.spec.lane_order
            if self.engine.persistence.durable or any(held.spec.lane_order > order for held in self.held):
                return False
        wait = _SHORT if self.held else self.engine.options.patience
        await self.hold(cell)
        return await self.engine.persistence.claim(self, [cell], wait=wait)

    async def _give(self, spec: CellSpec, cell: Cell) -> Any:
        given = self.given.get(spec)
        if given is not None and given.version == cell.version and given.image is None:
            return given.value
        image = cell.image
        if not isinstance(image, Snapshot):
            value = cell.value
        elif cell.checked_out_by is None or cell.checked_out_by is self or self.engine.lanes.shares_objects(spec):
            value = await self.engine.capturer.live(cell)
            cell.checked_out_by = self
        else:
            # Another event has the object in its hands: what it does to it is none of this one's business.
            value = await self.engine.capturer.restored(image)
        self.given[spec] = Given(cell, value, cell.version, cell.image)
        return value

    async def value_of(self, spec: CellSpec) -> Any:
        """The value of one State as this step has it, after `update`s inside the step."""
        if spec in self.working:
            return self.working[spec]
        if spec in self.given:
            return self.given[spec].value
        cell = self.cell(spec)
        if not cell.created:
            await self.engine.create(cell)
        self._open = True
        return await self._give(spec, cell)

    def move(self, spec: CellSpec, move: Move) -> Any:
        """Take a State back or forth by one version as part of this step.

        Returns:
            Its value then; the present one where there is no version to go to.
        """
        self._open = True
        cell = self.cell(spec)
        kept = cell.history.find(move) if cell.history is not None else None
        if kept is None:
            return self.working[spec] if spec in self.working else cell.committed()
        self.moves[spec] = move
        value = self.working[spec] = kept.restore()
        return value

    async def commit(self, values: Mapping[CellSpec, Any]) -> tuple[CellSpec, ...]:
        """Make one step's values the truth, all together.

        Args:
            values: What the step returned, by State. In-place changes of everything that `values()` gave are found
                and committed too.

        Returns:
            The watched States whose content changed.

        Raises:
            StateConflictError: A State that is not among the outputs was changed in place while another event wrote it;
                nothing of the step is kept.
            UpdateError: A value for a State that the event did not declare.
        """
        for spec in values:
            if spec not in self._writes and spec not in self._reads:
                raise UpdateError(f"{spec.label} is written by an event that does not declare it as an output.")
        self._open = True
        try:
            changed = await self.engine.commit(self, values)
        except BaseException as error:
            self._undo(error)
            raise
        self._open = False
        return changed

    async def discard(self) -> None:
        """Forget the step: every cell is as after its last commit."""
        self._undo()

    def _undo(self, error: BaseException | None = None) -> None:
        specs = tuple(self.given)
        for given in self.given.values():
            given.cell.undo(given.value)
        self._release()
        self.given.clear()
        self.working.clear()
        self.moves.clear()
        self.inherits.clear()
        if self._open:
            self._open = False
            self.engine.observer.rolled_back(specs, error)

    def _release(self) -> None:
        for given in self.given.values():
            if given.cell.checked_out_by is self:
                given.cell.checked_out_by = None

    async def _leave(self) -> None:
        try:
            if self.claims:
                await self.engine.persistence.release(self)
        finally:
            self._free()

    def _free(self) -> None:
        if self.outer is not None:
            self.outer.inner.discard(self)
        self._release()
        for cell in self.held:
            lanes.give_up(cell, self)
        self.held.clear()
        for owner_cells in self._homes:
            self.engine.lifetime.release(owner_cells)
        self._homes.clear()

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
"""Transaction whose function is running; threads that run a step get a copy of the context."""

_SHORT = 0.25
"""Seconds that a transaction with lanes waits for a lane that another process holds."""


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
    """A cell's value as given to a transaction, and the commit that it comes from."""

    cell: Cell
    value: Any
    version: int
    image: Captured | None


class Transaction:
    """The transaction of one event; made by `StateEngine.event`, used with `async with`.

    Entering it waits for the lanes of all States that it writes. Leaving it discards what is not committed.
    """

    __slots__ = (
        "_before",
        "_cells",
        "_on_wait",
        "_open",
        "_reads",
        "_used",
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
        """Seconds of waiting for lanes."""
        self.held: list[Cell] = []
        """Cells whose lanes are held."""
        self.given: dict[CellSpec, Given] = {}
        self.working: dict[CellSpec, Any] = {}
        """Values set by `update` within the step."""
        self.claims: list[tuple[Claim, tuple[Cell, ...]]] = []
        """Claims that hold the same lanes among all processes, if the store is shared."""
        self.moves: dict[CellSpec, Move] = {}
        """States that the step moves back or forward in their history."""
        self.inherits: dict[CellSpec, History] = {}
        """Earlier versions that a State gets together with the value that the step commits."""
        self.outer: Transaction | None = None
        """Transaction whose function started this update of a cell that it does not hold."""
        self.inner: set[Transaction] = set()
        """Unfinished updates that its function has started."""
        self.waits_for: Cell | None = None
        self.is_update = False
        """True for an update: it needs only its lane, so it ends soon after getting it."""
        self.claiming = False
        """True while it holds its lanes in this process and waits for them among all processes."""
        self.parked = False
        """True while it holds lanes and waits for something else before it begins; updates overtake it."""
        self.lanes_lent_out: dict[Cell, asyncio.Future[None]] = {}
        """Lanes that updates have taken while it was parked, each with the future that resolves when it is back."""
        self.unsaved = False
        """True once a commit is only in memory, because the store is unreachable."""
        self._reads = reads
        self._writes = writes
        self._on_wait = on_wait
        self._cells: dict[CellSpec, Cell] = {}
        self._used: list[OwnerCells] = []
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
        """Acquire its lanes among all processes."""
        if self.held:
            # The outer event of an update holds lanes that others may wait for, so the wait is limited.
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
        """States whose values its function takes."""
        return self._reads

    @property
    def writes(self) -> Sequence[CellSpec]:
        """States among its outputs."""
        return self._writes

    @property
    def patience(self) -> float | None:
        """Seconds after which a wait is checked for deadlock across processes; `None` for a wait without limit."""
        engine = self.engine
        return engine.options.patience if self.outer is not None and engine.persistence.durable else None

    def cell(self, spec: CellSpec) -> Cell:
        """Return the visitor's cell of a State."""
        cell = self._cells.get(spec)
        if cell is None:
            owner_cells = self.engine.lifetime.use(self.owners.of(spec.scope))
            if self.owners.new and spec.scope == "session":
                owner_cells.fresh, self.owners.new = True, False
            self._used.append(owner_cells)
            cell = self._cells[spec] = owner_cells.cell(spec)
        return cell

    def within(self, outer: Transaction | None) -> Self:
        """Mark it as an update, started by the function of another transaction if `outer` is given."""
        self.is_update = True
        if outer is not None and outer.engine is self.engine:
            self.outer = outer
            outer.inner.add(self)
        return self

    def around(self) -> Iterator[Transaction]:
        """Yield the transaction, the one whose function started it, the one that started that one, and so on."""
        event: Transaction | None = self
        while event is not None:
            yield event
            event = event.outer

    def within_it(self) -> Iterator[Transaction]:
        """Yield the transaction and all unfinished updates that its function, or one of theirs, has started."""
        yield self
        for update in self.inner:
            yield from update.within_it()

    async def hold(self, cell: Cell) -> None:
        """Take the lane of a cell, waiting while another transaction holds it."""
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
        """Let updates go first while this transaction holds lanes and waits for something else, such as a queue slot.

        What it waits for may itself wait for such an update. Call `resume` before using a cell.
        """
        self.parked = True
        for cell in self.held:
            lanes.let_update_pass(cell)

    async def resume(self) -> None:
        """Continue after `park`; return once all lanes are held again."""
        self.parked = False
        for cell in self.held:
            if cell.holder is not self:
                await lanes.regain(cell, self)
        self.lanes_lent_out.clear()

    def holder(self, owner: Owner, spec: CellSpec) -> Transaction | None:
        """Return the innermost transaction around this one that holds the lane of an owner's cell, or `None`.

        An update of that cell is part of its step.
        """
        return next((event for event in self.around() if event.holds(owner, spec)), None)

    def holds(self, owner: Owner, spec: CellSpec) -> bool:
        """Return whether the lane of an owner's cell is held."""
        return any(cell.spec.name == spec.name and cell.owner_cells.owner == owner for cell in self.held)

    async def values(self) -> dict[CellSpec, Any]:
        """Return the owner's own objects for the States that are read, creating them on first access."""
        self._open = True
        found = {}
        # Other processes do not write the cells whose lanes this transaction holds.
        free = [cell for cell in map(self.cell, self._reads) if cell not in self.held]
        if free:
            await self.engine.persistence.refresh(free)
        for spec in self._reads:
            cell = self.cell(spec)
            if not cell.created:
                await self.engine.create(cell)
            found[spec] = await self._give(spec, cell)
        return found

    async def hold_late(self, cell: Cell) -> bool:
        """Take a lane while others may be held already.

        Returns:
            Whether the lane is held now. The transaction waits for a lane only if that keeps the fixed order of lanes;
            otherwise two transactions could wait for each other. With a store that processes share, it waits for one
            in this process only while it holds none: the lane's holder may wait for a claim whose holder, in another
            process, waits for this transaction.
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
            # Another transaction is using the object, and its uncommitted changes must not be visible here.
            value = await self.engine.capturer.restored(image)
        self.given[spec] = Given(cell, value, cell.version, cell.image)
        return value

    async def value_of(self, spec: CellSpec) -> Any:
        """Return the value of a State within this step, after `update`s of the step."""
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
        """Move a State back or forward by one version as part of this step.

        Returns:
            The value after the move; the current value if there is no version to move to.
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
        """Commit the values of one step, all together.

        Args:
            values: Values that the step returned, by State. In-place changes of the objects that `values()` returned
                are detected and committed too.

        Returns:
            Watched States whose content changed.

        Raises:
            StateConflictError: A State that is not among the outputs was changed in place while another event wrote it;
                the step was undone.
            UpdateError: A value belongs to a State that the event does not declare.
        """
        for spec in values:
            if spec not in self._writes and spec not in self._reads:
                raise UpdateError(
                    f"{spec.label} is written by an event that does not declare it. Add the State to the outputs."
                )
        self._open = True
        try:
            changed = await self.engine.commit(self, values)
        except BaseException as error:
            self._undo(error)
            raise
        self._open = False
        return changed

    async def discard(self) -> None:
        """Undo the step: every cell gets its last committed value back."""
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
        for owner_cells in self._used:
            self.engine.lifetime.release(owner_cells)
        self._used.clear()

"""The state engine: what a session is, without any server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.clock import Clock, SystemClock
from holdfast.errors import StateError
from holdfast.state import commit, operations
from holdfast.state.codec import Keyring, can_encrypt
from holdfast.state.expiry import Expiry
from holdfast.state.initial_values import Creation
from holdfast.state.lifetime import Chooser, Lifetime
from holdfast.state.model import UNSET, Cell, CommitPlan, OwnerCells
from holdfast.state.owners import Owner, Owners
from holdfast.state.persistence.backing import StoreBacked
from holdfast.state.persistence.memory_only import MemoryOnly
from holdfast.state.persistence.protocol import Persistence, StoreHealth
from holdfast.state.settings import StateOptions
from holdfast.state.spec import CellSpec, check_specs
from holdfast.state.stats import Held, StateStats
from holdfast.state.subscriptions import Notices, Subscriber
from holdfast.state.transaction import Given, Transaction
from holdfast.state.values.capture import Capturer
from holdfast.state.values.snapshot import Captured, Snapshot, Uncaptured
from holdfast.state.warnings_once import warn_version
from holdfast.stores import FencedError, VersionConflictError

if TYPE_CHECKING:
    from holdfast.state.history import Move
    from holdfast.stores.protocol import Store


class StateEngine:
    """Keeps the cells of an app's visitors; lives on one event loop.

    Args:
        store: Where committed cells are kept.
        clock: Where time comes from.
        options: Grace, bounds, limits.
    """

    def __init__(self, store: Store, *, clock: Clock | None = None, options: StateOptions | None = None) -> None:
        self.store = store
        self.clock: Clock = clock or SystemClock()
        self.options = options or StateOptions()
        self.persistence: Persistence = MemoryOnly()
        """Where committed cells are kept besides memory; backed by the store once the engine has started."""
        self._imager = Capturer(self.options, stored=store.durable)
        self.stats = StateStats()
        self.specs: tuple[CellSpec, ...] = ()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._expiry = Expiry(self)
        self.lifetime = Lifetime(self.clock, self.options, self.stats, self._expiry.expire)
        """The owners in memory."""
        self._creation = Creation(self)
        self.notices = Notices(store, self.clock, self.lifetime, self._find_spec)
        """Who is told of changes."""
        self._learned: dict[Hashable, set[CellSpec]] = {}
        self._last_write = self.options.concurrency == "last_write"

    # Life of the engine

    async def start(self) -> None:
        """Bind the engine to the running event loop and open its store."""
        self.loop = asyncio.get_running_loop()
        await self.store.open()
        if self.store.durable:
            try:
                keys = self.options.keys
                if keys is None:
                    keys = await asyncio.to_thread(Keyring.kept_in, key_file(self.store))
                persistence = StoreBacked(
                    self.store,
                    keys,
                    self.clock,
                    self.options,
                    lifetime=self.lifetime,
                    expiries=self._expiry,
                    find_spec=self._find_spec,
                )
                await persistence.open()
            except BaseException:
                await self.store.aclose()
                raise
            self.persistence = self.lifetime.persistence = persistence
            self._follow()

    async def aclose(self) -> None:
        """End: what the store does not keep is dropped, with its delete callbacks."""
        if self.loop is None:
            return
        for spec in self.specs:
            if self in spec.engines:
                spec.engines.remove(self)
        await self.notices.aclose()
        await self.persistence.stop()
        await self.lifetime.finish()
        await self.persistence.aclose()
        await self.lifetime.settled()
        await self.store.aclose()
        self.loop = None

    def bind(self, specs: Iterable[CellSpec]) -> None:
        """Hold the cells of these States from now on: their `update` and `get` come here.

        Raises:
            BuildError: Two of them have one scope and one key.
            StateError: One is secret, and what encrypts it is not installed.
        """
        found = tuple(dict.fromkeys((*self.specs, *specs)))
        check_specs(found)
        self._check_secrets(found)
        self.specs = found
        for spec in found:
            if self not in spec.engines:
                spec.engines.append(self)
                if self.store.durable:
                    warn_version(spec)
        self._follow()

    def _check_secrets(self, specs: Iterable[CellSpec]) -> None:
        secret = next((spec for spec in specs if spec.secret), None)
        if self.store.durable and secret is not None and not can_encrypt():
            raise StateError(
                f"{secret.label} is secret, and the store {self.store.url} keeps it, so it must be encrypted. "
                "That needs the cryptography package: pip install 'holdfast[secrets]'."
            )

    def _find_spec(self, scope: str, name: str) -> CellSpec | None:
        return next((spec for spec in self.specs if spec.scope == scope and spec.name == name), None)

    def bound(self, session: str) -> bool:
        """Whether a session holds values that live in this process alone (R6.5)."""
        owner_cells = self.lifetime.find(Owner("session", session))
        return owner_cells is not None and any(
            cell.bound or (isinstance(cell.image, Uncaptured) and cell.image.reason is not None)
            for cell in owner_cells.cells
        )

    @property
    def health(self) -> StoreHealth:
        """Whether the store works, and what is not written yet."""
        return self.persistence.health

    @property
    def outages(self) -> int:
        """How often the store has been out of reach."""
        return self.persistence.outages

    def held(self) -> Held:
        """What is in memory now."""
        homes = list(self.lifetime)
        return Held(len(homes), sum(len(owner_cells.cells) for owner_cells in homes), self.lifetime.size)

    @property
    def timers(self) -> int:
        """Deadlines that it waits for."""
        return len(self.lifetime.timers)

    async def settled(self) -> None:
        """Wait for what runs in the background: delete callbacks, expiries, a look for what may go."""
        await self.lifetime.settled()

    # Events

    def event(
        self,
        owners: Owners,
        reads: Sequence[CellSpec],
        writes: Sequence[CellSpec],
        *,
        on_wait: Callable[[int], None] | None = None,
        source: Hashable = None,
    ) -> Transaction:
        """The transaction of one event, for `async with`.

        Args:
            owners: Who the visitor is.
            reads: States whose values the function takes.
            writes: States among its outputs; their lanes are taken.
            on_wait: Called with the number of events before it when it has to wait for a lane.
            source: What runs, such as the listener's number. Once it has changed a State in place that is not among
                its outputs, it takes that State's lane too.
        """
        return Transaction(self, owners, reads, writes, on_wait, source)

    def lanes_of(self, event: Transaction) -> Sequence[CellSpec]:
        """The States whose lanes an event takes, in the order in which it takes them."""
        wanted = event.writes
        learned = self._learned.get(event.source) if event.source is not None else None
        if learned:
            wanted = [*wanted, *(spec for spec in event.reads if spec in learned)]
        if not wanted or self._last_write:
            return ()
        if len(wanted) > 1:
            wanted = sorted(set(wanted), key=lambda spec: spec.lane_order)
        return [spec for spec in wanted if spec.concurrency == "serial"]

    def shares_objects(self, spec: CellSpec) -> bool:
        """Whether concurrent events get one object, as in Gradio."""
        return self._last_write or spec.concurrency == "last_write"

    def learn_writer(self, event: Transaction, spec: CellSpec) -> None:
        """Remember that what runs in `event` changes a State in place that it only declares as an input."""
        if event.source is not None:
            self._learned.setdefault(event.source, set()).add(spec)

    # Owners

    def use(self, owner: Owner) -> OwnerCells:
        """An owner's home for the time of an event; `leave` it afterwards."""
        owner_cells = self.lifetime.owner_cells(owner)
        owner_cells.users += 1
        return owner_cells

    def leave(self, owner_cells: OwnerCells) -> None:
        """The event is done with a home."""
        self.lifetime.release(owner_cells)

    def open(self, session: str) -> None:
        """A page or client of the session has connected."""
        self.lifetime.open(Owner("session", session))

    def begin(self, owners: Owners) -> None:
        """A session was made up here just now: no store has anything of it."""
        self.lifetime.owner_cells(owners.session).fresh, owners.new = True, False

    def close(self, session: str) -> None:
        """A connection of the session has ended; the grace counts from the last one."""
        self.lifetime.close(Owner("session", session))

    def forget(self, session: str) -> None:
        """Drop a session now, with its delete callbacks."""
        owner_cells = self.lifetime.find(Owner("session", session))
        if owner_cells is not None:
            self.lifetime.drop(owner_cells)

    @property
    def full(self) -> bool:
        """Whether the values in memory exceed their bound, and all that are left belong to open sessions (R4.4)."""
        return self.lifetime.full

    @property
    def choose(self) -> Chooser:
        """Gives the owner whose values leave memory next, among those for which its argument holds."""
        return self.lifetime.choose

    @choose.setter
    def choose(self, choose: Chooser) -> None:
        self.lifetime.choose = choose

    def lapse(self, session: str) -> None:
        """A closed session's grace is over: drop it, unless another process has it open (R4.1)."""
        owner_cells = self.lifetime.find(Owner("session", session))
        if owner_cells is not None and not owner_cells.opened:
            self.lifetime.lapse(owner_cells)

    def discard_cells(self, session: str, specs: Iterable[CellSpec]) -> None:
        """Drop single cells of a session: those of States that a re-render has taken away."""
        owner_cells = self.lifetime.find(Owner("session", session))
        for spec in specs:
            cell = owner_cells.remove(spec.name) if owner_cells is not None else None
            if owner_cells is not None and cell is not None:
                self.lifetime.call_back(cell)
                self.lifetime.put(cell, UNSET, None)
                self.spawn(self.persistence.delete(cell))

    # Values

    async def create(self, cell: Cell) -> None:
        """Give a cell its first value; its factory runs once, whoever comes first (R1.3)."""
        await self._creation.create(cell)

    async def live(self, cell: Cell) -> Any:
        """The cell's own object, made from its bytes if it is not there."""
        if cell.value is UNSET and isinstance(cell.image, Snapshot):
            image = cell.image
            value = await self._imager.restored(image)
            if cell.image is image and cell.value is UNSET:
                cell.value = value
        return cell.value

    async def restored(self, image: Snapshot) -> Any:
        """A new object from bytes."""
        return await self._imager.restored(image)

    async def image(self, value: Any, cell: Cell) -> Captured | None:
        """What is kept of a value for rollback and comparison; `None` for one that cannot change in place."""
        return await self._imager.image(value, cell)

    async def differs(self, old: Snapshot, value: Any, new: Snapshot) -> bool:
        """Whether a value, whose bytes are `new`, has another content than older bytes have."""
        return await self._imager.differs(old, value, new)

    # Commits

    async def apply(self, event: Transaction, plan: CommitPlan) -> tuple[CellSpec, ...]:
        """Make the parts of a commit the truth, all at once."""
        pending = plan.changes
        try:
            if not await self.persistence.write(plan):
                event.unsaved = True
        except (VersionConflictError, FencedError):
            self.stats.conflicts += 1
            raise
        written = {part.cell for part in pending}
        live = {id(given.value) for given in event.given.values() if given.cell not in written}
        changed: list[CellSpec] = []
        shared: dict[Owner, set[CellSpec]] = {}
        for part in pending:
            cell, spec = part.cell, part.cell.spec
            before = cell.owner_cells.size
            commit.place(event, part, live)
            if not cell.owner_cells.dropped:
                self.lifetime.grown(cell.owner_cells.size - before)
                if part.returned or part.dirty:
                    self.lifetime.touch(cell)
            event.given[spec] = Given(cell, part.value, cell.version, cell.image)
            if part.changed:
                changed.append(spec)
                if spec.scope != "session":
                    shared.setdefault(cell.owner_cells.owner, set()).add(spec)
        event.working.clear()
        event.moves.clear()
        event.inherits.clear()
        self.stats.commits += plan.dirty
        for owner, specs in shared.items():
            self.notices.tell(owner, specs, event.owners.session.id or None)
        return tuple(changed)

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Be told of changes that are not the result of a session's own event: expiry, `update`, shared cells.

        Args:
            callback: Called on the event loop with the owner, the watched States whose content changed, and the id
                of the session whose event did it (its own page learns of it from the event), or `None`.

        Returns:
            A function that ends the subscription.
        """
        return self.notices.subscribe(callback)

    def _follow(self) -> None:
        """Follow the changes of other processes, where somebody may listen."""
        if self.persistence.durable and any(spec.scope != "session" and spec.watched for spec in self.specs):
            self.notices.follow()

    # Writing and reading outside of events

    async def update(self, spec: CellSpec, owner: Owner, fn: Callable[[Any], Any]) -> Any:
        """Set a cell to what `fn` makes of its value, as one event of its own (R2.8).

        Inside the event that holds the cell's lane it is part of that event's step.

        Args:
            spec: The State.
            owner: Whose cell.
            fn: Takes the value and returns the new one; may be async.

        Returns:
            The new value.

        Raises:
            UpdateError: `fn` returned nothing.
        """
        return await operations.update(self, spec, owner, fn)

    async def get(self, spec: CellSpec, owner: Owner) -> Any:
        """A copy of a cell's last commit (R5.5)."""
        return await operations.get(self, spec, owner)

    async def move(self, spec: CellSpec, owner: Owner, move: Move) -> Any:
        """Take a cell back or forth in its history, as one event of its own.

        Returns:
            Its value then.
        """
        return await operations.move(self, spec, owner, move)

    async def copy_session(self, source: str, target: str, more: Iterable[CellSpec] = ()) -> None:
        """Give a session copies of another's values and their history, as a duplicated tab gets them (R5.2).

        Args:
            source: Id of the session to copy; what it has is left alone.
            target: Id of the copy.
            more: States besides those that are bound: what the session's renders have made.
        """
        await operations.copy_session(self, source, target, more)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine in the background; `aclose` waits for it."""
        return self.lifetime.spawn(work)


def key_file(store: Store) -> Path:
    """Where the key is kept that signs what a store gets, when none was given."""
    path: Path | None = getattr(store, "path", None)
    return Path(".holdfast/.key") if path is None else path.with_name(".key")

"""The state engine: what a session is, without any server."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.clock import Clock, SystemClock
from holdfast.state import commit
from holdfast.state.atoms import is_atom, size_of
from holdfast.state.backing import Backing
from holdfast.state.cells import UNSET, Cell, Home
from holdfast.state.codec import Keyring
from holdfast.state.content import same
from holdfast.state.errors import UpdateError
from holdfast.state.event import Given, StateEvent, current_event
from holdfast.state.imaging import Imager
from holdfast.state.lifetime import Lifetime
from holdfast.state.options import StateOptions
from holdfast.state.outage import Health
from holdfast.state.owners import Owner, Owners
from holdfast.state.snapshot import Image, Snapshot, Unkept
from holdfast.state.spec import CellSpec, check_specs
from holdfast.state.stats import Held, StateStats
from holdfast.state.stored_lifetime import StoredLifetime
from holdfast.stores import Change, FencedError, Gap, StoreError, VersionConflictError
from holdfast.stores.ending import end

if TYPE_CHECKING:
    from holdfast.state.history import Move
    from holdfast.stores.protocol import Store

log = logging.getLogger("holdfast.state")

Subscriber = Callable[[Owner, "frozenset[CellSpec]", "str | None"], None]


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
        self.backing: Backing | None = None
        """The durable store, once the engine is started; `None` where the store keeps nothing."""
        self._stored: StoredLifetime | None = None
        self._imager = Imager(self.options, stored=store.durable)
        self._follower: asyncio.Task[None] | None = None
        self.follows = False
        """It hears of the changes that other processes make."""
        self.stats = StateStats()
        self.specs: tuple[CellSpec, ...] = ()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._lifetime = Lifetime(self.clock, self.options, self.stats, self._expire)
        self._creating: dict[Cell, asyncio.Future[None]] = {}
        self._learned: dict[Hashable, set[CellSpec]] = {}
        self._subscribers: list[Subscriber] = []
        self._last_write = self.options.concurrency == "last_write"

    # Life of the engine

    async def start(self) -> None:
        """Bind the engine to the running event loop and open its store."""
        self.loop = asyncio.get_running_loop()
        await self.store.open()
        if self.store.durable:
            keys = self.options.keys
            if keys is None:
                keys = await asyncio.to_thread(Keyring.kept_in, key_file(self.store))
            self.backing = Backing(self.store, keys, self.clock, self.options, self._put, self._lifetime.watch)
            self._stored = StoredLifetime(
                self.backing,
                self.clock,
                self.options,
                spawn=self.spawn,
                call_back=self._lifetime.call_back_with,
                find_spec=self._find_spec,
                take_home=self._lifetime.take,
            )
            self.backing.on_stored = self._stored.stored
            self._lifetime.stored = self._stored
            self._lifetime.can_leave = self.backing.can_leave
            self._stored.start()
            self._follow()

    async def aclose(self) -> None:
        """End: what the store does not keep is dropped, with its delete callbacks."""
        if self.loop is None:
            return
        for spec in self.specs:
            if self in spec.engines:
                spec.engines.remove(self)
        await end(self._follower)
        if self._stored is not None:
            await self._stored.aclose()
        await self._lifetime.finish()
        if self.backing is not None:
            await self.backing.outage.aclose()
        await self.store.aclose()
        self.loop = None

    def bind(self, specs: Iterable[CellSpec]) -> None:
        """Hold the cells of these States from now on: their `update` and `get` come here.

        Raises:
            BuildError: Two of them have one scope and one key.
        """
        self.specs = tuple(dict.fromkeys((*self.specs, *specs)))
        check_specs(self.specs)
        for spec in self.specs:
            if self not in spec.engines:
                spec.engines.append(self)
        self._follow()

    def _find_spec(self, scope: str, name: str) -> CellSpec | None:
        return next((spec for spec in self.specs if spec.scope == scope and spec.name == name), None)

    def bound(self, session: str) -> bool:
        """Whether a session holds values that live in this process alone (R6.5)."""
        home = self._lifetime.find(Owner("session", session))
        return home is not None and any(
            cell.bound or (isinstance(cell.image, Unkept) and cell.image.reason is not None)
            for cell in home.cells.values()
        )

    @property
    def health(self) -> Health:
        """Whether the store works, and what is not written yet."""
        return self.backing.outage.health if self.backing is not None else Health(True, "", 0)

    def held(self) -> Held:
        """What is in memory now."""
        homes = list(self._lifetime)
        return Held(len(homes), sum(len(home.cells) for home in homes), self._lifetime.size)

    @property
    def timers(self) -> int:
        """Deadlines that it waits for."""
        return len(self._lifetime.timers)

    async def settled(self) -> None:
        """Wait for what runs in the background: delete callbacks and expiries."""
        await self._lifetime.settled()

    # Events

    def event(
        self,
        owners: Owners,
        reads: Sequence[CellSpec],
        writes: Sequence[CellSpec],
        *,
        on_wait: Callable[[int], None] | None = None,
        of: Hashable = None,
    ) -> StateEvent:
        """The transaction of one event, for `async with`.

        Args:
            owners: Who the visitor is.
            reads: States whose values the function takes.
            writes: States among its outputs; their lanes are taken.
            on_wait: Called with the number of events before it when it has to wait for a lane.
            of: What runs, such as the listener's number. Once it has changed a State in place that is not among
                its outputs, it takes that State's lane too.
        """
        return StateEvent(self, owners, reads, writes, on_wait, of)

    def lanes_of(self, event: StateEvent) -> Sequence[CellSpec]:
        """The States whose lanes an event takes, in the order in which it takes them."""
        wanted = event.writes
        learned = self._learned.get(event.of) if event.of is not None else None
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

    def learn_writer(self, event: StateEvent, spec: CellSpec) -> None:
        """Remember that what runs in `event` changes a State in place that it only declares as an input."""
        if event.of is not None:
            self._learned.setdefault(event.of, set()).add(spec)

    # Owners

    def use(self, owner: Owner) -> Home:
        """An owner's home for the time of an event; `leave` it afterwards."""
        home = self._lifetime.home(owner)
        home.users += 1
        return home

    def leave(self, home: Home) -> None:
        """The event is done with a home."""
        self._lifetime.release(home)

    def open(self, session: str) -> None:
        """A page or client of the session has connected."""
        self._lifetime.open(Owner("session", session))

    def close(self, session: str) -> None:
        """A connection of the session has ended; the grace counts from the last one."""
        self._lifetime.close(Owner("session", session))

    def forget(self, session: str) -> None:
        """Drop a session now, with its delete callbacks."""
        home = self._lifetime.find(Owner("session", session))
        if home is not None:
            self._lifetime.drop(home)

    def discard_cells(self, session: str, specs: Iterable[CellSpec]) -> None:
        """Drop single cells of a session: those of States that a re-render has taken away."""
        home = self._lifetime.find(Owner("session", session))
        for spec in specs:
            cell = home.cells.pop(spec.name, None) if home is not None else None
            if home is not None and cell is not None:
                self._lifetime.call_back(cell)
                self._put(cell, UNSET, None)
                if self.backing is not None:
                    self.spawn(self.backing.delete(cell))

    # Values

    async def create(self, cell: Cell) -> None:
        """Give a cell its first value; its factory runs once, whoever comes first (R1.3)."""
        creating = self._creating.get(cell)
        if creating is not None:
            await creating
            if not cell.created:
                await self.create(cell)
            return
        spec = cell.spec
        if spec.factory is None and self.backing is None and (spec.first is not None or is_atom(spec.initial)):
            self._put(cell, UNSET if spec.first is not None else spec.initial, spec.first)
            cell.version += 1
            return
        done = self._creating[cell] = asyncio.get_running_loop().create_future()
        try:
            if self.backing is None or spec.factory is None or cell.holder is not None:
                await self._make(cell)
            else:
                # Among all processes the factory runs once, in the lane.
                async with self.event(_only(cell.home.owner), (), (spec,)).within(current_event.get()):
                    if not cell.created:
                        await self._make(cell)
        finally:
            del self._creating[cell]
            done.set_result(None)

    async def _make(self, cell: Cell) -> None:
        spec = cell.spec
        if spec.first is not None:
            if spec.sealed is None:
                spec.sealed = await self._imager.image(spec.fresh(), cell)
            self._put(cell, UNSET, spec.sealed)
            cell.version += 1
            return
        value = await self._first(cell.spec)
        image = await self._imager.image(value, cell)
        self._put(cell, value, image)
        cell.version += 1
        if self.backing is not None and cell.spec.factory is not None:
            await self.backing.store_first(cell)

    async def _first(self, spec: CellSpec) -> Any:
        if spec.factory is None or isinstance(spec.factory, type):
            return spec.fresh()
        return await asyncio.to_thread(spec.fresh)

    def _put(self, cell: Cell, value: Any, image: Image | None) -> None:
        before = cell.home.size
        if value is UNSET and image is None:
            cell.clear()
        else:
            cell.put(value, image, size_of(value) if image is None else image.size)
        if not cell.home.dropped:
            self._lifetime.grown(cell.home.size - before)

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

    async def image(self, value: Any, cell: Cell) -> Image | None:
        """What is kept of a value for rollback and comparison; `None` for one that cannot change in place."""
        return await self._imager.image(value, cell)

    async def differs(self, old: Snapshot, value: Any) -> bool:
        """Whether a value's content is another than that of older bytes."""
        return await self._imager.differs(old, value)

    # Commits

    async def apply(self, event: StateEvent, pending: Sequence[commit.Pending]) -> tuple[CellSpec, ...]:
        """Make the parts of a commit the truth, all at once."""
        if self.backing is not None:
            try:
                await self.backing.commit(event, pending)
            except (VersionConflictError, FencedError):
                self.stats.conflicts += 1
                raise
        written = {part.cell for part in pending}
        live = {id(given.value) for given in event.given.values() if given.cell not in written}
        changed: list[CellSpec] = []
        shared: dict[Owner, set[CellSpec]] = {}
        for part in pending:
            cell, spec = part.cell, part.cell.spec
            before = cell.home.size
            commit.place(event, part, live)
            if not cell.home.dropped:
                self._lifetime.grown(cell.home.size - before)
                if part.returned or part.dirty:
                    self._lifetime.touch(cell)
            event.given[spec] = Given(cell, part.value, cell.version, cell.image)
            if part.changed:
                changed.append(spec)
                if spec.scope != "session":
                    shared.setdefault(cell.home.owner, set()).add(spec)
        event.working.clear()
        event.moves.clear()
        self.stats.commits += any(part.dirty for part in pending)
        for owner, specs in shared.items():
            self._tell(owner, specs, event.owners.session.id or None)
        return tuple(changed)

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Be told of changes that are not the result of a session's own event: expiry, `update`, shared cells.

        Args:
            callback: Called on the event loop with the owner, the watched States whose content changed, and the id
                of the session whose event did it (its own page learns of it from the event), or `None`.

        Returns:
            A function that ends the subscription.
        """
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _tell(self, owner: Owner, specs: Iterable[CellSpec], origin: str | None) -> None:
        found = frozenset(specs)
        if found:
            for callback in self._subscribers:
                callback(owner, found, origin)

    def _follow(self) -> None:
        """Follow the changes of other processes, where somebody may listen."""
        shared = any(spec.scope != "session" and spec.watched for spec in self.specs)
        if shared and self.backing is not None and self._follower is None:
            self._follower = asyncio.get_running_loop().create_task(self._follow_changes())

    async def _follow_changes(self) -> None:
        while True:
            await self._follow_while_possible()
            await self.clock.sleep(1.0)
            self._heard(Gap())

    async def _follow_while_possible(self) -> None:
        try:
            feed = await self.store.changes()
            self.follows = True
            async for change in feed:
                self._heard(change)
        except StoreError as error:
            self.follows = False
            log.warning("Changes of other processes cannot be followed just now: %s", error)

    def _heard(self, change: Change | Gap) -> None:
        if isinstance(change, Gap):
            # Whatever was missed: all who listen to something shared look again.
            for shared in [home for home in self._lifetime if home.owner.scope != "session"]:
                found = [cell.spec for cell in shared.cells.values() if cell.spec.watched]
                self._tell(shared.owner, found, None)
            return
        owner = Owner.parse(change.key.owner)
        spec = self._find_spec(owner.scope, change.key.name)
        home = self._lifetime.find(owner)
        cell = home.cells.get(change.key.name) if home is not None else None
        if spec is not None and spec.watched and (cell is None or max(cell.stored, cell.sending) < change.version):
            self._tell(owner, (spec,), None)

    async def copy_session(self, source: str, target: str) -> None:
        """Give a session copies of another's values, as a duplicated tab gets them (R5.2).

        Args:
            source: Id of the session to copy; what it has is left alone.
            target: Id of the copy.
        """
        for spec in self.specs:
            if spec.scope != "session":
                continue
            home = self._lifetime.home(Owner("session", source))
            cell = home.cell(spec)
            if self.backing is not None and cell.claim is None:
                await self.backing.refresh([cell])
            if not cell.created or isinstance(cell.image, Unkept):
                continue
            value = await self.get(spec, home.owner)
            async with self.event(Owners(target), (), (spec,)) as event:
                await event.commit({spec: value})

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
        inside = current_event.get()
        if inside is not None and inside.engine is self and inside.holds(owner, spec):
            new = await _applied(spec, fn, await inside.value_of(spec))
            inside.working[spec] = new
            return new
        async with self.event(_only(owner), (spec,), (spec,)).within(inside) as event:
            new = await _applied(spec, fn, (await event.values())[spec])
            changed = await event.commit({spec: new})
        if owner.scope == "session":
            self._tell(owner, changed, None)
        return new

    async def move(self, spec: CellSpec, owner: Owner, move: Move) -> Any:
        """Take a cell back or forth in its history, as one event of its own.

        Returns:
            Its value then.
        """
        async with self.event(_only(owner), (spec,), (spec,)).within(current_event.get()) as event:
            if not event.cell(spec).created:
                await event.values()
            value = event.move(spec, move)
            changed = await event.commit({})
        if owner.scope == "session":
            self._tell(owner, changed, None)
        return value

    async def begin(self, spec: CellSpec, owner: Owner) -> tuple[StateEvent, Any]:
        """Enter an event of one cell: the first half of an update whose function runs in another thread."""
        event = self.event(_only(owner), (spec,), (spec,)).within(current_event.get())
        await event.__aenter__()
        return event, (await event.values())[spec]

    async def end(self, event: StateEvent, spec: CellSpec, value: Any) -> None:
        """Commit what the other thread has made, and leave."""
        try:
            changed = await event.commit({spec: value})
        finally:
            await event.__aexit__(None, None, None)
        if spec.scope == "session":
            self._tell(event.owners.session, changed, None)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine in the background; `aclose` waits for it."""
        return self._lifetime.spawn(work)

    async def get(self, spec: CellSpec, owner: Owner) -> Any:
        """A copy of a cell's last commit (R5.5)."""
        home = self.use(owner)
        try:
            cell = home.cell(spec)
            if self.backing is not None and cell.claim is None:
                await self.backing.refresh([cell])
            if not cell.created:
                await self.create(cell)
            return await self._imager.restored(cell.image) if isinstance(cell.image, Snapshot) else cell.value
        finally:
            self.leave(home)

    # Expiry

    def _expire(self, cell: Cell) -> None:
        self._lifetime.spawn(self._expire_in_lane(cell))

    async def _expire_in_lane(self, cell: Cell) -> None:
        spec, home = cell.spec, cell.home
        async with self.event(_only(home.owner), (), (spec,)) as event:
            if event.cell(spec) is not cell or cell.expires is None or cell.expires > self.clock.monotonic():
                return
            self.stats.expirations += 1
            old = await self.get(spec, home.owner) if spec.watched else None
            self._lifetime.call_back(cell)
            self._put(cell, UNSET, None)
            if self.backing is not None:
                await self.backing.delete(cell)
            if spec.watched and home.opened:
                await self.create(cell)
                if not same(old, cell.committed()):
                    self._tell(home.owner, (spec,), None)


class Put:
    """What an update function returns to set any value, `None` too."""

    def __init__(self, value: Any) -> None:
        self.value = value


async def _applied(spec: CellSpec, fn: Callable[[Any], Any], value: Any) -> Any:
    new = fn(value)
    if inspect.isawaitable(new):
        new = await new
    return checked_result(spec, fn, value, new)


def checked_result(spec: CellSpec, fn: Callable[[Any], Any], old: Any, new: Any) -> Any:
    """What an update function returned.

    Raises:
        UpdateError: It returned nothing where there was a value.
    """
    if isinstance(new, Put):
        return new.value
    if new is None and old is not None:
        raise UpdateError(
            f"The function {getattr(fn, '__qualname__', fn)!r} that updates {spec.label} returned nothing, so the "
            "State stays as it was. Return the new value, also when you change it in place; "
            "to make it None, use set(None)."
        )
    return new


def _only(owner: Owner) -> Owners:
    """The owners of an event that uses one owner's cells alone."""
    if owner.scope == "session":
        return Owners(owner.id)
    if owner.scope == "browser":
        return Owners("", browser=owner.id)
    if owner.scope == "user":
        return Owners("", user=owner.id)
    return Owners("", app=owner.id)


def key_file(store: Store) -> Path:
    """Where the key is kept that signs what a store gets, when none was given."""
    path: Path | None = getattr(store, "path", None)
    return Path(".holdfast/key") if path is None else path.with_name("key")

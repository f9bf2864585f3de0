"""The state engine, which assembles the parts that hold a session's cells. It needs no server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.clock import Clock, SystemClock
from holdfast.errors import StateError
from holdfast.state import operations
from holdfast.state.codec import Keyring, can_encrypt
from holdfast.state.committer import Committer
from holdfast.state.expiry import Expiry
from holdfast.state.initial_values import InitialValues
from holdfast.state.lane_policy import LanePolicy
from holdfast.state.lifetime import Chooser, Lifetime
from holdfast.state.model import UNSET, Cell
from holdfast.state.observer import Observers
from holdfast.state.owners import Owner, Owners
from holdfast.state.persistence.backing import StoreBacked
from holdfast.state.persistence.memory_only import MemoryOnly
from holdfast.state.persistence.protocol import Persistence, StoreHealth
from holdfast.state.settings import StateOptions
from holdfast.state.spec import CellSpec, check_specs
from holdfast.state.stats import Held, StateStats
from holdfast.state.subscriptions import Subscriber, Subscriptions
from holdfast.state.transaction import Transaction
from holdfast.state.values.capture import Capturer
from holdfast.state.values.snapshot import Uncaptured
from holdfast.state.warnings_once import warn_version

if TYPE_CHECKING:
    from holdfast.stores.protocol import Store


class StateEngine:
    """Holds the cells of an app's visitors, on one event loop.

    Args:
        store: The store of committed cells.
        clock: The source of time.
        options: Grace period and limits.
    """

    def __init__(self, store: Store, *, clock: Clock | None = None, options: StateOptions | None = None) -> None:
        self.store = store
        self.clock: Clock = clock or SystemClock()
        self.options = options or StateOptions()
        self.persistence: Persistence = MemoryOnly()
        """Keeper of committed cells outside memory; backed by a durable store once the engine has started."""
        self.stats = StateStats()
        self.lanes = LanePolicy(self.options)
        self.capturer = Capturer(self.options, stored=store.durable)
        self.specs: tuple[CellSpec, ...] = ()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.observer = Observers(self.stats)
        """Observer of all that happens in the engine; more can be added to it."""
        self._expiry = Expiry(self)
        self._initial_values = InitialValues(self)
        self._committer = Committer(self)
        self.lifetime = Lifetime(self.clock, self.options, self.observer, self._expiry.expire)
        """The owners in memory."""
        self.subscriptions = Subscriptions(store, self.clock, self.lifetime, self._find_spec)
        self.observer.add(self.subscriptions)

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
        """Close the engine and its store, dropping what the store does not keep, with delete callbacks."""
        if self.loop is None:
            return
        for spec in self.specs:
            if self in spec.engines:
                spec.engines.remove(self)
        await self.subscriptions.aclose()
        await self.persistence.stop()
        await self.lifetime.finish()
        await self.persistence.aclose()
        await self.lifetime.settled()
        await self.store.aclose()
        self.loop = None

    def bind(self, specs: Iterable[CellSpec]) -> None:
        """Hold the cells of these States, so that their `update` and `get` use this engine.

        Raises:
            BuildError: Two States have the same scope and key.
            StateError: A State is secret, and the package that encrypts it is not installed.
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
                f"{secret.label} is secret, so the store {self.store.url} must get it encrypted. "
                "Install the cryptography package: pip install 'holdfast[secrets]'."
            )

    def _find_spec(self, scope: str, name: str) -> CellSpec | None:
        return next((spec for spec in self.specs if spec.scope == scope and spec.name == name), None)

    def bound(self, session: str) -> bool:
        """Return whether a session has values that exist only in this process (R6.5)."""
        owner_cells = self.lifetime.find(Owner("session", session))
        return owner_cells is not None and any(
            cell.bound or (isinstance(cell.image, Uncaptured) and cell.image.reason is not None)
            for cell in owner_cells.cells
        )

    @property
    def health(self) -> StoreHealth:
        """Whether the store works, and how much is not written yet."""
        return self.persistence.health

    @property
    def outages(self) -> int:
        """Number of times that the store has become unreachable."""
        return self.persistence.outages

    def held(self) -> Held:
        """Return what is in memory now."""
        owners = list(self.lifetime)
        return Held(len(owners), sum(len(owner_cells.cells) for owner_cells in owners), self.lifetime.size)

    @property
    def timers(self) -> int:
        """Number of deadlines that the engine waits for."""
        return len(self.lifetime.timers)

    async def settled(self) -> None:
        """Wait for background work: delete callbacks, expiries, a search for expired owners."""
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
        """Return the transaction of one event, for `async with`.

        Args:
            owners: The visitor's owners, by scope.
            reads: States whose values the function takes.
            writes: States among the outputs; the event takes their lanes.
            on_wait: Called with the number of events ahead when the event has to wait for a lane.
            source: Identifies what runs, such as a listener. Once an event of a source has changed a State in place
                that is not among its outputs, later events of the source take that State's lane too.
        """
        return Transaction(self, owners, reads, writes, on_wait, source)

    # Owners

    def open(self, session: str) -> None:
        """Hold a session open for a page or client that has connected."""
        self.lifetime.open(Owner("session", session))

    def begin(self, owners: Owners) -> None:
        """Note that this process has just created the session, so no store has cells of it."""
        self.lifetime.owner_cells(owners.session).fresh, owners.new = True, False

    def close(self, session: str) -> None:
        """Note the end of a session's connection; the grace period counts from the last one."""
        self.lifetime.close(Owner("session", session))

    def forget(self, session: str) -> None:
        """Drop a session immediately, with its delete callbacks."""
        owner_cells = self.lifetime.find(Owner("session", session))
        if owner_cells is not None:
            self.lifetime.drop(owner_cells)

    @property
    def full(self) -> bool:
        """Whether the values in memory exceed their limit although all that remain belong to open sessions (R4.4)."""
        return self.lifetime.full

    @property
    def choose(self) -> Chooser:
        """Function that selects the next owner to leave memory, among those that satisfy its argument."""
        return self.lifetime.choose

    @choose.setter
    def choose(self, choose: Chooser) -> None:
        self.lifetime.choose = choose

    def lapse(self, session: str) -> None:
        """Drop a closed session at the end of its grace period, unless another process has it open (R4.1)."""
        owner_cells = self.lifetime.find(Owner("session", session))
        if owner_cells is not None and not owner_cells.opened:
            self.lifetime.lapse(owner_cells)

    def discard_cells(self, session: str, specs: Iterable[CellSpec]) -> None:
        """Drop single cells of a session, for States that a new render has removed."""
        owner_cells = self.lifetime.find(Owner("session", session))
        for spec in specs:
            cell = owner_cells.remove(spec.name) if owner_cells is not None else None
            if owner_cells is not None and cell is not None:
                self.lifetime.call_back(cell)
                self.lifetime.put(cell, UNSET, None)
                self.spawn(self.persistence.delete(cell))

    # Values

    def create(self, cell: Cell) -> Awaitable[None]:
        """See `InitialValues.create`."""
        return self._initial_values.create(cell)

    def commit(self, event: Transaction, values: Mapping[CellSpec, Any]) -> Awaitable[tuple[CellSpec, ...]]:
        """See `Committer.commit`."""
        return self._committer.commit(event, values)

    update = operations.update
    get = operations.get
    move = operations.move
    copy_session = operations.copy_session

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Subscribe to changes that are not the result of a session's own event: expiry, `update`, shared cells.

        Args:
            callback: Called on the event loop with the owner, the watched States whose content changed, and the id
                of the session whose event changed them (its page learns of it from the event), or `None`.

        Returns:
            A function that ends the subscription.
        """
        return self.subscriptions.subscribe(callback)

    def _follow(self) -> None:
        """Follow the changes of other processes, if a shared State has listeners."""
        if self.persistence.durable and any(spec.scope != "session" and spec.watched for spec in self.specs):
            self.subscriptions.follow()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine in the background; `aclose` waits for it."""
        return self.lifetime.spawn(work)


def key_file(store: Store) -> Path:
    """Return the path of the signing key that is used when none is given."""
    path: Path | None = getattr(store, "path", None)
    return Path(".holdfast/.key") if path is None else path.with_name(".key")

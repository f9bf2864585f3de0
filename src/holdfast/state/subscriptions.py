"""Notification of changes, including those that other processes make."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from holdfast.state.observer import Observer
from holdfast.state.owners import Owner
from holdfast.stores import Change, Gap, StoreError
from holdfast.tasks import end

if TYPE_CHECKING:
    from holdfast.clock import Clock
    from holdfast.state.lifetime import Lifetime
    from holdfast.state.model import CommitPlan
    from holdfast.state.spec import CellSpec
    from holdfast.stores import Store

log = logging.getLogger("holdfast.state")

Subscriber: TypeAlias = "Callable[[Owner, frozenset[CellSpec], str | None], None]"


class Subscriptions(Observer):
    """Notifies subscribers of changes that are not the result of a session's own event.

    Args:
        store: The store, whose feed reports the changes of other processes.
        clock: Paces the attempts to follow the feed.
        lifetime: The owners in memory.
        find_spec: Returns the State that has a scope and a cell name.
    """

    def __init__(
        self, store: Store, clock: Clock, lifetime: Lifetime, find_spec: Callable[[str, str], CellSpec | None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._lifetime = lifetime
        self._find_spec = find_spec
        self._subscribers: list[Subscriber] = []
        self._task: asyncio.Task[None] | None = None
        self.follows = False
        """True while the changes of other processes are received."""

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """See `StateEngine.subscribe`."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def committed(self, plan: CommitPlan, by: str | None) -> None:
        """Notify subscribers of the content changes that the committing session does not see by itself."""
        changed: dict[Owner, set[CellSpec]] | None = None
        for change in plan.changes:
            if change.changed and (by is None or change.cell.spec.scope != "session"):
                changed = {} if changed is None else changed
                changed.setdefault(change.cell.owner_cells.owner, set()).add(change.cell.spec)
        if changed is not None:
            for owner, specs in changed.items():
                self._notify(owner, specs, by)

    def expired(self, owner: Owner, spec: CellSpec | None, *, changed: bool = False) -> None:
        """Notify subscribers of a cell that has its initial value again."""
        if changed and spec is not None:
            self._notify(owner, (spec,), None)

    def _notify(self, owner: Owner, specs: Iterable[CellSpec], origin: str | None) -> None:
        found = frozenset(specs)
        if found:
            for callback in tuple(self._subscribers):
                callback(owner, found, origin)

    def follow(self) -> None:
        """Start to follow the changes of other processes."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def aclose(self) -> None:
        """Stop following."""
        await end(self._task)

    async def _follow(self) -> None:
        while True:
            await self._follow_while_possible()
            await self._clock.sleep(1.0)
            self._received(Gap())

    async def _follow_while_possible(self) -> None:
        try:
            feed = await self._store.changes()
            self.follows = True
            async for change in feed:
                self._received(change)
        except StoreError as error:
            self.follows = False
            log.warning("Cannot follow the changes of other processes; trying again: %s", error)

    def _received(self, change: Change | Gap) -> None:
        if isinstance(change, Gap):
            # Changes were missed, so subscribers must look at every shared cell again.
            for shared in [owner_cells for owner_cells in self._lifetime if owner_cells.owner.scope != "session"]:
                self._notify(shared.owner, [cell.spec for cell in shared.cells if cell.spec.watched], None)
            return
        owner = Owner.known(change.key.owner)
        if owner is None:
            return
        spec = self._find_spec(owner.scope, change.key.name)
        owner_cells = self._lifetime.find(owner)
        cell = owner_cells.find(change.key.name) if owner_cells is not None else None
        if spec is not None and spec.watched and (cell is None or max(cell.stored, cell.sending) < change.version):
            self._notify(owner, (spec,), None)

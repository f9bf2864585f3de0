"""Where a State is committed: capture, plan, write, place, observe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.state.commit_plan import CapturedValue, changed_in_place, compare, plan
from holdfast.state.errors import StateConflictError
from holdfast.state.model import UNSET
from holdfast.state.transaction import Given
from holdfast.state.values.atoms import VALUES, size_of
from holdfast.state.values.snapshot import Captured, Snapshot, Uncaptured

if TYPE_CHECKING:
    from holdfast.state.model import Cell, CellChange, CommitPlan
    from holdfast.state.spec import CellSpec
    from holdfast.state.transaction import Engine, Transaction


class Committer:
    """Commits steps of transactions. Nothing else gives a created cell a new value, apart from loading from the store.

    A commit has five stages. *Capture* snapshots or encodes the values that the step returned, and those that it was
    given and changed in place; the lanes of the latter are taken now. *Plan* compares them with the committed values,
    which makes the commit a value. *Write* hands it to the persistence: when that returns, the commit outlives the
    process, or an outage is known. *Place* puts the values into their cells without yielding to the event loop, so
    that no other event sees half of a commit. Last, the *observer* is notified. An error up to the write leaves every
    cell as it was.

    Args:
        engine: The engine whose cells are committed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def commit(self, event: Transaction, values: Mapping[CellSpec, Any]) -> tuple[CellSpec, ...]:
        """Commit one step; see `Transaction.commit`."""
        engine = self._engine
        captured = await self._capture(event, values)
        if not captured:
            return ()
        commit = plan(captured, event.moves, event.inherits, engine.options.history_limit)
        if not await engine.persistence.write(commit):
            event.unsaved = True
        changed = self._place(event, commit)
        # A session learns of its own event's changes from the event; an update runs outside of all pages.
        engine.observer.committed(commit, None if event.is_update else event.owners.session.id or None)
        return changed

    # Capture

    async def _capture(self, event: Transaction, values: Mapping[CellSpec, Any]) -> Sequence[CapturedValue]:
        captured = [await self._returned(event, spec, value) for spec, value in values.items()]
        for spec, value in event.working.items():
            if spec not in values:
                captured.append(await self._returned(event, spec, value))
        touched: list[tuple[CellSpec, Captured | None]] = []
        for spec, given in tuple(event.given.items()):
            if spec in values or spec in event.working:
                continue
            before = given.image
            if before is None or (isinstance(before, Uncaptured) and not spec.watched):
                continue
            image = await self._engine.capturer.image(given.value, given.cell)
            if changed_in_place(before, image):
                touched.append((spec, image))
        touched.sort(key=lambda pair: pair[0].lane_order)
        for spec, image in touched:
            captured.append(await self._in_place(event, spec, image))
        return captured

    async def _returned(self, event: Transaction, spec: CellSpec, value: Any) -> CapturedValue:
        cell = event.cell(spec)
        if not cell.created and spec.watched:
            await self._engine.create(cell)
        image = None if type(value) in VALUES else await self._engine.capturer.image(value, cell)
        dirty, changed = compare(cell, value, image)
        if changed is None:
            changed = await self._content_differs(cell, value, image)
        return CapturedValue(cell, value, image, dirty, changed, True)

    async def _in_place(self, event: Transaction, spec: CellSpec, image: Captured | None) -> CapturedValue:
        """Capture a value that was changed in place; its lane is taken now if it is not held."""
        given, lanes = event.given[spec], self._engine.lanes
        cell = given.cell
        if not lanes.shares_objects(spec):
            lanes.learn(event.source, spec)
            if not await event.hold_late(cell) or cell.version != given.version:
                raise StateConflictError(spec.label)
        dirty, changed = compare(cell, given.value, image)
        if changed is None:
            changed = await self._content_differs(cell, given.value, image)
        return CapturedValue(cell, given.value, image, dirty, changed, False)

    async def _content_differs(self, cell: Cell, value: Any, image: Captured | None) -> bool:
        """Compare two snapshots by their content, which restores the older value."""
        old = cell.image
        if isinstance(old, Snapshot) and isinstance(image, Snapshot):
            return await self._engine.capturer.differs(old, value, image)
        return True

    # Place

    def _place(self, event: Transaction, commit: CommitPlan) -> tuple[CellSpec, ...]:
        changed = []
        lifetime = self._engine.lifetime
        written = {change.cell for change in commit.changes}
        live = {id(given.value) for given in event.given.values() if given.cell not in written}
        for change in commit.changes:
            cell = change.cell
            before = cell.owner_cells.size
            _place(event, change, live)
            if not cell.owner_cells.dropped:
                lifetime.grown(cell.owner_cells.size - before)
                if change.returned or change.dirty:
                    lifetime.touch(cell)
            event.given[cell.spec] = Given(cell, change.value, cell.version, cell.image)
            if change.changed:
                changed.append(cell.spec)
        event.working.clear()
        event.moves.clear()
        event.inherits.clear()
        return tuple(changed)


def _place(event: Transaction, change: CellChange, live: set[int]) -> None:
    """Put a value into its cell.

    Args:
        event: The transaction that commits.
        change: The cell's part of the commit.
        live: Ids of the objects that belong to other cells; a cell does not share its object with another.
    """
    cell, value, image = change.cell, change.value, change.image
    if change.dirty:
        if change.history is not None:
            cell.keep_history(change.history)
        cell.version = change.version or cell.version + 1
        cell.put(value, image, size_of(value) if image is None else image.size)
    elif image is not None:
        cell.value = value
    if isinstance(image, Snapshot):
        if id(value) in live:
            cell.value = UNSET
            cell.checked_out_by = None
        else:
            live.add(id(value))
            cell.checked_out_by = event

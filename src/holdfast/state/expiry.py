"""The end of a cell whose time to live has ended: its lane, its delete callback, and its listeners."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from holdfast.state import operations
from holdfast.state.model import UNSET, Cell
from holdfast.state.owners import only
from holdfast.state.values.equality import same

if TYPE_CHECKING:
    from holdfast.state.transaction import Engine


class Expiry:
    """Removes expired cells of an engine, each in its lane.

    Args:
        engine: The engine.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ending: set[Cell] = set()
        """Cells that are being removed because they have expired in the store."""

    def expire(self, cell: Cell) -> None:
        """Remove a cell whose time to live has ended in memory."""
        self._engine.spawn(self._expire_in_lane(cell))

    async def _expire_in_lane(self, cell: Cell) -> None:
        engine, spec, owner = self._engine, cell.spec, cell.owner_cells.owner
        async with engine.event(only(owner), (), (spec,)) as event:
            if event.cell(spec) is not cell or cell.expires is None or cell.expires > engine.clock.monotonic():
                return
            old = await operations.get(engine, spec, owner) if spec.watched else None
            engine.lifetime.call_back(cell)
            engine.lifetime.put(cell, UNSET, None)
            await self._finish(cell, old, engine.persistence.delete(cell))

    async def _finish(self, cell: Cell, old: Any, delete: Awaitable[None] | None = None) -> None:
        changed = False
        try:
            if delete is not None:
                await delete
            changed = await self._changes(cell, old)
        finally:
            self._engine.observer.expired(cell.owner_cells.owner, cell.spec, changed=changed)

    async def _changes(self, cell: Cell, old: Any) -> bool:
        """Return whether listeners are to see that a cell has its initial value again instead of the expired one."""
        engine, spec, owner = self._engine, cell.spec, cell.owner_cells.owner
        # The feed of a durable store tells every process, including this one, about shared cells.
        heard = cell.owner_cells.opened if owner.scope == "session" else not engine.persistence.durable
        if not spec.watched or not heard:
            return False
        await engine.create(cell)
        return not same(old, cell.committed())

    def overdue(self, cell: Cell) -> None:
        """Remove a cell that has expired in the store, or has damaged bytes there, before this process loaded it."""
        if cell not in self._ending:
            self._ending.add(cell)
            self._engine.spawn(self._end_in_lane(cell))

    async def _end_in_lane(self, cell: Cell) -> None:
        try:
            async with self._engine.event(only(cell.owner_cells.owner), (), (cell.spec,)):
                pass  # claiming the lane removes an expired cell
        finally:
            self._ending.discard(cell)

    def expired(self, cell: Cell, value: Any) -> None:
        """Handle a cell that has been removed from the store because its time to live had ended."""
        self._engine.lifetime.call_back_with(cell.spec, lambda: value)
        self._engine.spawn(self._finish(cell, value))

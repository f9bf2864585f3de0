"""The end of a cell whose time to live has ended: its lane, its delete callback, and its listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.state.model import UNSET, Cell
from holdfast.state.owners import only
from holdfast.state.values.equality import same

if TYPE_CHECKING:
    from holdfast.state.engine import StateEngine


class Expiry:
    """Removes expired cells of an engine, each in its lane.

    Args:
        engine: The engine.
    """

    def __init__(self, engine: StateEngine) -> None:
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
            engine.stats.expirations += 1
            old = await engine.get(spec, owner) if spec.watched else None
            engine.lifetime.call_back(cell)
            engine.lifetime.put(cell, UNSET, None)
            await engine.persistence.delete(cell)
            await self._tell(cell, old)

    async def _tell(self, cell: Cell, old: Any) -> None:
        """Tell of a watched cell that has its initial value again, if that differs from the expired value."""
        engine, spec, owner = self._engine, cell.spec, cell.owner_cells.owner
        # The feed of a durable store tells every process, including this one, about shared cells.
        heard = cell.owner_cells.opened if owner.scope == "session" else not engine.persistence.durable
        if spec.watched and heard:
            await engine.create(cell)
            if not same(old, cell.committed()):
                engine.notices.tell(owner, (spec,), None)

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
        self._engine.stats.expirations += 1
        self._engine.lifetime.call_back_with(cell.spec, lambda: value)
        self._engine.spawn(self._tell(cell, value))

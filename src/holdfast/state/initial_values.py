"""Initial values of cells (R1.2, R1.3)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from holdfast.state.model import UNSET, Cell
from holdfast.state.owners import only
from holdfast.state.transaction import current_event
from holdfast.state.values.atoms import is_atom
from holdfast.tasks import ended, outlast

if TYPE_CHECKING:
    from holdfast.state.spec import CellSpec
    from holdfast.state.transaction import Engine


class InitialValues:
    """Creates the initial values of an engine's cells, each once, however many events ask for it.

    Args:
        engine: The engine that holds the cells.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._under_way: dict[Cell, asyncio.Future[None]] = {}

    async def create(self, cell: Cell) -> None:
        """Create a cell's initial value."""
        while cell in self._under_way:
            await ended(self._under_way[cell])
        if cell.created:
            return
        spec, engine = cell.spec, self._engine
        if (
            spec.factory is None
            and not engine.persistence.durable
            and (spec.first is not None or is_atom(spec.initial))
        ):
            engine.lifetime.put(cell, UNSET if spec.first is not None else spec.initial, spec.first)
            cell.version += 1
            return
        done = self._under_way[cell] = asyncio.get_running_loop().create_future()
        try:
            if not engine.persistence.durable or spec.factory is None or cell.holder is not None:
                await self._make(cell)
            else:
                # The lane makes the factory run once among all processes.
                async with engine.event(only(cell.owner_cells.owner), (), (spec,)).within(current_event.get()):
                    if not cell.created:
                        await self._make(cell)
        finally:
            del self._under_way[cell]
            done.set_result(None)

    async def _make(self, cell: Cell) -> None:
        spec, engine = cell.spec, self._engine
        if spec.first is not None:
            if spec.sealed is None:
                spec.sealed = await engine.capturer.image(spec.fresh(), cell)
            engine.lifetime.put(cell, UNSET, spec.sealed)
            cell.version += 1
        else:
            # The factory runs once for all events that wait, so a cancel of the first one must not stop it.
            await outlast(self._run_factory(cell))

    async def _run_factory(self, cell: Cell) -> None:
        spec, engine = cell.spec, self._engine
        value = await _first(spec)
        engine.lifetime.put(cell, value, await engine.capturer.image(value, cell))
        cell.version += 1
        if spec.factory is not None:
            await engine.persistence.write_first(cell)


async def _first(spec: CellSpec) -> Any:
    if spec.factory is None or isinstance(spec.factory, type):
        return spec.fresh()
    # The program's own code may be slow and must not block the event loop.
    return await asyncio.to_thread(spec.fresh)

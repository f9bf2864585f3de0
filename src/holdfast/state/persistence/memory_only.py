"""No persistence: cells live and end with the process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.state.persistence.protocol import StoreHealth

if TYPE_CHECKING:
    from holdfast.state.model import Cell, CommitPlan, LaneHolder, OwnerCells


class MemoryOnly:
    """The null object of `Persistence`."""

    durable = False
    health = StoreHealth(True, "", 0)
    away = False
    outages = 0

    async def open(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""

    async def claim(self, event: LaneHolder, cells: Sequence[Cell], *, wait: float | None = None) -> bool:  # noqa: ARG002
        """Return `True`: the lanes of this process are all there are."""
        return True

    async def release(self, event: LaneHolder) -> None:
        """Do nothing."""

    async def refresh(self, cells: Sequence[Cell]) -> None:
        """Do nothing."""

    async def write(self, plan: CommitPlan) -> bool:  # noqa: ARG002
        """Return `True`: a commit to memory is complete."""
        return True

    async def write_first(self, cell: Cell) -> None:
        """Do nothing."""

    async def delete(self, cell: Cell) -> None:
        """Do nothing."""

    def can_leave(self, owner_cells: OwnerCells) -> bool:  # noqa: ARG002
        """Return `False`: values that leave memory are lost."""
        return False

    def opened(self, owner_cells: OwnerCells) -> None:
        """Do nothing."""

    def closed(self, owner_cells: OwnerCells) -> None:
        """Do nothing."""

    def drop(self, owner_cells: OwnerCells, cells: Sequence[Cell], *, only_due: bool) -> Sequence[Cell]:  # noqa: ARG002
        """Return all cells: each is lost now."""
        return cells

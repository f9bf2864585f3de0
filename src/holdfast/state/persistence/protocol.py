"""What the engine asks of the place where its cells outlive memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from holdfast.state.model import Cell, CommitPlan, LaneHolder, OwnerCells


class StoreHealth(NamedTuple):
    """Whether the store works."""

    ok: bool
    reason: str
    """Why the store does not work; empty while it does."""
    unsaved: int
    """Number of cells whose last commit is only in memory."""


class Persistence(Protocol):
    """Where committed cells are kept besides this process's memory.

    `MemoryOnly` keeps nothing. `StoreBacked` keeps cells in a durable store and shares them with other processes.
    """

    durable: bool
    """True if committed values outlive the process, and other processes may use the same cells."""

    async def open(self) -> None:
        """Check the store, and begin to maintain what is in it.

        Raises:
            StateError: The store belongs to another app, or has values signed with another key.
        """
        ...

    async def stop(self) -> None:
        """Stop maintaining what is in the store; cells can still be written."""
        ...

    async def aclose(self) -> None:
        """Write what an outage has held back; log what is lost."""
        ...

    @property
    def health(self) -> StoreHealth:
        """Whether the store works, and how much is not written yet."""
        ...

    @property
    def away(self) -> bool:
        """True while the store is unreachable."""
        ...

    @property
    def outages(self) -> int:
        """Number of times that the store has become unreachable."""
        ...

    async def claim(self, event: LaneHolder, cells: Sequence[Cell], *, wait: float | None = None) -> bool:
        """Acquire, among all processes, the lanes that a transaction holds in this process.

        Args:
            event: The transaction.
            cells: The cells of the lanes.
            wait: Maximum number of seconds to wait; `None` for no limit.

        Returns:
            Whether the lanes are held now. During an outage the lanes of this process are enough.
        """
        ...

    async def release(self, event: LaneHolder) -> None:
        """Give a transaction's claims back."""
        ...

    async def refresh(self, cells: Sequence[Cell]) -> None:
        """Load what other processes have written."""
        ...

    async def write(self, plan: CommitPlan) -> bool:
        """Write the changed cells of a commit, all or none.

        Returns:
            Whether the commit is now as safe as it can be; `False` while an outage keeps it in memory only (R6.6).

        Raises:
            VersionConflictError: Another process wrote a cell without its lane.
            FencedError: This process was unreachable for so long that it lost a lane.
        """
        ...

    async def write_first(self, cell: Cell) -> None:
        """Write the value that a factory has made, so that it runs once among processes and restarts (R1.3)."""
        ...

    async def delete(self, cell: Cell) -> None:
        """Remove a cell from the store."""
        ...

    def can_leave(self, owner_cells: OwnerCells) -> bool:
        """Return whether an owner's cells can leave memory without loss (R4.4)."""
        ...

    def opened(self, owner_cells: OwnerCells) -> None:
        """Keep a session's cells for as long as a connection holds them open."""
        ...

    def closed(self, owner_cells: OwnerCells) -> None:
        """Let a session's cells expire after the grace period."""
        ...

    def drop(self, owner_cells: OwnerCells, cells: Sequence[Cell], *, only_due: bool) -> Sequence[Cell]:
        """Drop an owner that has left memory.

        Args:
            owner_cells: The owner.
            cells: Its cells in memory.
            only_due: Keep it if another process has extended its expiry since.

        Returns:
            The cells whose delete callbacks the caller runs; this object sees to those of the others.
        """
        ...


class ExpiryHandler(Protocol):
    """Receives expiries that were found in the store."""

    def overdue(self, cell: Cell) -> None:
        """Remove a cell, in its lane, that has expired in the store or has damaged bytes there."""
        ...

    def expired(self, cell: Cell, value: Any) -> None:
        """Handle a cell that has been removed from the store because its time to live had ended."""
        ...

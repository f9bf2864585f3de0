"""Counts of what happens in an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from holdfast.state.errors import StateConflictError
from holdfast.state.observer import Observer
from holdfast.stores import FencedError, VersionConflictError

if TYPE_CHECKING:
    from holdfast.state.model import Cell, CommitPlan
    from holdfast.state.owners import Owner
    from holdfast.state.spec import CellSpec


@dataclass(slots=True)
class StateStats(Observer):
    """Counts since the engine was created (R10.3)."""

    commits: int = 0
    """Steps that changed at least one cell."""
    conflicts: int = 0
    """Steps refused because a cell was changed in place without its lane, or written by another process."""
    lane_waits: int = 0
    lane_wait_seconds: float = 0.0
    evictions: int = 0
    """Owners dropped because a limit was reached."""
    expirations: int = 0
    """Cells and owners dropped because they had expired."""

    def waited(self, cell: Cell, seconds: float) -> None:  # noqa: ARG002
        """Count a wait."""
        self.lane_waits += 1
        self.lane_wait_seconds += seconds

    def committed(self, plan: CommitPlan, by: str | None) -> None:  # noqa: ARG002
        """Count a commit that changed something."""
        self.commits += plan.dirty

    def rolled_back(self, specs: Sequence[CellSpec], error: BaseException | None) -> None:  # noqa: ARG002
        """Count a step that failed because of a conflict."""
        self.conflicts += isinstance(error, (StateConflictError, VersionConflictError, FencedError))

    def expired(self, owner: Owner, spec: CellSpec | None, *, changed: bool = False) -> None:  # noqa: ARG002
        """Count an expiry."""
        self.expirations += 1

    def evicted(self, owner: Owner) -> None:  # noqa: ARG002
        """Count an eviction."""
        self.evictions += 1


class Held(NamedTuple):
    """What an engine holds in memory."""

    owners: int
    cells: int
    bytes: int

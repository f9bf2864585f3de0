"""What an engine counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(slots=True)
class StateStats:
    """Counts since the engine was made (R10.3)."""

    commits: int = 0
    """Steps that changed at least one cell."""
    conflicts: int = 0
    """Steps refused because a cell was changed in place without its lane, or written by another process."""
    lane_waits: int = 0
    lane_wait_seconds: float = 0.0
    evictions: int = 0
    """Owners dropped because a bound was reached."""
    expirations: int = 0
    """Cells and owners dropped because their time was over."""


class Held(NamedTuple):
    """What an engine holds in memory now."""

    owners: int
    cells: int
    bytes: int

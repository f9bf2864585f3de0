"""The settings of a state engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from holdfast.state.codec import Keyring
    from holdfast.state.spec import CellSpec

MIB = 1024 * 1024
MARGIN = 60.0
"""Seconds that a store keeps a closed session beyond its grace period, so that the process that closed it drops it."""


@dataclass(frozen=True)
class StateOptions:
    """Settings of an engine. Times are in seconds and sizes in bytes."""

    grace: float = 3600.0
    """Time that a closed session is kept, counted from the close (R4.1)."""
    manual_expiry: bool = False
    """Let the caller end sessions with `forget` or `lapse` after a grace period, once its own work for them is done."""
    session_capacity: int = 10_000
    """Maximum number of sessions in memory (R4.4)."""
    memory_limit: int | None = None
    """Maximum number of bytes of values in memory (R4.4); `None` for no limit."""
    rollback_limit: int = 16 * MIB
    """Encoded size above which values are not copied: their in-place changes remain when a step fails (R2.2)."""
    history_limit: int = 16 * MIB
    """Maximum number of bytes of earlier versions of one cell (R10.1)."""
    value_limit: int = 256 * MIB
    """Maximum number of bytes of one value in a durable store."""
    inline_limit: int = 64 * 1024
    """Encoded size above which values are encoded in a thread."""
    outage: Literal["continue", "refuse"] = "continue"
    """Behavior while the store is unreachable: continue in memory, or refuse every write (R6.6)."""
    app: str | None = None
    """Name of the app, which a store records; a store of another app is refused."""
    program: str | None = None
    """Name of the program, which a new store records and binds its cells to if the app has no name."""
    aside_for: float = 30 * 86400.0
    """Time that cells set aside are kept, counted from the last time that one was set aside."""
    keys: Keyring | None = None
    """Keys that sign and encrypt stored values; if `None`, a key is created and kept beside the store."""
    sweep: float = 60.0
    """Interval between two searches for expired owners in a durable store."""
    patience: float = 30.0
    """Maximum time that an update inside an event waits for a lane that another process holds."""
    concurrency: Literal["serial", "last_write"] = "serial"
    """Whether writes of a State take turns; with `"last_write"`, no State has a lane, as in Gradio (R2.4)."""

    @property
    def unheard_grace(self) -> float:
        """Time that a store keeps the sessions of a process that no longer extends them."""
        return max(2 * self.grace, 2 * MARGIN)

    def serializes(self, spec: CellSpec) -> bool:
        """Return whether events that write a State take turns, rather than share one object as in Gradio."""
        return self.concurrency == spec.concurrency == "serial"

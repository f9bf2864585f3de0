"""The settings of a state engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from holdfast.state.codec import Keyring
    from holdfast.state.spec import CellSpec

MIB = 1024 * 1024
MARGIN = 60.0
"""Seconds that a store keeps a closed session longer than the process that closed it, which is the one to drop it."""


@dataclass(frozen=True)
class StateOptions:
    """How an engine keeps what it is given. Seconds and bytes throughout."""

    grace: float = 3600.0
    """How long a closed session is kept, counted from the close (R4.1)."""
    manual_expiry: bool = False
    """Whoever uses the engine calls `forget` when a grace is over, after what it does last for the session."""
    session_capacity: int = 10_000
    """Most sessions held in memory (R4.4)."""
    memory_limit: int | None = None
    """Most bytes of values held in memory (R4.4); `None` for no bound."""
    rollback_limit: int = 16 * MIB
    """Values that encode to more are not copied: their in-place changes stay when a step fails (R2.2)."""
    history_limit: int = 16 * MIB
    """Most bytes of earlier versions kept for one cell (R10.1)."""
    value_limit: int = 256 * MIB
    """Most bytes of one value in a durable store."""
    inline_limit: int = 64 * 1024
    """Values that encode to more are encoded off the event loop."""
    outage: Literal["continue", "refuse"] = "continue"
    """Whether a process goes on from memory while its store is out of reach, or refuses every write (R6.6)."""
    app: str | None = None
    """The app's name, which a store records; a store of another name is refused."""
    program: str | None = None
    """The program's name; a new store records it, and binds its cells to it, where the app has no name."""
    aside_for: float = 30 * 86400.0
    """Seconds that what was set aside is kept after the last time that something was."""
    keys: Keyring | None = None
    """Sign and encrypt what is stored; a key is made and kept beside the store when it is missing."""
    sweep: float = 60.0
    """Seconds between two looks for what may go from a durable store."""
    patience: float = 30.0
    """Seconds that an update inside an event waits for a lane that another process holds."""
    concurrency: Literal["serial", "last_write"] = "serial"
    """`"last_write"`: no State has a lane, as in Gradio (R2.4)."""

    @property
    def unheard_grace(self) -> float:
        """Seconds that a store keeps the sessions of a process that is not heard of any more."""
        return max(2 * self.grace, 2 * MARGIN)

    def serializes(self, spec: CellSpec) -> bool:
        """Return whether events that write a State take turns, rather than share one object as in Gradio."""
        return self.concurrency == spec.concurrency == "serial"

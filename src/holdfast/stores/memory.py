"""Nothing outside the process: cells live in the engine alone."""

from __future__ import annotations


class MemoryStore:
    """The default store; what it keeps goes with the process."""

    durable = False

    async def open(self) -> None:
        """Nothing to get ready."""

    async def aclose(self) -> None:
        """Nothing to let go of."""

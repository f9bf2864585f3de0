"""What a store must do."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """Keeps committed cells as bytes with a version."""

    durable: bool
    """What is committed outlives the process."""

    async def open(self) -> None:
        """Get ready, on the running event loop."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...

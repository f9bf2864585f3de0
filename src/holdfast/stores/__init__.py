"""Where committed cells are kept. A store knows bytes and versions, never values."""

from __future__ import annotations

from holdfast.stores.memory import MemoryStore
from holdfast.stores.protocol import Store

__all__ = ["MemoryStore", "Store"]

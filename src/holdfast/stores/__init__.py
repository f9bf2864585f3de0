"""Where committed cells are kept. A store knows bytes and versions, never values."""

from __future__ import annotations

from holdfast.errors import BuildError
from holdfast.stores.memory import MemoryStore
from holdfast.stores.protocol import Store

__all__ = ["MemoryStore", "Store", "open"]


def open(url: str = "memory://") -> Store:
    """The store that a URL names.

    Args:
        url: `memory://` keeps State as long as the process lives.

    Raises:
        BuildError: There is no store of that kind.
    """
    kind = url.partition("://")[0]
    if kind == "memory":
        return MemoryStore()
    raise BuildError(f"state_store={url!r}: there is no store of the kind {kind!r}. The one there is: memory://.")

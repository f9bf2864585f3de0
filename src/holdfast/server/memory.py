"""Memory that is free again goes back to the system: large values leave holes that the C library keeps for itself.

What threads allocate and free in sizes of megabytes, as request bodies and the values in them, is spread over the
library's pools. Under a long attack they grew to several times what was held at any moment.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable

from holdfast.limits import MB

AFTER = 64 * MB
"""Bytes of bodies after which free memory is given back."""


def give_back() -> None:
    """Return the free pages of all pools to the system, where the C library has a call for it (glibc)."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


class Giver:
    """Gives memory back in a thread whenever many bytes have passed through.

    Args:
        give: What gives it back.
    """

    def __init__(self, give: Callable[[], object] = give_back) -> None:
        self._give = give
        self._passed = 0
        self._thread: threading.Thread | None = None

    def passed(self, size: int) -> None:
        """Count bytes that were held and are free now, or will be soon."""
        self._passed += size
        if self._passed >= AFTER and (self._thread is None or not self._thread.is_alive()):
            self._passed = 0
            self._thread = threading.Thread(target=self._give, name="holdfast-memory", daemon=True)
            self._thread.start()

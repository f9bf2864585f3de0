"""Random ids, from a single place, so that tests can replace them with counters."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits, for sessions and events."""
    return secrets.token_hex(16)


def random_token() -> str:
    """Return 256 random bits, for the secret that a page holds in addition to its session id."""
    return secrets.token_urlsafe(32)


def counted(prefix: str = "id") -> Callable[[], str]:
    """Return a source of predictable ids (`id-1`, `id-2`, …) for tests.

    Args:
        prefix: Prefix of each id.
    """
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers)}"

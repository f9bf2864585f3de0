"""Ids that nobody can guess, in one place, so that tests can count instead."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable


def random_id() -> str:
    """128 random bits as 32 hexadecimal digits: for sessions and events."""
    return secrets.token_hex(16)


def random_token() -> str:
    """256 random bits: the secret that a page holds besides its session's id."""
    return secrets.token_urlsafe(32)


def counted(prefix: str = "id") -> Callable[[], str]:
    """A source of predictable ids (`id-1`, `id-2`, …) for tests.

    Args:
        prefix: What each id begins with.
    """
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers)}"

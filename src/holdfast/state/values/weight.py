"""A number that values of the same content share, whatever they share within and in whatever order their keys came.

Two different numbers are two different contents, without making the older value again to look at it; two equal ones
prove nothing.
"""

from __future__ import annotations

import pickle
import re
import zlib
from typing import Any

_PROTOCOL = 3
"""The last one without frames, whose borders would move with the order of the keys."""
NO_NUMBER = re.compile(rb"G[\x7f\xff][\xf0-\xff]")
"""What a float looks like in an encoding that may be NaN: not equal to itself, and several that count as one."""
Weight = int


class _Sum:
    """Adds up an encoding: its length, and its bytes."""

    def __init__(self) -> None:
        self.length = 0
        self._adler = 1

    def write(self, chunk: bytes) -> int:
        if NO_NUMBER.search(chunk):
            raise _NotWeighedError
        self.length += len(chunk)
        self._adler = zlib.adler32(chunk, self._adler)
        return len(chunk)

    @property
    def total(self) -> int:
        """The sum of the bytes: the lower half of Adler-32 (RFC 1950), which their order does not touch."""
        return self._adler & 0xFFFF


class _NotWeighedError(Exception):
    """Something in the value has more than one encoding."""


class _Weigher(pickle.Pickler):
    def __init__(self, sink: _Sum) -> None:
        super().__init__(sink, _PROTOCOL)
        # Without the memo equal values give equal pieces whatever they share; it fails on cycles.
        self.fast = True

    def reducer_override(self, value: Any) -> Any:
        """Called for everything but the built-in containers and scalars: what their content is, others decide."""
        if value is set or value is frozenset or value is bytearray:
            return NotImplemented
        raise _NotWeighedError


def weigh(value: Any) -> Weight | None:
    """The weight of a value of built-in containers and scalars.

    Args:
        value: Anything.

    Returns:
        Its weight; `None` where something in it has no single encoding: objects, NaN, cycles.
    """
    weight = _Sum()
    try:
        _Weigher(weight).dump(value)
    except Exception:  # it holds itself, is deep, or refuses; whoever compares it piece by piece will tell
        return None
    return weight.length << 16 | weight.total


__all__ = ["NO_NUMBER", "Weight", "weigh"]

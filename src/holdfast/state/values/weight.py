"""A number that depends only on the content of a value, not on shared parts or the order of keys.

Different numbers prove that two values have different content, without restoring the older one. Equal numbers prove
nothing.
"""

from __future__ import annotations

import pickle
import re
import zlib
from typing import Any

_PROTOCOL = 3
"""Last pickle protocol without frames, whose boundaries would depend on the order of keys."""
NO_NUMBER = re.compile(rb"G[\x7f\xff][\xf0-\xff]")
"""Pattern of an encoded float that may be NaN, which does not equal itself and has several encodings."""
Weight = int


class _Sum:
    """Adds up the length and the bytes of an encoding."""

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
        """Sum of the bytes: the lower half of Adler-32 (RFC 1950), which does not depend on their order."""
        return self._adler & 0xFFFF


class _NotWeighedError(Exception):
    """A part of the value has more than one encoding."""


class _Weigher(pickle.Pickler):
    def __init__(self, sink: _Sum) -> None:
        super().__init__(sink, _PROTOCOL)
        # Without the memo, equal values give equal pieces whatever they share; it fails on cycles.
        self.fast = True

    def reducer_override(self, value: Any) -> Any:
        """Reject an object that is not a built-in container or scalar, because its class defines its content."""
        if value is set or value is frozenset or value is bytearray:
            return NotImplemented
        raise _NotWeighedError


def weigh(value: Any) -> Weight | None:
    """Return the weight of a value of built-in containers and scalars.

    Args:
        value: Any value.

    Returns:
        Its weight; `None` where something in it has no single encoding: objects, NaN, cycles.
    """
    weight = _Sum()
    try:
        _Weigher(weight).dump(value)
    except Exception:  # recursive, too deep, or not encodable; the comparison by parts decides
        return None
    return weight.length << 16 | weight.total


__all__ = ["NO_NUMBER", "Weight", "weigh"]

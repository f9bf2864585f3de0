"""Fingerprints of content that is too large to copy: the encoding is streamed into a hash."""

from __future__ import annotations

import pickle
import time
from typing import Any

import xxhash

from holdfast.state.values.atoms import BY_REFERENCE
from holdfast.state.values.equality import field_names, has_own_hash


class _HashSink:
    def __init__(self) -> None:
        self.hash = xxhash.xxh3_128()
        self._written = 0

    def write(self, chunk: bytes | memoryview | pickle.PickleBuffer) -> int:
        self.hash.update(chunk)
        self._written += 1
        if self._written % 4 == 0:
            # The C pickler holds the interpreter lock between two writes, but the event loop must run in between.
            time.sleep(0)
        return 0

    def buffer(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        self.hash.update(raw)
        self.hash.update(raw.nbytes.to_bytes(8, "little"))
        return False


class _Fingerprinter(pickle.Pickler):
    def __init__(self, sink: _HashSink, *, fast: bool) -> None:
        super().__init__(sink, 5, buffer_callback=sink.buffer)
        # Without the memo, equal values give equal bytes whatever they share; it fails on cycles.
        self.fast = fast

    def reducer_override(self, value: Any) -> Any:
        """Encode objects by their fields, their own hash, or their pickle; encode the rest by reference."""
        if value is _token:
            return NotImplemented
        if isinstance(value, BY_REFERENCE):
            return _token, (id(value),)
        kind = type(value)
        fields = field_names(kind)
        if fields is not None:
            return _token, (kind, [getattr(value, name, None) for name in fields])
        if has_own_hash(kind) and not kind.__module__.startswith(("numpy", "pandas", "polars", "PIL", "torch")):
            return _token, (kind, hash(value))
        return _foreign(value)


def _token(*_parts: Any) -> None:
    """Represent an object's constructor in the stream; a fingerprint is never read back."""


def _foreign(value: Any) -> Any:
    kind = type(value)
    family = kind.__module__.partition(".")[0]
    if family == "numpy" and hasattr(value, "ctypes") and not value.dtype.hasobject:
        return _token, _array(value)
    if family == "polars" and hasattr(value, "hash_rows"):
        return _token, (str(value.schema), value.shape, *_array(value.hash_rows().to_numpy()))
    if family == "polars" and hasattr(value, "to_frame"):
        return _token, (str(value.dtype), value.name, *_array(value.hash().to_numpy()))
    if family == "torch" and hasattr(value, "detach"):
        return _token, (kind, *_array(value.detach().cpu().numpy()))
    return NotImplemented


def _array(value: Any) -> tuple[str, tuple[int, ...], pickle.PickleBuffer]:
    import numpy as np

    flat: Any = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    return str(value.dtype), value.shape, pickle.PickleBuffer(flat)


def fingerprint(value: Any) -> bytes | None:
    """Return 16 bytes that are equal for equal content, and very probably differ for different content.

    Returns:
        The fingerprint; `None` for a value that cannot be encoded.
    """
    for fast in (True, False):
        sink = _HashSink()
        try:
            _Fingerprinter(sink, fast=fast).dump(value)
        except (ValueError, RecursionError):
            continue
        except Exception:  # user objects may raise anything; the value stays live
            return None
        return sink.hash.digest()
    return None

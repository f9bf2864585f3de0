"""Snapshots of live values within one process, from which a failed step is undone.

A snapshot never leaves the process and is never read from outside, so it may use pickle. Classes, functions and modules
are kept by reference, so that classes made anywhere (`__main__`, inside a function) work and keep their identity.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

from holdfast.state.values.atoms import BY_REFERENCE, is_atom
from holdfast.state.values.weight import NO_NUMBER, Weight

_BREATH = 1 << 16
"""Number of bytes after which a long encoding lets other threads run: about one write of the C pickler."""


class OversizeError(Exception):
    """The encoding exceeds its limit."""


class Sink:
    """Takes an encoding piece by piece.

    Args:
        limit: Maximum number of bytes.
        breathe: Whether to let the event loop run from time to time, for use in a thread: the C pickler holds the
            interpreter lock between two writes, and only Python code releases it.
    """

    def __init__(self, limit: int, *, breathe: bool = False) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self._limit = limit
        self._breathe = breathe
        self._next_breath = _BREATH

    def write(self, chunk: bytes | memoryview | pickle.PickleBuffer) -> int:
        """Keep a piece, copied unless it is `bytes`, because the pickler reuses its buffers."""
        length = len(chunk) if type(chunk) is bytes else memoryview(chunk).nbytes
        self.size += length
        if self.size > self._limit:
            raise OversizeError
        self.chunks.append(bytes(chunk))
        if self._breathe and self.size > self._next_breath:
            self._next_breath = self.size + _BREATH
            time.sleep(0)
        return length

    def data(self) -> bytes:
        """Return everything written."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)


class Captured:
    """The capture of a committed value that can change in place."""

    __slots__ = ()

    @property
    def size(self) -> int:
        """Number of bytes that it counts for."""
        raise NotImplementedError


class Snapshot(Captured):
    """The encoding of a value, from which it can be restored.

    Args:
        data: The encoding.
        refs: Objects that it refers to by reference, in the order of first mention.
        definite: Different bytes mean different content: nothing in the value is shared or unordered.
        plain: The value has only built-in containers and scalars, whose `==` runs no foreign code.
    """

    __slots__ = ("_traits", "data", "refs", "weight")

    def __init__(self, data: bytes, refs: tuple[Any, ...], *, definite: bool, plain: bool = False) -> None:
        self.data = data
        self.refs = refs
        self._traits = definite + 2 * plain
        self.weight: Weight | None = None
        """Weight of the value, once it has been compared."""

    @property
    def size(self) -> int:
        """Number of bytes that it counts for."""
        return len(self.data)

    @property
    def definite(self) -> bool:
        """Whether different bytes mean different content."""
        return bool(self._traits & 1)

    @property
    def plain(self) -> bool:
        """Whether the value's `==` runs no foreign code."""
        return bool(self._traits & 2)

    def restore(self) -> Any:
        """Return a new object with the encoded value."""
        previous = getattr(_loading, "refs", None)
        _loading.refs = self.refs
        try:
            return pickle.loads(self.data)  # noqa: S301 # made by this process, never read from outside
        finally:
            _loading.refs = previous

    def unequal(self, restored: Any, value: Any) -> bool:
        """Return whether `!=` alone, mostly one pass in C, proves that a value has different content.

        Args:
            restored: A value restored from this snapshot.
            value: The value to compare. If it holds objects of other types, its content differs in any case.
        """
        if not self.plain or NO_NUMBER.search(self.data):
            return False
        try:
            return bool(restored != value)
        except Exception:  # too deep, recursive, or not comparable; the comparison by parts decides
            return False

    def same_bytes(self, other: Snapshot) -> bool:
        """Return whether both were taken of indistinguishable values."""
        return (
            self.data == other.data
            and len(self.refs) == len(other.refs)
            and all(mine is theirs for mine, theirs in zip(self.refs, other.refs, strict=True))
        )


class Uncaptured(Captured):
    """A value that is not copied: it cannot be encoded, or is over the rollback limit.

    Args:
        size: Number of bytes that it counts for, as far as known.
        reason: Error of the encoder; `None` if the value is too large.
        digest: Fingerprint of the content, if its changes have listeners.
    """

    __slots__ = ("_size", "digest", "reason")

    def __init__(self, size: int, *, reason: str | None, digest: bytes | None = None) -> None:
        self._size = size
        self.reason = reason
        self.digest = digest

    @property
    def size(self) -> int:
        """Number of bytes that it counts for."""
        return self._size


_loading = threading.local()


def _ref(index: int) -> Any:
    return _loading.refs[index]


class _Encoder(pickle.Pickler):
    def __init__(self, sink: Sink) -> None:
        super().__init__(sink, 5)
        self.refs: list[Any] = []
        self._known: dict[int, int] = {}
        self.met_object = False

    def reducer_override(self, value: Any) -> Any:
        """Reduce an object that is not a built-in container or scalar."""
        if value is _ref:
            return NotImplemented
        if isinstance(value, BY_REFERENCE):
            index = self._known.get(id(value))
            if index is None:
                index = self._known[id(value)] = len(self.refs)
                self.refs.append(value)
            return _ref, (index,)
        self.met_object = True
        return NotImplemented


def snapshot(value: Any, limit: int, *, watched: bool = True, breathe: bool = False) -> Snapshot:
    """Encode a value.

    Args:
        value: Any value.
        limit: Maximum number of bytes.
        watched: Whether the snapshot will be compared with others.
        breathe: See `Sink`.

    Raises:
        OversizeError: The encoding exceeds the limit.
        Exception: A part of the value cannot be encoded.
    """
    sink = Sink(limit, breathe=breathe)
    encoder = _Encoder(sink)
    encoder.dump(value)
    definite = watched and type(value) in {list, tuple, bytearray} and len(encoder.memo.copy()) <= 1
    plain = not encoder.met_object and not encoder.refs
    return Snapshot(sink.data(), tuple(encoder.refs), definite=definite, plain=plain)


def is_plain(value: Any) -> bool:
    """Return whether a snapshot copies a value exactly as `copy.deepcopy` does: it has only built-in types."""
    if is_atom(value):
        return True
    encoder = _Encoder(Sink(1 << 24))
    try:
        encoder.dump(value)
    except Exception:  # `deepcopy` can copy what the encoder cannot
        return False
    return not encoder.met_object


def image_of(
    value: Any,
    *,
    watched: bool,
    limit: int = 1 << 24,
    digest: Callable[[Any], bytes | None] | None = None,
    breathe: bool = False,
) -> Captured | None:
    """Capture a value for rollback and comparison.

    Args:
        value: The value.
        watched: Whether changes of the value have listeners.
        limit: Maximum number of bytes of a snapshot.
        digest: Returns the fingerprint of a value over the limit.
        breathe: See `Sink`.

    Returns:
        The capture; `None` for a value that cannot change in place.
    """
    if is_atom(value):
        return None
    try:
        return snapshot(value, limit, watched=watched, breathe=breathe)
    except OversizeError:
        return Uncaptured(limit, reason=None, digest=digest(value) if watched and digest else None)
    except Exception as error:  # user objects may raise anything; the value stays live
        return Uncaptured(0, reason=f"{type(error).__name__}: {error}")


__all__ = ["Captured", "OversizeError", "Sink", "Snapshot", "Uncaptured", "image_of", "is_plain", "snapshot"]

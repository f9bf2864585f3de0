"""Bytes of a live value inside one process: what a failed step is undone from.

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
"""Bytes after which a long encoding lets other threads run: about what the C pickler writes in one go."""


class OversizeError(Exception):
    """The encoding passed the limit that it was given."""


class Sink:
    """Takes an encoding piece by piece.

    Args:
        limit: Bytes after which it gives up.
        breathe: Whether this is a thread beside the event loop, which must get its turns: the C pickler holds the
            interpreter lock between two writes, and the lock is only passed on in Python code.
    """

    def __init__(self, limit: int, *, breathe: bool = False) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self._limit = limit
        self._breathe = breathe
        self._next_breath = _BREATH

    def write(self, chunk: bytes | memoryview | pickle.PickleBuffer) -> int:
        """Keep one piece; the pickler reuses its buffers, so it is copied unless it is bytes."""
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
        """Everything written."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)


class Captured:
    """What is known of a committed value that can change in place."""

    __slots__ = ()

    @property
    def size(self) -> int:
        """Bytes it counts for."""
        raise NotImplementedError


class Snapshot(Captured):
    """A value's bytes, from which it can be made again.

    Args:
        data: The encoding.
        refs: What it refers to by reference, in the order of first mention.
        definite: Other bytes mean other content: nothing in the value is shared or unordered.
        plain: It has built-in containers and scalars alone, whose `==` runs no code of others.
    """

    __slots__ = ("_traits", "data", "refs", "weight")

    def __init__(self, data: bytes, refs: tuple[Any, ...], *, definite: bool, plain: bool = False) -> None:
        self.data = data
        self.refs = refs
        self._traits = definite + 2 * plain
        self.weight: Weight | None = None
        """The value's weight, once it was compared."""

    @property
    def size(self) -> int:
        """Bytes it counts for."""
        return len(self.data)

    @property
    def definite(self) -> bool:
        """Whether other bytes mean other content."""
        return bool(self._traits & 1)

    @property
    def plain(self) -> bool:
        """Whether its `==` runs no code of others."""
        return bool(self._traits & 2)

    def restore(self) -> Any:
        """A new object with the value that was encoded."""
        previous = getattr(_loading, "refs", None)
        _loading.refs = self.refs
        try:
            return pickle.loads(self.data)  # noqa: S301 # made by this process, never read from outside
        finally:
            _loading.refs = previous

    def unequal(self, restored: Any, value: Any) -> bool:
        """Whether `==` is enough to tell that a value's content is another: one pass in C, mostly.

        Args:
            restored: What this was made from, made again.
            value: What it is compared with. Where it holds other things than this did, it is another content anyway.
        """
        if not self.plain or NO_NUMBER.search(self.data):
            return False
        try:
            return bool(restored != value)
        except Exception:  # it is deep, holds itself, or refuses; whoever compares it piece by piece will tell
            return False

    def same_bytes(self, other: Snapshot) -> bool:
        """Whether both were made from values that nothing distinguishes."""
        return (
            self.data == other.data
            and len(self.refs) == len(other.refs)
            and all(mine is theirs for mine, theirs in zip(self.refs, other.refs, strict=True))
        )


class Uncaptured(Captured):
    """A value that is not copied: it cannot be encoded, or is over the rollback limit.

    Args:
        size: Bytes it counts for, as far as they are known.
        reason: Why it is not copied: the encoder's error, or `None` when it is too large.
        digest: Fingerprint of the content, where somebody listens to its changes.
    """

    __slots__ = ("_size", "digest", "reason")

    def __init__(self, size: int, *, reason: str | None, digest: bytes | None = None) -> None:
        self._size = size
        self.reason = reason
        self.digest = digest

    @property
    def size(self) -> int:
        """Bytes it counts for."""
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
        """Called for everything but the built-in containers and scalars."""
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
        value: Anything.
        limit: Most bytes.
        watched: Whether the snapshot will be compared with others.
        breathe: See `Sink`.

    Raises:
        OversizeError: It takes more bytes.
        Exception: Something in it cannot be encoded.
    """
    sink = Sink(limit, breathe=breathe)
    encoder = _Encoder(sink)
    encoder.dump(value)
    definite = watched and type(value) in {list, tuple, bytearray} and len(encoder.memo.copy()) <= 1
    plain = not encoder.met_object and not encoder.refs
    return Snapshot(sink.data(), tuple(encoder.refs), definite=definite, plain=plain)


def is_plain(value: Any) -> bool:
    """Whether a snapshot copies it exactly as `copy.deepcopy` does: built-in containers and scalars all the way."""
    if is_atom(value):
        return True
    encoder = _Encoder(Sink(1 << 24))
    try:
        encoder.dump(value)
    except Exception:  # whatever stops the encoder, deepcopy is there to copy it
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
    """What to keep of a committed value so that it can be undone and compared.

    Args:
        value: The value.
        watched: Whether somebody listens to its changes.
        limit: Most bytes to keep.
        digest: Makes the fingerprint of a value over the limit.
        breathe: See `Sink`.

    Returns:
        `None` for a value that cannot change in place.
    """
    if is_atom(value):
        return None
    try:
        return snapshot(value, limit, watched=watched, breathe=breathe)
    except OversizeError:
        return Uncaptured(limit, reason=None, digest=digest(value) if watched and digest else None)
    except Exception as error:  # user objects may refuse with anything; the value stays live
        return Uncaptured(0, reason=f"{type(error).__name__}: {error}")


__all__ = ["Captured", "OversizeError", "Sink", "Snapshot", "Uncaptured", "image_of", "is_plain", "snapshot"]

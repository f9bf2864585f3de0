"""Values to bytes and back.

The bytes have pickle's syntax, so that the C encoder writes built-in containers and scalars with their exact types,
shared parts and cycles. Nothing else of pickle is used: every other value is a tag of `rebuild` with plain parts, and
reading finds these tags alone. No module is imported, no class is called.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

from holdfast.state.codec import rebuild
from holdfast.state.codec.errors import CodecError, DecodeError, EncodeError
from holdfast.state.codec.opcodes import check
from holdfast.state.codec.rules import take_apart
from holdfast.state.values.atoms import BY_REFERENCE
from holdfast.state.values.snapshot import OversizeError, Sink


class _Encoder(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Called for everything but the built-in containers and scalars."""
        if value is ... or _is_tag(value):
            return NotImplemented
        if isinstance(value, BY_REFERENCE):
            raise EncodeError(f"{_described(value)} cannot be stored: it is code, not data")
        parts = take_apart(value)
        if len(parts) == 2:
            return parts
        make, arguments, filler, state = parts
        return make, arguments, state, None, None, filler


class _Decoder(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ARG002 # wherever the tag was defined then
        """The function of a tag; there is nothing else to be found."""
        if name == "Ellipsis":
            return ...
        found = rebuild.TABLE.get(name)
        if found is None:
            raise DecodeError(f"{name!r} is no kind of value that this release knows")
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Never written."""
        raise DecodeError(f"reference {pid!r} outside of the value")


def _is_tag(value: Any) -> bool:
    return rebuild.TABLE.get(getattr(value, "__name__", "")) is value


def _described(value: Any) -> str:
    return f"{type(value).__name__} {getattr(value, '__qualname__', value)!r}"


def encode(value: Any) -> bytes:
    """A value's payload.

    Raises:
        EncodeError: Something in it cannot be stored.
    """
    return encode_counted(value)[0]


def encode_counted(
    value: Any, limit: int | None = None, *, breathe: bool = False, count: bool = False
) -> tuple[bytes, int]:
    """A value's payload, and how many of its parts may be shared.

    Args:
        value: The value.
        limit: Most bytes.
        breathe: See `Sink`.
        count: Whether the parts are counted; else there are many.

    Raises:
        EncodeError: Something in it cannot be stored.
        OversizeError: It takes more bytes.
    """
    sink = Sink(limit if limit is not None else 1 << 62, breathe=breathe)
    encoder = _Encoder(sink, 5)
    try:
        encoder.dump(value)
    except (CodecError, OversizeError):
        raise
    except Exception as error:
        raise EncodeError(f"{type(error).__name__}: {error}") from error
    return sink.data(), len(encoder.memo.copy()) if count else 1 << 30


def decode(payload: bytes, *, lenient: bool = False, trusted: bool = False) -> Any:
    """The value of a payload.

    Args:
        payload: What `encode` made. Its origin must be known: signatures are the envelope's.
        lenient: Leave fields without a value and default away, for `migrate` to fill.
        trusted: This process has made it, or has checked it before.

    Raises:
        DecodeError: It cannot be read.
    """
    if not trusted:
        check(payload)
    token = rebuild.lenient.set(lenient)
    try:
        return _Decoder(io.BytesIO(payload)).load()
    except CodecError:
        raise
    except Exception as error:
        raise DecodeError(f"the value is damaged or of another release ({type(error).__name__}: {error})") from error
    finally:
        rebuild.lenient.reset(token)

"""Encoding of values to bytes, and decoding.

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
        """Reduce an object that is not a built-in container or scalar."""
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
        """Return the function of a tag; nothing else can be found."""
        if name == "Ellipsis":
            return ...
        found = rebuild.TABLE.get(name)
        if found is None:
            raise DecodeError(f"{name!r} is not a kind of value that this release can read")
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Reject a reference, because the encoder never writes one."""
        raise DecodeError(f"reference {pid!r} outside of the value")


def _is_tag(value: Any) -> bool:
    return rebuild.TABLE.get(getattr(value, "__name__", "")) is value


def _described(value: Any) -> str:
    return f"{type(value).__name__} {getattr(value, '__qualname__', value)!r}"


def encode(value: Any) -> bytes:
    """Encode a value.

    Raises:
        EncodeError: Something in it cannot be stored.
    """
    return encode_counted(value)[0]


def encode_counted(
    value: Any, limit: int | None = None, *, breathe: bool = False, count: bool = False
) -> tuple[bytes, int]:
    """Encode a value, and count the parts that may be shared.

    Args:
        value: The value.
        limit: Maximum number of bytes.
        breathe: See `Sink`.
        count: Whether to count the parts; otherwise a large number is returned.

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
    """Decode a payload.

    Args:
        payload: Output of `encode`. Its origin must be known: the envelope checks signatures.
        lenient: Omit fields without a value and default, for `migrate` to fill.
        trusted: Skip the check, for a payload that this process has encoded or checked.

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
        raise DecodeError(f"the value is damaged or from another release ({type(error).__name__}: {error})") from error
    finally:
        rebuild.lenient.reset(token)

"""JSON encoding: messages through msgspec, values through orjson, with the leniency that handlers' results need.

Not-a-number becomes null, numpy numbers and arrays become numbers and lists, keys become strings, and objects that
JSON does not support become their `str()`, as in Gradio's queue.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
import orjson

from holdfast import exact

Frozen: TypeAlias = "msgspec.Raw | str | int | float | bool | None"
"""An immutable JSON value: a scalar, or a container as its bytes."""

SCALARS = frozenset({str, int, float, bool, type(None)})
FAST = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATETIME
LENIENT = FAST | orjson.OPT_NON_STR_KEYS
MAX_DEPTH = 200
LINE_BREAKS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
"""Characters that JSON does not escape although some clients' line readers split on them."""


def _unknown(value: Any) -> Any:
    """Convert an object that an encoder does not support."""
    if isinstance(value, msgspec.Raw):
        return orjson.Fragment(bytes(value))
    if isinstance(value, msgspec.Struct):
        return orjson.Fragment(encode(value))
    if isinstance(value, set | frozenset):
        return list(value)
    for convert in ("tolist", "item", "model_dump"):
        method = getattr(value, convert, None)
        if callable(method) and not isinstance(value, type):
            return method()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)


def encode_value(value: Any) -> bytes:
    """Encode `value` as JSON, whatever it contains."""
    try:
        return orjson.dumps(value, default=_unknown, option=FAST)
    except TypeError:
        pass
    try:
        return orjson.dumps(value, default=_unknown, option=LENIENT)
    except TypeError:  # integers over 64 bit, lone surrogates, deep recursion of `default`
        return json.dumps(_plain(value, 0), ensure_ascii=True).encode()


def freeze(value: Any) -> Any:
    """Return an immutable snapshot of `value`: a scalar, or a container as its JSON bytes."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _encodable(value)
    if kind is float:
        return value if value - value == 0 else None
    if kind is int:
        return value if -(2**63) <= value < 2**63 else msgspec.Raw(str(value).encode())
    return value if kind in SCALARS else msgspec.Raw(encode_value(value))


def thaw(value: Any) -> Any:
    """Return the plain value of a result of `freeze`; anything else is returned unchanged."""
    return exact.loads(memoryview(value)) if isinstance(value, msgspec.Raw) else value


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _plain(value: Any, depth: int) -> Any:
    """Convert `value` for the standard library's JSON encoder, the slow fallback for unsupported values."""
    if depth > MAX_DEPTH:
        raise ValueError(f"A value nests more than {MAX_DEPTH} levels, or contains itself; JSON cannot hold it.")
    if isinstance(value, Mapping):
        return {_encodable(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | str | float):
        return _plain_scalar(value)
    other = _unknown(value)
    return json.loads(other.contents) if isinstance(other, orjson.Fragment) else _plain(other, depth + 1)


def _plain_scalar(value: bool | float | str | None) -> Any:
    if isinstance(value, str):
        return _encodable(value)
    return None if isinstance(value, float) and value - value != 0 else value


_messages = msgspec.json.Encoder(enc_hook=_unknown)


def encode(message: Any) -> bytes:
    """Encode a message, or any value, as JSON."""
    if isinstance(message, msgspec.Struct):
        try:
            return _messages.encode(message)
        except (TypeError, ValueError, UnicodeEncodeError, RecursionError):
            return encode_value(_fields(message))
    return encode_value(message)


def _fields(message: msgspec.Struct) -> dict[str, Any]:
    config = message.__struct_config__
    tag = {} if config.tag_field is None else {config.tag_field: config.tag}
    found = {name: getattr(message, name) for name in message.__struct_fields__}
    return {**tag, **{k: _fields(v) if isinstance(v, msgspec.Struct) else v for k, v in found.items()}}


def one_line(encoded: bytes) -> bytes:
    """Escape the characters in JSON that line readers treat as line ends, for SSE frames."""
    for character, escape in LINE_BREAKS:
        if character in encoded:
            encoded = encoded.replace(character, escape)
    return encoded

"""Encoding of values for a store: tagged, versioned, signed. Reading imports nothing and calls no foreign code."""

from __future__ import annotations

from holdfast.state.codec.envelope import Envelope, Head, Opened, can_encrypt, read_head
from holdfast.state.codec.errors import CodecError, DecodeError, EncodeError, ForeignError, MissingClassError
from holdfast.state.codec.keys import Keyring, has_key
from holdfast.state.codec.names import register
from holdfast.state.codec.payload import decode, encode

__all__ = [
    "CodecError",
    "DecodeError",
    "EncodeError",
    "Envelope",
    "ForeignError",
    "Head",
    "Keyring",
    "MissingClassError",
    "Opened",
    "can_encrypt",
    "decode",
    "encode",
    "has_key",
    "read_head",
    "register",
]

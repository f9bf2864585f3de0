"""Errors of encoding and decoding."""

from __future__ import annotations

from holdfast.errors import StateError


class CodecError(StateError):
    """Base class of encoding and decoding errors."""


class EncodeError(CodecError):
    """A value, or a part of it, cannot be encoded. It stays live (R6.5)."""


class DecodeError(CodecError):
    """Bytes cannot be decoded: not signed by this app, damaged, or of a class that no longer exists."""


class ForeignError(DecodeError):
    """Bytes belong to another app, or have a key or version unknown to this process; another process can read them."""


class MissingClassError(DecodeError):
    """Bytes have a class that this process has not loaded; a program that has loaded it can read them."""

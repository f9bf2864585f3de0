"""What can go wrong between values and bytes."""

from __future__ import annotations

from holdfast.errors import StateError


class CodecError(StateError):
    """The root of these."""


class EncodeError(CodecError):
    """A value, or a part of it, that cannot be written. It stays live (R6.5)."""


class DecodeError(CodecError):
    """Bytes that cannot be read: not signed by this app, damaged, or of a class that is not there any more."""


class ForeignError(DecodeError):
    """Bytes that another process can read: of another app, or with a key or version that this one does not know."""


class MissingClassError(DecodeError):
    """Bytes of a class that this process has not loaded; a program that has it can read them."""

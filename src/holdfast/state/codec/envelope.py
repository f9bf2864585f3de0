"""The envelope around a stored payload: format, schema version, compression, encryption, signature.

    "HF" | format 1 | flags 1 | key id 4 | schema 4 | size 4 | expires 8 | app 16 | signature 16 | body

The signature covers everything else and the place of the cell, so bytes cannot be moved to another owner or State. What
the app is called is hashed into the head, so apps that share a key cannot open each other's bytes. Format 1, that of
release 0.1.0, has no `app`; it is read and not written.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from holdfast.errors import StateError
from holdfast.state.codec.errors import DecodeError, ForeignError
from holdfast.state.codec.keys import Keyring

_HEAD = struct.Struct(">2sBB4sIId")
_MAGIC = b"HF"
_FLAGS = 3
"""Offset of the flags."""
FORMAT = 2
_WITHOUT_APP = 1
"""The format of release 0.1.0."""
COMPRESSED = 1
ENCRYPTED = 2
_APP = 16
_SIGNATURE = 16
_NONCE = 12
COMPRESS_FROM = 16 * 1024
"""Minimum size of a payload that is compressed, if that saves enough."""
_SAMPLE = 16 * 1024
_LARGEST = (1 << 32) - 1


class Opened(NamedTuple):
    """The contents of an envelope."""

    payload: bytes
    schema: int
    """Version of the State that wrote it."""
    expires: float | None
    """End of its time to live, in seconds since the epoch."""


class Head(NamedTuple):
    """The part of stored bytes that can be read without a key, and so is not verified."""

    format: int
    key: bytes
    """Id of the key that signed it."""
    schema: int
    size: int
    """Number of bytes of the payload."""
    expires: float | None
    secret: bool
    app: bytes
    """Hash of the app's name; empty in format 1."""


def read_head(data: bytes) -> Head | None:
    """Return the head of stored bytes; `None` if they are not an envelope."""
    if data[:2] != _MAGIC or len(data) < _HEAD.size or len(data) < _head_size(data[2]) + _SIGNATURE:
        return None
    _, format, flags, key, schema, size, expires = _HEAD.unpack_from(data)
    app = data[_HEAD.size : _head_size(format)]
    return Head(format, key, schema, size, expires or None, bool(flags & ENCRYPTED), app)


def _head_size(format: int) -> int:
    return _HEAD.size + (0 if format <= _WITHOUT_APP else _APP)


def _hash_of(app: str) -> bytes:
    return hashlib.blake2b(app.encode("utf-8", "surrogatepass"), digest_size=_APP, person=b"holdfast app").digest()


class Envelope:
    """Seals and opens payloads.

    Args:
        keys: Keys that sign and encrypt.
        random: The source of nonces.
    """

    def __init__(self, keys: Keyring, random: Callable[[int], bytes] = os.urandom) -> None:
        self._keys = keys
        self._random = random
        self._apps: tuple[bytes, ...] = (_hash_of(""),)

    def bind(self, app: str, *others: str) -> None:
        """Bind sealed payloads to an app.

        Args:
            app: What it is called.
            others: What it was called before; what is bound to that opens too.
        """
        self._apps = tuple(_hash_of(each) for each in (app, *others))

    def is_current(self, head: Head) -> bool:
        """Return whether bytes are sealed as `seal` would do it now, with the current key and for this app."""
        return (head.format, head.key, head.app) == (FORMAT, self._keys.current, self._apps[0])

    def seal(
        self, payload: bytes, place: str, *, schema: int = 1, expires: float | None = None, secret: bool = False
    ) -> bytes:
        """Return a sealed payload for a store.

        Args:
            payload: The encoded value.
            place: Whose and which cell it is for.
            schema: The version of the State.
            expires: When the value's time to live ends, in seconds since the epoch.
            secret: Encrypt it.

        Raises:
            StateError: The payload is too large, or encryption is required and not installed.
        """
        size = len(payload)
        if size > _LARGEST:
            raise StateError(f"A value of {size} bytes is too large to be stored.")
        flags, body = _squeezed(payload)
        key = self._keys.current
        if secret:
            flags |= ENCRYPTED
        head = _HEAD.pack(_MAGIC, FORMAT, flags, key, schema, size, expires or 0.0) + self._apps[0]
        if secret:
            nonce = self._random(_NONCE)
            body = nonce + _cipher(self._keys.sealing(key) or b"").encrypt(nonce, body, head + place.encode())
        return head + self._sign(key, head, body, place) + body

    def open(self, data: bytes, place: str) -> Opened:
        """Open stored bytes.

        Raises:
            ForeignError: They belong to another app, are signed with another key, or come from a newer release.
            DecodeError: They belong to another place, or are damaged.
        """
        found = read_head(data)
        if found is None:
            raise DecodeError("these bytes were not written by this app; plain pickles are refused")
        if found.format > FORMAT:
            raise ForeignError(f"it was written by a newer release (format {found.format}; this one reads {FORMAT})")
        if self._keys.find(found.key) is None:
            raise ForeignError("it was signed with another key; give that key too: HOLDFAST_SECRET_KEY=new,old")
        end = _head_size(found.format)
        head, signature, body = data[:end], data[end : end + _SIGNATURE], data[end + _SIGNATURE :]
        if not hmac.compare_digest(signature, self._sign(found.key, head, body, place)):
            raise DecodeError("its signature is not valid: it was changed, or stored for another owner or State")
        # After the signature, so that a damaged head is not mistaken for that of another app.
        if found.app and found.app not in self._apps:
            raise ForeignError(
                "it belongs to another app that has the same key; give each app its own store, or give this one the "
                "name of the other: HOLDFAST_STATE_APP"
            )
        if found.secret:
            key = self._keys.sealing(found.key) or b""
            body = _cipher(key).decrypt(body[:_NONCE], body[_NONCE:], head + place.encode())
        compressed = data[_FLAGS] & COMPRESSED
        return Opened(_unsqueezed(body, found.size) if compressed else body, found.schema, found.expires)

    def _sign(self, key: bytes, head: bytes, body: bytes, place: str) -> bytes:
        mac = hashlib.blake2b(digest_size=_SIGNATURE, key=self._keys.signing(key) or b"")
        where = place.encode()
        mac.update(len(where).to_bytes(4, "big") + where + head)
        mac.update(body)
        return mac.digest()


def _squeezed(payload: bytes) -> tuple[int, bytes]:
    """Return the payload, compressed if a sample shows that this saves enough."""
    if len(payload) < COMPRESS_FROM:
        return 0, payload
    sample = payload[len(payload) // 2 :][:_SAMPLE]
    if len(zlib.compress(sample, 1)) > 0.8 * len(sample):
        return 0, payload
    body = zlib.compress(payload, 1)
    return (COMPRESSED, body) if len(body) < len(payload) else (0, payload)


def _unsqueezed(body: bytes, size: int) -> bytes:
    decompressor = zlib.decompressobj()
    payload = decompressor.decompress(body, size or 1)
    if len(payload) != size or decompressor.unconsumed_tail:
        raise DecodeError("its size differs from the recorded one")
    return payload


def can_encrypt() -> bool:
    """Return whether the package that encrypts is installed."""
    return find_spec("cryptography") is not None


def _cipher(key: bytes) -> _Cipher:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise StateError(
            "State(secret=True) in a store that keeps it needs the cryptography package: "
            "pip install 'holdfast[secrets]'."
        ) from error
    return _Cipher(AESGCM(key))


class _Cipher:
    def __init__(self, aead: object) -> None:
        self._aead = aead

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        sealed: bytes = self._aead.encrypt(nonce, data, bound)  # type: ignore[attr-defined]
        return sealed

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        opened: bytes = self._aead.decrypt(nonce, data, bound)  # type: ignore[attr-defined]
        return opened

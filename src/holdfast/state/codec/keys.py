"""Keys that sign and encrypt stored values."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from holdfast.errors import StateError
from holdfast.files import private
from holdfast.ids import random_id

_SHORTEST = 16


class Keyring:
    """Secret keys by their id. The first one signs; all verify, so that a key can be replaced while old values remain.

    Args:
        secrets: Strings or bytes of at least 16 bytes, the current one first.

    Raises:
        StateError: There is none, or one is too short.
    """

    def __init__(self, secrets: Sequence[str | bytes]) -> None:
        if not secrets:
            raise StateError("A keyring needs at least one key.")
        self._keys: dict[bytes, bytes] = {}
        for secret in secrets:
            raw = secret.encode() if isinstance(secret, str) else secret
            if len(raw) < _SHORTEST:
                raise StateError(
                    f"A key for State has {len(raw)} bytes, but needs at least {_SHORTEST}. "
                    'Create one with: python -c "import secrets; print(secrets.token_hex(32))"'
                )
            key = hashlib.blake2b(raw, digest_size=32, person=b"holdfast-state").digest()
            self._keys.setdefault(hashlib.blake2b(key, digest_size=4, person=b"key-id").digest(), key)
        self.current = next(iter(self._keys))
        """Id of the key that signs."""

    @property
    def ids(self) -> tuple[bytes, ...]:
        """Ids of all keys, beginning with the one that signs."""
        return tuple(self._keys)

    def find(self, id: bytes) -> bytes | None:
        """Return the key with an id, or `None`."""
        return self._keys.get(id)

    def signing(self, id: bytes) -> bytes | None:
        """Return the signing key, derived from the key with an id."""
        return self._derived(id, b"sign")

    def sealing(self, id: bytes) -> bytes | None:
        """Return the encryption key, derived from the key with an id."""
        return self._derived(id, b"seal")

    def _derived(self, id: bytes, use: bytes) -> bytes | None:
        key = self._keys.get(id)
        return None if key is None else hashlib.blake2b(use, digest_size=32, key=key).digest()

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Return the keyring of keys separated by commas, the current one first."""
        return cls([part.strip() for part in text.split(",") if part.strip()])

    @classmethod
    def kept_in(cls, path: Path, new_secret: Callable[[], str] = lambda: os.urandom(32).hex()) -> Keyring:
        """Return the key in a file that only its owner can read, creating the file if necessary.

        Args:
            path: The file.
            new_secret: Makes a key.

        Raises:
            StateError: The file cannot be read or written.
        """
        private.guard(path, _older(path))
        try:
            if not has_key(path):
                private.make_folder(path.parent)
                _write_new(path, new_secret())
        except OSError as error:
            raise StateError(
                f"The key that signs State cannot be kept in {path}: {error.strerror}. Set HOLDFAST_SECRET_KEY."
            ) from error
        if (owner := private.stranger(path)) is not None:
            raise StateError(
                f"The key file {path} belongs to another user (uid {owner}), who could sign State with it. Remove the "
                "file, make it this user's own with chown, or set HOLDFAST_SECRET_KEY."
            )
        private.close_to_others(path)
        try:
            text = path.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(f"The key that signs State cannot be read from {path}: {error}.") from error
        try:
            return cls.parse(text)
        except StateError as error:
            raise StateError(
                f"The file {path} does not contain a valid key for State: it is empty or truncated. Restore the old "
                "key, or set HOLDFAST_SECRET_KEY. If you have neither, remove the file to create a new key; values "
                "that the old key has signed will then be set aside."
            ) from error


def has_key(path: Path) -> bool:
    """Return whether there is a key at a path, moving one there that release 0.1.0 kept without the dot in its name.

    Args:
        path: The file; its name begins with a dot.
    """
    older = _older(path)
    if path.exists() or older == path or not older.is_file():
        return path.exists()
    try:
        text = older.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return False
    if len(text) < _SHORTEST or len(text.splitlines()) > 1:
        return False  # such as a TLS key with the same name
    with suppress(FileNotFoundError, FileExistsError):  # another process was first
        if re.fullmatch("[0-9a-f]{64}", text):
            older.rename(path)
        else:  # written by hand, so other programs may use it too
            os.link(older, path)
    return path.exists()


def _older(path: Path) -> Path:
    return path.with_name(path.name.removeprefix("."))


def _write_new(path: Path, secret: str) -> None:
    """Write a new file atomically: other processes see all of it or nothing."""
    whole = path.with_name(f"{path.name}.{os.getpid()}.{random_id()}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secret)
        with suppress(FileExistsError):  # another process was first; use its key
            os.link(whole, path)
    finally:
        whole.unlink()

"""Password hashes, so that a file or variable does not reveal the password.

The built-in format is scrypt (RFC 7914) from Python's standard library, written as
`$scrypt$ln=15,r=8,p=3$SALT$HASH`, with the costs that OWASP recommends. Hashes by argon2 (`$argon2id$…`) are accepted
too, with `holdfast[passwords]`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any, NamedTuple

from holdfast.errors import BuildError
from holdfast.ids import random_id

LOG_N, R, P = 15, 8, 3
"""Costs of scrypt: 32 MB, about a quarter of a second."""
LENGTH = 32
MOST_LOG_N = 20
"""Maximum cost; above it, one guess would take a gigabyte."""
_FORM = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,128})\$([A-Za-z0-9+/]{16,128})")
_ARGON = ("$argon2id$", "$argon2i$", "$argon2d$")


class _Scrypt(NamedTuple):
    log_n: int
    r: int
    p: int
    salt: bytes
    digest: bytes


def hashed(password: str) -> str:
    """Return the hash of a password.

    Args:
        password: Any non-empty string.
    """
    salt = bytes.fromhex(random_id())
    digest = _digest(password, _Scrypt(LOG_N, R, P, salt, b"\0" * LENGTH))
    return f"$scrypt$ln={LOG_N},r={R},p={P}${_text(salt)}${_text(digest)}"


def is_hash(stored: str) -> bool:
    """Return whether a stored string is a hash of any kind, and not a password.

    Args:
        stored: Stored string.
    """
    return re.match(r"\$[a-z0-9-]{1,32}\$|\{[A-Z0-9-]+\}", stored) is not None


def check_hash(name: str, stored: str) -> None:
    """Reject a hash that could not be checked later.

    Args:
        name: Name of the user.
        stored: Hash to check.

    Raises:
        BuildError: The kind of hash is not supported, the hash is damaged, or its package is missing.
    """
    if stored.startswith(_ARGON):
        _argon()
        return
    if _parsed(stored) is None:
        raise BuildError(
            f"The password hash of user {name!r} is not valid: it must start with $scrypt$ or $argon2id$ and be "
            "complete. Create one with: holdfast password"
        )


def fits(password: str, stored: str) -> bool:
    """Return whether a password matches a hash. Takes as long as the hash costs: call it in a thread.

    Args:
        password: Password to check.
        stored: Hash that `check_hash` accepts.
    """
    if stored.startswith(_ARGON):
        hasher, mismatch = _argon()
        try:
            return bool(hasher.verify(stored, password))
        except mismatch:
            return False
    parsed = _parsed(stored)
    return parsed is not None and hmac.compare_digest(_digest(password, parsed), parsed.digest)


def _digest(password: str, costs: _Scrypt) -> bytes:
    n = 1 << costs.log_n
    memory = 128 * costs.r * (n + costs.p) + (1 << 20)
    return hashlib.scrypt(
        password.encode(), salt=costs.salt, n=n, r=costs.r, p=costs.p, maxmem=memory, dklen=len(costs.digest)
    )


def _parsed(stored: str) -> _Scrypt | None:
    found = _FORM.fullmatch(stored)
    if found is None:
        return None
    log_n, r, p = (int(found[number]) for number in (1, 2, 3))
    if not (1 <= log_n <= MOST_LOG_N and 1 <= r <= 16 and 1 <= p <= 16):
        return None
    try:
        return _Scrypt(log_n, r, p, _bytes(found[4]), _bytes(found[5]))
    except binascii.Error:
        return None


def _argon() -> tuple[Any, Any]:
    try:
        from argon2 import PasswordHasher
        from argon2.exceptions import InvalidHashError, VerificationError
    except ImportError:
        raise BuildError(
            "A password hash by argon2 needs the package argon2-cffi. Install holdfast[passwords], or create a hash "
            "with: holdfast password"
        ) from None
    return PasswordHasher(), (VerificationError, InvalidHashError)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)

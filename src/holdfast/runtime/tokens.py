"""Secrets of page sessions. Any process can check them, also after a restart, without storing them."""

from __future__ import annotations

import hashlib
import hmac

from holdfast.state.codec import Keyring

_MOST = 256


class Tokens:
    """Generates and checks the secrets of page sessions.

    Args:
        keys: Keys that sign the secrets. Secrets signed by older keys remain valid.
    """

    def __init__(self, keys: Keyring) -> None:
        self._keys = keys

    def issue(self, session: str, username: str | None) -> str:
        """Return the secret of a session.

        Args:
            session: ID of the session.
            username: User who started the session; each user has a different secret.
        """
        return self._sign(self._keys.current, session, username)

    def matches(self, session: str, username: str | None, token: str | None) -> bool:
        """Return whether a secret belongs to this session."""
        if not token or len(token) > _MOST:
            return False
        key, separator, _ = token.partition(".")
        try:
            id = bytes.fromhex(key)
        except ValueError:
            return False
        if not separator or self._keys.find(id) is None:
            return False
        return hmac.compare_digest(self._sign(id, session, username).encode(), token.encode())

    def _sign(self, key: bytes, session: str, username: str | None) -> str:
        payload = f"page session\0{session}\0{'' if username is None else f'user {username}'}"
        signed = hmac.new(self._keys.signing(key) or b"", payload.encode(), hashlib.sha256)
        return f"{key.hex()}.{signed.hexdigest()}"

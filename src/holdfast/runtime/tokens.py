"""The secrets of page sessions: they can be checked after a restart and by any process, and nothing of them is kept."""

from __future__ import annotations

import hashlib
import hmac

from holdfast.state.codec import Keyring

_MOST = 256


class Tokens:
    """Gives each page session its secret and recognises it again.

    Args:
        keys: Sign the secrets; one that an older key has signed is still good.
    """

    def __init__(self, keys: Keyring) -> None:
        self._keys = keys

    def give(self, session: str, username: str | None) -> str:
        """The secret of a session.

        Args:
            session: Its id.
            username: Who began it; another user's secret is another one.
        """
        return self._sign(self._keys.current, session, username)

    def fits(self, session: str, username: str | None, token: str | None) -> bool:
        """Whether a secret is this session's."""
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
        said = f"page session\0{session}\0{'' if username is None else f'user {username}'}"
        signed = hmac.new(self._keys.signing(key) or b"", said.encode(), hashlib.sha256)
        return f"{key.hex()}.{signed.hexdigest()}"

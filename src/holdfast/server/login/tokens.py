"""Logins: signed, so that they survive a restart and need no memory; revocable, and expiring when not used."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from holdfast.clock import Clock
from holdfast.ids import random_id
from holdfast.limits import DEFAULTS
from holdfast.server.login.revocations import Revoked, Shelf
from holdfast.state.codec import Keyring

LONGEST = 4096
"""Maximum length of a token that is checked. Browsers do not keep longer cookies."""
RENEWALS = 24
"""Fraction of the idle time after which a token is renewed, as a divisor."""


class Login(NamedTuple):
    """A login, which is the content of its token."""

    user: str
    id: str
    began: int
    """Start time in milliseconds since the epoch."""
    seen: int
    """Time at which the token was issued, in seconds since the epoch."""
    bond: str
    """Digest of what the login depends on: the user's password at that time, and the app."""
    key: str
    """ID of the key that signed the token."""


_decoder = msgspec.json.Decoder(Login)


class Logins:
    """Issues and reads tokens.

    Args:
        keys: Keys that sign the tokens. Tokens signed by older keys remain valid.
        clock: Source of time.
        bond: Function that returns what a user's logins depend on, or `None` for a user who can no longer log in.
        idle: Seconds without use after which a login expires.
        lifetime: Seconds after which a login expires even if it is used.
        limit: Maximum number of revocations and of times of use to remember.
        shelf: Shelf for the revocations; `None` keeps them only in this process.
        app: Name that distinguishes this app from others with the same keys.
    """

    def __init__(
        self,
        keys: Keyring,
        clock: Clock,
        bond: Callable[[str], str | None],
        *,
        idle: float,
        lifetime: float = DEFAULTS.login_seconds,
        limit: int = 10_000,
        shelf: Shelf | None = None,
        app: str = "",
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._bond = bond
        self._app = app
        self._limit = limit
        self._lifetime = lifetime
        self.idle = idle
        self._used: OrderedDict[str, float] = OrderedDict()
        self._last_began = 0
        self.revoked = Revoked(clock, limit=limit, shelf=shelf, sign=self._sign_kept, genuine=self._is_genuine)

    @property
    def names(self) -> list[str]:
        """Suffixes of the app's cookies, unique among apps at the same address, for the current and older keys."""
        return [self._sign(key, f"cookie\0{self._app}")[:16] for key in self._keys.ids]

    def issue(self, user: str) -> str:
        """Return the token of a new login.

        Args:
            user: Name of the logged-in user.
        """
        now = self._clock.time()
        self._last_began = max(int(now * 1000), self._last_began + 1, self.revoked.latest + 1)
        key = self._keys.current.hex()
        login = Login(user, random_id(), self._last_began, int(now), self._bond_of(user, key) or "", key)
        self.use(login)
        return self._token(login)

    def read(self, token: str) -> Login | None:
        """Return the login of a token, or `None` if the token is not valid or the login has ended.

        Args:
            token: Token from a request.
        """
        login = self._verified(token)
        if login is None or not self.is_valid(login):
            return None
        return login

    def is_valid(self, login: Login) -> bool:
        """Return whether a login is valid: not logged out, expired, or older than its user's password."""
        now = self._clock.time()
        if now - login.began / 1000 > self._lifetime:
            return False
        if now - max(login.seen, self._used.get(login.id, 0.0)) > self.idle:
            return False
        if self.revoked.has(login.id, self.person(login.user), login.began):
            return False
        return hmac.compare_digest(login.bond, self._bond_of(login.user, login.key) or "\0")

    def use(self, login: Login) -> None:
        """Mark a login as used now."""
        self._used[login.id] = self._clock.time()
        self._used.move_to_end(login.id)
        while len(self._used) > self._limit:
            self._used.popitem(last=False)  # its token still contains the time when it was issued

    def renewed(self, login: Login) -> str | None:
        """Return a new token for a login whose token is getting old, otherwise `None`."""
        now = self._clock.time()
        if now - login.seen < self.idle / RENEWALS:
            return None
        key = self._keys.current.hex()
        bond = self._bond_of(login.user, key) or ""
        return self._token(login._replace(seen=int(now), bond=bond, key=key))

    async def end(self, login: Login, *, everywhere: bool) -> None:
        """End a login, or all current logins of its user.

        Args:
            login: The login.
            everywhere: End all logins of its user.
        """
        self._used.pop(login.id, None)
        until = self._clock.time() + self.idle
        if everywhere:
            before = max(int(self._clock.time() * 1000), self._last_began)
            self.revoked.add_person(self.person(login.user), before, until)
        else:
            self.revoked.add(login.id, self.person(login.user), login.began, until)
        await self.revoked.save()

    def person(self, user: str) -> str:
        """Return a digest of a user of this app, of limited length and independent of keys.

        Args:
            user: Name of the user.
        """
        return hashlib.sha256(f"{self._app}\0{user}".encode()).hexdigest()[:32]

    def _bond_of(self, user: str, key: str) -> str | None:
        bond = self._bond(user)
        depends_on = f"bond\0{self._app}\0{user}\0{bond}"
        return None if bond is None else self._sign(bytes.fromhex(key), depends_on)[:32]

    def _token(self, login: Login) -> str:
        payload = base64.urlsafe_b64encode(msgspec.json.encode(login)).decode("ascii").rstrip("=")
        return f"{login.key}.{payload}.{self._sign(bytes.fromhex(login.key), payload)}"

    def _verified(self, token: str) -> Login | None:
        key, _, rest = token.partition(".")
        payload, _, signature = rest.partition(".")
        try:
            id = bytes.fromhex(key)
        except ValueError:
            return None
        if len(token) > LONGEST or not signature or self._keys.find(id) is None:
            return None
        if not hmac.compare_digest(self._sign(id, payload).encode(), signature.encode()):
            return None
        try:
            login = _decoder.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (msgspec.DecodeError, binascii.Error):
            return None
        return login if login.key == key else None

    def _sign_kept(self, data: str, key: bytes | None = None) -> str:
        key = self._keys.current if key is None else key
        return f"{key.hex()}.{self._sign(key, f'revoked{chr(0)}{self._app}{chr(0)}{data}')}"

    def _is_genuine(self, data: str, signature: str) -> bool:
        return any(
            hmac.compare_digest(self._sign_kept(data, key).encode(), signature.encode()) for key in self._keys.ids
        )

    def _sign(self, key: bytes, data: str) -> str:
        return hmac.new(self._keys.signing(key) or b"", f"login\0{data}".encode(), hashlib.sha256).hexdigest()

"""Logins: signed, so that they survive a restart and need no memory; revocable, and ended when they are not used."""

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
"""Characters of a token that is looked at; browsers keep no longer cookies."""
RENEWALS = 24
"""A token is renewed when this part of the idle time has passed."""


class Login(NamedTuple):
    """One login: what its token holds."""

    user: str
    id: str
    began: int
    """Milliseconds since the epoch."""
    seen: int
    """Seconds since the epoch when the token was given."""
    bond: str
    """Digest of what the login depends on: the user's password, as it was, and the app."""
    key: str
    """Id of the key that signs."""


_decoder = msgspec.json.Decoder(Login)


class Logins:
    """Gives tokens and reads them back.

    Args:
        keys: Sign the tokens; one that an older key has signed is still good.
        clock: Where time comes from.
        bond: What a user's logins depend on; `None` for one who may not log in any more.
        idle: Seconds without use after which a login ends.
        lifetime: Seconds after which a login ends, however much it is used.
        limit: Most revocations and most times of use that are remembered.
        shelf: Keeps the revocations; `None` keeps them in this process alone.
        app: Distinguishes this app from others with the same keys.
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
        """What distinguishes the app's cookies from those of other apps at the same address: now, and by older keys."""
        return [self._sign(key, f"cookie\0{self._app}")[:16] for key in self._keys.ids]

    def give(self, user: str) -> str:
        """Return the token of a new login.

        Args:
            user: Who has logged in.
        """
        now = self._clock.time()
        self._last_began = max(int(now * 1000), self._last_began + 1, self.revoked.latest + 1)
        key = self._keys.current.hex()
        login = Login(user, random_id(), self._last_began, int(now), self._bond_of(user, key) or "", key)
        self.use(login)
        return self._token(login)

    def read(self, token: str) -> Login | None:
        """Return the login of a token; `None` if it is not a valid one, or has ended.

        Args:
            token: What a request holds.
        """
        login = self._verified(token)
        if login is None or not self.counts(login):
            return None
        return login

    def counts(self, login: Login) -> bool:
        """Whether a login has not ended: by a logout, its age, a lack of use, or a change of its user's password."""
        now = self._clock.time()
        if now - login.began / 1000 > self._lifetime:
            return False
        if now - max(login.seen, self._used.get(login.id, 0.0)) > self.idle:
            return False
        if self.revoked.has(login.id, self.person(login.user), login.began):
            return False
        return hmac.compare_digest(login.bond, self._bond_of(login.user, login.key) or "\0")

    def use(self, login: Login) -> None:
        """Note that a login is used now."""
        self._used[login.id] = self._clock.time()
        self._used.move_to_end(login.id)
        while len(self._used) > self._limit:
            self._used.popitem(last=False)  # its token still says when it was given

    def renewed(self, login: Login) -> str | None:
        """Return a new token of a login whose token is getting old, else `None`."""
        now = self._clock.time()
        if now - login.seen < self.idle / RENEWALS:
            return None
        key = self._keys.current.hex()
        bond = self._bond_of(login.user, key) or ""
        return self._token(login._replace(seen=int(now), bond=bond, key=key))

    async def end(self, login: Login, *, everywhere: bool) -> None:
        """End a login, or all of its user's until now.

        Args:
            login: Which.
            everywhere: All of its user's.
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
        """Return a digest of a user of this app: of bounded length, and the same for every key.

        Args:
            user: The user's name.
        """
        return hashlib.sha256(f"{self._app}\0{user}".encode()).hexdigest()[:32]

    def _bond_of(self, user: str, key: str) -> str | None:
        bond = self._bond(user)
        said = f"bond\0{self._app}\0{user}\0{bond}"
        return None if bond is None else self._sign(bytes.fromhex(key), said)[:32]

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

    def _sign(self, key: bytes, said: str) -> str:
        return hmac.new(self._keys.signing(key) or b"", f"login\0{said}".encode(), hashlib.sha256).hexdigest()

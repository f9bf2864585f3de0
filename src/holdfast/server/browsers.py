"""Signed browser IDs in HttpOnly cookies, for State with `scope="browser"`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response

from holdfast.ids import random_id

YEAR = 365 * 24 * 3600
FRAMED = "-framed"
"""Suffix of the cookie that also works in a frame on another site and is therefore sent with that site's requests."""


class Browsers:
    """Sets and reads the cookies with browser IDs.

    Args:
        secret: Secret that signs the IDs. A cookie with another signature is ignored.
        new_id: Function that generates IDs.
    """

    def __init__(self, secret: str, *, new_id: Callable[[], str] = random_id) -> None:
        self._secret = secret.encode()
        self._new_id = new_id
        # Browsers send an address's cookies to all of its ports, so each app uses a different cookie name.
        self._name = f"holdfast-browser-{self._sign('name')[:8]}"

    def read(self, connection: HTTPConnection) -> str | None:
        """Return the ID of the requesting browser, if it has a valid one.

        The gate removes the cookies from requests of untrusted origins.
        """
        for name in (self._name, self._name + FRAMED):
            id, _, signature = connection.cookies.get(name, "").partition(".")
            if id and hmac.compare_digest(self._sign(id).encode(), signature.encode()):
                return id
        return None

    def set_cookies(self, connection: HTTPConnection, response: Response, *, secure: bool) -> None:
        """Set the browser's ID cookie, generating an ID if the browser has none.

        Args:
            connection: The request.
            response: Response to set the cookie on.
            secure: The page was requested over https, so a second cookie can be set for frames of other sites.
        """
        id = self.read(connection) or self._new_id()
        value = f"{id}.{self._sign(id)}"
        response.set_cookie(self._name, value, max_age=YEAR, httponly=True, secure=secure, samesite="lax")
        if secure:
            name = self._name + FRAMED
            response.set_cookie(name, value, max_age=YEAR, httponly=True, secure=True, samesite="none")

    def _sign(self, id: str) -> str:
        return hmac.new(self._secret, id.encode(), hashlib.sha256).hexdigest()

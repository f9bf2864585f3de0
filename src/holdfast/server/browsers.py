"""Which browser asks: a signed id in HttpOnly cookies, for State with `scope="browser"`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response

from holdfast.ids import random_id

YEAR = 365 * 24 * 3600
FRAMED = "-framed"
"""What the name of the cookie ends with that works in a frame on another site, and so travels with its requests."""


class Browsers:
    """Gives browsers their ids and reads them back.

    Args:
        secret: Signs the ids; a cookie with another signature is nobody's.
        new_id: Where ids come from.
    """

    def __init__(self, secret: str, *, new_id: Callable[[], str] = random_id) -> None:
        self._secret = secret.encode()
        self._new_id = new_id
        # Browsers give an address's cookies to all its ports: each app has a name of its own.
        self._name = f"holdfast-browser-{self._sign('name')[:8]}"

    def read(self, connection: HTTPConnection) -> str | None:
        """The id of the browser that asks, if it has one that was given here.

        A request of an untrusted origin has lost its cookies at the gate.
        """
        for name in (self._name, self._name + FRAMED):
            id, _, signature = connection.cookies.get(name, "").partition(".")
            if id and hmac.compare_digest(self._sign(id).encode(), signature.encode()):
                return id
        return None

    def give(self, connection: HTTPConnection, response: Response, *, secure: bool) -> None:
        """See to it that the browser has an id from now on.

        Args:
            connection: The request.
            response: Its answer.
            secure: The page was asked for over https, so that a second cookie may travel in a frame of another site.
        """
        id = self.read(connection) or self._new_id()
        value = f"{id}.{self._sign(id)}"
        response.set_cookie(self._name, value, max_age=YEAR, httponly=True, secure=secure, samesite="lax")
        if secure:
            name = self._name + FRAMED
            response.set_cookie(name, value, max_age=YEAR, httponly=True, secure=True, samesite="none")

    def _sign(self, id: str) -> str:
        return hmac.new(self._secret, id.encode(), hashlib.sha256).hexdigest()

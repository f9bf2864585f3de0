"""Login: access to the app and the identity of a request's sender, with Gradio's routes and responses."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from holdfast.clock import Clock, SystemClock
from holdfast.errors import BadRequest, BuildError, Denied, Unauthenticated
from holdfast.ids import random_token
from holdfast.limits import DEFAULTS
from holdfast.server.access import IDLE
from holdfast.server.http.errors import JSON
from holdfast.server.http.origins import sender
from holdfast.server.http.proxies import scheme_of
from holdfast.server.http.root_path import is_secure, public_root
from holdfast.server.login.guesses import PATIENCE, Guesses
from holdfast.server.login.revocations import Shelf
from holdfast.server.login.tokens import Login, Logins
from holdfast.server.login.users import AuthRule, users_of
from holdfast.server.page.connections import Links
from holdfast.server.page.documents import logout_button
from holdfast.state.codec import Keyring
from holdfast.tasks import end

Dependency: TypeAlias = Callable[[Request], "str | Awaitable[str | None] | None"]

MAX_FORM = 256 * 1024
"""Maximum size of a login form in bytes."""
TRUST = "If it belongs to the app, add its origin to trusted_origins."
MAX_CREDENTIAL = 1024
"""Maximum length of a name or password that is checked."""
ATTENDED = 2.0
"""Seconds between checks for logins that have ended elsewhere or expired."""
SECURE, PLAIN = "__Host-access-token-", "access-token-unsecure-"
"""Prefixes of the cookie's name over https and http. Browsers do not let another host, or a page over http, set a
cookie whose name starts with `__Host-`."""

logger = logging.getLogger("holdfast.login")


class Auth:
    """Determines who has access to the app.

    Args:
        rule: Accepted logins; `None` gives everyone access.
        message: HTML shown on the login page.
        dependency: Function of the request that returns the user's name or `None`, used instead of a login.
        keys: Keys that sign logins.
        clock: Source of time.
        idle: Seconds without use after which a login expires.
        lifetime: Seconds after which a login expires even if it is used.
        limit: Maximum number of ended logins and of wrong guesses to remember.
        shelf: Shelf for ended logins; `None` keeps them only in this process.
        app: Name that distinguishes this app from others with the same keys.
        framed: The login must work in frames on other sites.

    Raises:
        BuildError: Both rule and dependency are given, or the rule is not valid.
    """

    def __init__(
        self,
        rule: AuthRule | None = None,
        *,
        message: str | None = None,
        dependency: Dependency | None = None,
        keys: Keyring | None = None,
        clock: Clock | None = None,
        idle: float = IDLE,
        lifetime: float = DEFAULTS.login_seconds,
        limit: int = 10_000,
        shelf: Shelf | None = None,
        app: str = "",
        framed: bool = False,
    ) -> None:
        if rule is not None and dependency is not None:
            raise BuildError("Both auth and auth_dependency are given. Use only one of them.")
        self.message = message
        self.dependency = dependency
        self._users = None if rule is None else users_of(rule)
        self._clock = clock or SystemClock()
        self._framed = framed
        self._guesses = Guesses(self._clock, limit)
        self._logins = Logins(
            keys or Keyring([random_token()]),
            self._clock,
            self._bond,
            idle=idle,
            lifetime=lifetime,
            limit=limit,
            shelf=shelf,
            app=app,
        )
        self.cookie_id = self._logins.names[0]

    @property
    def required(self) -> bool:
        """Whether visitors must be identified."""
        return self.has_login or self.dependency is not None

    @property
    def has_login(self) -> bool:
        """Whether there is a login page."""
        return self._users is not None

    async def user_of(self, connection: HTTPConnection) -> str | None:
        """Return the name of a request's user, if known. Requests of untrusted origins have none."""
        if sender(connection) == "untrusted":
            return None
        if self.dependency is not None:
            found = self.dependency(_as_request(connection))
            user = await found if inspect.isawaitable(found) else found
            return None if user is None else str(user)
        login = self.login_of(connection)
        return None if login is None else login.user

    def login_of(self, connection: HTTPConnection) -> Login | None:
        """Return a request's login if it is valid, and mark it as used."""
        if not self.has_login:
            return None
        for name in self._names(connection):
            token = connection.cookies.get(name)
            login = None if token is None else self._logins.read(token)
            if login is not None:
                self._logins.use(login)
                return login
        return None

    def is_valid(self, login: Login) -> bool:
        """Return whether a login is still valid."""
        return self._logins.is_valid(login)

    def use(self, login: Login) -> None:
        """Mark a login as used."""
        self._logins.use(login)

    async def identify(self, connection: HTTPConnection) -> str | None:
        """Return the name of a request's user, or `None` if no login is required.

        Raises:
            Unauthenticated: A login is required.
        """
        if not self.required:
            return None
        user = await self.user_of(connection)
        if user is None:
            raise Unauthenticated({"error": "Not authenticated", "auth_message": self.message})
        return user

    async def log_in(self, username: str, password: str, address: str = "") -> str | None:
        """Return a token for a user, or `None` if the name or password is wrong.

        Args:
            username: Name of the user; surrounding spaces are ignored.
            password: Password of the user.
            address: Address that the request comes from.

        Raises:
            HTTPException: There were too many wrong guesses; the message contains the time to wait.
        """
        username = username.strip()
        if self._users is None:
            return None
        wait = self._guesses.begin(username, address)
        if wait > PATIENCE:
            seconds = math.ceil(wait)
            detail = f"Too many failed logins. Try again in {seconds} second{'s' * (seconds != 1)}."
            raise HTTPException(429, detail, headers={"retry-after": str(seconds)})
        if wait > 0:
            await self._clock.sleep(wait)
        fits = max(len(username), len(password)) <= MAX_CREDENTIAL and await self._users.fits(username, password)
        if not fits:
            logger.warning("Failed login: name %.100r from %.64s.", username, address or "an unknown address")
            return None
        self._guesses.undo(username, address)
        logger.info("Login: name %.100r from %.64s.", username, address or "an unknown address")
        return self._logins.issue(username)

    async def log_out(self, connection: HTTPConnection, *, everywhere: bool) -> None:
        """End the login of a request, or all logins of its user."""
        for name in self._names(connection):
            token = connection.cookies.get(name)
            login = None if token is None else self._logins.read(token)
            if login is not None:
                await self._logins.end(login, everywhere=everywhere)

    def set_cookie(self, response: Response, token: str, *, secure: bool) -> None:
        """Set the login's cookie on a response.

        Args:
            response: The response.
            token: Token of the login.
            secure: The browser uses https.
        """
        name = (SECURE if secure else PLAIN) + self.cookie_id
        framed = self._framed and secure
        response.set_cookie(name, token, httponly=True, secure=secure, samesite="none" if framed else "lax")

    def renew(self, connection: HTTPConnection, response: Response, *, secure: bool) -> None:
        """Set a new cookie if the login is in use and its cookie is getting old.

        Args:
            connection: The request.
            response: Response to set the cookie on.
            secure: The browser uses https.
        """
        login = self.login_of(connection)
        token = None if login is None else self._logins.renewed(login)
        if token is not None:
            self.set_cookie(response, token, secure=secure)

    def delete_cookies(self, response: Response) -> None:
        """Delete the login's cookies."""
        for name in self._logins.names:
            response.delete_cookie(SECURE + name, path="/", httponly=True, secure=True, samesite="lax")
            response.delete_cookie(PLAIN + name, path="/", httponly=True, samesite="lax")

    @asynccontextmanager
    async def attended(self, links: Links) -> AsyncIterator[None]:
        """Close pages whose login ends while this context is open: elsewhere, by expiration, or by a changed password.

        Args:
            links: Open pages.
        """
        if not self.has_login:
            yield
            return
        await self._logins.revoked.refresh()
        task = asyncio.create_task(self._attend(links))
        try:
            yield
        finally:
            await end(task)

    async def _attend(self, links: Links) -> None:
        while True:
            await self._clock.sleep(ATTENDED)
            try:
                if self._users is not None:
                    self._users.refresh()
                await self._logins.revoked.refresh()
                links.log_out(self.is_valid)
            except Exception:
                logger.exception("The check for ended logins failed. It will be repeated shortly.")

    def _bond(self, user: str) -> str | None:
        return None if self._users is None else self._users.bond(user)

    def _names(self, connection: HTTPConnection) -> Iterator[str]:
        """Return the names of accepted cookies. Over https, a page over http must not be able to set them."""
        kinds = (SECURE,) if scheme_of(connection.scope) == "https" else (SECURE, PLAIN)
        return (kind + name for name in self._logins.names for kind in kinds)


def _as_request(connection: HTTPConnection) -> Request:
    """Return a request for a user's `auth_dependency`, even for a page that opens its socket."""
    if isinstance(connection, Request):
        return connection
    return Request({**connection.scope, "type": "http", "method": "GET"})


class AuthRoutes:
    """Routes for login, logout, and the current user.

    Args:
        auth: Determines who has access.
        links: Open pages, which close when their login ends.
        root_path: The app's configured root path.
    """

    def __init__(self, auth: Auth, links: Links, root_path: str | None = None) -> None:
        self._auth = auth
        self._links = links
        self._root_path = root_path

    def routes(self) -> list[Route]:
        """Return the routes next to the page."""
        return [
            Route("/login", self.login, methods=["POST"]),
            Route("/login/", self.login, methods=["POST"]),
            Route("/logout", self.logout, methods=["GET", "POST"]),
        ]

    def api_routes(self) -> list[Route]:
        """Return the routes under the API's prefix."""
        return [
            Route(f"/{name}{slash}", endpoint)
            for name, endpoint in (("user", self.user), ("token", self.token), ("login_check", self.login_check))
            for slash in ("", "/")
        ]

    async def login(self, request: Request) -> Response:
        """Check a form's `username` and `password`, and set the login's cookie.

        Raises:
            Denied: The form was sent by a page of another origin, which could log its visitor in under another name.
            BadRequest: The form is not valid, or the name or password is wrong.
        """
        if not self._auth.has_login:
            return RedirectResponse(public_root(request, self._root_path) + "/", status_code=302)
        if sender(request) not in {"own", "trusted"}:
            raise Denied(f"A page of another origin cannot log visitors in. {TRUST}")
        username, password = await _credentials(request)
        address = "" if request.client is None else request.client.host
        token = await self._auth.log_in(username, password, address)
        if token is None:
            raise BadRequest("Incorrect credentials.")
        response = JSON({"success": True})
        self._auth.set_cookie(response, token, secure=is_secure(request, self._root_path))
        return response

    async def logout(self, request: Request) -> Response:
        """End the login, close its open pages, and redirect to the page.

        Raises:
            Denied: The request was posted by a page of another origin.
        """
        if sender(request) not in {"own", "trusted"} or not _is_meant(request):
            if request.method == "POST":
                raise Denied(f"A page of another origin cannot log visitors out. {TRUST}")
            return logout_button()
        everywhere = request.query_params.get("all_session", "true").lower() in {"true", "1"}
        await self._auth.log_out(request, everywhere=everywhere)
        self._links.log_out(self._auth.is_valid)
        status = 303 if request.method == "POST" else 302
        response = RedirectResponse(public_root(request, self._root_path) + "/", status_code=status)
        self._auth.delete_cookies(response)
        return response

    async def user(self, request: Request) -> Response:
        """Respond with the name of the user, or null."""
        return JSON(await self._auth.user_of(request))

    async def token(self, request: Request) -> Response:
        """Respond with the name of the user. The token stays in its HttpOnly cookie."""
        return JSON({"token": None, "user": await self._auth.user_of(request)})

    async def login_check(self, request: Request) -> Response:
        """Respond with 200 if logged in or no login is required, otherwise with 401. Renew the cookie for pages."""
        await self._auth.identify(request)
        response = JSON(None)
        self._auth.renew(request, response, secure=is_secure(request, self._root_path))
        return response


def _is_meant(request: Request) -> bool:
    """Return whether a request is more than a prefetch, with which browsers load what a visitor might click."""
    return request.method != "HEAD" and "prefetch" not in request.headers.get("sec-purpose", "")


async def _credentials(request: Request) -> tuple[str, str]:
    context = request.app.state.context
    try:
        with context.bodies.intake(request.receive, context.visitor(request, None), MAX_FORM) as intake:
            request = Request(request.scope, intake.receive)
            async with request.form(max_files=0, max_fields=20, max_part_size=64 * 1024) as form:
                username, password = form.get("username"), form.get("password")
    except HTTPException as error:
        raise BadRequest(f"The login form cannot be read: {error.detail}") from None
    if not isinstance(username, str) or not isinstance(password, str):
        raise BadRequest("The login form must have the fields username and password.")
    return username, password

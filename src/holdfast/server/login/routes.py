"""Login: who may use the app, and who is asking. Gradio's routes and answers."""

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
"""Bytes of a login form."""
TRUST = "If it belongs to the app, add its origin to trusted_origins."
MAX_CREDENTIAL = 1024
"""Longest name or password that is looked at."""
ATTENDED = 2.0
"""Seconds between two looks for logins that have ended elsewhere, or by themselves."""
SECURE, PLAIN = "__Host-access-token-", "access-token-unsecure-"
"""Beginnings of the cookie's name over https and over http. Browsers let no other host, and no page over http, set a
cookie whose name begins with `__Host-`."""

logger = logging.getLogger("holdfast.login")


class Auth:
    """Knows who may come in.

    Args:
        rule: Who may log in; `None` lets everybody in.
        message: Shown on the login page; HTML is allowed.
        dependency: Instead of a login: a function of the request that gives the user's name, or `None`.
        keys: Sign the logins.
        clock: Where time comes from.
        idle: Seconds without use after which a login ends.
        lifetime: Seconds after which a login ends, however much it is used.
        limit: Most ended logins, and most wrong guesses, that are remembered.
        shelf: Keeps the logins that were ended; `None` keeps them in this process alone.
        app: Distinguishes this app from others with the same keys.
        framed: Whether the login must work in frames of other sites.

    Raises:
        BuildError: Rule and dependency are both given, or the rule cannot be used.
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
            raise BuildError("auth and auth_dependency are both given. Only one can decide; leave the other out.")
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
        """Whether a visitor must be known."""
        return self.has_login or self.dependency is not None

    @property
    def has_login(self) -> bool:
        """Whether there is a login page."""
        return self._users is not None

    async def user_of(self, connection: HTTPConnection) -> str | None:
        """The name of who is asking, if it is known; nothing that a page of an untrusted origin asks is the user's."""
        if sender(connection) == "untrusted":
            return None
        if self.dependency is not None:
            found = self.dependency(_as_request(connection))
            user = await found if inspect.isawaitable(found) else found
            return None if user is None else str(user)
        login = self.login_of(connection)
        return None if login is None else login.user

    def login_of(self, connection: HTTPConnection) -> Login | None:
        """The login that a request comes with, if it counts; it is in use now."""
        if not self.has_login:
            return None
        for name in self._names(connection):
            token = connection.cookies.get(name)
            login = None if token is None else self._logins.read(token)
            if login is not None:
                self._logins.use(login)
                return login
        return None

    def counts(self, login: Login) -> bool:
        """Whether a login has not ended."""
        return self._logins.counts(login)

    def use(self, login: Login) -> None:
        """Note that a login is used."""
        self._logins.use(login)

    async def identify(self, connection: HTTPConnection) -> str | None:
        """The name of who is asking; `None` where nobody has to say.

        Raises:
            Unauthenticated: A login is needed.
        """
        if not self.required:
            return None
        user = await self.user_of(connection)
        if user is None:
            raise Unauthenticated({"error": "Not authenticated", "auth_message": self.message})
        return user

    async def log_in(self, username: str, password: str, address: str = "") -> str | None:
        """Return a token for this user, or `None` when name or password is wrong.

        Args:
            username: The user's name; spaces around it do not count.
            password: The user's password.
            address: Where the request comes from.

        Raises:
            HTTPException: There were too many wrong guesses; it says when the next one is due.
        """
        username = username.strip()
        if self._users is None:
            return None
        wait = self._guesses.begin(username, address)
        if wait > PATIENCE:
            seconds = math.ceil(wait)
            detail = f"There were too many wrong logins. Try again in {seconds} second{'s' * (seconds != 1)}."
            raise HTTPException(429, detail, headers={"retry-after": str(seconds)})
        if wait > 0:
            await self._clock.sleep(wait)
        fits = max(len(username), len(password)) <= MAX_CREDENTIAL and await self._users.fits(username, password)
        if not fits:
            logger.warning("Wrong login: name %.100r from %.64s.", username, address or "an unknown address")
            return None
        self._guesses.was_right(username, address)
        logger.info("Login: name %.100r from %.64s.", username, address or "an unknown address")
        return self._logins.give(username)

    async def log_out(self, connection: HTTPConnection, *, everywhere: bool) -> None:
        """End the login of this request, or all of its user's."""
        for name in self._names(connection):
            token = connection.cookies.get(name)
            login = None if token is None else self._logins.read(token)
            if login is not None:
                await self._logins.end(login, everywhere=everywhere)

    def give(self, response: Response, token: str, *, secure: bool) -> None:
        """Put the login's cookie into a response.

        Args:
            response: The response.
            token: The login's token.
            secure: The browser uses https.
        """
        name = (SECURE if secure else PLAIN) + self.cookie_id
        framed = self._framed and secure
        response.set_cookie(name, token, httponly=True, secure=secure, samesite="none" if framed else "lax")

    def renew(self, connection: HTTPConnection, response: Response, *, secure: bool) -> None:
        """Give a new cookie to a browser whose login is in use and whose cookie is getting old.

        Args:
            connection: The request.
            response: Its answer.
            secure: The browser uses https.
        """
        login = self.login_of(connection)
        token = None if login is None else self._logins.renewed(login)
        if token is not None:
            self.give(response, token, secure=secure)

    def take(self, response: Response) -> None:
        """Remove the login's cookies."""
        for name in self._logins.names:
            response.delete_cookie(SECURE + name, path="/", httponly=True, secure=True, samesite="lax")
            response.delete_cookie(PLAIN + name, path="/", httponly=True, samesite="lax")

    @asynccontextmanager
    async def attended(self, links: Links) -> AsyncIterator[None]:
        """While this is open, end pages whose login has ended: elsewhere, without use, or with its user's password.

        Args:
            links: The open pages.
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
                links.log_out(self.counts)
            except Exception:
                logger.exception("Logins that have ended could not be looked for. The next try is soon.")

    def _bond(self, user: str) -> str | None:
        return None if self._users is None else self._users.bond(user)

    def _names(self, connection: HTTPConnection) -> Iterator[str]:
        """Names of the cookies that count; over https none that a page over http could have set."""
        kinds = (SECURE,) if scheme_of(connection.scope) == "https" else (SECURE, PLAIN)
        return (kind + name for name in self._logins.names for kind in kinds)


def _as_request(connection: HTTPConnection) -> Request:
    """A user's `auth_dependency` expects a request also where the page opens its socket."""
    if isinstance(connection, Request):
        return connection
    return Request({**connection.scope, "type": "http", "method": "GET"})


class AuthRoutes:
    """Login, logout and who-am-I.

    Args:
        auth: Who may come in.
        links: The open pages, which end with their login.
        root_path: The app's configured root path.
    """

    def __init__(self, auth: Auth, links: Links, root_path: str | None = None) -> None:
        self._auth = auth
        self._links = links
        self._root_path = root_path

    def routes(self) -> list[Route]:
        """The routes beside the page."""
        return [
            Route("/login", self.login, methods=["POST"]),
            Route("/login/", self.login, methods=["POST"]),
            Route("/logout", self.logout, methods=["GET", "POST"]),
        ]

    def api_routes(self) -> list[Route]:
        """The routes under the API's prefix."""
        return [
            Route(f"/{name}{slash}", endpoint)
            for name, endpoint in (("user", self.user), ("token", self.token), ("login_check", self.login_check))
            for slash in ("", "/")
        ]

    async def login(self, request: Request) -> Response:
        """Check a form's `username` and `password`; give the cookies.

        Raises:
            Denied: Another origin's page sends the form, to log its visitor in under a name of its choice.
            BadRequest: The form cannot be read, or name or password is wrong.
        """
        if not self._auth.has_login:
            return RedirectResponse(public_root(request, self._root_path) + "/", status_code=302)
        if sender(request) not in {"own", "trusted"}:
            raise Denied(f"A page of another origin may not log its visitors in. {TRUST}")
        username, password = await _credentials(request)
        address = "" if request.client is None else request.client.host
        token = await self._auth.log_in(username, password, address)
        if token is None:
            raise BadRequest("Incorrect credentials.")
        response = JSON({"success": True})
        self._auth.give(response, token, secure=is_secure(request, self._root_path))
        return response

    async def logout(self, request: Request) -> Response:
        """Forget the login and go to the page; pages that are open with it end.

        Raises:
            Denied: Another origin's page posts.
        """
        if sender(request) not in {"own", "trusted"} or not _is_meant(request):
            if request.method == "POST":
                raise Denied(f"A page of another origin may not log its visitors out. {TRUST}")
            return logout_button()
        everywhere = request.query_params.get("all_session", "true").lower() in {"true", "1"}
        await self._auth.log_out(request, everywhere=everywhere)
        self._links.log_out(self._auth.counts)
        status = 303 if request.method == "POST" else 302
        response = RedirectResponse(public_root(request, self._root_path) + "/", status_code=status)
        self._auth.take(response)
        return response

    async def user(self, request: Request) -> Response:
        """The name of who is asking, or null."""
        return JSON(await self._auth.user_of(request))

    async def token(self, request: Request) -> Response:
        """Who is asking. The token stays in its HttpOnly cookie."""
        return JSON({"token": None, "user": await self._auth.user_of(request)})

    async def login_check(self, request: Request) -> Response:
        """200 when logged in or when nobody has to be, else 401; renews the login's cookie, which pages ask for."""
        await self._auth.identify(request)
        response = JSON(None)
        self._auth.renew(request, response, secure=is_secure(request, self._root_path))
        return response


def _is_meant(request: Request) -> bool:
    """Whether a request is more than a look ahead: browsers load early what a visitor might click."""
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
        raise BadRequest("The login form needs the fields username and password.")
    return username, password

"""Login: who may use the app, and who is asking. Gradio's routes, cookies and answers."""

from __future__ import annotations

import hmac
import inspect
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from holdfast.errors import BadRequest, BuildError, Denied, Unauthenticated
from holdfast.server.documents import logout_button
from holdfast.server.errors import JSON
from holdfast.server.links import Links
from holdfast.server.origins import sender
from holdfast.server.root import public_root

Check: TypeAlias = Callable[[str, str], "bool | Awaitable[bool]"]
AuthRule: TypeAlias = "Check | tuple[str, str] | Sequence[tuple[str, str]]"
"""What `launch(auth=…)` takes: a function of name and password, one pair, or a list of pairs."""
Dependency: TypeAlias = Callable[[Request], "str | Awaitable[str | None] | None"]

MAX_FORM = 256 * 1024
"""Bytes of a login form."""
TRUST = "If it belongs to the app, add its origin to trusted_origins."
MAX_CREDENTIAL = 1024
"""Longest name or password that is looked at."""


class Auth:
    """Knows who may come in.

    Args:
        rule: Who may log in; `None` lets everybody in.
        message: Shown on the login page; HTML is allowed.
        dependency: Instead of a login: a function of the request that gives the user's name, or `None`.
        limit: Most logins that are remembered; the one unused for longest ends first.
        new_secret: Where tokens come from.

    Raises:
        BuildError: Rule and dependency are both given, or the rule is none.
    """

    def __init__(
        self,
        rule: AuthRule | None = None,
        *,
        message: str | None = None,
        dependency: Dependency | None = None,
        limit: int = 10_000,
        new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        if rule is not None and dependency is not None:
            raise BuildError("auth and auth_dependency are both given. Only one can decide; leave the other out.")
        self.message = message
        self.dependency = dependency
        self._check = None if rule is None else _as_check(rule)
        self._limit = limit
        self._new_secret = new_secret
        self._users: OrderedDict[str, str] = OrderedDict()
        self.cookie_id = new_secret()

    @property
    def required(self) -> bool:
        """Whether a visitor must be known."""
        return self._check is not None or self.dependency is not None

    @property
    def has_login(self) -> bool:
        """Whether there is a login page."""
        return self._check is not None

    async def user_of(self, connection: HTTPConnection) -> str | None:
        """The name of who is asking, if it is known; nothing that a page of an untrusted origin asks is the user's."""
        if sender(connection) == "untrusted":
            return None
        if self.dependency is not None:
            found = self.dependency(_as_request(connection))
            user = await found if inspect.isawaitable(found) else found
            return None if user is None else str(user)
        token = self.login_of(connection)
        if token is None:
            return None
        self._users.move_to_end(token)
        return self._users[token]

    def login_of(self, connection: HTTPConnection) -> str | None:
        """The token of the login that a request comes with, if it counts."""
        if self._check is None:
            return None
        given = (connection.cookies.get(name) for name in self._cookie_names())
        return next((token for token in given if token is not None and token in self._users), None)

    def counts(self, token: str) -> bool:
        """Whether a login has not ended."""
        return token in self._users

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

    async def log_in(self, username: str, password: str) -> str | None:
        """A token for this user, or `None` when name or password is wrong."""
        username = username.strip()
        if self._check is None or max(len(username), len(password)) > MAX_CREDENTIAL:
            return None
        if not await _ask(self._check, username, password):
            return None
        token = self._new_secret()
        self._users[token] = username
        while len(self._users) > self._limit:
            self._users.popitem(last=False)
        return token

    def log_out(self, connection: HTTPConnection, *, everywhere: bool) -> set[str]:
        """Forget the login of this request, or all of its user's.

        Returns:
            The tokens that do not count any more.
        """
        given = {connection.cookies.get(name, "") for name in self._cookie_names()}
        users = {self._users[token] for token in given if token in self._users}
        ended = {token for token, user in self._users.items() if token in given or (everywhere and user in users)}
        for token in ended:
            del self._users[token]
        return ended

    def give(self, response: Response, token: str) -> None:
        """Put the login's two cookies into a response: one for pages in frames (https), one for plain http."""
        secure, plain = self._cookie_names()
        response.set_cookie(secure, token, httponly=True, samesite="none", secure=True)
        response.set_cookie(plain, token, httponly=True, samesite="lax")

    def take(self, response: Response) -> None:
        """Remove the login's cookies."""
        secure, plain = self._cookie_names()
        response.delete_cookie(secure, path="/", httponly=True, samesite="none", secure=True)
        response.delete_cookie(plain, path="/", httponly=True, samesite="lax")

    def _cookie_names(self) -> tuple[str, str]:
        return f"access-token-{self.cookie_id}", f"access-token-unsecure-{self.cookie_id}"


def _as_check(rule: AuthRule) -> Check:
    if callable(rule):
        return rule
    listed: Sequence[Any] = [rule] if _is_pair(rule) else rule
    if not isinstance(listed, list | tuple) or not listed or not all(_is_pair(pair) for pair in listed):
        raise BuildError(
            "auth takes a pair (username, password), a list of such pairs, or a function of username and password "
            "that returns whether they are right."
        )
    known = {str(name): str(password) for name, password in listed}

    def check(username: str, password: str) -> bool:
        expected = known.get(username)
        return hmac.compare_digest((expected or "").encode(), password.encode()) and expected is not None

    return check


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, str) for part in value)


async def _ask(check: Check, username: str, password: str) -> bool:
    if inspect.iscoroutinefunction(check):
        return bool(await check(username, password))
    answer = await anyio.to_thread.run_sync(check, username, password)
    return bool(await answer if inspect.isawaitable(answer) else answer)


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
        token = await self._auth.log_in(username, password)
        if token is None:
            raise BadRequest("Incorrect credentials.")
        response = JSON({"success": True})
        self._auth.give(response, token)
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
        self._links.log_out(self._auth.log_out(request, everywhere=everywhere))
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
        """200 when logged in or when nobody has to be, else 401."""
        await self._auth.identify(request)
        return JSON(None)


def _is_meant(request: Request) -> bool:
    """Whether a request is more than a look ahead: browsers load early what a visitor might click."""
    return request.method != "HEAD" and "prefetch" not in request.headers.get("sec-purpose", "")


async def _credentials(request: Request) -> tuple[str, str]:
    site = request.app.state.site
    try:
        with site.bodies.intake(request.receive, site.visitor(request, None), MAX_FORM) as intake:
            request = Request(request.scope, intake.receive)
            async with request.form(max_files=0, max_fields=20, max_part_size=64 * 1024) as form:
                username, password = form.get("username"), form.get("password")
    except HTTPException as error:
        raise BadRequest(f"The login form cannot be read: {error.detail}") from None
    if not isinstance(username, str) or not isinstance(password, str):
        raise BadRequest("The login form needs the fields username and password.")
    return username, password

"""Owners of cells: a session, a browser, a user, or the whole app."""

from __future__ import annotations

from typing import Literal, NamedTuple

from holdfast.errors import StateError

Scope = Literal["session", "browser", "user", "app"]
SCOPES: tuple[Scope, ...] = ("session", "browser", "user", "app")


class Owner(NamedTuple):
    """One owner of cells."""

    scope: Scope
    id: str

    def __str__(self) -> str:
        return f"{self.scope}:{self.id}"

    @classmethod
    def known(cls, text: str) -> Owner | None:
        """Parse the output of `str()`; return `None` for other strings, such as the owner of cells set aside."""
        try:
            return cls.parse(text)
        except StateError:
            return None

    @classmethod
    def parse(cls, text: str) -> Owner:
        """Parse the output of `str()`.

        Raises:
            StateError: The string does not begin with a scope.
        """
        scope, separator, id = text.partition(":")
        for known in SCOPES:
            if separator and scope == known:
                return cls(known, id)
        raise StateError(
            f"{text!r} is not a valid owner. Write it as scope:id, where the scope is one of {', '.join(SCOPES)}."
        )


class Owners:
    """The identity of a visitor in each scope.

    Args:
        session: Id of the session.
        browser: Id of the browser, if known.
        user: Name of the logged-in user, if any.
        app: Id of the app, which owns what all visitors share.
        new: Value of the attribute of this name.
    """

    __slots__ = ("app", "browser", "new", "session", "user")

    def __init__(
        self, session: str, browser: str | None = None, user: str | None = None, app: str = "app", *, new: bool = False
    ) -> None:
        self.new = new
        """True until the first use of a session id that this process has just created: no store has cells of it."""
        self.session = Owner("session", session)
        self.browser = None if browser is None else Owner("browser", browser)
        self.user = None if user is None else Owner("user", user)
        self.app = Owner("app", app)

    def of(self, scope: Scope) -> Owner:
        """Return the owner of this visitor's cells in a scope.

        Raises:
            StateError: The visitor has no id of that scope.
        """
        owner: Owner | None = getattr(self, scope)
        if owner is None:
            remedy = "Log in first." if scope == "user" else "Allow cookies for this site."
            raise StateError(f"A State with scope={scope!r} was used, but this visitor has no {scope} id. {remedy}")
        return owner

    def __repr__(self) -> str:
        return f"Owners(session={self.session.id!r}, browser={self.browser!r}, user={self.user!r})"


def only(owner: Owner) -> Owners:
    """Return the owners for an event that uses the cells of one owner only."""
    if owner.scope == "session":
        return Owners(owner.id)
    if owner.scope == "browser":
        return Owners("", browser=owner.id)
    if owner.scope == "user":
        return Owners("", user=owner.id)
    return Owners("", app=owner.id)

"""Who owns a cell: one session, one browser, one user, or the whole app."""

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
        """The owner that `str()` wrote; `None` for what is no owner of an app, such as what was set aside."""
        try:
            return cls.parse(text)
        except StateError:
            return None

    @classmethod
    def parse(cls, text: str) -> Owner:
        """The owner that `str()` wrote.

        Raises:
            StateError: The text names no scope.
        """
        scope, separator, id = text.partition(":")
        for known in SCOPES:
            if separator and scope == known:
                return cls(known, id)
        raise StateError(f"{text!r} names no owner. Write it as scope:id, the scope being one of {', '.join(SCOPES)}.")


class Owners:
    """Who a visitor is, by scope.

    Args:
        session: Id of the session.
        browser: Id of the browser, where one is known.
        user: Name of the logged-in user, if any.
        app: The owner of what everyone shares.
        new: See there.
    """

    __slots__ = ("app", "browser", "new", "session", "user")

    def __init__(
        self, session: str, browser: str | None = None, user: str | None = None, app: str = "app", *, new: bool = False
    ) -> None:
        self.new = new
        """This process has just made up the session's id, so no store has anything of it; true until its first use."""
        self.session = Owner("session", session)
        self.browser = None if browser is None else Owner("browser", browser)
        self.user = None if user is None else Owner("user", user)
        self.app = Owner("app", app)

    def of(self, scope: Scope) -> Owner:
        """The owner of this visitor's cells of a scope.

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
    """The owners of an event that uses one owner's cells alone."""
    if owner.scope == "session":
        return Owners(owner.id)
    if owner.scope == "browser":
        return Owners("", browser=owner.id)
    if owner.scope == "user":
        return Owners("", user=owner.id)
    return Owners("", app=owner.id)

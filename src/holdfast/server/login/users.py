"""Who may log in: what `launch(auth=…)` takes, as something that checks a name and a password."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import anyio
import anyio.to_thread

from holdfast import passwords
from holdfast.errors import BuildError
from holdfast.files import private
from holdfast.ids import random_token

Check: TypeAlias = Callable[[str, str], "bool | Awaitable[bool]"]
AuthRule: TypeAlias = "Check | tuple[str, str] | Sequence[tuple[str, str]] | os.PathLike[str]"
"""What `launch(auth=…)` takes: a function of name and password, one pair, a list of pairs, or the path of a file with a
line `NAME:PASSWORD` for each user. In place of a password its hash can be given; `holdfast password` makes one."""

AT_ONCE = 2
"""Password hashes that are computed at once: each takes a core and much memory."""

logger = logging.getLogger("holdfast.server")


class Users(Protocol):
    """Those who may log in."""

    async def fits(self, username: str, password: str) -> bool:
        """Whether a password is the user's."""
        ...

    def bond(self, username: str) -> str | None:
        """A string that changes with the user's password; `None` if the user may not log in any more."""
        ...

    def refresh(self) -> None:
        """Look whether something has changed."""
        ...


class AskedUsers:
    """Users that an author's function knows.

    Args:
        check: The function.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._name = f"{getattr(check, '__module__', '')}.{getattr(check, '__qualname__', type(check).__name__)}"

    async def fits(self, username: str, password: str) -> bool:
        """Ask the function."""
        if inspect.iscoroutinefunction(self._check):
            return bool(await self._check(username, password))
        answer = await anyio.to_thread.run_sync(self._check, username, password)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    def bond(self, username: str) -> str | None:  # noqa: ARG002 -- nobody knows the function's passwords
        """The function's name."""
        return f"function {self._name}"

    def refresh(self) -> None:
        """Do nothing: the function is asked each time."""


class ListedUsers:
    """Users by name, each with a password or its hash.

    Args:
        pairs: Their names and passwords.

    Raises:
        BuildError: A hash cannot be used.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._known = {str(name): str(password) for name, password in pairs}
        hashes = {name: stored for name, stored in self._known.items() if passwords.is_hash(stored)}
        for name, stored in hashes.items():
            passwords.check_hash(name, stored)
        self._decoy = next(iter(hashes.values()), None)
        self._secret = random_token().encode()
        self._few: anyio.CapacityLimiter | None = None

    async def fits(self, username: str, password: str) -> bool:
        """Compare; it takes as long for a name that does not exist."""
        stored = self._known.get(username)
        tried = self._decoy if stored is None else stored
        if tried is not None and passwords.is_hash(tried):
            if self._few is None:
                self._few = anyio.CapacityLimiter(AT_ONCE)
            fits = await anyio.to_thread.run_sync(passwords.fits, password, tried, limiter=self._few)
        else:
            fits = hmac.compare_digest(self._digest(tried or ""), self._digest(password))
        return fits and stored is not None

    def bond(self, username: str) -> str | None:
        """A digest of what is stored."""
        stored = self._known.get(username)
        return None if stored is None else f"stored {stored}"

    def refresh(self) -> None:
        """Do nothing: the list is as it was given."""

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()


class FiledUsers:
    """Users in a file, which counts as it is now: a user whose line is gone is logged out within seconds.

    Args:
        path: The file.

    Raises:
        BuildError: It cannot be read, or holds nothing of use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        private.guard(path)
        self._seen = self._stamp()
        self._users = ListedUsers(read_users(path))

    async def fits(self, username: str, password: str) -> bool:
        """Compare with the file."""
        self.refresh()
        return await self._users.fits(username, password)

    def bond(self, username: str) -> str | None:
        """See `ListedUsers`."""
        return self._users.bond(username)

    def refresh(self) -> None:
        """Read the file again if it has changed; one that cannot be used changes nothing."""
        now = self._stamp()
        if now == self._seen:
            return
        self._seen = now
        try:
            self._users = ListedUsers(read_users(self._path))
        except BuildError as error:
            logger.error("%s The users from before stay.", error)  # noqa: TRY400 -- the sentence says all

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def users_of(rule: AuthRule) -> Users:
    """Return the users that `auth` means.

    Args:
        rule: What `launch` was given.

    Raises:
        BuildError: It is not a rule, or names a file or hash that cannot be used.
    """
    if isinstance(rule, os.PathLike):
        return FiledUsers(Path(rule))
    if callable(rule):
        return AskedUsers(rule)
    listed: Sequence[Any] = [rule] if _is_pair(rule) else rule
    if not isinstance(listed, list | tuple) or not listed or not all(_is_pair(pair) for pair in listed):
        raise BuildError(
            "auth takes a pair (username, password), a list of such pairs, a pathlib.Path of a file with one "
            "NAME:PASSWORD per line, or a function of username and password that returns whether they are right."
        )
    return ListedUsers(listed)


def read_users(path: Path) -> list[tuple[str, str]]:
    """Return the names and passwords in a file.

    Args:
        path: The file.

    Raises:
        BuildError: It cannot be read, or a line is not `NAME:PASSWORD`, or there is none.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BuildError(f"The users in {path} cannot be read: {why}.") from None
    return parse_users(text, str(path))


def parse_users(text: str, where: str) -> list[tuple[str, str]]:
    """Return the names and passwords in a text of one `NAME:PASSWORD` per line; `#` begins a comment line.

    Args:
        text: The text.
        where: Names it in an error.

    Raises:
        BuildError: A line is not `NAME:PASSWORD`, or there is none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, password = line.strip().partition(":")
        if not (name and password):
            raise BuildError(f"{where}, line {number}, is not NAME:PASSWORD. Write one user per line.")
        found.append((name.strip(), password))
    if not found:
        raise BuildError(f"{where} names no users. Write one NAME:PASSWORD per line.")
    return found


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, str) for part in value)

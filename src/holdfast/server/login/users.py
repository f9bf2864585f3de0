"""Users who can log in: converts `launch(auth=…)` to an object that checks a name and a password."""

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
"""Value of `launch(auth=…)`: a function of name and password, one pair, a list of pairs, or the path of a file with a
line `NAME:PASSWORD` for each user. Instead of a password, its hash can be used; `holdfast password` makes one."""

AT_ONCE = 2
"""Maximum number of password hashes computed at the same time. Each needs a core and much memory."""

logger = logging.getLogger("holdfast.server")


class Users(Protocol):
    """Users who can log in."""

    async def fits(self, username: str, password: str) -> bool:
        """Return whether a password belongs to a user."""
        ...

    def bond(self, username: str) -> str | None:
        """Return a string that changes with the user's password, or `None` if the user can no longer log in."""
        ...

    def refresh(self) -> None:
        """Check for changed users."""
        ...


class FunctionUsers:
    """Users checked by an author's function.

    Args:
        check: The function.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._name = f"{getattr(check, '__module__', '')}.{getattr(check, '__qualname__', type(check).__name__)}"

    async def fits(self, username: str, password: str) -> bool:
        """Call the function."""
        if inspect.iscoroutinefunction(self._check):
            return bool(await self._check(username, password))
        answer = await anyio.to_thread.run_sync(self._check, username, password)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    def bond(self, username: str) -> str | None:  # noqa: ARG002 -- the function's passwords are unknown
        """Return the function's name."""
        return f"function {self._name}"

    def refresh(self) -> None:
        """Do nothing, because the function is called each time."""


class ListedUsers:
    """Users by name, each with a password or its hash.

    Args:
        pairs: Names and passwords.

    Raises:
        BuildError: A hash is not valid.
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
        """Compare passwords. A name that does not exist takes as long as one that does."""
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
        """Return a string that contains the stored password or hash."""
        stored = self._known.get(username)
        return None if stored is None else f"stored {stored}"

    def refresh(self) -> None:
        """Do nothing, because the list does not change."""

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()


class FileUsers:
    """Users from a file, with its current content: a user whose line was removed is logged out within seconds.

    Args:
        path: Path of the file.

    Raises:
        BuildError: The file cannot be read, or contains no valid users.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        private.guard(path)
        self._seen = self._stamp()
        self._users = ListedUsers(read_users(path))

    async def fits(self, username: str, password: str) -> bool:
        """Compare the password with the file's."""
        self.refresh()
        return await self._users.fits(username, password)

    def bond(self, username: str) -> str | None:
        """Return a string that changes with the user's password. See `ListedUsers`."""
        return self._users.bond(username)

    def refresh(self) -> None:
        """Read the file again if it has changed. A file that is not valid changes nothing."""
        now = self._stamp()
        if now == self._seen:
            return
        self._seen = now
        try:
            self._users = ListedUsers(read_users(self._path))
        except BuildError as error:
            logger.error("%s Keeping the previous users.", error)  # noqa: TRY400 -- the message is complete

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def users_of(rule: AuthRule) -> Users:
    """Return the users of an `auth` option.

    Args:
        rule: Value of the option.

    Raises:
        BuildError: It is not a valid rule, or a file or hash in it is not valid.
    """
    if isinstance(rule, os.PathLike):
        return FileUsers(Path(rule))
    if callable(rule):
        return FunctionUsers(rule)
    listed: Sequence[Any] = [rule] if _is_pair(rule) else rule
    if not isinstance(listed, list | tuple) or not listed or not all(_is_pair(pair) for pair in listed):
        raise BuildError(
            "auth must be a pair (username, password), a list of such pairs, a pathlib.Path of a file with one "
            "NAME:PASSWORD per line, or a function of username and password that returns whether they are correct."
        )
    return ListedUsers(listed)


def read_users(path: Path) -> list[tuple[str, str]]:
    """Return the names and passwords in a file.

    Args:
        path: Path of the file.

    Raises:
        BuildError: The file cannot be read, contains no users, or has a line that is not `NAME:PASSWORD`.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise BuildError(f"The users file {path} cannot be read: {why}.") from None
    return parse_users(text, str(path))


def parse_users(text: str, where: str) -> list[tuple[str, str]]:
    """Return the names and passwords in a string with one `NAME:PASSWORD` per line; `#` starts a comment line.

    Args:
        text: The string.
        where: Name of the source for error messages.

    Raises:
        BuildError: The string contains no users, or has a line that is not `NAME:PASSWORD`.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, password = line.strip().partition(":")
        if not (name and password):
            raise BuildError(f"{where}, line {number}, is not NAME:PASSWORD. Use one line per user.")
        found.append((name.strip(), password))
    if not found:
        raise BuildError(f"{where} contains no users. Use one line NAME:PASSWORD per user.")
    return found


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(part, str) for part in value)

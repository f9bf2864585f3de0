"""`holdfast password`: hash a password, so that no file or variable needs to contain it."""

from __future__ import annotations

import argparse
import getpass
import sys

from holdfast import passwords
from holdfast.errors import BuildError


def run(given: argparse.Namespace) -> int:  # noqa: ARG001 -- required signature; the password is never an argument
    """Prompt for a password, or read it from standard input, and print its hash.

    Args:
        given: Parsed command line.

    Returns:
        The exit status.

    Raises:
        BuildError: The password is empty, or the second entry differs.
    """
    print(passwords.hashed(_typed() if sys.stdin.isatty() else _read()))
    return 0


def _typed() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise BuildError("The two passwords differ. Run the command again.")
    return _checked(password)


def _read() -> str:
    return _checked(sys.stdin.readline().rstrip("\r\n"))


def _checked(password: str) -> str:
    if not password:
        raise BuildError("The password is empty. Type a password, or pass it as a line to standard input.")
    return password

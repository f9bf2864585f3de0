"""`holdfast password`: hash a password, so that no file or variable has to hold it."""

from __future__ import annotations

import argparse
import getpass
import sys

from holdfast import passwords
from holdfast.errors import BuildError


def run(given: argparse.Namespace) -> int:  # noqa: ARG001 -- a command's signature; the password is never an argument
    """Ask for a password, or read it from standard input, and print its hash.

    Args:
        given: The parsed command line.

    Returns:
        The exit status.

    Raises:
        BuildError: The password is empty, or was typed differently the second time.
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
        raise BuildError("The password is empty. Type one, or pass one line to standard input.")
    return password

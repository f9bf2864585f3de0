"""Convert command-line options to options of `launch`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from holdfast.errors import BuildError
from holdfast.passwords import is_hash

NAMES = {
    "host": "server_name",
    "port": "server_port",
    "root_path": "root_path",
    "ssl_certfile": "ssl_certfile",
    "ssl_keyfile": "ssl_keyfile",
    "ssl_keyfile_password": "ssl_keyfile_password",
    "session": "session",
    "log_level": "log_level",
    "log_format": "log_format",
    "state_store": "state_store",
}
"""Parameters of `launch` by command-line option."""


def launch_options(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `launch` set on the command line, which take precedence over the program's.

    Raises:
        BuildError: A user has no password, or users are given in two places.
    """
    found = {name: getattr(given, option) for option, name in NAMES.items() if getattr(given, option) is not None}
    if given.access_log:
        found["access_log"] = True
    if given.mcp:
        found["mcp_server"] = True
    if given.auth and given.auth_file:
        raise BuildError("Both --auth and --auth-file are given. Put all users into the file and omit --auth.")
    if given.auth:
        found["auth"] = [_user(text) for text in given.auth]
        if not all(is_hash(password) for _, password in found["auth"]):
            print(
                "holdfast: other users of this machine can see the password in the list of processes. Use --auth-file, "
                "HOLDFAST_AUTH, or a hash from `holdfast password`.",
                file=sys.stderr,
            )
    if given.auth_file:
        found["auth"] = Path(given.auth_file)
    return found


def _user(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise BuildError(f"--auth requires USER:PASSWORD, but {name!r} has no password.")
    return name, password

"""From the command line's options to those of `launch`."""

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
"""Option of the command -> parameter of `launch`."""


def launch_options(given: argparse.Namespace) -> dict[str, Any]:
    """What the command line decides about `launch`; it wins over what the program says.

    Raises:
        BuildError: A user without a password, or users in two places.
    """
    found = {name: getattr(given, option) for option, name in NAMES.items() if getattr(given, option) is not None}
    if given.access_log:
        found["access_log"] = True
    if given.mcp:
        found["mcp_server"] = True
    if given.auth and given.auth_file:
        raise BuildError("--auth and --auth-file are both given. Put all users into the file, and leave --auth out.")
    if given.auth:
        found["auth"] = [_user(text) for text in given.auth]
        if not all(is_hash(password) for _, password in found["auth"]):
            print(
                "holdfast: other users of this machine can see the password in the list of processes. Use --auth-file, "
                "HOLDFAST_AUTH, or a hash by `holdfast password`.",
                file=sys.stderr,
            )
    if given.auth_file:
        found["auth"] = Path(given.auth_file)
    return found


def _user(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise BuildError(f"--auth takes USER:PASSWORD, but got {name!r} without a password.")
    return name, password

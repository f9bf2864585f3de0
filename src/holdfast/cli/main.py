"""The `holdfast` command: what it takes, and which module does the work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from holdfast.cli.state import arguments as state_options
from holdfast.errors import HoldfastError
from holdfast.logs import FORMATS, LEVELS
from holdfast.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What follows `holdfast`; the process's own by default.

    Returns:
        The exit status.
    """
    own, program = split(list(sys.argv[1:] if arguments is None else arguments))
    given = parser().parse_args(own)
    try:
        if given.command == "demo":
            from holdfast.cli.demo import serve

            return serve(given)
        if given.command == "password":
            from holdfast.cli.password import run as hash_password

            return hash_password(given)
        if given.command == "state":
            from holdfast.cli.state.command import run as tend

            return tend(given)
        from holdfast.cli.run import run

        return run(given, own, program)
    except HoldfastError as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What is the command's own, and what follows `--`: the program's."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:cut], arguments[cut + 1 :]


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    top = argparse.ArgumentParser(
        prog="holdfast", description="Turn Python functions into web apps with state that holds."
    )
    top.add_argument("--version", action="version", version=f"holdfast {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="serve the app of a Python file",
        description="Serve the app of a Python file. `import gradio` in it means Holdfast. "
        "The file may call launch() itself; otherwise its `demo`, or its only app, is served. "
        "What follows `--` is the program's own, in sys.argv.",
    )
    run.add_argument("program", metavar="FILE[:NAME]", help="the file, and which app of it when it has several")
    run.add_argument("--reload", action="store_true", help="start again whenever a file beside the program changes")
    run.add_argument("--reloads", metavar="FILE", help=argparse.SUPPRESS)
    _serving(run)
    _serving(commands.add_parser("demo", help="serve a small app that shows what state is"))
    commands.add_parser(
        "password",
        help="hash a password for --auth-file, HOLDFAST_AUTH or launch(auth=…)",
        description="Ask for a password, or read it from standard input, and print its hash.",
    )
    state_options.add(commands)
    return top


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", metavar="ADDRESS", help="address to listen on (127.0.0.1; 0.0.0.0 for every one)")
    command.add_argument("--port", type=int, help="port (the first free one from 7860)")
    command.add_argument("--root-path", metavar="PATH", help="where a proxy shows the app, such as /app")
    command.add_argument(
        "--auth",
        action="append",
        metavar="USER:PASSWORD",
        help="ask for a login; give it again for more users. A hash by `holdfast password` can take the password's "
        "place; other users of the machine see the command line",
    )
    command.add_argument("--auth-file", metavar="FILE", help="ask for a login; one USER:PASSWORD or USER:HASH a line")
    command.add_argument("--ssl-certfile", metavar="FILE", help="certificate, to serve https")
    command.add_argument("--ssl-keyfile", metavar="FILE", help="the certificate's private key")
    command.add_argument("--ssl-keyfile-password", metavar="PASSWORD", help="the private key's password")
    command.add_argument("--session", choices=("page", "tab"), help="how long a session lasts: a page load, or the tab")
    command.add_argument("--mcp", action="store_true", help="offer the endpoints as tools to MCP clients")
    command.add_argument("--log-level", choices=LEVELS, help="the least level that the log shows (info)")
    command.add_argument("--log-format", choices=FORMATS, help="how the log is written: for people or programs (text)")
    command.add_argument("--access-log", action="store_true", help="log every request")
    command.add_argument(
        "--state-store", metavar="URL", help="where State is kept: memory://, sqlite:///path, redis://…"
    )

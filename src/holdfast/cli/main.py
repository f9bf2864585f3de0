"""The `holdfast` command: its options and subcommands."""

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
        arguments: Arguments after `holdfast`; by default, those of the process.

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
            from holdfast.cli.state.command import run as run_state

            return run_state(given)
        from holdfast.cli.run import run

        return run(given, own, program)
    except HoldfastError as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split the arguments into the command's own and, after `--`, the program's."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:cut], arguments[cut + 1 :]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
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
        "Arguments after `--` are passed to the program in sys.argv.",
    )
    run.add_argument("program", metavar="FILE[:NAME]", help="the file, and the name of the app if the file has several")
    run.add_argument("--reload", action="store_true", help="restart whenever a file in the program's folder changes")
    run.add_argument("--reloads", metavar="FILE", help=argparse.SUPPRESS)
    _serving(run)
    _serving(commands.add_parser("demo", help="serve a small app that demonstrates State"))
    commands.add_parser(
        "password",
        help="hash a password for --auth-file, HOLDFAST_AUTH, or launch(auth=…)",
        description="Prompt for a password, or read it from standard input, and print its hash.",
    )
    state_options.add(commands)
    return top


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1; 0.0.0.0 for all)")
    command.add_argument("--port", type=int, help="port (default: the first free one from 7860)")
    command.add_argument("--root-path", metavar="PATH", help="path under which a proxy serves the app, such as /app")
    command.add_argument(
        "--auth",
        action="append",
        metavar="USER:PASSWORD",
        help="require a login; repeat the option for more users. Instead of the password, a hash from "
        "`holdfast password` can be given; other users of the machine can see the command line",
    )
    command.add_argument("--auth-file", metavar="FILE", help="require a login; one USER:PASSWORD or USER:HASH per line")
    command.add_argument("--ssl-certfile", metavar="FILE", help="certificate for https")
    command.add_argument("--ssl-keyfile", metavar="FILE", help="private key of the certificate")
    command.add_argument("--ssl-keyfile-password", metavar="PASSWORD", help="password of the private key")
    command.add_argument("--session", choices=("page", "tab"), help="lifetime of a session: a page load, or the tab")
    command.add_argument("--mcp", action="store_true", help="offer the endpoints as tools to MCP clients")
    command.add_argument("--log-level", choices=LEVELS, help="lowest level of log messages to show (default: info)")
    command.add_argument(
        "--log-format", choices=FORMATS, help="format of the log, for people or programs (default: text)"
    )
    command.add_argument("--access-log", action="store_true", help="log every request")
    command.add_argument("--state-store", metavar="URL", help="store for State: memory://, sqlite:///path, redis://…")

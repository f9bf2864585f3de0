"""`holdfast run`: serve the app of a Python file."""

from __future__ import annotations

import argparse
import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast import gradio_alias
from holdfast import launch as launching
from holdfast.blocks import Blocks
from holdfast.cli import program
from holdfast.cli.arguments import launch_options
from holdfast.cli.program_errors import error_text
from holdfast.cli.reload import supervise
from holdfast.errors import HoldfastError
from holdfast.ids import random_id
from holdfast.settings import read

SPAWNED = Path(__file__).parent / "spawned"
"""Folder that makes `import gradio` import Holdfast in processes spawned by the program, which inherit `sys.path`."""


def run(given: argparse.Namespace, command: list[str], arguments: list[str]) -> int:
    """Serve the program on the command line until it is stopped.

    Args:
        given: Parsed command line.
        command: Arguments of the command, for restarting it.
        arguments: Arguments of the program.

    Returns:
        The exit status.
    """
    path, name = program.split(given.program)
    options = launch_options(given)
    if given.reload:
        folder, certificate = path.resolve().parent, launching.certificate_of(options, read().ssl_keyfile_password)
        return supervise(folder, command, arguments, host=given.host, port=given.port, certificate=certificate)
    if given.reloads is not None:
        options["_boot"] = random_id()
    try:
        return _serve(path, name, given.program, options, arguments)
    except Exception as error:
        text = error_text(error)
        if given.reloads is not None:
            Path(given.reloads).write_text(text, "utf-8")
        print(text, end="", file=sys.stderr)
        return 2 if isinstance(error, HoldfastError) else 1


def _serve(path: Path, name: str | None, wanted: str, options: dict[str, Any], arguments: list[str]) -> int:
    gradio_alias.install()
    sys.path.insert(0, str(SPAWNED))
    launched = _decide(options)
    module = program.execute(path, main=name is None, arguments=arguments)
    if launched and name is None:
        _wait(launched)
        return 0
    app = program.find_app(vars(module), name, wanted.removesuffix(f":{name}"))
    app.launch()
    return 0


def _decide(options: dict[str, Any]) -> list[Blocks]:
    """Make the command line's options take precedence in every `launch`, and record the launched apps.

    The port only applies to the first app, because two apps of one program cannot share it.
    """
    launched: list[Blocks] = []
    original: Callable[..., Any] = Blocks.launch
    positions = [name for name in inspect.signature(launching.launch).parameters if name != "blocks"]

    @functools.wraps(original)
    def launch(self: Blocks, *args: Any, **given: Any) -> Any:
        launched.append(self)
        decided = dict(options)
        if launched[0] is not self:
            decided.pop("server_port", None)
        return original(self, **{**dict(zip(positions, args, strict=False)), **given, **decided})

    Blocks.launch = launch  # type: ignore[method-assign]
    return launched


def _wait(launched: list[Blocks]) -> None:
    """Serve the apps of a program that has ended without blocking, until the command is stopped; then close them."""
    for app in launched:
        if not launching.stopped.is_set():
            launching.block(app)
    launching.close_all()

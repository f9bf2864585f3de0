"""`holdfast state`: run one of its actions."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdfast import gradio_alias, settings
from holdfast.blocks import Blocks
from holdfast.cli import program
from holdfast.cli.state import delete_sweep, export_import, list_show
from holdfast.cli.state.cells import Wanted
from holdfast.cli.state.loader import OpenStore, opened, url_of
from holdfast.cli.state.migrate import Migration, Specs
from holdfast.cli.state.output import Output
from holdfast.clock import SystemClock
from holdfast.errors import StateError
from holdfast.runtime.runtime import name_lasting_cells
from holdfast.settings import Settings


def run(given: argparse.Namespace) -> int:
    """Run the action on the command line.

    Returns:
        The exit status: 0 if there are no problems, otherwise 1.
    """
    output = Output(as_json=given.json, action=given.action, clock=SystemClock().monotonic)
    try:
        status = asyncio.run(_run(given, output))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `| head`, has stopped reading
        _silence()
        return 0
    except OSError as error:
        _silence()
        raise StateError(f"The output could not be written: {error.strerror or error}.") from error
    finally:
        output.end()
    return status


def _silence() -> None:
    """Discard the remaining output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _run(given: argparse.Namespace, output: Output) -> int:
    known = settings.read()
    url = url_of(given.store, known)
    if given.action == "migrate":
        return await _migrate(given, output, url, known)
    if getattr(given, "program", None):
        _load(given.program)
    async with opened(url, known, make=given.action == "import") as place:
        return await _action(given, place, output)


async def _action(given: argparse.Namespace, place: OpenStore, output: Output) -> int:
    now = SystemClock().time()
    wanted = Wanted(*(getattr(given, name, None) for name in ("scope", "owner", "name")))
    match given.action:
        case "list":
            work = list_show.show_list(place, wanted, output, now)
        case "show":
            work = list_show.show_cell(place, given.owner, given.name, output)
        case "export":
            work = export_import.export(place, Path(given.file), wanted, output, now)
        case "import":
            work = export_import.import_cells(place, Path(given.file), output, force=given.force, dry_run=given.dry_run)
        case "delete":
            work = delete_sweep.delete(
                place, wanted, output, everything=given.all, yes=given.yes, dry_run=given.dry_run
            )
        case "sweep":
            work = delete_sweep.sweep(place, output, now, dry_run=given.dry_run)
        case _:
            work = delete_sweep.check(place, wanted, output)
    return await work


async def _migrate(given: argparse.Namespace, output: Output, url: str, known: Settings) -> int:
    if not given.program and not given.to:
        raise StateError(
            "Specify what to migrate to: a program's versions (migrate app.py) or another store (--to URL)."
        )
    specs = _load(given.program) if given.program else {}
    async with opened(url, known) as source:
        if not given.to:
            return await Migration(source, source, specs, output, given.force, given.dry_run).run()
        async with opened(given.to, known, make=True) as target:
            if target.store.url == source.store.url:
                raise StateError(f"--to is the same store ({source.store.url}). Omit it to migrate in place.")
            return await Migration(source, target, specs, output, given.force, given.dry_run).run()


def _load(given: str) -> Specs:
    """Run a program without serving it, to make its classes available.

    Returns:
        The program's States.
    """
    path, name = program.split(given)
    gradio_alias.install()
    with _without_launching():
        module = program.execute(path, main=False, arguments=[])
    app = program.find_app(vars(module), name, str(path)).spec
    name_lasting_cells(app)
    cells = [state.cell for state in app.states]  # type: ignore[attr-defined]
    return {(cell.scope, cell.name): cell for cell in cells}


@contextmanager
def _without_launching() -> Iterator[None]:
    """Disable `launch` while this context is open, because programs often end with `demo.launch()`."""
    original = Blocks.launch

    def launch(*_: Any, **__: Any) -> tuple[None, str, None]:
        return None, "", None

    Blocks.launch = launch  # type: ignore[method-assign]
    try:
        yield
    finally:
        Blocks.launch = original  # type: ignore[method-assign]

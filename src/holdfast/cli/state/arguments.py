"""Arguments of `holdfast state`."""

from __future__ import annotations

import argparse
from typing import Any

from holdfast.state.owners import SCOPES

_STORE = "the store: sqlite:///path or redis://… (default: HOLDFAST_STATE_STORE, or the store in .holdfast/)"


def add(commands: Any) -> None:
    """Add the command to a parser's subcommands."""
    state = commands.add_parser(
        "state",
        help="inspect, export, and maintain stored State",
        description="Inspect the State in a store, export it to a file, import it, and maintain it. "
        "Signed or encrypted State requires the app's key: HOLDFAST_SECRET_KEY, or the file next to the store.",
    )
    actions = state.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _action(actions, "list", "list owners and their cells")
    _filters(listing)
    show = _action(actions, "show", "show the value of a cell")
    show.add_argument("owner", metavar="OWNER", help="as shown by `list`, such as session:4f… or app:app")
    show.add_argument("name", metavar="NAME", nargs="?", help="the cell; optional if the owner has only one")
    _program(show)
    export = _action(actions, "export", "write cells to a file")
    export.add_argument("file", metavar="FILE", help="the file to write; it appears only when it is complete")
    _filters(export)
    importing = _action(actions, "import", "restore cells from a file")
    importing.add_argument("file", metavar="FILE", help="a file written by `export`")
    _force(importing)
    importing.add_argument("--dry-run", action="store_true", help="show what would be done")
    delete = _action(actions, "delete", "delete owners or cells, without delete callbacks")
    _filters(delete)
    delete.add_argument("--all", action="store_true", help="delete everything, if no filter is given")
    delete.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    delete.add_argument("--dry-run", action="store_true", help="show what would be deleted")
    sweep = _action(actions, "sweep", "drop expired State, without delete callbacks; a running app does this itself")
    sweep.add_argument("--dry-run", action="store_true", help="show what would be dropped")
    migrate = _action(actions, "migrate", "migrate cells to the program's versions, or copy them to another store")
    migrate.add_argument("program", metavar="FILE[:NAME]", nargs="?", help="the program whose migrate functions run")
    migrate.add_argument("--to", metavar="URL", help="write to this store and leave the other one unchanged")
    migrate.add_argument("--dry-run", action="store_true", help="run the functions without writing anything")
    _force(migrate)
    check = _action(actions, "check", "read everything and report problems; the exit status is 1 if there are any")
    _filters(check)
    _program(check)


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary.capitalize() + ".")
    parser.add_argument("--store", metavar="URL", help=_STORE)
    parser.add_argument("--json", action="store_true", help="write JSON, one object per line")
    return parser


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scope", choices=(*SCOPES, "aside"), help="only this scope; aside: cells that could not be read"
    )
    parser.add_argument("--owner", metavar="PATTERN", help="only this owner: scope:id, or the id; * matches anything")
    parser.add_argument("--name", metavar="PATTERN", help="only cells with this name; * matches anything")


def _program(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", metavar="FILE", help="run this program first to make its classes available")


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="overwrite newer cells in the store")

"""What `holdfast state` takes."""

from __future__ import annotations

import argparse
from typing import Any

from holdfast.state.owners import SCOPES

_STORE = "the store: sqlite:///path or redis://… (HOLDFAST_STATE_STORE, else the one in .holdfast/)"


def add(commands: Any) -> None:
    """Add the command to the parser's commands."""
    state = commands.add_parser(
        "state",
        help="look at stored State, save it, tend it",
        description="Look at the State that a store keeps, save it to a file and back, tend it. "
        "What is signed or encrypted needs the app's key: HOLDFAST_SECRET_KEY, or the file beside the store.",
    )
    actions = state.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _action(actions, "list", "owners and their cells")
    _filters(listing)
    show = _action(actions, "show", "one cell's value")
    show.add_argument("owner", metavar="OWNER", help="as `list` writes it, such as session:4f… or app:app")
    show.add_argument("name", metavar="NAME", nargs="?", help="the cell; not needed where the owner has only one")
    _program(show)
    export = _action(actions, "export", "write cells to a file")
    export.add_argument("file", metavar="FILE", help="the file to write; it is there only when it is complete")
    _filters(export)
    importing = _action(actions, "import", "bring cells of a file back")
    importing.add_argument("file", metavar="FILE", help="a file that `export` has written")
    _force(importing)
    importing.add_argument("--dry-run", action="store_true", help="say what would be done")
    delete = _action(actions, "delete", "delete owners or cells, without delete callbacks")
    _filters(delete)
    delete.add_argument("--all", action="store_true", help="everything, where no filter is given")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    delete.add_argument("--dry-run", action="store_true", help="say what would be deleted")
    sweep = _action(actions, "sweep", "drop what has expired, without delete callbacks; a running app does it itself")
    sweep.add_argument("--dry-run", action="store_true", help="say what would be dropped")
    migrate = _action(actions, "migrate", "bring cells to the program's versions, or to another store")
    migrate.add_argument("program", metavar="FILE[:NAME]", nargs="?", help="the program whose migrate functions run")
    migrate.add_argument("--to", metavar="URL", help="write to this store; the other one stays as it is")
    migrate.add_argument("--dry-run", action="store_true", help="run the functions and write nothing")
    _force(migrate)
    check = _action(actions, "check", "read everything and say what is not well; status 1 if anything is")
    _filters(check)
    _program(check)


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary.capitalize() + ".")
    parser.add_argument("--store", metavar="URL", help=_STORE)
    parser.add_argument("--json", action="store_true", help="write JSON, one object per line")
    return parser


def _filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", choices=(*SCOPES, "aside"), help="of one scope; aside: what could not be read")
    parser.add_argument("--owner", metavar="PATTERN", help="of one owner: scope:id, or the id; * stands for anything")
    parser.add_argument("--name", metavar="PATTERN", help="cells of this name; * stands for anything")


def _program(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", metavar="FILE", help="run this program first, so that its classes are known")


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="overwrite cells that are newer in the store")

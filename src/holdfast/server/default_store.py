"""Where State is kept that must outlive the process when nobody says where: one file for each program (R6.2)."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from holdfast.errors import BuildError
from holdfast.files import private
from holdfast.graph.callsite import call_site
from holdfast.state.spec import CellSpec, check_specs

logger = logging.getLogger("holdfast.server")

FOLDER = Path(".holdfast")
OLD_STORE = FOLDER / "state.db"
"""Where release 0.1.0 kept the State of every program in a folder."""
_URL = re.compile(r"sqlite:///\.holdfast/[\w.-]+-[0-9a-f]{8}/state\.db")


def default_store(program: Path | None) -> str:
    """URL of the store of a program.

    Args:
        program: Its file, from whose place below the working directory the store's name is made, so that the folder of
            both can be moved; `None` for a notebook or an interactive session.
    """
    name = "interactive"
    place = name
    if program is not None:
        place = program.resolve().as_posix()
        with suppress(ValueError):  # on another drive of Windows there is no way from here
            place = Path(os.path.relpath(program.resolve())).as_posix()
        name = re.sub(r"[^\w.-]", "_", program.stem, flags=re.ASCII) or "program"
    digest = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"sqlite:///{(FOLDER / f'{name}-{digest}' / 'state.db').as_posix()}"


def is_default(url: str) -> bool:
    """Whether a URL is that of a store which nobody chose."""
    return _URL.fullmatch(url) is not None


def program_file() -> Path | None:
    """The program that runs: the one that Python was given, else the file that the caller's code is in."""
    for given in (sys.argv[0] if sys.argv else "", call_site().rpartition(":")[0]):
        path = Path(given)
        if path.suffix == ".py" and path.is_file() and not _is_installed(path):
            return path
    return None


def _is_installed(path: Path) -> bool:
    return "site-packages" in path.parts or "dist-packages" in path.parts or "ipykernel" in str(path)


def known_stores() -> list[str]:
    """URLs of the stores of programs below the working directory."""
    found = [OLD_STORE] if OLD_STORE.exists() else []
    found += sorted(path for path in FOLDER.glob("*/state.db") if is_default(f"sqlite:///{path.as_posix()}"))
    return [f"sqlite:///{path.as_posix()}" for path in found]


def adopt_older(url: str) -> None:
    """Make what release 0.1.0 has kept in one file for all programs of a folder that of the first one which starts."""
    file = Path(url.removeprefix("sqlite:///"))
    private.make_folder(file.parent)
    private.close_to_others(file.parent)
    if OLD_STORE.exists() and not file.exists():
        _move(OLD_STORE, file)


def _move(old: Path, new: Path) -> None:
    """Give a program what an older release has kept, with its key.

    Raises:
        BuildError: Another process uses it.
    """
    try:
        with closing(sqlite3.connect(old, timeout=2)) as connection:
            # It takes all that is beside the file into it, and is refused while another process has it open.
            mode = connection.execute("pragma journal_mode = delete").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "locked"
    except sqlite3.DatabaseError:
        return  # it is no store; whoever put it there may look at it
    if mode != "delete":
        raise BuildError(
            f"{old} holds the State of an older release, and another process uses it. Stop that one, or choose another "
            "store with launch(state_store=…), then start again."
        )
    with suppress(FileNotFoundError):  # another process of this program was first
        for key in ("key", ".key"):
            # A copy: programs with a store elsewhere may have the same key.
            with suppress(FileNotFoundError):
                private.close_to_others(old.with_name(key))
                shutil.copy2(old.with_name(key), new.with_name(key))
        old.replace(new)
        old.with_name(f"{old.name}-lanes").unlink(missing_ok=True)
        logger.warning("The State in %s is now that of this program, in %s.", old, new)


_running: dict[str, list[Sequence[CellSpec]]] = {}
"""The States of each app of this process on each store that nobody chose."""
_guard = threading.Lock()


def enter(url: str, specs: Sequence[CellSpec]) -> None:
    """See that no other app of this program would share values with one that starts.

    An interactive session is excepted: there, the same app is started again and again, and the older one still runs.

    Args:
        url: The store, which nobody chose.
        specs: The app's States.

    Raises:
        BuildError: Another app has a State of the same scope and key.
    """
    if url == default_store(None):
        return
    with _guard:
        others = _running.setdefault(url, [])
        try:
            check_specs([spec for one in (*others, specs) for spec in one if spec.scope != "session"])
        except BuildError as error:
            raise BuildError(
                f"Two apps of this program keep State in {url} and would share it. {error} Or give one of the apps "
                "its own store with launch(state_store=…)."
            ) from None
        others.append(specs)


def leave(url: str, specs: Sequence[CellSpec]) -> None:
    """Note that an app has ended."""
    with _guard:
        _running[url] = [one for one in _running.get(url, ()) if one is not specs]

"""The default store for State that must outlive the process: one file per program (R6.2)."""

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
"""File in which release 0.1.0 kept the State of all programs in a folder."""
_URL = re.compile(r"sqlite:///\.holdfast/[\w.-]+-[0-9a-f]{8}/state\.db")


def default_store(program: Path | None) -> str:
    """Return the URL of a program's default store.

    Args:
        program: File of the program; `None` for a notebook or an interactive session. The store's name is derived from
            the file's path relative to the working directory, so that both can be moved together.
    """
    name = "interactive"
    place = name
    if program is not None:
        place = program.resolve().as_posix()
        with suppress(ValueError):  # there is no relative path to another drive on Windows
            place = Path(os.path.relpath(program.resolve())).as_posix()
        name = re.sub(r"[^\w.-]", "_", program.stem, flags=re.ASCII) or "program"
    digest = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"sqlite:///{(FOLDER / f'{name}-{digest}' / 'state.db').as_posix()}"


def is_default(url: str) -> bool:
    """Return whether a URL belongs to a default store."""
    return _URL.fullmatch(url) is not None


def program_file() -> Path | None:
    """Return the running program: the file that Python was started with, or the file of the calling code."""
    for given in (sys.argv[0] if sys.argv else "", call_site().rpartition(":")[0]):
        path = Path(given)
        if path.suffix == ".py" and path.is_file() and not _is_installed(path):
            return path
    return None


def _is_installed(path: Path) -> bool:
    return "site-packages" in path.parts or "dist-packages" in path.parts or "ipykernel" in str(path)


def known_stores() -> list[str]:
    """Return the URLs of the default stores below the working directory."""
    found = [OLD_STORE] if OLD_STORE.exists() else []
    found += sorted(path for path in FOLDER.glob("*/state.db") if is_default(f"sqlite:///{path.as_posix()}"))
    return [f"sqlite:///{path.as_posix()}" for path in found]


def adopt_older(url: str) -> None:
    """Move the shared store of release 0.1.0 to the first program that starts in its folder."""
    file = Path(url.removeprefix("sqlite:///"))
    private.make_folder(file.parent)
    private.close_to_others(file.parent)
    if OLD_STORE.exists() and not file.exists():
        _move(OLD_STORE, file)


def _move(old: Path, new: Path) -> None:
    """Move the store of an older release to a program's folder, with its key.

    Raises:
        BuildError: Another process uses the store.
    """
    try:
        with closing(sqlite3.connect(old, timeout=2)) as connection:
            # This merges the files next to the database into it, and fails while another process has it open.
            mode = connection.execute("pragma journal_mode = delete").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "locked"
    except sqlite3.DatabaseError:
        return  # not a store, so leave the file for its owner
    if mode != "delete":
        raise BuildError(
            f"{old} holds the State of an older release and is in use by another process. Stop that process, or choose "
            "another store with launch(state_store=…), then start again."
        )
    with suppress(FileNotFoundError):  # another process of this program moved it first
        for key in ("key", ".key"):
            # Copy the key, because programs with a store elsewhere can use the same key.
            with suppress(FileNotFoundError):
                private.close_to_others(old.with_name(key))
                shutil.copy2(old.with_name(key), new.with_name(key))
        old.replace(new)
        old.with_name(f"{old.name}-lanes").unlink(missing_ok=True)
        logger.warning("The State in %s now belongs to this program and was moved to %s.", old, new)


_running: dict[str, list[Sequence[CellSpec]]] = {}
"""States of the apps in this process that use a default store, by the store's URL."""
_guard = threading.Lock()


def enter(url: str, specs: Sequence[CellSpec]) -> None:
    """Check that a starting app does not share values with another app of this program.

    Interactive sessions are not checked, because there the same app is started repeatedly while the old one still runs.

    Args:
        url: URL of the default store.
        specs: The app's States.

    Raises:
        BuildError: Another app has a State with the same scope and key.
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
    """Unregister an app that has ended."""
    with _guard:
        _running[url] = [one for one in _running.get(url, ()) if one is not specs]

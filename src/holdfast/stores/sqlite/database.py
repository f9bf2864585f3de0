"""The SQLite file of a store: its schema, and opening it."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.clock import SystemClock
from holdfast.files import private
from holdfast.stores.errors import StoreDamagedError, StoreError, StoreFormatError, StoreUnavailableError

log = logging.getLogger("holdfast.stores")

FORMAT = 1
APPLICATION = 0x484F4C44
"""`HOLD`, in the header of the file."""

_PAUSE = 0.02
"""Seconds between attempts to open a file that another process is creating."""
_SAY_AFTER = 2.0
"""Seconds after which a warning is logged at startup that the file is locked."""
_PATIENCE = 15.0
"""Maximum number of seconds to wait for a file that another process has locked."""

_SCHEMA = """
create table if not exists cells (
    owner text not null, name text not null, version integer not null, data blob not null,
    primary key (owner, name)
);
create table if not exists owners (owner text primary key, expires real not null) without rowid;
create index if not exists owners_by_expiry on owners (expires);
create table if not exists changes (
    number integer primary key autoincrement, owner text not null, name text not null, version integer not null
);
create table if not exists facts (name text primary key, value text not null) without rowid;
"""


def connect(
    path: Path, *, synchronous: str = "NORMAL", patience: float = _PATIENCE, reads: bool = False
) -> sqlite3.Connection:
    """Return a connection for use by one thread at a time; with `reads`, it is read-only."""
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"pragma synchronous = {synchronous}")
        connection.execute(f"pragma query_only = {int(reads)}")
    except BaseException:
        connection.close()
        raise
    return connection


def files_of(path: Path) -> list[Path]:
    """Return all files that a store at a path can consist of, existing or not."""
    return [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal", "-lanes"))]


def place_of(path: Path) -> tuple[int, int] | None:
    """Return the identity of the file at a path, independent of its name; `None` if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def prepare(path: Path, synchronous: str) -> sqlite3.Connection:
    """Create the file and its tables if necessary, and return the connection for writes.

    Raises:
        StoreUnavailableError: The file cannot be opened or written.
        StoreDamagedError: The file is not a store, or is damaged; it is left unchanged.
        StoreFormatError: The store was written by a newer release.
    """
    clock = SystemClock()
    began, said = clock.monotonic(), False
    with translated(path):
        private.make_folder(path.parent)
        if (owner := private.stranger(path)) is not None:
            raise StoreUnavailableError(
                f"{path} belongs to another user (uid {owner}), who could change its contents. "
                "Choose another path for the store, or change the owner with chown."
            )
        private.make_file(path)  # SQLite gives the files beside it the same permissions
        while True:
            opened: sqlite3.Connection | None = None
            try:
                opened = connection = connect(path, synchronous=synchronous, patience=_SAY_AFTER)
                _check(connection, path)
                _set_up(connection)
            except sqlite3.OperationalError as error:
                if opened is not None:
                    opened.close()
                # SQLite does not always wait while other processes open or recover the file.
                waited = clock.monotonic() - began
                if "locked" not in str(error) or waited > _PATIENCE:
                    raise
                if waited >= _SAY_AFTER and not said:
                    said = True
                    log.warning("%s is locked by another process; waiting up to %g s for it.", path, _PATIENCE)
                time.sleep(_PAUSE)
            except BaseException:
                if opened is not None:
                    opened.close()
                raise
            else:
                connection.execute(f"pragma busy_timeout = {round(_PATIENCE * 1000)}")
                for file in files_of(path):  # a file of an older release may be accessible to others
                    private.close_to_others(file)
                connection.execute(f"pragma busy_timeout = {round(_PATIENCE * 1000)}")
                return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("begin immediate")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"pragma application_id = {APPLICATION}")
    connection.execute(f"pragma user_version = {FORMAT}")
    connection.execute("commit")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    # In one transaction, because another process may be creating the file now.
    connection.execute("begin")
    application = connection.execute("pragma application_id").fetchone()[0]
    format = connection.execute("pragma user_version").fetchone()[0]
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    connection.execute("rollback")
    if tables and application != APPLICATION:
        raise StoreDamagedError(
            f"{path} is an SQLite database, but not a store of Holdfast. It was left unchanged. "
            "Choose another path for the store."
        )
    if format > FORMAT:
        raise StoreFormatError(
            f"{path} was written by a newer release of Holdfast (format {format}; this one reads {FORMAT}). "
            "Use that release, or choose another path for the store."
        )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translate SQLite errors into store errors."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(path, error) from error
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be used: {error.strerror}.") from error


def translate(path: Path, error: sqlite3.Error) -> StoreError:
    """Return the store error for an SQLite error."""
    text = str(error)
    # Our statements violate no constraint and write only UTF-8, so such an error means that pages are damaged.
    broken = isinstance(error, sqlite3.IntegrityError) or "decode to UTF-8" in text
    if broken or "not a database" in text or "malformed" in text:
        return StoreDamagedError(
            f"{path} is damaged or not an SQLite database ({text}). It was left unchanged. Move it aside or restore a "
            "backup, and restart the app. `sqlite3 FILE .recover` may save its contents."
        )
    if "readonly" in text or "unable to open" in text:
        return StoreUnavailableError(
            f"{path} cannot be written ({text}). Check the permissions of the file and its folder."
        )
    if "full" in text:
        return StoreUnavailableError(f"{path} cannot grow: the disk is full ({text}).")
    return StoreUnavailableError(f"{path} cannot be used now ({text}).")

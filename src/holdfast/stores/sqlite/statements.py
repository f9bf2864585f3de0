"""SQL of the SQLite store; each function runs inside its caller's transaction, or as one statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdfast.stores.errors import VersionConflictError
from holdfast.stores.protocol import Dropped, Key, OwnerInfo, Record, Write
from holdfast.stores.sqlite.database import translate

_KEPT_CHANGES = 10_000
_VARIABLES = 300
"""Maximum number of keys in one statement; SQLite limits the number of variables."""


class LockedError(Exception):
    """Another process is recovering or creating the file."""


def select(
    path: Path, connection: sqlite3.Connection, keys: Sequence[Key], versions: Sequence[int], most: int
) -> list[Record | None] | None:
    """Return the records, or `None` if a value has more than `most` bytes."""
    found: dict[Key, Record] = {}
    known = dict(zip(keys, versions, strict=True))
    with unless_locked(path):
        for part in _batched(keys):
            where = " or ".join(["(owner = ? and name = ?)"] * len(part))
            arguments: list[Any] = [most, *(field for key in part for field in key)]
            rows = connection.execute(
                "select owner, name, version, case when length(data) <= ? then data end "  # noqa: S608 # placeholders
                f"from cells where {where}",
                arguments,
            )
            for owner, name, version, data in rows:
                key = Key(owner, name)
                if key not in known:
                    raise sqlite3.DatabaseError("malformed: an index leads to another cell")
                if known[key] == version:
                    found[key] = Record(version, None)
                elif data is None:
                    return None
                else:
                    found[key] = Record(version, data)
    return [found.get(key) for key in keys]


@contextmanager
def unless_locked(path: Path) -> Iterator[None]:
    """Translate SQLite errors into store errors, and a lock of another process into `LockedError`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise LockedError from error
        raise translate(path, error) from error
    except sqlite3.Error as error:
        raise translate(path, error) from error


def _batched(keys: Sequence[Key]) -> list[Sequence[Key]]:
    return [keys[i : i + _VARIABLES] for i in range(0, len(keys), _VARIABLES)]


def owners(connection: sqlite3.Connection, prefix: str, last: str) -> list[OwnerInfo]:
    """Return the next owners after `last` whose names begin with `prefix`."""
    rows = connection.execute(
        "select cells.owner, count(*), sum(length(data)), max(expires) from cells "
        "left join owners on owners.owner = cells.owner "
        "where cells.owner > ? and substr(cells.owner, 1, ?) = ? group by cells.owner order by cells.owner limit 500",
        (last, len(prefix), prefix),
    )
    return [OwnerInfo(*row) for row in rows]


def commit(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Write cells, all or none."""
    for write in writes:
        if write.expected is not None:
            row = connection.execute("select version from cells where owner = ? and name = ?", write.key).fetchone()
            found = row[0] if row else 0
            if found != write.expected:
                raise VersionConflictError(*write.key, write.expected, found)
    for write in writes:
        owner, name = write.key
        if write.data is None:
            connection.execute("delete from cells where owner = ? and name = ?", write.key)
            connection.execute(
                "delete from owners where owner = ? and not exists (select 1 from cells where owner = ?)",
                (owner, owner),
            )
        else:
            connection.execute(
                "insert into cells values (?, ?, ?, ?) "
                "on conflict do update set version = excluded.version, data = excluded.data",
                (owner, name, write.version, write.data),
            )
            if write.expires is not None:
                connection.execute("insert or ignore into owners values (?, ?)", (owner, write.expires))
        if write.announce:
            number = connection.execute(
                "insert into changes (owner, name, version) values (?, ?, ?)", (owner, name, write.version)
            ).lastrowid
            if number is not None and number % 1_000 == 0:
                connection.execute("delete from changes where number <= ?", (number - _KEPT_CHANGES,))


def fact(connection: sqlite3.Connection, name: str, value: str | None, *, replace: bool) -> str | None:
    """Read a fact, or write it if it does not exist or `replace` is true."""
    if value is not None:
        how = "replace" if replace else "ignore"
        connection.execute(f"insert or {how} into facts values (?, ?)", (name, value))  # noqa: S608 # one of two constants
    row = connection.execute("select value from facts where name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def touch(connection: sqlite3.Connection, owner: str, expires: float | None) -> None:
    """Set the expiry of an owner's cells."""
    if expires is None:
        connection.execute("delete from owners where owner = ?", (owner,))
    else:
        connection.execute(
            "insert or replace into owners select ?, ? where exists (select 1 from cells where owner = ?)",
            (owner, expires, owner),
        )


def expire(connection: sqlite3.Connection, now: float, limit: int) -> list[Dropped]:
    """Drop the cells of expired owners."""
    dropped: list[Dropped] = []
    rows = connection.execute("select owner from owners where expires <= ? order by expires", (now,)).fetchall()
    for (owner,) in rows:
        dropped += drop(connection, owner)
        if len(dropped) >= limit:
            break
    return dropped


def drop(connection: sqlite3.Connection, owner: str) -> list[Dropped]:
    """Drop an owner's cells."""
    rows = connection.execute("select name, version, data from cells where owner = ?", (owner,)).fetchall()
    connection.execute("delete from cells where owner = ?", (owner,))
    connection.execute("delete from owners where owner = ?", (owner,))
    return [Dropped(Key(owner, name), version, data) for name, version, data in rows]


def drop_due(connection: sqlite3.Connection, owner: str, due: float) -> list[Dropped]:
    """Drop an owner's cells if they have expired by a time."""
    over = connection.execute("select 1 from owners where owner = ? and expires <= ?", (owner, due)).fetchone()
    return drop(connection, owner) if over else []


def changes(connection: sqlite3.Connection, last: int) -> list[tuple[int, str, str, int]]:
    """Return announced changes after a number."""
    return connection.execute(
        "select number, owner, name, version from changes where number > ? order by number limit 1000", (last,)
    ).fetchall()

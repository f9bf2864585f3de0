"""R6: what the SQLite store does when its file, the disk or another process lets it down."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import until

from holdfast import stores
from holdfast.errors import BuildError
from holdfast.stores import (
    Change,
    Key,
    Record,
    StoreDamagedError,
    StoreFormatError,
    StoreUnavailableError,
    StoreUrlError,
    Write,
)
from holdfast.stores.sqlite import database
from holdfast.stores.sqlite.store import SqliteStore

pytestmark = pytest.mark.anyio
A = Key("session:a", "cart")


async def opened(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    await store.open()
    return store


def is_held_open(path: Path) -> bool:
    """Whether this process has the file open, where the system tells."""
    with suppress(FileNotFoundError):
        return any(os.path.realpath(handle) == str(path) for handle in Path("/proc/self/fd").iterdir())
    return False


async def test_a_damaged_file_is_left_as_it_is(tmp_path: Path) -> None:
    """R6.3: never read as empty, never overwritten."""
    path = tmp_path / "state.db"
    path.write_bytes(b"this is no database at all, but it may be precious" * 100)
    with pytest.raises(StoreDamagedError, match=r"damaged or not an SQLite database.*left unchanged") as caught:
        await opened(path)
    assert path.read_bytes().startswith(b"this is no database")
    assert not is_held_open(path), caught  # whose traceback would keep a handle that nobody closed


async def test_a_store_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    """R6.6: the file of the lanes cannot be made here, after the database was opened."""
    path = tmp_path / "state.db"
    (tmp_path / "state.db-lanes").mkdir()
    with pytest.raises(StoreUnavailableError, match="cannot be used") as caught:
        await opened(path)
    assert not is_held_open(path), caught


async def test_a_file_damaged_in_the_middle_is_said_to_be(tmp_path: Path) -> None:
    """R6.3"""
    path = tmp_path / "state.db"
    store = await opened(path)
    await store.commit([Write(Key(f"o{i}", "cart"), 1, b"x" * 3_000) for i in range(50)])
    await store.aclose()
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 20] = b"\xff" * (4096 * 19)
    path.write_bytes(data)
    store = await opened(path)
    with pytest.raises(StoreDamagedError, match="damaged"):
        await store.read([Key(f"o{i}", "cart") for i in range(50)])
    await store.aclose()


def test_a_file_that_another_process_makes_ready_meanwhile_is_no_other_programs(tmp_path: Path) -> None:
    """R6.3"""
    path = tmp_path / "state.db"

    class Interrupted(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql == "pragma user_version":
                # The other one gets in between two questions, or waits until they are answered.
                with suppress(sqlite3.OperationalError), closing(database.connect(path, patience=0)) as other:
                    database._set_up(other)
            return super().execute(sql, *parameters)

    with closing(sqlite3.connect(path, factory=Interrupted, isolation_level=None)) as connection:
        database._check(connection, path)


async def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    """R6.3"""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table customers (name)")
    connection.close()
    with pytest.raises(StoreDamagedError, match="is an SQLite database, but not a store of Holdfast"):
        await opened(path)
    connection = sqlite3.connect(path)
    assert connection.execute("select name from sqlite_master").fetchall() == [("customers",)]
    connection.close()


async def test_a_file_of_a_newer_release_is_not_touched(tmp_path: Path) -> None:
    """R6.3"""
    path = tmp_path / "state.db"
    await (await opened(path)).aclose()
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StoreFormatError, match=r"newer release of Holdfast \(format 99"):
        await opened(path)


async def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    """R6.6: when the store is opened, not at the first commit."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreUnavailableError, match="file"):
        await opened(tmp_path / "file" / "state.db")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnavailableError, match=r"cannot be written.*permissions"):
        await opened(tmp_path / "folder")


@pytest.mark.parametrize(
    ("pragma", "message"),
    [("max_page_count = 8", "the disk is full"), ("query_only = 1", r"cannot be written \(.*readonly")],
    ids=["disk full", "read-only"],
)
async def test_a_commit_that_cannot_be_written_fails_whole_and_later_ones_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pragma: str, message: str
) -> None:
    """R6.6: the disk is full, or the file has become read-only."""
    connections: list[sqlite3.Connection] = []
    original = database.connect

    def remembered(*args: Any, **options: Any) -> sqlite3.Connection:
        connections.append(original(*args, **options))
        return connections[-1]

    monkeypatch.setattr(database, "connect", remembered)
    store = await opened(tmp_path / "state.db")
    await store.commit([Write(A, 1, b"kept")])
    writer = connections[0]
    writer.execute(f"pragma {pragma}")
    with pytest.raises(StoreUnavailableError, match=message):
        await store.commit([Write(A, 2, b"lost"), *(Write(Key(f"o{i}", "x"), 1, b"x" * 9_000) for i in range(9))])
    assert await store.read([A, Key("o0", "x")]) == [Record(1, b"kept"), None]
    writer.execute("pragma max_page_count = 100000")
    writer.execute("pragma query_only = 0")
    await store.commit([Write(A, 2, b"later", 1)])
    assert await store.read([A]) == [Record(2, b"later")]
    await store.aclose()


async def test_one_bad_commit_does_not_spoil_those_beside_it(tmp_path: Path) -> None:
    """Group commit: what waits is written together, but each stands for itself."""
    store = await opened(tmp_path / "state.db")
    bad: Any = object()
    outcomes = await asyncio.gather(
        *(store.commit([Write(Key(f"o{i}", "x"), 1, bad if i == 5 else b"fine")]) for i in range(10)),
        return_exceptions=True,
    )
    assert [outcome is None for outcome in outcomes] == [i != 5 for i in range(10)]
    assert isinstance(outcomes[5], StoreUnavailableError)
    found = await store.read([Key(f"o{i}", "x") for i in range(10)])
    assert [record is not None for record in found] == [i != 5 for i in range(10)]
    await store.aclose()


async def test_a_commit_that_python_refuses_fails_alone(tmp_path: Path) -> None:
    """R6.6: a number or text that SQLite cannot take is its own commit's error; the store goes on."""
    store = await opened(tmp_path / "state.db")
    good, large, text = await asyncio.gather(
        store.commit([Write(A, 1, b"fine")]),
        store.commit([Write(Key("o1", "x"), 1, b"half"), Write(Key("o2", "x"), 1 << 63, b"half")]),
        store.commit([Write(Key("o3", "\ud800"), 1, b"")]),
        return_exceptions=True,
    )
    assert good is None
    assert isinstance(large, OverflowError)
    assert isinstance(text, UnicodeEncodeError)
    await store.commit([Write(A, 2, b"later", 1)])
    assert await store.read([A, Key("o1", "x")]) == [Record(2, b"later"), None]
    await store.aclose()


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
async def test_nothing_is_written_to_a_file_that_is_gone(tmp_path: Path, *, replaced: bool) -> None:
    """R6.1: a commit that the next start would not find is not reported; put back, the file is used again."""
    path, elsewhere = tmp_path / "state.db", tmp_path / "elsewhere.db"
    store = await opened(path)
    await store.commit([Write(A, 1, b"kept")])
    path.rename(elsewhere)
    if replaced:
        path.write_bytes(b"")
    with pytest.raises(StoreUnavailableError, match=r"state\.db was removed or replaced while it was in use"):
        await store.commit([Write(A, 2, b"lost")])
    elsewhere.replace(path)
    await store.commit([Write(A, 2, b"later", 1)])
    await store.aclose()
    again = await opened(path)
    assert await again.read([A]) == [Record(2, b"later")]
    await again.aclose()


async def test_a_program_may_go_to_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is where it was when the store was opened, also for what is read on a connection of its own."""
    monkeypatch.chdir(tmp_path)
    store = await opened(Path("state.db"))
    await store.commit([Write(A, 1, b"x" * 100_000)])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert await store.read([A]) == [Record(1, b"x" * 100_000)]
    await store.commit([Write(A, 2, b"later", 1)])
    await store.aclose()
    assert list(tmp_path.joinpath("elsewhere").iterdir()) == []


async def test_a_reader_that_was_away_hears_of_every_change(tmp_path: Path) -> None:
    """R7.2: however many there were meanwhile, and though no other comes after them."""
    store = await opened(tmp_path / "state.db")
    feed = await store.changes()
    with closing(sqlite3.connect(tmp_path / "state.db")) as other, other:
        rows = [(f"name {number}",) for number in range(2_500)]
        other.executemany("insert into changes (owner, name, version) values ('app:app', ?, 1)", rows)
    heard = [await asyncio.wait_for(anext(feed), 10) for _ in range(2_500)]
    assert heard[-1] == Change(Key("app:app", "name 2499"), 1)
    await feed.aclose()  # type: ignore[attr-defined]
    await store.aclose()


async def test_a_store_that_is_closed_says_so(tmp_path: Path) -> None:
    """And finishes what was begun."""
    store = await opened(tmp_path / "state.db")
    commits = [asyncio.ensure_future(store.commit([Write(Key("o", f"{i}"), 1, b"x")])) for i in range(50)]
    await asyncio.sleep(0)
    await store.aclose()
    await asyncio.gather(*commits)
    with pytest.raises(StoreUnavailableError, match="is not open"):
        await store.read([A])


_HOLD = """
import asyncio, sys
from holdfast.stores import Key
from holdfast.stores.sqlite.store import SqliteStore

async def main():
    store = SqliteStore(sys.argv[1])
    await store.open()
    await store.claim([Key("session:a", "cart")])
    print("held", flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_holds_no_lane(tmp_path: Path) -> None:
    """R2.3, R6.1: its claims are free at once."""
    store = await opened(tmp_path / "state.db")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _HOLD,
        str(store.path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    assert await store.claim([A], wait=0.05) is None
    process.kill()
    await process.wait()
    claim = await store.claim([A], wait=20)
    assert claim is not None
    await store.release(claim)
    await store.aclose()


@pytest.mark.parametrize(
    ("url", "path", "synchronous"),
    [
        ("sqlite:///state.db", "state.db", "NORMAL"),
        ("sqlite:///a%20b/state.db", "a b/state.db", "NORMAL"),
        ("sqlite:////var/state.db?synchronous=full", "/var/state.db", "FULL"),
    ],
)
def test_a_url_says_where_the_file_is(url: str, path: str, synchronous: str) -> None:
    """R6.2"""
    store = stores.open(url)
    assert isinstance(store, SqliteStore)
    assert (str(store.path), store.synchronous) == (path, synchronous)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://state.db",
        "sqlite:///x?synchronous=never",
        "sqlite:///x?what=1",
        "memory://x",
        "mysql://host/db",
        "state.db",
        "",
    ],
)
def test_an_unknown_url_is_refused_with_the_known_ones(url: str) -> None:
    """R6.2: at once, as a mistake in building the app."""
    with pytest.raises(StoreUrlError, match="sqlite:///") as caught:
        stores.open(url)
    assert isinstance(caught.value, BuildError)


def test_a_lease_out_of_range_is_refused() -> None:
    """R6.2"""
    with pytest.raises(StoreUrlError, match=r"lease='soon' is out of range"):
        stores.open("redis://localhost?lease=soon")


@pytest.mark.parametrize("missing", ["redis", "hiredis"])
def test_a_missing_extra_is_said(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R6.2"""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else object())
    with pytest.raises(StoreUrlError, match=rf"needs the {missing} package: pip install 'holdfast\[redis\]'"):
        stores.open("redis://localhost")


async def test_a_file_that_is_locked_at_the_start_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """D8: after two seconds, and the start goes on as soon as it is free.

    D8: siblings looked for: other waits at the start that say nothing (the key's file, Redis); found: none.
    """
    path = tmp_path / "state.db"
    made = SqliteStore(path)
    await made.open()
    await made.aclose()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin exclusive")
    store = SqliteStore(path)
    opening = asyncio.create_task(store.open())
    await until(lambda: "is locked by another process; waiting" in caplog.text)
    other.close()
    await opening
    assert caplog.text.count("is locked by another process") == 1
    await store.aclose()

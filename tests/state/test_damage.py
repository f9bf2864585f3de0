"""D8, R6.3, R6.6: random damage inside an SQLite file concerns the sessions whose bytes it has hit, and no other.

D8: siblings looked for: each operation that meets damage (a claim, a read without a lane, a commit, keeping a session
longer) and each kind of page (of the table, of its index, above them). Found: health said "damaged" after any of them;
a name in an index that is not UTF-8 any more was taken for an outage of the whole store; a session that could not be
kept longer failed a task in the background.

Looked for later: what else runs in the background (dropping a session, the look for what has expired, the end of a
value's time, writing after an outage), and what health knows before an event meets damage. Found: the first two failed,
with a traceback at each look; an outage did not end while one value could not be written; health was good until an
event failed, and depended on chance then.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.state.conftest import cells_of
from tests.state.steps import read, run

from holdfast.errors import StateError
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import Claim, Dropped, StoreDamagedError, StoreUnavailableError, Write
from holdfast.stores.sqlite.store import SqliteStore
from holdfast.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
PAGE = 4096
SESSIONS = 120


async def started(path: Path, spec: CellSpec | None = None) -> tuple[StateEngine, CellSpec]:
    """An engine on the file, with one State."""
    engine = StateEngine(SqliteStore(path), options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    if spec is None:
        spec = cells_of(engine)("", key="note")
    else:
        engine.bind([spec])
    return engine, spec


async def filled(path: Path) -> CellSpec:
    """A file with values of many sessions."""
    engine, spec = await started(path)
    for number in range(SESSIONS):
        await run(engine, Owners(f"s{number:03}"), spec, lambda _, number=number: f"{number} " + "x" * 900)
    await engine.aclose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return spec


def pages_of(path: Path, kind: int) -> list[int]:
    """The pages of a kind: 13 holds rows of a table, 10 of an index, 5 leads to them."""
    data = path.read_bytes()
    return [at for at in range(PAGE, len(data), PAGE) if data[at] == kind]


def flip(path: Path, seed: int, start: int, size: int, count: int = 40) -> None:
    """Replace bytes at random places."""
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(count):
        data[start + chance.randrange(size)] ^= chance.randrange(1, 256)
    path.write_bytes(bytes(data))


async def outcomes(engine: StateEngine, spec: CellSpec) -> dict[str, int]:
    """How an event of each session goes."""
    found = {"kept": 0, "fresh": 0, "failed": 0}
    for number in range(SESSIONS):
        seen: list[str] = []

        def note(value: str, seen: list[str] = seen) -> str:
            seen.append(value)
            return value + "!"

        try:
            await run(engine, Owners(f"s{number:03}"), spec, note)
        except StateError:
            found["failed"] += 1
        else:
            assert seen[0] in {"", f"{number} " + "x" * 900}  # never another's or a damaged value
            found["kept" if seen[0] else "fresh"] += 1
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_damage_in_a_page_of_values_concerns_its_sessions_alone(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """D8: they fail or begin afresh with their bytes set aside; others and new ones work, and health is good."""
    path = tmp_path / "state.db"
    spec = await filled(path)
    data = path.read_bytes()
    page = random.Random(seed).choice([at for at in pages_of(path, 13) if b"x" * 900 in data[at : at + PAGE]][:-1])
    flip(path, seed, page, PAGE)
    engine, spec = await started(path, spec)
    found = await outcomes(engine, spec)
    assert SESSIONS - 8 <= found["kept"] < SESSIONS
    new = Owners("new", new=True)
    await run(engine, new, spec, lambda _: "works")
    assert await read(engine, new, spec) == "works"
    assert engine.health.ok
    said = [record.getMessage() for record in caplog.records if "is damaged" in record.getMessage()]
    assert len(said) <= 1
    await engine.aclose()


@pytest.mark.parametrize("kind", [10, 5])
@pytest.mark.parametrize("seed", range(3))
async def test_damage_in_a_page_that_leads_to_others_is_never_hidden(kind: int, seed: int, tmp_path: Path) -> None:
    """D8: in an index or above the values; what fails is said, and health is as new sessions find it."""
    path = tmp_path / "state.db"
    spec = await filled(path)
    pages = pages_of(path, kind)
    assert pages, "the file has a page of this kind"
    page = random.Random(seed).choice(pages)
    flip(path, seed, page, PAGE, count=200)
    try:
        engine, spec = await started(path, spec)
    except StateError:
        return  # so much is damaged that the app says so at its start
    before = engine.outages
    await outcomes(engine, spec)
    opened = 0
    for number in range(8):
        new = Owners(f"{random.Random(number).randbytes(8).hex()}", new=True)
        try:
            await run(engine, new, spec, lambda _: "works")
            opened += await read(engine, new, spec) == "works"
        except StateError:
            continue
    if opened in {0, 8}:  # in between, chance decides
        assert engine.health.ok == (opened == 8)
    assert engine.outages == before
    await engine.aclose()


class Partly(SqliteStore):
    """A store, some of whose owners are in damaged pages."""

    damaged: tuple[str, ...] = ()
    locked = False
    looks = 0
    probes = 0

    def _meet(self, owner: str) -> None:
        if self.locked:
            raise StoreUnavailableError("locked")
        if any(owner.startswith(one) for one in self.damaged):
            raise StoreDamagedError(f"{owner} is in a damaged page")

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        for write in writes:
            self._meet(write.key.owner)
        await super().commit(writes, claims)

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        self._meet(owner)
        return await super().drop(owner, due=due)

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        self.looks += 1
        if self.damaged:
            raise StoreDamagedError("an owner is in a damaged page")
        return await super().expire(now, limit)

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        self._meet("")
        self.probes += 1
        return await super().fact(name, value, replace=replace)


@pytest.fixture
async def partly(tmp_path: Path) -> AsyncIterator[tuple[StateEngine, Partly, ManualClock]]:
    store, clock = Partly(tmp_path / "state.db"), ManualClock()
    engine = StateEngine(store, clock=clock, options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    yield engine, store, clock
    await engine.aclose()
    gc.collect()
    await asyncio.sleep(0)
    assert not failed


async def passing(clock: ManualClock, condition: Callable[[], bool]) -> None:
    """Let time pass until something is so; the store's own thread takes real time meanwhile."""
    for _ in range(2_000):
        if condition():
            return
        await clock.advance(1)
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")


Parts = tuple[StateEngine, Partly, ManualClock]


async def test_a_session_in_a_damaged_page_is_dropped_from_memory(partly: Parts) -> None:
    """D8: the task that drops it ends well, its delete callback runs, and health is good."""
    engine, store, clock = partly
    dropped: list[str] = []
    spec = cells_of(engine)("", key="note", delete_callback=dropped.append)
    await run(engine, Owners("s1"), spec, lambda _: "x")
    store.damaged = ("session:s1",)
    engine.close("s1")
    for _ in range(3):
        await clock.advance(3700)
        await engine.settled()
    assert engine.held().cells == 0
    assert engine.health.ok


async def test_looking_for_what_has_expired_says_damage_once(partly: Parts, caplog: pytest.LogCaptureFixture) -> None:
    """D8: in one line, however often it looks."""
    engine, store, clock = partly
    store.damaged = ("session:s1",)
    store.looks = 0
    while store.looks < 5:
        await clock.advance(61)
        await engine.settled()
    said = [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert len(said) == 1
    assert "is damaged" in said[0].getMessage()
    assert said[0].exc_info is None


async def test_an_outage_ends_when_one_value_cannot_be_written(partly: Parts, caplog: pytest.LogCaptureFixture) -> None:
    """D8, R6.6: the others are written; the one stays in memory, and the log says which."""
    engine, store, clock = partly
    spec = cells_of(engine)("", key="note")
    for name in ("s1", "s2"):
        await run(engine, Owners(name), spec, lambda _: "before")
    store.locked = True
    for name in ("s1", "s2"):
        await run(engine, Owners(name), spec, lambda _: "after")
    store.locked, store.damaged = False, ("session:s1",)
    await passing(clock, lambda: engine.health.ok)
    assert [await read(engine, Owners(name), spec) for name in ("s1", "s2")] == ["after", "after"]
    (said,) = [one.getMessage() for one in caplog.records if "cannot be stored after the outage" in one.getMessage()]
    assert "session:s1" in said


async def test_nothing_counts_as_written_while_nothing_can_be(partly: Parts) -> None:
    """D8, R6.6: an outage at whose end the whole table is damaged goes on."""
    engine, store, clock = partly
    spec = cells_of(engine)("", key="note")
    store.locked = True
    await run(engine, Owners("s1"), spec, lambda _: "x")
    store.locked, store.damaged = False, ("session:",)
    store.probes = 0
    await passing(clock, lambda: store.probes >= 3)
    assert engine.health.unsaved == 1
    store.damaged = ()
    await passing(clock, lambda: engine.health.ok)
    assert engine.health.unsaved == 0


async def test_health_knows_at_the_start_that_nothing_can_be_stored(tmp_path: Path) -> None:
    """D8, issue: health is 503 when data that must be stored cannot be, also before an event has met the damage."""
    store = Partly(tmp_path / "state.db")
    store.damaged = ("session:",)
    engine = StateEngine(store, options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    assert not engine.health.ok
    await engine.aclose()

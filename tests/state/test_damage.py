"""D8, R6.3, R6.6: random damage inside an SQLite file concerns the sessions whose bytes it has hit, and no other.

D8: siblings looked for: each operation that meets damage (a claim, a read without a lane, a commit, keeping a session
longer) and each kind of page (of the table, of its index, above them). Found: health said "damaged" after any of them;
a name in an index that is not UTF-8 any more was taken for an outage of the whole store; a session that could not be
kept longer failed a task in the background.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.state.conftest import cells_of
from tests.state.steps import read, run

from holdfast.errors import StateError
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores.sqlite import SqliteStore

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

"""R6.6: the store is out of reach for a while."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from tests.state.conftest import cells_of
from tests.state.steps import fail, read, run, touch

from holdfast.logs import about
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.state.errors import StoreAwayError
from holdfast.stores import (
    Claim,
    Dropped,
    Key,
    MemoryShelf,
    MemoryStore,
    Record,
    StoreDamagedError,
    StoreUnavailableError,
    Write,
)
from holdfast.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


class FlakyStore(MemoryStore):
    """A store that can be out of reach."""

    down = False
    drops_fail = False
    deaf = False
    """What is written is done, but the answer never comes."""

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailableError("the cable is out.")

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        self._check()
        return await super().read(keys, known)

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        self._check()
        await super().commit(writes, claims)
        if self.deaf:
            raise StoreUnavailableError("no answer.")

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        self._check()
        return await super().claim(keys, known=known, wait=wait)

    async def release(self, claim: Claim) -> None:
        self._check()
        await super().release(claim)

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        self._check()
        return await super().fact(name, value, replace=replace)

    async def touch(self, owner: str, expires: float | None) -> None:
        self._check()
        await super().touch(owner, expires)

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        if self.drops_fail:
            self._check()
        return await super().drop(owner, due=due)


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def store(shelf: MemoryShelf) -> FlakyStore:
    return FlakyStore(durable=True, shelf=shelf)


@pytest.fixture
async def engine(store: FlakyStore, clock: ManualClock) -> AsyncIterator[StateEngine]:
    engine = StateEngine(store, clock=clock, options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    yield engine
    await engine.aclose()


@pytest.fixture
async def other(shelf: MemoryShelf, clock: ManualClock) -> AsyncIterator[StateEngine]:
    """Another process, which still reaches the store."""
    other = StateEngine(
        MemoryStore(durable=True, shelf=shelf),
        clock=clock,
        options=StateOptions(keys=Keyring(["a key for the tests"])),
    )
    await other.start()
    yield other
    await other.aclose()


@pytest.fixture
def spec(engine: StateEngine) -> CellSpec:
    return cells_of(engine)([], key="cart")


def append(item: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda value: [*value, item]


async def test_the_app_goes_on_from_memory_and_writes_when_the_store_is_back(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.6: everything works meanwhile; the log says it once, and once that it is over."""
    one, two = Owners("s1"), Owners("s2", new=True)
    await run(engine, one, spec, append("before"))
    store.down = True
    for number in range(3):
        await run(engine, one, spec, append(number))
        await run(engine, two, spec, append(number))
        await fail(engine, one, spec, list.clear)
        assert await touch(engine, one, spec) == ()
    assert await read(engine, one, spec) == ["before", 0, 1, 2]
    assert await read(engine, two, spec) == [0, 1, 2]
    assert engine.health == (False, "the cable is out.", 2)
    await clock.advance(100)
    assert engine.health.unsaved == 2
    store.down = False
    await clock.advance(20)
    await engine.settled()
    assert engine.health == (True, "", 0)
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert "is unreachable: the cable is out. Continuing in memory" in caplog.text
    assert "is back; all pending writes are done" in caplog.text
    await run(engine, one, spec, append("after"))
    assert await _stored(engine, one, spec) == ["before", 0, 1, 2, "after"]
    assert await _stored(engine, two, spec) == [0, 1, 2]


async def _stored(engine: StateEngine, owners: Owners, spec: CellSpec) -> Any:
    """The value as another process would find it."""
    fresh = StateEngine(
        MemoryStore(durable=True, shelf=engine.store.shelf),  # type: ignore[attr-defined]
        clock=engine.clock,
        options=engine.options,
    )
    await fresh.start()
    fresh.bind([spec])
    value = await read(fresh, owners, spec)
    await fresh.aclose()
    return value


async def test_nothing_that_was_committed_meanwhile_is_reported_lost_at_the_end(
    engine: StateEngine, store: FlakyStore, spec: CellSpec
) -> None:
    """R6.6: a shutdown tries once more."""
    store.down = True
    await run(engine, Owners("s1", new=True), spec, append(1))
    store.down = False
    await engine.aclose()
    assert await _stored(engine, Owners("s1"), spec) == [1]


async def test_what_is_lost_at_the_end_is_said(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.6"""
    store.down = True
    await run(engine, Owners("s1", new=True), spec, append(1))
    await engine.aclose()
    assert "1 committed values could not be written to memory:// and are lost" in caplog.text


async def test_two_values_of_an_outage_are_both_kept(
    engine: StateEngine,
    other: StateEngine,
    store: FlakyStore,
    spec: CellSpec,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R6.3, R6.6: another process that this one does not know of wrote the same cell.

    Its value counts, and the one from here is set aside, for a limited time.
    """
    visitor = Owners("s1")
    monkeypatch.setattr(store, "alone", lambda: True)
    other.bind([spec])
    await run(engine, visitor, spec, append("before"))
    store.down = True
    await run(engine, visitor, spec, append("here"))
    await run(other, visitor, spec, append("there"))
    store.down = False
    await clock.advance(5)
    await engine.settled()
    assert engine.health.ok
    assert await read(engine, visitor, spec) == await read(other, visitor, spec) == ["before", "there"]
    (name,) = await store.names("aside")
    (kept,) = [info async for info in store.owners("aside")]
    assert kept.expires == pytest.approx(clock.time() + engine.options.aside_for, abs=60)
    assert f"set aside as cell {name!r} of owner 'aside'" in caplog.text
    assert await run(engine, visitor, spec, append("after")) == (spec,)
    assert await read(other, visitor, spec) == ["before", "there", "after"]


async def test_a_store_that_goes_while_an_event_runs_does_not_stop_it(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock
) -> None:
    """R6.6: between its lane, its steps and its end."""
    visitor = Owners("s1")
    async with engine.event(visitor, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        await event.commit({spec: [*value, 1]})
        store.down = True
        await event.commit({spec: [*value, 1, 2]})
        store.down = False
        await clock.advance(5)
        await engine.settled()
        assert engine.health.ok
        await event.commit({spec: [*value, 1, 2, 3]})
    assert await _stored(engine, visitor, spec) == [1, 2, 3]


async def test_forgetting_a_session_during_an_outage_does_not_bring_it_back(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock
) -> None:
    """R9.2, R6.6"""
    visitor = Owners("s1")
    await run(engine, visitor, spec, append("old"))
    store.down = True
    await run(engine, visitor, spec, append("older"))
    engine.forget("s1")
    await engine.settled()
    with pytest.raises(StoreAwayError):
        await read(engine, visitor, spec)
    store.down = False
    await clock.advance(20)
    await engine.settled()
    assert engine.health.ok
    assert await read(engine, visitor, spec) == []


async def test_a_value_that_cannot_be_stored_any_more_does_not_keep_the_others_from_it(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock
) -> None:
    """R6.5, R6.6: it became a live one during the outage; the store keeps what it had of it."""
    one, two = Owners("s1"), Owners("s2", new=True)
    await run(engine, one, spec, append("stored"))
    store.down = True
    await run(engine, one, spec, append("unsaved"))
    await run(engine, one, spec, append(threading.Lock()))
    await run(engine, two, spec, append("tea"))
    store.down = False
    await clock.advance(5)
    await engine.settled()
    assert engine.health == (True, "", 0)
    assert await _stored(engine, two, spec) == ["tea"]
    assert await _stored(engine, one, spec) == ["stored"]
    await run(engine, one, spec, lambda _: ["plain again"])
    assert await _stored(engine, one, spec) == ["plain again"]


async def test_a_commit_whose_answer_was_lost_is_no_other_process_s(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.1, R6.6: what was reported after it counts, and nothing is set aside."""
    one, two = Owners("s1"), Owners("s2", new=True)
    short = cells_of(engine)(0, key="short", time_to_live=1)
    await run(engine, one, spec, append("before"))
    await run(engine, one, short, lambda _: 5)
    store.deaf = True
    async with engine.event(one, (spec, short), (spec, short)) as event:
        await event.values()
        await event.commit({spec: ["unheard"], short: 6})
    store.deaf, store.down = False, True
    await run(engine, two, spec, append("new"))
    await run(engine, one, spec, append("after"))
    store.down, store.deaf = False, True
    await clock.advance(0.6)  # the attempt to write it is not heard of either
    assert not engine.health.ok
    store.deaf, store.down = False, True
    await run(engine, one, spec, append("later"))
    store.down = False
    await clock.advance(20)
    await engine.settled()
    assert engine.health == (True, "", 0)
    assert await _stored(engine, one, spec) == ["unheard", "after", "later"]
    assert await _stored(engine, two, spec) == ["new"]
    assert await _stored(engine, one, short) == 0
    assert await store.names("aside") == []
    assert "another process" not in caplog.text


@pytest.mark.parametrize("at_the_end", [False, True], ids=["back", "stop"])
async def test_sessions_of_an_outage_do_not_stay_in_the_store_for_ever(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock, *, at_the_end: bool
) -> None:
    """R4.1, R4.3: the store knows until when it keeps what it was given late, also where only that was not heard."""

    async def unreachable(owner: str, expires: float | None) -> None:
        raise StoreUnavailableError("the cable is out.")

    original, store.touch = store.touch, unreachable  # type: ignore[method-assign]
    await run(engine, Owners("s1"), spec, append(1))
    await engine.settled()
    store.down = True
    await run(engine, Owners("s2", new=True), spec, append(1))
    store.down, store.touch = False, original  # type: ignore[method-assign]
    if at_the_end:
        await engine.aclose()
        known = {info.owner for info in [info async for info in store.owners()] if info.expires is not None}
        assert "session:s2" in known
        return
    await clock.advance(5)
    await engine.settled()
    assert {(info.owner, info.expires is None) for info in [info async for info in store.owners()]} == {
        ("session:s1", False),
        ("session:s2", False),
    }


async def test_a_store_that_was_damaged_meanwhile_is_not_called_healthy(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.6: what it concerns fails, and the health page and the log say why."""
    await run(engine, Owners("s1"), spec, append(1))
    assert engine.health.ok

    async def damaged(*_: Any, **__: Any) -> Any:
        raise StoreDamagedError("it is damaged")

    for name in ("claim", "read", "commit"):
        setattr(store, name, damaged)
    for _ in range(2):
        with pytest.raises(StoreDamagedError):
            await run(engine, Owners("s1"), spec, append(2))
    assert engine.health == (False, "it is damaged", 0)
    assert [record.getMessage() for record in caplog.records] == ["The store memory:// is damaged: it is damaged"]


async def test_a_store_that_comes_back_damaged_is_asked_again(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock
) -> None:
    """R6.6: until somebody has repaired it."""
    store.down = True
    await run(engine, Owners("s1", new=True), spec, append(1))
    store.down = False
    original = store.commit

    async def damaged(writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        raise StoreDamagedError("it is damaged")

    store.commit = damaged  # type: ignore[method-assign]
    await clock.advance(20)
    assert engine.health == (False, "it is damaged", 1)
    store.commit = original  # type: ignore[method-assign]
    await clock.advance(20)
    assert engine.health == (True, "", 0)
    assert await _stored(engine, Owners("s1"), spec) == [1]


async def test_a_session_that_ended_during_an_outage_is_not_written_after_it(
    engine: StateEngine, store: FlakyStore, clock: ManualClock
) -> None:
    """R4.3, R6.6: nobody would take it out again; its delete callback has run."""
    dropped: list[Any] = []
    spec = cells_of(engine)([], key="cart", delete_callback=dropped.append)
    store.down = store.drops_fail = True
    await run(engine, Owners("s1", new=True), spec, append(1))
    engine.forget("s1")
    await engine.settled()
    assert dropped == [[1]]
    store.down = store.drops_fail = False
    await clock.advance(5)
    await engine.settled()
    assert engine.health == (True, "", 0)
    assert [info async for info in store.owners()] == []


async def test_a_store_that_cannot_be_reached_at_the_start_is_an_error(clock: ManualClock) -> None:
    """R6.6: the earliest moment it can be known."""

    class Unreachable(FlakyStore):
        async def open(self) -> None:
            raise StoreUnavailableError("nobody there")

    engine = StateEngine(Unreachable(durable=True), clock=clock)
    with pytest.raises(StoreUnavailableError, match="nobody there"):
        await engine.start()


async def test_a_slow_store_stops_nobody_else(engine: StateEngine, store: FlakyStore, spec: CellSpec) -> None:
    """R6.6: one visitor's commit may hang; others go on."""
    hanging = asyncio.Event()
    original = store.commit

    async def slow(writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        if any(write.key.owner == "session:s1" for write in writes):
            await hanging.wait()
        await original(writes, claims)

    store.commit = slow  # type: ignore[method-assign]
    job = asyncio.create_task(run(engine, Owners("s1"), spec, append(1)))
    for _ in range(10):
        await asyncio.wait_for(run(engine, Owners("s2"), spec, append(1)), 5)
    assert not job.done()
    hanging.set()
    await job


async def test_the_end_of_an_outage_is_told_of_no_session(
    engine: StateEngine, store: FlakyStore, spec: CellSpec, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """D8: the event that noticed the outage is in the line that says so, and not in the one that ends it.

    Siblings looked for: other tasks that outlive the event which starts them; found: none in this module.
    """
    written: dict[int, object] = {}

    def note(record: logging.LogRecord) -> bool:
        written[record.levelno] = about.get()
        return True

    caplog.handler.addFilter(note)
    token = about.set(("s1", "add"))
    try:
        store.down = True
        await run(engine, Owners("s1", new=True), spec, append("x"))
    finally:
        about.reset(token)
        store.down = False
    await clock.advance(20)
    await engine.settled()
    caplog.handler.removeFilter(note)
    assert "is back; all pending writes are done" in caplog.text
    assert written == {logging.ERROR: ("s1", "add"), logging.WARNING: None}

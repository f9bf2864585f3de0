"""R4: how long State is kept, and what is called when it goes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.state.conftest import cells_of, durable_only, memory_only
from tests.state.steps import read, run, touch
from tests.waiting import until

from holdfast.state import CellSpec, Owner, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import Dropped, MemoryStore
from holdfast.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
MakeCell = Callable[..., CellSpec]
HOUR = 3600.0


@pytest.fixture
def dropped() -> list[Any]:
    """What delete callbacks were given."""
    return []


async def test_settled_returns_also_when_what_it_waits_for_has_just_ended(engine: StateEngine) -> None:
    """What is done but not yet taken out must not be waited for over and over."""

    async def ends_at_once() -> None:
        pass

    work = engine.spawn(ends_at_once())
    await asyncio.gather(work, engine.settled())


async def test_a_closed_session_is_kept_for_an_hour_from_its_close(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.1: counted from the close, not from the last write."""
    spec = make_cell([], delete_callback=dropped.append)
    engine.open("s1")
    await touch(engine, Owners("s1"), spec, lambda value: value.append(1))
    await clock.advance(2 * HOUR)
    engine.close("s1")
    await clock.advance(HOUR - 1)
    assert engine.held().owners == 1
    await clock.advance(1)
    await engine.settled()
    assert engine.held() == (0, 0, 0)
    assert dropped == [[1]]


async def test_a_session_that_comes_back_in_time_finds_everything(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.1: a reconnect reopens."""
    spec = make_cell([], delete_callback=dropped.append)
    engine.open("s1")
    await touch(engine, Owners("s1"), spec, lambda value: value.append(1))
    engine.close("s1")
    await clock.advance(HOUR - 1)
    engine.open("s1")
    await clock.advance(10 * HOUR)
    assert await read(engine, Owners("s1"), spec) == [1]
    engine.close("s1")
    await clock.advance(HOUR)
    await engine.settled()
    assert dropped == [[1]]


async def test_a_session_with_two_connections_closes_with_the_last(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell
) -> None:
    """R4.1"""
    spec = make_cell(0)
    engine.open("s1")
    engine.open("s1")
    await run(engine, Owners("s1"), spec, lambda n: n + 1)
    engine.close("s1")
    await clock.advance(2 * HOUR)
    assert engine.held().owners == 1
    engine.close("s1")
    await clock.advance(HOUR)
    assert engine.held().owners == 0


async def test_a_session_that_never_connects_is_kept_an_hour_from_its_last_use(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell
) -> None:
    """R4.1, R4.6: a client without a heartbeat does not stay for ever."""
    spec = make_cell(0)
    await run(engine, Owners("curl"), spec, lambda n: n + 1)
    await clock.advance(HOUR - 1)
    await run(engine, Owners("curl"), spec, lambda n: n + 1)
    await clock.advance(HOUR - 1)
    assert await read(engine, Owners("curl"), spec) == 2
    await clock.advance(HOUR)
    assert engine.held().owners == 0


async def test_an_event_that_runs_when_the_grace_ends_may_finish(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.1: its last value is what the callback gets."""
    spec = make_cell(0, delete_callback=dropped.append)
    engine.open("s1")
    async with engine.event(Owners("s1"), (spec,), (spec,)) as event:
        await event.values()
        engine.close("s1")
        await clock.advance(2 * HOUR)
        assert dropped == []
        await event.commit({spec: 5})
        assert await read(engine, Owners("s1"), spec) == 5
    await engine.settled()
    assert dropped == [5]
    assert engine.held().owners == 0


@memory_only
async def test_the_caller_can_end_sessions_itself(make_engine: Any, clock: ManualClock) -> None:
    """R4.5: whoever runs unload listeners decides when the State of a closed session goes."""
    engine = await make_engine(manual_expiry=True)
    spec = cells_of(engine)(0)
    engine.open("s1")
    await run(engine, Owners("s1"), spec, lambda n: n + 1)
    engine.close("s1")
    await clock.advance(2 * HOUR)
    assert await read(engine, Owners("s1"), spec) == 1
    engine.forget("s1")
    assert engine.held().owners == 0


async def test_a_forgotten_session_starts_afresh(engine: StateEngine, make_cell: MakeCell, dropped: list[Any]) -> None:
    """R9.2: `reset_session()`; what still runs on the old one ends with it."""
    spec = make_cell(0, delete_callback=dropped.append)
    async with engine.event(Owners("s1"), (spec,), (spec,)) as event:
        await event.values()
        engine.forget("s1")
        assert await read(engine, Owners("s1"), spec) == 0
        await event.commit({spec: 7})
    await engine.settled()
    assert dropped == [7]
    assert await read(engine, Owners("s1"), spec) == 0
    engine.forget("nobody")


async def test_time_to_live_counts_from_the_last_write(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.2: a write of the same value counts, reading does not."""
    spec = make_cell([0], time_to_live=10, delete_callback=dropped.append)
    engine.open("s1")
    await run(engine, Owners("s1"), spec, lambda _: [1])
    await clock.advance(8)
    await run(engine, Owners("s1"), spec, lambda value: value)
    await clock.advance(8)
    await touch(engine, Owners("s1"), spec)
    assert dropped == []
    await clock.advance(2)
    await engine.settled()
    assert dropped == [[1]]
    assert await read(engine, Owners("s1"), spec) == [0]


async def test_expiry_while_the_page_is_open_is_a_change(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell
) -> None:
    """R4.2, R3.3: `.change` fires when the value was another than the initial one."""
    other, same_again = make_cell(0, time_to_live=10), make_cell(0, time_to_live=10)
    heard: list[Any] = []
    engine.subscribe(lambda owner, specs, origin: heard.append((owner, specs, origin)))
    engine.open("s1")
    await run(engine, Owners("s1"), other, lambda _: 5)
    await run(engine, Owners("s1"), same_again, lambda _: 0)
    await clock.advance(10)
    await engine.settled()
    assert heard == [(Owners("s1").session, frozenset({other}), None)]


async def test_expiry_of_what_is_shared_is_a_change_for_every_page(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell
) -> None:
    """R4.2, R3.3: with every store; where one has a feed, the commit just before may still be on its way."""
    spec = make_cell(0, scope="app", key="news", time_to_live=10)
    heard: list[Any] = []
    engine.open("s1")
    await run(engine, Owners("s1"), spec, lambda _: 5)
    engine.subscribe(lambda owner, specs, origin: heard.append((owner, specs, origin)))
    await clock.advance(10)
    await engine.settled()
    await until(lambda: heard)
    assert set(heard) == {(Owner("app", "app"), frozenset({spec}), None)}
    assert await read(engine, Owners("s1"), spec) == 0


async def test_expiry_waits_for_the_event_that_holds_the_lane(
    engine: StateEngine, clock: ManualClock, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.2: and a write in it gives the value its time again."""
    spec = make_cell(0, time_to_live=10, delete_callback=dropped.append)
    engine.open("s1")
    async with engine.event(Owners("s1"), (spec,), (spec,)) as event:
        await event.values()
        await clock.advance(60)
        await event.commit({spec: 1})
    await engine.settled()
    assert dropped == []
    await clock.advance(10)
    await engine.settled()
    assert dropped == [1]


async def test_a_delete_callback_also_runs_for_a_value_that_was_only_read(
    engine: StateEngine, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.3"""
    spec = make_cell(["initial"], delete_callback=dropped.append)
    await touch(engine, Owners("s1"), spec)
    engine.forget("s1")
    await engine.settled()
    assert dropped == [["initial"]]


@memory_only
@pytest.mark.parametrize("way", ["forget", "expire", "evict", "close", "shutdown"])
async def test_a_delete_callback_runs_once_for_each_value_that_is_dropped(
    make_engine: Any, clock: ManualClock, dropped: list[Any], way: str
) -> None:
    """R4.3: on expiry, close, eviction, and at shutdown where the store is not durable; never twice."""
    engine = await make_engine(session_capacity=1)
    spec = cells_of(engine)(lambda: ["v"], time_to_live=5 if way == "expire" else None, delete_callback=dropped.append)
    engine.open("s1")
    await touch(engine, Owners("s1"), spec, lambda value: value.append("w"))
    if way == "forget":
        engine.forget("s1")
    elif way == "expire":
        await clock.advance(5)
    elif way == "evict":
        engine.close("s1")
        async with engine.event(Owners("s2"), (), (spec,)):
            pass
    elif way == "close":
        engine.close("s1")
        await clock.advance(HOUR)
    await engine.settled()
    assert dropped == ([] if way == "shutdown" else [["v", "w"]])
    await engine.aclose()
    assert dropped.count(["v", "w"]) == 1


async def test_a_delete_callback_runs_off_the_event_loop_and_may_fail(
    engine: StateEngine, make_cell: MakeCell, dropped: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """R4.3: a failure is logged and touches nothing else."""
    threads: list[threading.Thread] = []

    def broken(value: Any) -> None:
        threads.append(threading.current_thread())
        raise ValueError("cannot close")

    bad, good = make_cell(1, delete_callback=broken, key="bad"), make_cell(2, delete_callback=dropped.append)
    await touch(engine, Owners("s1"), bad)
    await touch(engine, Owners("s1"), good)
    with caplog.at_level(logging.ERROR):
        engine.forget("s1")
        await engine.settled()
    assert dropped == [2]
    assert threads[0] is not threading.main_thread()
    assert "The delete_callback of State 'bad' failed" in caplog.text


async def test_an_async_delete_callback_is_awaited(engine: StateEngine, make_cell: MakeCell) -> None:
    """R4.3"""
    seen: list[int] = []

    async def callback(value: int) -> None:
        await asyncio.sleep(0)
        seen.append(value)

    spec = make_cell(3, delete_callback=callback)
    await touch(engine, Owners("s1"), spec)
    engine.forget("s1")
    await engine.settled()
    assert seen == [3]


@memory_only
async def test_over_the_capacity_the_closed_session_unused_for_longest_goes_and_never_an_open_one(
    make_engine: Any, dropped: list[Any]
) -> None:
    """R4.4"""
    engine = await make_engine(session_capacity=3)
    spec = cells_of(engine)(lambda: 0, delete_callback=dropped.append)
    for number, name in enumerate(("open", "closed", "closed later")):
        engine.open(name)
        await run(engine, Owners(name), spec, lambda _, number=number: number)
    engine.close("closed")
    engine.close("closed later")
    for number, name in enumerate(("fourth", "fifth", "sixth"), start=10):
        engine.open(name)
        await run(engine, Owners(name), spec, lambda _, number=number: number)
        await engine.settled()
    assert dropped == [1, 2]
    assert engine.stats.evictions == 2


async def test_a_session_that_was_evicted_while_it_is_open_is_as_open_as_before(
    make_engine: Any, clock: ManualClock
) -> None:
    """R4.1, R4.4: what is kept of it is kept until its grace is over, which counts from its close."""
    engine = await make_engine(session_capacity=1)
    spec = cells_of(engine)("none")
    for name in ("s1", "s2", "s1"):  # each evicts the one before
        engine.open(name)
        await run(engine, Owners(name), spec, lambda _, name=name: name)
    engine.close("s1")  # it was opened twice
    await clock.advance(10 * HOUR)
    await engine.settled()
    assert await read(engine, Owners("s1"), spec) == "s1"
    engine.close("s1")
    await clock.advance(HOUR - 1)
    await engine.settled()
    assert await read(engine, Owners("s1"), spec) == "s1"
    await clock.advance(2 * HOUR)
    await engine.settled()
    assert await read(engine, Owners("s1"), spec) == "none"


@durable_only
async def test_what_left_memory_for_the_store_stays_there_as_long_as_its_page_is_open(
    make_engine: Any, clock: ManualClock
) -> None:
    """R4.1, R4.4: however long nobody uses it."""
    engine = await make_engine(memory_limit=3_000)
    spec = cells_of(engine)("")
    for name in ("s1", "s2"):
        engine.open(name)
        await run(engine, Owners(name), spec, lambda _: "x" * 2_000)
    assert engine.stats.evictions == 1
    for _ in range(10):
        await clock.advance(HOUR)
        await engine.settled()
    assert await read(engine, Owners("s1"), spec) == "x" * 2_000
    engine.forget("s1")
    await engine.settled()
    assert await read(engine, Owners("s1"), spec) == ""


async def test_a_session_in_use_is_not_evicted(make_engine: Any) -> None:
    """R4.4: a running event keeps its cells."""
    engine = await make_engine(session_capacity=1)
    spec = cells_of(engine)(0)
    async with engine.event(Owners("s1"), (spec,), (spec,)) as event:
        await event.values()
        await run(engine, Owners("s2"), spec, lambda _: 2)
        await event.commit({spec: 1})
    assert await read(engine, Owners("s1"), spec) == 1


@memory_only
async def test_the_bytes_of_all_values_are_bounded(make_engine: Any, dropped: list[Any]) -> None:
    """R4.4: `state_memory_limit`, whatever the number of sessions."""
    engine = await make_engine(memory_limit=100_000)
    spec = cells_of(engine)(None, delete_callback=lambda value: dropped.append(value[0]))
    for number in range(100):
        await run(engine, Owners(f"s{number}"), spec, lambda _, number=number: [number, "x" * 9_000])
        assert engine.held().bytes <= 110_000
    await engine.settled()
    assert sorted(dropped) == list(range(100 - engine.held().owners))  # the callbacks run in threads, in any order
    assert engine.held().owners == 11


async def test_what_is_counted_as_held_goes_back_to_nothing(make_engine: Any) -> None:
    """R4.4: sizes follow growing, shrinking, undone and dropped values."""
    engine = await make_engine()
    make = cells_of(engine)
    spec, kept = make([]), make("", history=3)
    for number in range(50):
        owners = Owners(f"s{number % 5}")
        await run(engine, owners, spec, lambda _, number=number: ["x"] * (number * 37 % 100))
        await run(engine, owners, kept, lambda _, number=number: "y" * (number * 11 % 70))
    assert engine.held().bytes > 1000
    for number in range(5):
        engine.forget(f"s{number}")
    assert engine.held() == (0, 0, 0)


@memory_only
async def test_nothing_runs_while_nothing_is_due(engine: StateEngine, clock: ManualClock, make_cell: MakeCell) -> None:
    """R4: one timer for the nearest deadline, none without one."""
    spec = make_cell(0, time_to_live=100)
    assert clock.sleepers == 0
    for number in range(50):
        engine.open(f"s{number}")
        await run(engine, Owners(f"s{number}"), spec, lambda n: n + 1)
        await clock.advance(0.1)
    assert clock.sleepers == 1
    await clock.advance(200)
    await engine.settled()
    assert clock.sleepers == 0


async def test_cells_of_a_state_that_a_re_render_took_away_are_dropped(
    engine: StateEngine, make_cell: MakeCell, dropped: list[Any]
) -> None:
    """R4.3, R5.4: single cells of an open session."""
    gone, kept = make_cell([1], delete_callback=dropped.append), make_cell([2], delete_callback=dropped.append)
    await touch(engine, Owners("s1"), gone)
    await touch(engine, Owners("s1"), kept)
    engine.discard_cells("s1", [gone])
    engine.discard_cells("unknown", [gone])
    await engine.settled()
    assert dropped == [[1]]
    assert engine.held().cells == 1


async def test_memory_is_flat_over_sessions_that_come_and_go(make_engine: Any, clock: ManualClock) -> None:
    """R4.6: nothing of a session stays behind."""
    engine = await make_engine(grace=10)
    make = cells_of(engine)
    spec, timed = make([]), make(0, time_to_live=3)
    for number in range(2_000):
        name = f"s{number}"
        engine.open(name)
        await touch(engine, Owners(name), spec, lambda value: value.append(1))
        await run(engine, Owners(name), timed, lambda n: n + 1)
        engine.close(name)
        if number % 100 == 0:
            await clock.advance(11)
    await clock.advance(11)
    await engine.settled()
    assert engine.held() == (0, 0, 0)
    assert engine.timers == 0


async def test_what_is_written_waits_for_each_drop_of_its_session_that_is_under_way() -> None:
    """R6.1: also for the second of two, when the first has ended."""

    class Slow(MemoryStore):
        async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
            under_way.append(asyncio.Event())
            await under_way[-1].wait()
            return await super().drop(owner, due=due)

    under_way: list[asyncio.Event] = []
    engine = StateEngine(Slow(durable=True), options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    spec, owners = cells_of(engine)(0), Owners("s1")
    for count in (1, 2):
        engine.open("s1")
        engine.forget("s1")
        await until(lambda count=count: len(under_way) == count)
    under_way[0].set()
    for _ in range(10):
        await asyncio.sleep(0)
    writing = asyncio.create_task(run(engine, owners, spec, lambda _: 1))
    await asyncio.wait([writing], timeout=0.1)
    under_way[1].set()
    await writing
    await engine.settled()
    assert await read(engine, owners, spec) == 1
    await engine.aclose()

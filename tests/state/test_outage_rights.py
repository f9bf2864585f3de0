"""D3, D4, D6: what a process may do while its store is out of reach, and what it does when the store comes back empty.

D3: siblings looked for: each place that takes the store's word for what is gone (reads, claims, commits that are fenced
or in conflict, the probe); found: all four, and a store that was set back to an older version of a cell.
D4: siblings looked for: each place that goes on without an answer (claims, reads, commits, first values, `get`,
`update`, histories, drops); found: claims, reads, `get`, and a drop that nobody did again.
D6: siblings looked for: each thing that asks a store during an outage (events, sweeps, touches, drops, releases,
deletions); found: all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from tests.redis_server import RedisServer
from tests.state.conftest import cells_of, durable_only
from tests.state.steps import read, run
from tests.state.test_outage import FlakyStore, append
from tests.waiting import until

from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.state.errors import StoreAwayError
from holdfast.stores import Claim, Key, MemoryShelf, MemoryStore, Record
from holdfast.stores.redis.store import RedisStore
from holdfast.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
MakeEngine = Callable[..., Awaitable[StateEngine]]


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
async def start(shelf: MemoryShelf, clock: ManualClock) -> AsyncIterator[MakeEngine]:
    """Starts processes that share a store, each of which can lose it."""
    made: list[StateEngine] = []

    async def make(**options: Any) -> StateEngine:
        options.setdefault("keys", Keyring(["a key for the tests"]))
        engine = StateEngine(FlakyStore(durable=True, shelf=shelf), clock=clock, options=StateOptions(**options))
        await engine.start()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.store.down = False  # type: ignore[attr-defined]
        await engine.aclose()


def cart(engine: StateEngine, **options: Any) -> CellSpec:
    return cells_of(engine)([], key="cart", **options)


async def test_a_session_that_is_not_in_memory_never_gets_the_initial_value(start: MakeEngine) -> None:
    """D4: it fails visibly, whether it reads or writes, and has its value when the store is back."""
    before = await start()
    spec = cart(before)
    await run(before, Owners("s1"), spec, append("tea"))
    await before.aclose()
    engine = await start()
    engine.bind([spec])
    engine.store.down = True  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(StoreAwayError, match="try again in a moment"):
            await run(engine, Owners("s1"), spec, append("milk"))
        with pytest.raises(StoreAwayError):
            await read(engine, Owners("s1"), spec)
    assert await run(engine, Owners("new", new=True), spec, append("first")) == (spec,)
    engine.store.down = False  # type: ignore[attr-defined]
    await engine.clock.advance(20)  # type: ignore[attr-defined]
    await engine.settled()
    assert await read(engine, Owners("s1"), spec) == ["tea"]
    assert await read(engine, Owners("new"), spec) == ["first"]


async def test_two_processes_without_their_store_keep_every_add_that_they_report(
    start: MakeEngine, clock: ManualClock
) -> None:
    """D4, R11.5: a write to shared State fails visibly; one that was reported counts."""
    one, two = await start(), await start()
    counter = cells_of(one)(0, key="counter", scope="app")
    two.bind([counter])
    for engine in (one, two):
        await run(engine, Owners("s"), counter, lambda n: n + 1)
    one.store.down = two.store.down = True  # type: ignore[attr-defined]
    kept = 2
    for _ in range(50):
        for engine in (one, two):
            with pytest.raises(StoreAwayError):
                await run(engine, Owners("s"), counter, lambda n: n + 1)
            with pytest.raises(StoreAwayError):
                await engine.update(counter, Owners("s").app, lambda n: n + 1)
    one.store.down = two.store.down = False  # type: ignore[attr-defined]
    await clock.advance(20)
    assert await read(one, Owners("s"), counter) == await read(two, Owners("s"), counter) == kept


async def test_one_process_goes_on_with_what_everyone_shares(start: MakeEngine, clock: ManualClock) -> None:
    """D4, R6.6: when no other process has the store, and what it reports is known to be unsaved."""
    engine = await start()
    counter = cells_of(engine)(0, key="counter", scope="app")
    await run(engine, Owners("s"), counter, lambda n: n + 1)
    engine.store.down = True  # type: ignore[attr-defined]
    async with engine.event(Owners("s"), (counter,), (counter,)) as event:
        await event.commit({counter: (await event.values())[counter] + 1})
        assert event.unsaved
    engine.store.down = False  # type: ignore[attr-defined]
    await clock.advance(20)
    async with engine.event(Owners("s"), (counter,), (counter,)) as event:
        await event.commit({counter: (await event.values())[counter] + 1})
        assert not event.unsaved
    assert await read(engine, Owners("s"), counter) == 3


async def test_an_app_may_refuse_what_is_not_durable(start: MakeEngine, clock: ManualClock) -> None:
    """D4, R6.6: `outage="refuse"`: nothing that is not stored is reported; what only reads goes on."""
    engine = await start(outage="refuse")
    spec = cart(engine)
    await run(engine, Owners("s1"), spec, append("tea"))
    async with engine.event(Owners("s1"), (spec,), (spec,)) as event:
        await event.values()
        engine.store.down = True  # type: ignore[attr-defined]
        with pytest.raises(StoreAwayError):
            await event.commit({spec: ["half"]})
    with pytest.raises(StoreAwayError):
        await run(engine, Owners("s1"), spec, append("milk"))
    assert await read(engine, Owners("s1"), spec) == ["tea"]
    engine.store.down = False  # type: ignore[attr-defined]
    await clock.advance(20)
    await run(engine, Owners("s1"), spec, append("bread"))
    assert await read(engine, Owners("s1"), spec) == ["tea", "bread"]


async def test_one_probe_asks_for_all(start: MakeEngine, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """D6: however many events there are, the store is asked once now and then, and the log has two lines."""
    asked: list[str] = []

    class Counting(FlakyStore):
        def _check(self) -> None:
            asked.append("")
            super()._check()

    engine = StateEngine(
        Counting(durable=True), clock=clock, options=StateOptions(keys=Keyring(["a key for the tests"]))
    )
    await engine.start()
    spec = cart(engine, time_to_live=1000)
    engine.open("s1")
    await run(engine, Owners("s1"), spec, append(0))
    await engine.settled()
    engine.store.down = True  # type: ignore[attr-defined]
    await run(engine, Owners("s1"), spec, append(0))
    asked.clear()
    for number in range(100):
        await run(engine, Owners("s1"), spec, append(number))
        await read(engine, Owners("s1"), spec)
    engine.close("s1")
    engine.open("s1")
    engine.forget("another")
    await engine.settled()
    assert asked == []
    for _ in range(10):
        await clock.advance(15)
    assert len(asked) <= 14
    engine.store.down = False  # type: ignore[attr-defined]
    await clock.advance(20)
    await engine.settled()
    assert engine.health.ok
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    await engine.aclose()


@durable_only
async def test_a_store_that_comes_back_empty_gets_what_is_in_memory(
    make_engine: MakeEngine, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """D3: neither the session that finds it nor the others lose anything, and no other process is blamed."""
    engine = await make_engine()
    spec = cart(engine, history=3)
    for session in ("s1", "s2", "s3"):
        await run(engine, Owners(session), spec, append(session))
    assert engine.persistence.durable
    await _empty(engine)
    await run(engine, Owners("s1"), spec, append("more"))
    assert await read(engine, Owners("s2"), spec) == ["s2"]
    while not engine.health.ok:
        await clock.advance(1)
        await asyncio.sleep(0.005)  # the store's own thread takes real time
    await engine.settled()
    assert engine.health == (True, "", 0)
    await run(engine, Owners("s3"), spec, append("after"))
    fresh = await make_engine()
    fresh.bind([spec])
    found = [await read(fresh, Owners(session), spec) for session in ("s1", "s2", "s3")]
    assert found == [["s1", "more"], ["s2"], ["s3", "after"]]
    assert await fresh.move(spec, Owners("s1").session, "undo") == ["s1"]
    assert "has lost its data" in caplog.text
    assert "another process" not in caplog.text


async def _empty(engine: StateEngine) -> None:
    """Take everything out of a store, as a Redis that starts again without its data does."""
    store = engine.store
    if isinstance(store, MemoryStore):
        shelf = store.shelf
        shelf.cells.clear()
        shelf.expiries.clear()
        shelf.facts.clear()
    elif isinstance(store, RedisStore):
        from redis.asyncio import Redis

        async with Redis.from_url(store.url) as client:
            async for key in client.scan_iter(match=f"{store._prefix}:*"):
                await client.delete(key)
    else:
        import sqlite3

        connection = sqlite3.connect(store.path)  # type: ignore[attr-defined]
        with connection:
            for table in ("cells", "owners", "facts"):
                connection.execute(f"delete from {table}")  # names of its own tables
        connection.close()


async def test_a_redis_that_starts_again_empty_gets_what_is_in_memory(
    own_redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """D3: with a real server, and real time."""
    engine = StateEngine(RedisStore(own_redis_server.url), options=StateOptions(keys=Keyring(["a key for the tests"])))
    await engine.start()
    spec = cart(engine)
    for session in ("s1", "s2"):
        await run(engine, Owners(session), spec, append(session))
    own_redis_server.stop()
    await run(engine, Owners("s1"), spec, append("away"))
    own_redis_server.start()
    await until(lambda: engine.health.ok)
    await run(engine, Owners("s2"), spec, append("after"))
    keys = [Key("session:s1", "cart"), Key("session:s2", "cart")]
    assert all(await engine.store.read(keys))
    assert await read(engine, Owners("s1"), spec) == ["s1", "away"]
    assert await read(engine, Owners("s2"), spec) == ["s2", "after"]
    await engine.aclose()


async def test_a_store_that_was_set_back_gets_the_newer_value(start: MakeEngine, clock: ManualClock) -> None:
    """D3: a Redis that has lost its last second has an older version of a cell."""
    engine = await start()
    spec = cart(engine)
    await run(engine, Owners("s1"), spec, append(1))
    older: Sequence[Record | None] = await engine.store.read([Key("session:s1", "cart")])
    await run(engine, Owners("s1"), spec, append(2))
    assert older[0] is not None
    assert older[0].data is not None
    engine.store.shelf.cells["session:s1"]["cart"] = (older[0].version, older[0].data)  # type: ignore[attr-defined]
    assert await read(engine, Owners("s1"), spec) == [1, 2]
    await clock.advance(20)
    await engine.settled()
    other = await start()
    other.bind([spec])
    assert await read(other, Owners("s1"), spec) == [1, 2]


async def test_a_damaged_value_is_set_aside_with_its_lane_alone(
    start: MakeEngine, shelf: MemoryShelf, clock: ManualClock
) -> None:
    """D2, R6.7: not while another process holds the lane."""
    engine, other = await start(), await start()
    spec = cart(engine)
    other.bind([spec])
    await run(engine, Owners("s1"), spec, append(1))
    version, data = shelf.cells["session:s1"]["cart"]
    held: Claim | None = await engine.store.claim([Key("session:s1", "cart")])
    assert held is not None
    shelf.cells["session:s1"]["cart"] = (version + 1, data[:-1] + b"?")
    assert await read(other, Owners("s1"), spec) == []
    assert "aside" not in shelf.cells
    await engine.store.release(held)
    await other.settled()
    assert list(shelf.cells["aside"]) == [f"session:s1/cart@{version + 1}"]
    assert await other.store.expire(clock.time() + other.options.aside_for + 61)
    assert "aside" not in shelf.cells

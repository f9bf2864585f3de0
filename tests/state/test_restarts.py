"""R4.2, R6.3, R10.1: what a process finds in the store that another one has left there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.state.conftest import cells_of, durable_only
from tests.state.steps import read, run
from tests.waiting import until

from holdfast.state import CellSpec, Owners, StateEngine
from holdfast.state.errors import UnreadableError
from holdfast.stores import Key, Write
from holdfast.testing.clock import ManualClock

pytestmark = [pytest.mark.anyio, durable_only]
MakeEngine = Callable[..., Awaitable[StateEngine]]
VISITOR = Owners("s1")


async def until_gone(engine: StateEngine, key: Key) -> None:
    for _ in range(2_000):
        if await engine.store.read([key]) == [None]:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it is still there")


@pytest.mark.parametrize("concurrency", ["serial", "last_write"])
@pytest.mark.parametrize("factory", [False, True], ids=["value", "factory"])
async def test_a_value_whose_time_ended_meanwhile_is_given_to_nobody(
    make_engine: MakeEngine, clock: ManualClock, concurrency: Any, *, factory: bool
) -> None:
    """R4.2, R4.3: the first who asks finds the initial value; the old one goes with one callback."""
    dropped: list[Any] = []
    options: dict[str, Any] = {"scope": "app", "key": "cart", "time_to_live": 60, "concurrency": concurrency}
    before = await make_engine()
    spec = cells_of(before)((lambda: ["new"]) if factory else ["new"], delete_callback=dropped.append, **options)
    await run(before, VISITOR, spec, lambda _: ["old"])
    await before.aclose()
    assert dropped == []
    await clock.advance(61)
    one, two = await make_engine(), await make_engine()
    one.bind([spec])
    two.bind([spec])
    assert await read(one, VISITOR, spec) == ["new"]
    async with two.event(VISITOR, [spec], [spec]) as event:
        assert (await event.values())[spec] == ["new"]
        await event.commit({spec: ["newer"]})
    await one.settled()
    await two.settled()
    assert dropped == [["old"]]
    assert await read(one, VISITOR, spec) == await read(two, VISITOR, spec) == ["newer"]


async def test_a_value_whose_time_ended_meanwhile_leaves_the_store_when_it_is_only_read(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """R4.2, R3.3: and an open page hears that it changed."""
    before = await make_engine()
    spec = cells_of(before)(0, key="cart", time_to_live=60)
    before.open("s1")
    await run(before, VISITOR, spec, lambda _: 5)
    await before.aclose()
    await clock.advance(61)
    after = await make_engine()
    after.bind([spec])
    heard: list[Any] = []
    after.subscribe(lambda owner, specs, origin: heard.append((owner, specs, origin)))
    after.open("s1")
    assert await read(after, VISITOR, spec) == 0
    await until_gone(after, Key("session:s1", "cart"))
    await after.settled()
    assert heard == [(VISITOR.session, frozenset({spec}), None)]


async def test_what_can_be_undone_is_migrated_too(make_engine: MakeEngine) -> None:
    """R6.3, R10.1: undo leads to values of today's shape, now and after the next restart."""
    before = await make_engine()
    old = cells_of(before)(0, key="cart", history=5)
    for number in (1, 2, 3):
        await run(before, VISITOR, old, lambda _, number=number: number)
    await before.move(old, VISITOR.session, "undo")
    await before.aclose()
    new = CellSpec(
        initial={"n": 0}, key="cart", history=5, version=2, migrate=lambda value, version: {"n": value, "was": version}
    )
    new.settle(1, watched=True)
    seen = []
    for moves in (("undo", "redo"), ("redo", "undo", "undo")):
        after = await make_engine()
        after.bind([new])
        seen += [await after.move(new, VISITOR.session, move) for move in moves]
        await after.aclose()
    assert [value["n"] for value in seen] == [1, 2, 3, 2, 1]
    assert {value["was"] for value in seen} == {1}


async def test_earlier_versions_that_cannot_be_migrated_are_said_and_left_out(
    make_engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.3, R10.1"""
    before = await make_engine()
    old = cells_of(before)(0, key="cart", history=5)
    for number in (1, 2):
        await run(before, VISITOR, old, lambda _, number=number: number)
    await before.aclose()

    def migrate(value: int, version: int) -> str:
        if value < 2:
            raise ValueError("too small")
        return str(value)

    new = CellSpec(initial="", key="cart", history=5, version=2, migrate=migrate)
    new.settle(1, watched=True)
    after = await make_engine()
    after.bind([new])
    with caplog.at_level(logging.WARNING):
        assert await after.move(new, VISITOR.session, "undo") == "2"
    assert "The earlier versions of State 'cart' of session:s1 cannot be read: migrate failed" in caplog.text
    await run(after, VISITOR, new, lambda _: "3")
    (name,) = await after.store.names("aside")
    assert name.startswith("session:s1/cart#history@")
    assert f"They were set aside as cell {name!r} of owner 'aside'." in caplog.text


async def test_an_older_program_leaves_the_earlier_versions_of_a_newer_one_whole(
    make_engine: MakeEngine, visitor: Owners
) -> None:
    """D2, R6.7, R10.1: with the value that they belong to."""
    cart, earlier = Key("session:s1", "cart"), Key("session:s1", "cart#history")
    newer = await make_engine()
    spec = cells_of(newer)(0, key="cart", history=5, version=2)
    for number in (1, 2):
        await run(newer, visitor, spec, lambda _, number=number: number)
    value, history = await newer.store.read([cart, earlier])
    assert value is not None
    assert history is not None
    await newer.aclose()
    older = await make_engine()
    old = cells_of(older)("fresh", key="cart", history=5)
    for attempt in (read(older, visitor, old), run(older, visitor, old, lambda _: "a")):
        with pytest.raises(UnreadableError):
            await attempt
    assert await older.store.read([cart, earlier]) == [value, history]
    assert await older.store.names("aside") == []


async def test_what_belongs_to_no_app_stops_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """R4.3, R7.2: neither what goes nor what changes may have an owner that is unknown here."""
    dropped: list[Any] = []
    one, two = await make_engine(grace=10), await make_engine(grace=10)
    spec = cells_of(one)(0, key="cart", delete_callback=dropped.append)
    shared = cells_of(one)(0, key="news", scope="app")
    two.bind([spec, shared])
    heard: list[Any] = []
    two.subscribe(lambda owner, specs, origin: heard.append(owner))
    await until(lambda: two.subscriptions.follows)
    await one.store.commit([Write(Key("nobody", "cart"), 1, b"bytes", announce=True)])
    await one.store.touch("nobody", clock.time() + 1)
    await run(one, VISITOR, spec, lambda _: 5)
    await run(one, VISITOR, shared, lambda _: 5)
    await until(lambda: heard)
    assert heard == [VISITOR.app]
    await one.aclose()
    for _ in range(4_000):
        if dropped:
            break
        await clock.advance(5)
        await asyncio.sleep(0.002)
    assert dropped == [5]


async def test_a_process_that_ends_right_after_its_first_commit_leaves_nothing_for_ever(
    make_engine: MakeEngine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4.1, R6.1: what is in the store has its time with it, whether or not the process could say it again."""
    dropped: list[Any] = []
    killed = await make_engine(grace=10)

    async def unsaid(owner: str, expires: float | None) -> None:
        """The process ended before."""

    monkeypatch.setattr(killed.store, "touch", unsaid)
    spec = cells_of(killed)(0, key="cart", delete_callback=dropped.append)
    made = cells_of(killed)(lambda: 7, key="made")
    short = cells_of(killed)(0, key="short", time_to_live=5)
    await run(killed, Owners("s1"), spec, lambda _: 1)
    assert await read(killed, Owners("s2"), made) == 7
    await run(killed, Owners("s3"), short, lambda _: 3)
    await clock.advance(6)
    await until_gone(killed, Key("session:s3", "short"))
    await run(killed, Owners("s3"), short, lambda _: 4)
    kept = [info.expires async for info in killed.store.owners("session:")]
    assert len(kept) == 3
    assert all(expires is not None and expires <= clock.time() + 120 for expires in kept)
    after = await make_engine(grace=10)
    after.bind([spec])
    for _ in range(4_000):
        if not [info async for info in after.store.owners("session:")]:
            break
        await clock.advance(10)
        await asyncio.sleep(0.002)
    assert [info async for info in after.store.owners("session:")] == []
    await after.settled()
    await killed.settled()
    assert dropped == [1]

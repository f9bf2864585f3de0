"""R6, R1.3, R4.3, R4.4, R5, R7: State in stores that outlive the process, and that several processes share."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.state.conftest import cells_of, durable_only
from tests.state.steps import fail, read, run, touch
from tests.waiting import until

from holdfast.errors import StateError
from holdfast.state import CellSpec, Owner, Owners, StateEngine, ValueTooLargeError
from holdfast.state.codec import Keyring
from holdfast.state.errors import UnreadableError
from holdfast.stores import Key, Store, VersionConflictError, Write
from holdfast.tasks import outlast
from holdfast.testing.clock import ManualClock

pytestmark = [pytest.mark.anyio, durable_only]
HOUR = 3600.0
MakeEngine = Callable[..., Awaitable[StateEngine]]


@dataclass
class Cart:
    items: list[str] = field(default_factory=list)


@pytest.fixture
def dropped() -> list[Any]:
    return []


def spec_of(engine: StateEngine, initial: Any = None, **options: Any) -> CellSpec:
    """One State; a spec that is bound to several engines stands for the same program in several processes."""
    options.setdefault("key", "cart")
    return cells_of(engine)(initial, **options)


async def test_a_commit_is_there_after_a_restart(make_engine: MakeEngine, visitor: Owners) -> None:
    """R6.1: values of any kind, for sessions and wider scopes."""
    before, after = await make_engine(), None
    cart = spec_of(before, Cart)
    count = spec_of(before, 0, scope="app", key="count")
    await touch(before, visitor, cart, lambda value: value.items.append("tea"))
    await run(before, visitor, count, lambda n: n + 5)
    await before.aclose()
    after = await make_engine()
    after.bind([cart, count])
    assert await read(after, visitor, cart) == Cart(["tea"])
    assert await read(after, visitor, count) == 5
    assert await touch(after, visitor, cart) == ()


async def test_a_step_that_failed_is_not_in_the_store(make_engine: MakeEngine, visitor: Owners) -> None:
    """R6.1, R2.2"""
    before = await make_engine()
    spec = spec_of(before, [])
    await run(before, visitor, spec, lambda _: [1])
    await fail(before, visitor, spec, lambda value: value.append(2))
    after = await make_engine()
    after.bind([spec])
    assert await read(after, visitor, spec) == [1]


async def test_a_step_is_stored_whole_or_not_at_all(
    make_engine: MakeEngine, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R6.1: several States, also of several owners, in one commit."""
    engine = await make_engine()
    mine, shared = spec_of(engine, 0), spec_of(engine, 0, scope="app", key="shared")
    commits: list[int] = []
    original = engine.store.commit

    async def counting(writes: Any, claims: Any = ()) -> None:
        commits.append(len(writes))
        await original(writes, claims)

    monkeypatch.setattr(engine.store, "commit", counting)
    async with engine.event(visitor, (), (mine, shared)) as event:
        await event.commit({mine: 1, shared: 2})
    assert commits == [2]


async def test_a_value_that_does_not_change_is_not_written_again(
    make_engine: MakeEngine, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R6: the write is skipped when the bytes are the same."""
    engine = await make_engine()
    spec = spec_of(engine, [])
    await run(engine, visitor, spec, lambda _: [1])
    monkeypatch.setattr(engine.store, "commit", None)
    await run(engine, visitor, spec, lambda _: [1])
    await touch(engine, visitor, spec)


async def test_a_session_that_only_reads_leaves_nothing_in_the_store(make_engine: MakeEngine, visitor: Owners) -> None:
    """R4.6: no storage for every anonymous visit."""
    engine = await make_engine()
    spec = spec_of(engine, [1])
    await touch(engine, visitor, spec)
    engine.open("s1")
    await engine.settled()
    assert [info async for info in engine.store.owners()] == []


async def test_a_factory_runs_once_for_all_processes(make_engine: MakeEngine, visitor: Owners) -> None:
    """R1.3: and its value is kept."""
    made: list[int] = []

    def factory() -> int:
        made.append(1)
        return len(made)

    engines = [await make_engine() for _ in range(3)]
    spec = spec_of(engines[0], factory, scope="app")
    for engine in engines:
        engine.bind([spec])
    seen = await asyncio.gather(*(read(engine, visitor, spec) for engine in engines for _ in range(5)))
    assert set(seen) == {1}
    late = await make_engine()
    late.bind([spec])
    assert await read(late, visitor, spec) == 1


async def test_several_processes_lose_no_update(make_engine: MakeEngine, visitor: Owners) -> None:
    """R7.1: events, updates, reads and in-place changes of one cell from everywhere."""
    engines = [await make_engine() for _ in range(3)]
    spec = spec_of(engines[0], {"n": 0}, scope="app")
    for engine in engines:
        engine.bind([spec])

    def add(value: dict[str, int]) -> dict[str, int]:
        return {"n": value["n"] + 1}

    def add_in_place(value: dict[str, int]) -> dict[str, int]:
        value["n"] += 1
        return value

    jobs = [run(engine, visitor, spec, add_in_place, pause=0.0) for engine in engines for _ in range(15)]
    jobs += [engine.update(spec, visitor.app, add) for engine in engines for _ in range(15)]
    await asyncio.wait_for(asyncio.gather(*jobs), 60)
    assert {(await read(engine, visitor, spec))["n"] for engine in engines} == {90}


async def test_a_write_without_a_lane_is_noticed_and_not_overwritten(make_engine: MakeEngine, visitor: Owners) -> None:
    """R7.1: whoever writes the store past the engine loses nothing to it; the event fails whole and can be repeated."""
    engine = await make_engine()
    spec = spec_of(engine, [])
    await run(engine, visitor, spec, lambda _: [1])
    key = Key("session:s1", "cart")
    async with engine.event(visitor, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        (record,) = await engine.store.read([key])
        assert record is not None
        await engine.store.commit([Write(key, record.version + 1, record.data, record.version)])
        value.append(2)
        with pytest.raises(VersionConflictError, match="nothing was written"):
            await event.commit({spec: value})
    assert await read(engine, visitor, spec) == [1]
    assert await run(engine, visitor, spec, lambda value: [*value, 3]) == (spec,)


async def test_what_another_process_wrote_is_read(make_engine: MakeEngine, visitor: Owners) -> None:
    """R5.5, R7: a reader is up to date, and a writer starts from the last commit."""
    one, two = await make_engine(), await make_engine()
    spec = spec_of(one, [])
    two.bind([spec])
    for number in range(4):
        await run((one, two)[number % 2], visitor, spec, lambda value, number=number: [*value, number])
        assert await read(one, visitor, spec) == await read(two, visitor, spec) == list(range(number + 1))
    assert await two.update(spec, visitor.session, lambda value: [*value, "last"]) == [0, 1, 2, 3, "last"]


async def test_changes_of_another_process_are_told_once(make_engine: MakeEngine, visitor: Owners) -> None:
    """R7.2: to whoever listens here; one's own are not told twice."""
    one, two = await make_engine(), await make_engine()
    spec = spec_of(one, 0, scope="app")
    two.bind([spec])
    heard: dict[str, list[Any]] = {"one": [], "two": []}
    one.subscribe(lambda owner, specs, origin: heard["one"].append((owner, specs, origin)))
    two.subscribe(lambda owner, specs, origin: heard["two"].append((owner, specs, origin)))
    await until(lambda: one.subscriptions.follows and two.subscriptions.follows)
    await run(one, visitor, spec, lambda n: n + 1)
    await until(lambda: bool(heard["two"]))
    await run(two, visitor, spec, lambda n: n + 1)
    await until(lambda: len(heard["one"]) == 2)
    assert heard["two"] == [(visitor.app, frozenset({spec}), None), (visitor.app, frozenset({spec}), "s1")]
    assert heard["one"] == [(visitor.app, frozenset({spec}), "s1"), (visitor.app, frozenset({spec}), None)]


async def test_owners_never_see_each_others_cells(make_engine: MakeEngine) -> None:
    """R5.3: by scope and by id, with one key."""
    engine = await make_engine()
    specs = {
        scope: spec_of(engine, "nobody's", scope=scope, key=f"note {scope}") for scope in ("session", "browser", "user")
    }
    ada, bob = Owners("s1", browser="b1", user="ada"), Owners("s2", browser="b2", user="bob")
    same_user = Owners("s3", browser="b1", user="ada")
    for spec in specs.values():
        await run(engine, ada, spec, lambda _: "ada's")
    assert [await read(engine, bob, spec) for spec in specs.values()] == ["nobody's"] * 3
    assert [await read(engine, same_user, spec) for spec in specs.values()] == ["nobody's", "ada's", "ada's"]


# Ends


async def test_a_closed_session_goes_from_the_store_with_one_callback(
    make_engine: MakeEngine, clock: ManualClock, dropped: list[Any]
) -> None:
    """R4.1, R4.3"""
    one, two = await make_engine(), await make_engine()
    spec = spec_of(one, [], delete_callback=dropped.append)
    two.bind([spec])
    one.open("s1")
    await run(one, Owners("s1"), spec, lambda _: ["kept"])
    await touch(two, Owners("s1"), spec)
    one.close("s1")
    for _ in range(70):
        await clock.advance(60)
        await one.settled()
        await two.settled()
    assert dropped == [["kept"]]
    two.forget("s1")
    await two.settled()
    assert dropped == [["kept"]]
    assert [info async for info in one.store.owners()] == []


async def test_sessions_of_a_process_that_died_go_in_time(
    make_engine: MakeEngine, clock: ManualClock, dropped: list[Any]
) -> None:
    """R4.3, R4.6: any other process sees to it, and calls back with what was stored."""
    dead = await make_engine()
    spec = spec_of(dead, [], delete_callback=dropped.append)
    dead.open("s1")
    await run(dead, Owners("s1"), spec, lambda _: ["left"])
    await dead.settled()
    await dead.aclose()
    assert dropped == []
    alive = await make_engine()
    alive.bind([spec])
    await clock.advance(HOUR)
    await alive.settled()
    assert dropped == []
    for _ in range(200):
        await clock.advance(60)
        await alive.settled()
        if dropped:
            break
    assert dropped == [["left"]]


async def test_an_open_session_is_kept_however_long_it_is_quiet(make_engine: MakeEngine, clock: ManualClock) -> None:
    """R4.1: also when another process looks for what may go."""
    one, two = await make_engine(), await make_engine()
    spec = spec_of(one, 0)
    two.bind([spec])
    one.open("s1")
    await run(one, Owners("s1"), spec, lambda _: 7)
    await one.settled()
    for _ in range(10):
        await clock.advance(0.9 * HOUR)
        await one.settled()
        await two.settled()
    assert await read(two, Owners("s1"), spec) == 7


@pytest.mark.parametrize("manual_expiry", [False, True])
async def test_a_session_that_another_process_has_open_is_not_dropped(
    make_engine: MakeEngine, clock: ManualClock, dropped: list[Any], manual_expiry: bool
) -> None:
    """R4.1: a page that came back through another replica finds everything, whatever the first one thinks."""
    one, two = await make_engine(manual_expiry=manual_expiry), await make_engine(manual_expiry=manual_expiry)
    spec = spec_of(one, [], delete_callback=dropped.append)
    two.bind([spec])
    one.open("s1")
    await run(one, Owners("s1"), spec, lambda _: ["kept"])
    one.close("s1")
    await one.settled()
    two.open("s1")
    await touch(two, Owners("s1"), spec)
    await two.settled()
    for _ in range(65):
        await clock.advance(60)
        await one.settled()
        await two.settled()
    one.lapse("s1")
    await one.settled()
    assert one.held().owners == 0
    assert dropped == []
    assert await read(two, Owners("s1"), spec) == ["kept"]
    two.close("s1")
    await two.settled()
    for _ in range(65):
        await clock.advance(60)
        await one.settled()
        await two.settled()
    two.lapse("s1")
    await two.settled()
    assert dropped == [["kept"]]


async def test_a_machine_that_slept_keeps_its_open_sessions(make_engine: MakeEngine, clock: ManualClock) -> None:
    """R4.1: what was not renewed because everything stood still is renewed before anything goes."""
    engine = await make_engine()
    spec = spec_of(engine, 0)
    engine.open("s1")
    await run(engine, Owners("s1"), spec, lambda _: 7)
    await engine.settled()
    clock.jump(10 * HOUR)
    for _ in range(5):
        await clock.advance(60)
        await asyncio.sleep(0.02)
        await engine.settled()
    other = await make_engine()
    other.bind([spec])
    assert await read(other, Owners("s1"), spec) == 7


async def test_a_forgotten_session_is_empty_at_once(make_engine: MakeEngine, dropped: list[Any]) -> None:
    """R9.2: the next event does not find what is just being dropped."""
    engine = await make_engine()
    spec = spec_of(engine, 0, delete_callback=dropped.append)
    await run(engine, Owners("s1"), spec, lambda n: n + 1)
    for _ in range(3):
        engine.forget("s1")
        assert await run(engine, Owners("s1"), spec, lambda n: n + 1) == (spec,)
        assert await read(engine, Owners("s1"), spec) == 1
    await engine.settled()
    assert dropped == [1, 1, 1]


async def test_over_a_bound_sessions_go_to_the_store_and_come_back(make_engine: MakeEngine, dropped: list[Any]) -> None:
    """R4.4: nothing is lost and no callback runs."""
    engine = await make_engine(session_capacity=2)
    spec = spec_of(engine, [], delete_callback=dropped.append)
    for number in range(6):
        await run(engine, Owners(f"s{number}"), spec, lambda _, number=number: [number])
    assert engine.held().owners == 2
    assert [await read(engine, Owners(f"s{number}"), spec) for number in range(6)] == [[n] for n in range(6)]
    await engine.settled()
    assert dropped == []


async def test_a_shutdown_drops_nothing_that_is_stored(make_engine: MakeEngine, dropped: list[Any]) -> None:
    """R4.3: only what is lost with the process is called back for."""
    engine = await make_engine()
    stored, live = (
        spec_of(engine, [], delete_callback=dropped.append),
        spec_of(engine, None, key="live", delete_callback=dropped.append),
    )
    await run(engine, Owners("s1"), stored, lambda _: [1])
    await run(engine, Owners("s1"), live, lambda _: print)
    await engine.aclose()
    assert dropped == [print]


async def test_time_to_live_goes_on_over_a_restart(
    make_engine: MakeEngine, clock: ManualClock, dropped: list[Any]
) -> None:
    """R4.2: counted from the last write, whoever made it."""
    before = await make_engine()
    spec = spec_of(before, 0, scope="app", time_to_live=100, delete_callback=dropped.append)
    await run(before, Owners("s1"), spec, lambda _: 5)
    await clock.advance(60)
    await before.aclose()
    after = await make_engine()
    after.bind([spec])
    assert await read(after, Owners("s1"), spec) == 5
    await clock.advance(39)
    assert await read(after, Owners("s1"), spec) == 5
    await clock.advance(2)
    await after.settled()
    assert await read(after, Owners("s1"), spec) == 0
    assert dropped == [5]
    assert await after.store.read([Key("app:app", "cart")]) == [None]


# Values that the store does not take


async def test_a_value_that_cannot_be_stored_works_here_and_is_said_once(
    make_engine: MakeEngine, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """R6.5: with the way to the culprit; it is undone like others when it can be copied."""
    engine = await make_engine()
    spec = spec_of(engine, None, key="session")
    with caplog.at_level(logging.WARNING):
        await run(engine, visitor, spec, lambda _: {"messages": [1, {"call": len}]})
        await touch(engine, visitor, spec, lambda value: value["messages"].append(2))
        await fail(engine, visitor, spec, lambda value: value["messages"].clear())
    assert (await read(engine, visitor, spec))["messages"][2:] == [2]
    (said,) = [record.getMessage() for record in caplog.records]
    assert "State 'session' cannot be stored because of session['messages'][1]['call']" in said
    assert engine.bound("s1")
    assert not engine.bound("s2")
    await run(engine, visitor, spec, lambda _: {"messages": []})
    assert not engine.bound("s1")
    after = await make_engine()
    after.bind([spec])
    assert await read(after, visitor, spec) == {"messages": []}


async def test_a_large_value_is_stored_and_not_kept_twice(make_engine: MakeEngine, visitor: Owners) -> None:
    """R2.2, R6.1: over the rollback limit there is no copy in memory, and the store has it all the same."""
    engine = await make_engine(rollback_limit=1_000)
    spec = spec_of(engine, [])
    await run(engine, visitor, spec, lambda _: list(range(5_000)))
    assert await touch(engine, visitor, spec, lambda value: value.append(1)) == (spec,)
    assert await touch(engine, visitor, spec) == ()
    after = await make_engine()
    after.bind([spec])
    assert len(await read(after, visitor, spec)) == 5_001


async def test_a_value_over_the_stores_limit_is_an_error_and_nothing_is_kept(
    make_engine: MakeEngine, visitor: Owners
) -> None:
    """R6: said with sizes and a remedy; the other States of the step stay too."""
    engine = await make_engine(value_limit=1_000)
    spec, other = spec_of(engine, b"small"), spec_of(engine, 0, key="other")
    with pytest.raises(
        ValueTooLargeError, match=r"State 'cart' takes 2,\d\d\d bytes in the store, which exceeds the limit of 1,000"
    ):
        async with engine.event(visitor, (), (spec, other)) as event:
            await event.commit({spec: random.Random(1).randbytes(2_000), other: 1})
    assert [await read(engine, visitor, each) for each in (spec, other)] == [b"small", 0]
    assert engine.health.ok


# Versions


async def test_migrate_carries_values_of_an_older_version(make_engine: MakeEngine, visitor: Owners) -> None:
    """R6.3: called once with the value and its version; what it makes is what everybody sees."""
    before = await make_engine()
    old = spec_of(before, {}, scope="app")
    await run(before, visitor, old, lambda _: {"name": "Ada Lovelace"})
    calls: list[int] = []

    def migrate(value: dict[str, str], version: int) -> dict[str, str]:
        calls.append(version)
        first, last = value["name"].split()
        return {"first": first, "last": last}

    after = await make_engine()
    new = spec_of(after, {}, scope="app", version=3, migrate=migrate)
    assert await read(after, visitor, new) == {"first": "Ada", "last": "Lovelace"}
    await run(after, visitor, new, lambda value: {**value, "born": "1815"})
    third = await make_engine()
    third.bind([new])
    assert await read(third, visitor, new) == {"first": "Ada", "last": "Lovelace", "born": "1815"}
    assert calls == [1]


@pytest.mark.parametrize("why", ["migrate raises", "class is gone"])
async def test_what_cannot_be_read_is_set_aside_and_never_destroyed(
    make_engine: MakeEngine, visitor: Owners, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    """R6.3: the owner starts afresh; the log says which State, why, and where the bytes are."""

    def broken(value: Any, version: int) -> Any:
        raise KeyError("first")

    before = await make_engine()
    old = spec_of(before, None, scope="app")
    if why == "class is gone":
        from holdfast.state.codec import register

        register(Gone, name="shop:Gone")
    await run(before, visitor, old, lambda _: Gone() if why == "class is gone" else "precious")
    bytes_before = (await before.store.read([Key("app:app", "cart")]))[0]
    if why == "class is gone":
        from holdfast.state.codec.names import NAMES

        NAMES.forget("shop:Gone")
    after = await make_engine()
    new = spec_of(
        after,
        "fresh",
        scope="app",
        version=2 if why == "migrate raises" else 1,
        migrate=broken if why == "migrate raises" else None,
    )
    with caplog.at_level(logging.ERROR):
        assert await read(after, visitor, new) == "fresh"
        await after.settled()  # it is set aside in its lane
    (said,) = [record.getMessage() for record in caplog.records if "set aside" in record.getMessage()]
    assert "State 'cart' of app:app cannot be read" in said
    assert "cell 'app:app/cart@" in said
    (name,) = await after.store.names("aside")
    kept = (await after.store.read([Key("aside", name)]))[0]
    assert kept is not None
    assert bytes_before is not None
    assert kept.data == bytes_before.data
    await run(after, visitor, new, lambda _: "new")
    assert await read(after, visitor, new) == "new"


async def test_what_another_process_can_read_is_left_as_it_is(
    make_engine: MakeEngine, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """D2, R6.7: an older program fails the event, also one that writes, and says why once for each State."""
    key = Key("app:app", "cart")
    before = await make_engine()
    await run(before, visitor, spec_of(before, None, scope="app", version=5), lambda _: "precious")
    bytes_before = await before.store.read([key])
    after = await make_engine()
    old = spec_of(after, "fresh", scope="app")
    for _ in range(2):
        with pytest.raises(UnreadableError, match="written by another version"):
            await read(after, visitor, old)
        with pytest.raises(UnreadableError):
            await run(after, visitor, old, lambda _: "new")
    await after.settled()
    assert await before.store.read([key]) == bytes_before
    assert await before.store.names("aside") == []
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "The stored value of State 'cart' of app:app is left unchanged: it has version 5, and this program" in said


async def test_a_process_with_another_key_does_not_start(make_engine: MakeEngine, visitor: Owners) -> None:
    """D2, R6.7: one sentence says which key the store has; a key that replaces another one is taken."""
    before = await make_engine(keys=Keyring(["a key that is long"]))
    spec = spec_of(before, None, scope="app")
    await run(before, visitor, spec, lambda _: "precious")
    with pytest.raises(StateError, match=r"is signed with the key .* Set HOLDFAST_SECRET_KEY"):
        await make_engine(keys=Keyring(["quite another key"]))
    rotated = await make_engine(keys=Keyring(["quite another key", "a key that is long"]))
    rotated.bind([spec])
    assert await read(rotated, visitor, spec) == "precious"
    with pytest.raises(StateError, match="is signed with the key"):
        await make_engine(keys=Keyring(["a key that is long"]))


async def test_a_store_of_another_app_is_refused(make_engine: MakeEngine) -> None:
    """D2, R6.7"""
    await make_engine(app="shop")
    await make_engine(app="shop")
    await make_engine()
    with pytest.raises(StateError, match="belongs to the app 'shop', but this app is 'blog'"):
        await make_engine(app="blog")


async def test_a_version_without_migrate_is_said(
    make_engine: MakeEngine, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """D7: at the start, and once for each State when an older value is met."""
    before = await make_engine()
    old = spec_of(before, None)
    for session in ("s1", "s2"):
        await run(before, Owners(session), old, lambda _: "old")
    after = await make_engine()
    new = spec_of(after, None, version=2)
    assert "State 'cart' has version=2 and no migrate" in caplog.text
    caplog.clear()
    for session in ("s1", "s2"):
        assert await read(after, Owners(session), new) == "old"
    (said,) = [record.getMessage() for record in caplog.records]
    assert "A stored value of State 'cart' has version 1, but the State has version=2 and no migrate" in said


class Gone:
    """A class that the next version of the program does not have."""


# History


async def test_undo_goes_on_after_a_restart_and_in_another_process(make_engine: MakeEngine, visitor: Owners) -> None:
    """R10.1: earlier versions are stored with the present one."""
    one = await make_engine()
    spec = spec_of(one, [], history=3)
    for number in range(5):
        await run(one, visitor, spec, lambda value, number=number: [*value, number])
    assert await one.move(spec, visitor.session, "undo") == [0, 1, 2, 3]
    two = await make_engine()
    two.bind([spec])
    assert await two.move(spec, visitor.session, "undo") == [0, 1, 2]
    await one.aclose()
    await two.aclose()
    three = await make_engine()
    three.bind([spec])
    seen = [await three.move(spec, visitor.session, move) for move in ("redo", "redo", "redo", "undo", "undo", "undo")]
    assert [value[-1] for value in seen] == [3, 4, 4, 3, 2, 1]
    three.forget("s1")
    await three.settled()
    assert [info async for info in three.store.owners()] == []


@pytest.mark.parametrize("watched", [False, True])
async def test_the_copy_of_a_session_can_be_undone_and_redone_by_itself(
    make_engine: MakeEngine, visitor: Owners, *, watched: bool
) -> None:
    """R5.2, R10.1: a duplicated tab has the earlier versions too, stored with its values."""
    one, copy = await make_engine(), Owners("s2")
    spec = CellSpec(initial=[], key="cart", history=5)
    spec.settle(1, watched=watched)
    one.bind([spec])
    for number in range(3):
        await run(one, visitor, spec, lambda value, number=number: [*value, number])
    assert await one.move(spec, visitor.session, "undo") == [0, 1]
    await one.copy_session("s1", "s2")
    assert await one.move(spec, copy.session, "redo") == [0, 1, 2]
    assert await one.move(spec, visitor.session, "undo") == [0]
    await one.aclose()
    two = await make_engine()
    two.bind([spec])
    seen = [await two.move(spec, copy.session, "undo") for _ in range(4)]
    assert seen == [[0, 1], [0], [], []]
    assert await two.move(spec, visitor.session, "undo") == []
    await two.copy_session("s1", "s3")
    assert await two.move(spec, Owners("s3").session, "redo") == [0]


# Secrets


async def test_secret_values_are_unreadable_in_the_store(make_engine: MakeEngine, visitor: Owners) -> None:
    """R8.3: encrypted at rest."""
    engine = await make_engine()
    secret, plain = spec_of(engine, "", secret=True), spec_of(engine, "", key="plain")
    for spec in (secret, plain):
        await run(engine, visitor, spec, lambda _: "hunter2hunter2")
    stored = await engine.store.read([Key("session:s1", "cart"), Key("session:s1", "plain")])
    assert [b"hunter2" in (record.data or b"") for record in stored if record] == [False, True]
    after = await make_engine()
    after.bind([secret])
    assert await read(after, visitor, secret) == "hunter2hunter2"


async def test_secrets_without_the_package_that_encrypts_are_refused_at_the_start(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8.3: the earliest moment it can be known; nothing is ever stored in the open instead."""
    engine = await make_engine()
    monkeypatch.setattr("holdfast.state.codec.envelope.find_spec", lambda name: None)
    with pytest.raises(StateError, match=r"State 'cart' is secret.*pip install 'holdfast\[secrets\]'"):
        spec_of(engine, "", secret=True)
    plain = spec_of(engine, "", key="plain")
    unbound = await make_engine()
    unbound.bind([plain])


# Copies


async def test_a_duplicated_tab_gets_a_copy_of_its_own(make_engine: MakeEngine) -> None:
    """R5.2: also when the original is in the store alone."""
    first = await make_engine()
    cart, note = spec_of(first, []), spec_of(first, "", key="note")
    await run(first, Owners("s1"), cart, lambda _: ["tea"])
    await first.aclose()
    engine = await make_engine()
    engine.bind([cart, note])
    await engine.copy_session("s1", "s2")
    await touch(engine, Owners("s2"), cart, lambda value: value.append("milk"))
    assert await read(engine, Owners("s1"), cart) == ["tea"]
    assert await read(engine, Owners("s2"), cart) == ["tea", "milk"]
    assert await read(engine, Owners("s2"), note) == ""


# Cancels


async def test_a_cancel_in_the_middle_of_a_commit_leaves_it_whole(
    make_engine: MakeEngine, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R2.5: memory and store agree afterwards."""
    engine = await make_engine()
    spec = spec_of(engine, 0)
    started, go_on = asyncio.Event(), asyncio.Event()
    original = engine.store.commit

    async def slow(writes: Any, claims: Any = ()) -> None:
        started.set()
        await go_on.wait()
        await original(writes, claims)

    monkeypatch.setattr(engine.store, "commit", lambda *arguments: outlast(slow(*arguments)))
    job = asyncio.create_task(run(engine, visitor, spec, lambda n: n + 1))
    await started.wait()
    job.cancel()
    await asyncio.sleep(0.01)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await read(engine, visitor, spec) == 1
    assert await run(engine, visitor, spec, lambda n: n + 1) == (spec,)
    assert await read(engine, visitor, spec) == 2


def test_owners_are_written_and_read(new_store: Callable[[], Store]) -> None:
    """The name of an owner in a store, whatever its id holds."""
    assert Owner.parse(str(Owner("user", "a:b/ö"))) == Owner("user", "a:b/ö")

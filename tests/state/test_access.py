"""R2.8, R5.5, R7.1: reading and writing a State from a program's own code."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.state.conftest import cells_of, memory_only
from tests.state.steps import read, run
from tests.waiting import until

from holdfast.components.state import State
from holdfast.errors import StateError
from holdfast.state import (
    CellSpec,
    NotBoundError,
    Owner,
    Owners,
    StateDeadlockError,
    StateEngine,
    UpdateError,
    access,
)
from holdfast.stores import Key

pytestmark = pytest.mark.anyio


@pytest.fixture
def make_state(engine: StateEngine) -> Callable[..., State]:
    """Makes State components that the engine holds."""

    def make(*args: Any, **options: Any) -> State:
        state = State(*args, **options)
        state.cell.settle(len(engine.specs) + 1, watched=True)
        engine.bind([state.cell])
        return state

    return make


MakeState = Callable[..., State]


async def test_a_thousand_updates_from_threads_and_tasks_add_a_thousand(
    engine: StateEngine, make_state: MakeState
) -> None:
    """R7.1: atomic from everywhere."""
    counter = make_state(0, scope="app", key="counter")

    def add_fifty() -> None:
        for _ in range(50):
            counter.update(lambda n: n + 1)

    with ThreadPoolExecutor(10) as pool:
        loop = asyncio.get_running_loop()
        threads = [loop.run_in_executor(pool, add_fifty) for _ in range(10)]
        tasks = [counter.update(lambda n: n + 1) for _ in range(500)]
        await asyncio.gather(*threads, *tasks)
    assert await counter.get() == 1000


async def test_in_a_thread_the_function_runs_in_that_thread_and_the_call_blocks_until_the_commit(
    engine: StateEngine, make_state: MakeState
) -> None:
    """R2.8: any thread; the event loop never runs the program's code for it."""
    state = make_state(1)

    def work() -> tuple[int, int, bool]:
        here = threading.current_thread()
        threads: list[threading.Thread] = []

        def double(n: int) -> int:
            threads.append(threading.current_thread())
            return n * 2

        return state.update(double, "s1"), state.get("s1"), threads == [here]

    assert await asyncio.to_thread(work) == (2, 2, True)


async def test_an_update_without_await_still_happens(engine: StateEngine, make_state: MakeState) -> None:
    """R2.8: on the event loop the update starts at once, awaited or not."""
    state = make_state(0)
    state.update(lambda n: n + 1, owner="s1")
    await engine.settled()
    assert await state.get("s1") == 1


async def test_inside_an_event_the_owner_is_the_visitor(engine: StateEngine, make_state: MakeState) -> None:
    """R2.8: in the handler's thread, as part of its step."""
    mine, shared = make_state(0), make_state(0, scope="user", key="profile")
    visitor = Owners("s1", user="ada")

    def handler() -> None:
        mine.update(lambda n: n + 1)
        mine.update(lambda n: n + 1)
        shared.set({"seen": mine.get()})

    async with engine.event(visitor, (mine.cell,), (mine.cell,)) as event:
        await event.values()
        await asyncio.to_thread(contextvars.copy_context().run, handler)
        assert await read(engine, visitor, mine.cell) == 0
        await event.commit({})
    assert await mine.get("s1") == 2
    assert await shared.get("ada") == {"seen": 0}


async def test_an_async_function_may_update(engine: StateEngine, make_state: MakeState) -> None:
    """R2.8: on the loop and in a thread, alone and as part of an event."""
    count = make_state(1, scope="app", key="count")

    async def more(value: int) -> int:
        await asyncio.sleep(0)
        return value + 1

    async def nothing(value: int) -> None:
        await asyncio.sleep(0)

    assert await count.update(more) == 2
    assert await asyncio.to_thread(count.update, more) == 3
    async with engine.event(Owners("s1"), [count.cell], [count.cell]) as event:
        await event.values()
        assert await count.update(more) == 4
        assert await asyncio.to_thread(count.update, more) == 5
        with pytest.raises(UpdateError, match="returned nothing"):
            await count.update(nothing)
        await event.commit({})
    with pytest.raises(UpdateError, match="returned nothing"):
        await asyncio.to_thread(count.update, nothing)
    assert await count.get() == 5


async def test_a_thread_that_waits_long_for_its_turn_says_what_it_may_wait_for(
    engine: StateEngine, make_state: MakeState, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """R2.8: a handler that joins a thread it started without its context would hold up both for ever."""
    monkeypatch.setattr(access, "PATIENCE", 0.01)
    state = make_state(1)
    async with engine.event(Owners("s1"), (state.cell,), (state.cell,)) as event:
        await event.values()
        waits = asyncio.get_running_loop().run_in_executor(None, state.update, lambda n: n * 10, "s1")
        await until(lambda: caplog.records)
        assert "has waited 0.01 s for its turn" in caplog.text
        assert not waits.done()
        await event.commit({state.cell: 2})
    assert await waits == 20


@pytest.mark.parametrize("threads", [False, True], ids=["loop", "threads"])
async def test_an_update_inside_an_update_is_part_of_the_event_that_holds_the_state(
    engine: StateEngine, make_state: MakeState, *, threads: bool
) -> None:
    """R2.8: however deep it is; nothing waits for itself."""
    outer, middle, own = make_state(0, scope="app", key="a"), make_state(0, scope="app", key="b"), make_state(0)

    def deep(value: int) -> int:
        own.update(lambda n: n + 1)
        return value + int(outer.update(lambda n: n + 1)) + int(middle.update(lambda n: n + 1))

    async def deep_on_loop(value: int) -> int:
        await own.update(lambda n: n + 1)
        return value + int(await outer.update(lambda n: n + 1)) + int(await middle.update(lambda n: n + 1))

    async with engine.event(Owners("s1"), [outer.cell], [outer.cell]) as event:
        given = (await event.values())[outer.cell]
        work = asyncio.to_thread(middle.update, deep) if threads else middle.update(deep_on_loop)
        assert await asyncio.wait_for(work, 10) == 2
        assert event.working == {outer.cell: 1}
        await event.commit({})
        assert given == 0
    assert (await outer.get(), await middle.get(), await own.get("s1")) == (1, 2, 1)


async def test_an_update_inside_an_update_of_nobody_is_nobodys(engine: StateEngine, make_state: MakeState) -> None:
    """R8.1, R5.3: a missing id never means a session that all share."""
    shared, own = make_state(0, scope="app", key="a"), make_state([])
    with pytest.raises(StateError, match=r"Pass owner=request\.session_hash"):
        await shared.update(lambda value: own.set(["mine"]) and value + 1)
    other = make_state(0)

    async def both(value: list[int]) -> list[int]:
        await other.set(5)
        return [*value, 1]

    await own.update(both, owner="s1")
    assert await other.get("s1") == 5


async def test_updates_in_updates_that_wait_for_each_other_are_told(engine: StateEngine, make_state: MakeState) -> None:
    """R2.8: a circle over several levels ends with an error for one of them, and the other goes on."""
    one, two, between = (make_state(0, scope="app", key=key) for key in "abc")
    ready = asyncio.Event()

    async def first() -> None:
        async def inner(value: int) -> int:
            await ready.wait()
            return int(await two.update(lambda n: n + 1)) + value

        async with engine.event(Owners("s1"), [one.cell], [one.cell]) as event:
            await event.values()
            await between.update(inner)
            await event.commit({})

    async def second() -> None:
        async with engine.event(Owners("s2"), [two.cell], [two.cell]) as event:
            await event.values()
            ready.set()
            await one.update(lambda n: n + 1)
            await event.commit({})

    work = asyncio.gather(first(), second(), return_exceptions=True)
    outcomes = await asyncio.wait_for(work, 10)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StateDeadlockError"]


async def test_a_failed_update_in_a_thread_changes_nothing_and_frees_the_lane(
    engine: StateEngine, make_state: MakeState
) -> None:
    """R2.2 for updates."""
    state = make_state([1])

    def half(value: list[int]) -> list[int]:
        value.clear()
        raise KeyError("no")

    with pytest.raises(KeyError):
        await asyncio.to_thread(state.update, half, "s1")
    with pytest.raises(UpdateError, match="returned nothing"):
        await asyncio.to_thread(state.update, lambda value: value.append(1), "s1")
    assert await asyncio.wait_for(state.update(lambda value: [*value, 2], "s1"), 5) == [1, 2]


async def test_set_takes_none(engine: StateEngine, make_state: MakeState) -> None:
    """R1.4: None is a value."""
    state = make_state(5)
    assert await state.set(None, "s1") is None
    assert await state.get("s1") is None


async def test_get_gives_a_copy(engine: StateEngine, make_state: MakeState) -> None:
    """R5.5: what a reader does to it stays with the reader."""
    state = make_state([1])
    (await state.get("s1")).append(2)
    assert await state.get("s1") == [1]


async def test_without_an_owner_it_is_said_whose_is_needed(engine: StateEngine, make_state: MakeState) -> None:
    """R2.8"""
    with pytest.raises(StateError, match=r"State 1 has scope='session'.*Pass owner=request.session_hash"):
        make_state(0).get()


async def test_a_visitor_without_the_id_of_a_scope_is_told(engine: StateEngine, make_state: MakeState) -> None:
    """R5.1"""
    state = make_state(0, scope="user", key="profile")
    with pytest.raises(StateError, match=r"scope='user' was used, but this visitor has no user id. Log in first"):
        async with engine.event(Owners("s1"), (state.cell,), ()) as event:
            await event.values()


def test_a_state_of_no_running_app_says_so() -> None:
    """R2.8"""
    with pytest.raises(NotBoundError, match="does not belong to a running app"):
        State(0, scope="app", key="x").update(lambda n: n + 1)


@memory_only
async def test_a_state_of_two_running_apps_is_ambiguous_outside_their_events(
    engine: StateEngine, make_engine: Any, make_state: MakeState
) -> None:
    """R2.8: two apps made of one program do not clash."""
    state = make_state(0, scope="app", key="x")
    other = await make_engine()
    other.bind([state.cell])
    with pytest.raises(NotBoundError, match="belongs to 2 running apps"):
        state.get()
    async with other.event(Owners("s"), (), (state.cell,)) as event:
        await event.value_of(state.cell)
        await state.update(lambda n: n + 5)
        await event.commit({})
    assert await other.get(state.cell, Owner("app", "app")) == 5
    assert await engine.get(state.cell, Owner("app", "app")) == 0
    await other.aclose()
    assert await state.get() == 0


async def test_undo_and_redo_are_listeners_functions(engine: StateEngine, make_state: MakeState) -> None:
    """R10.1: `button.click(state.undo, None, state)`."""
    state = make_state([0], history=2)
    visitor = Owners("s1")

    async def click(fn: Callable[..., Any]) -> tuple[CellSpec, ...]:
        async with engine.event(visitor, (), (state.cell,)) as event:
            await event.values()
            return await event.commit({state.cell: await asyncio.to_thread(fn)})

    for number in (1, 2, 3):
        await state.set([number], "s1")
    seen = []
    for fn in (state.undo, state.undo, state.undo, state.redo, state.redo, state.redo):
        await click(fn)
        seen.append(await state.get("s1"))
    assert seen == [[2], [1], [1], [2], [3], [3]]
    assert await click(state.undo) == (state.cell,)
    await state.set([9], "s1")
    assert await click(state.redo) == ()
    assert await state.get("s1") == [9]


async def test_undo_of_a_failed_step_is_undone(engine: StateEngine, make_state: MakeState) -> None:
    """R10.1, R2.2"""
    state = make_state(0, history=5)
    await state.set(1, "s1")
    async with engine.event(Owners("s1"), (), (state.cell,)) as event:
        assert state.undo() == 0
        await event.discard()
    assert await state.get("s1") == 1
    assert await state.undo("s1") == 0
    assert await asyncio.to_thread(state.redo, "s1") == 1


async def test_history_is_bounded_in_bytes(make_engine: Any) -> None:
    """R10.1: the oldest versions go first."""
    engine = await make_engine(history_limit=5_000)
    state = State("", history=100)
    state.cell.settle(1, watched=True)
    engine.bind([state.cell])
    for number in range(50):
        await state.set(f"{number}" + "x" * 1_000, "s1")
    back = 0
    while (await state.undo("s1"))[:2] != "45":
        back += 1
        assert back < 6
    assert (await state.undo("s1")).startswith("45x")
    assert engine.held().bytes < 10_000


def test_undo_without_history_says_how_to_get_one() -> None:
    """R10.1"""
    with pytest.raises(StateError, match=r"keeps no history.*history=20"):
        State(0).undo()


def test_a_states_config_tells_nothing_of_its_value() -> None:
    """R1.4: nor is it converted for the page."""
    state = State("secret", time_to_live=5, delete_callback=print)
    assert "secret" not in repr(state.props())
    assert "secret" not in repr(state.cell) + repr(state)
    assert state.postprocess("secret") is None
    assert state.preprocess("whatever a client sends") is None
    assert state.value == "secret"
    with pytest.raises(AttributeError, match=r"use set\(\)"):
        state.value = "other"


@pytest.mark.parametrize("new_store", ["shelf", "sqlite"], indirect=True)
async def test_an_update_inside_an_event_does_not_wait_for_ever_for_one_that_waits_for_another_process(
    make_engine: Any,
) -> None:
    """R2.3: the other process waits for what the event around the update holds, so all three would wait for ever."""
    here, there = await make_engine(patience=0.2), await make_engine(patience=0.2)
    (a, b), (a_there, b_there) = (
        [cells_of(engine)(0, scope=s, key="n") for s in ("app", "user")] for engine in (here, there)
    )
    visitor, owner = Owners("s1", user="me"), Owner("app", "app")

    async def both() -> None:
        async with there.event(visitor, (a_there, b_there), (a_there, b_there)) as event:
            values = await event.values()
            await event.commit({spec: value + 1 for spec, value in values.items()})

    async def is_held() -> bool:
        claim = await here.store.claim([Key("app:app", "n")], wait=0.01)
        if claim is not None:
            await here.store.release(claim)
            await asyncio.sleep(0.005)
        return claim is None

    async with here.event(visitor, (b,), (b,)) as event:
        theirs = asyncio.create_task(both())
        for _ in range(200):
            if await is_held():
                break
        mine = asyncio.create_task(run(here, visitor, a, lambda value: value + 1))
        await until(lambda: here.lifetime.use(owner).cell(a).holder)
        with pytest.raises(StateDeadlockError):
            await here.update(a, owner, lambda value: value + 1)
        await event.commit({b: 1})
    await asyncio.gather(theirs, mine)
    assert [await read(here, visitor, spec) for spec in (a, b)] == [2, 2]

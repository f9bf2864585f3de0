"""R2: every event is a transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.state.conftest import memory_only
from tests.state.steps import fail, read, run, touch

from holdfast.state import (
    CellSpec,
    Owners,
    StateConflictError,
    StateDeadlockError,
    StateEngine,
    UpdateError,
)

pytestmark = pytest.mark.anyio
MakeCell = Callable[..., CellSpec]


async def test_what_is_returned_is_committed(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.1"""
    spec = make_cell(0)
    await run(engine, visitor, spec, lambda n: n + 1)
    assert await read(engine, visitor, spec) == 1


async def test_in_place_changes_are_committed_returned_or_not(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.1: in-place changes without a return count, as in Gradio."""
    spec = make_cell({"n": []})
    await touch(engine, visitor, spec, lambda value: value["n"].append(1))
    async with engine.event(visitor, (spec,), (spec,)) as event:
        (await event.values())[spec]["n"].append(2)
        await event.commit({})
    assert await read(engine, visitor, spec) == {"n": [1, 2]}


async def test_the_function_gets_the_owners_own_object(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.1: not a copy, one event after the other."""
    spec, seen = make_cell([]), []
    for _ in range(2):
        await touch(engine, visitor, spec, seen.append)
    assert seen[0] is seen[1]


@pytest.mark.parametrize("given", ["input and output", "input alone"])
async def test_a_failed_step_leaves_no_trace(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, given: str
) -> None:
    """R2.2: every cell it was given is as it was after the last commit."""
    spec = make_cell({"items": ["a"]})
    await touch(engine, visitor, spec, lambda value: value["items"].append("b"))
    writes = (spec,) if given == "input and output" else ()
    async with engine.event(visitor, (spec,), writes) as event:
        value = (await event.values())[spec]
        value["items"].clear()
        value["half"] = True
        await event.discard()
    assert await read(engine, visitor, spec) == {"items": ["a", "b"]}
    assert await touch(engine, visitor, spec) == ()


async def test_an_event_that_raises_is_discarded(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.2: leaving with an error is a discard, and frees the lane."""
    spec = make_cell([1])
    with pytest.raises(ZeroDivisionError):
        async with engine.event(visitor, (spec,), (spec,)) as event:
            (await event.values())[spec].append(1 / 0)

    async def change_and_raise() -> None:
        async with engine.event(visitor, (spec,), (spec,)) as event:
            (await event.values())[spec].append(2)
            raise KeyError

    with pytest.raises(KeyError):
        await change_and_raise()
    seen: list[Any] = []
    await touch(engine, visitor, spec, lambda value: seen.append(list(value)))
    assert seen == [[1]]
    assert await read(engine, visitor, spec) == [1]


async def test_several_states_commit_together_or_not_at_all(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.2: one value that cannot be committed takes the others back."""
    money, log = make_cell(10), make_cell([])
    other = CellSpec(initial=0)
    other.settle(99, watched=False)
    async with engine.event(visitor, (money, log), (money, log)) as event:
        values = await event.values()
        values[log].append("paid")
        with pytest.raises(UpdateError, match="State 99 is written by an event that does not declare it"):
            await event.commit({money: 5, other: 1})
        await event.discard()
    assert await read(engine, visitor, money) == 10
    assert await read(engine, visitor, log) == []


async def test_a_value_over_the_rollback_limit_stays_changed_and_the_log_says_so_once(
    make_engine: Any, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """R2.2: in-place changes of a value over `state_rollback_limit` stay; said once in the log."""
    engine = await make_engine(rollback_limit=1000)
    spec = CellSpec(initial=None, key="big")
    spec.settle(1, watched=True)
    engine.bind([spec])
    with caplog.at_level(logging.WARNING):
        await run(engine, visitor, spec, lambda _: ["x" * 2000])
        for _ in range(3):
            await fail(engine, visitor, spec, lambda value: value.append("y"))
    assert (await read(engine, visitor, spec))[1:] == ["y"] * 3
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("The value of State 'big' is larger than state_rollback_limit, so it is not copied")


@memory_only
async def test_a_live_value_works_and_the_log_says_once_what_it_is(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """R2.2, R6.5: a value that cannot be encoded stays live, with one warning that names the way to the culprit."""
    spec = make_cell(lambda: {"messages": [{"text": "hi"}, {"lock": threading.Lock()}]}, key="session")
    await touch(engine, visitor, spec, lambda value: value["messages"].append(1))
    await fail(engine, visitor, spec, lambda value: value["messages"].append(2))
    value = (await read(engine, visitor, spec))["messages"]
    assert value[2:] == [1, 2]
    (warning,) = [record.getMessage() for record in caplog.records]
    assert warning.startswith("The value of State 'session' cannot be copied")
    assert "session['messages'][1]['lock']" in warning


async def test_writers_of_one_cell_take_turns_in_order_of_arrival(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.3: one after the other, first come first served, whatever their functions."""
    spec, order = make_cell([]), []

    async def write(number: int) -> None:
        async with engine.event(visitor, (spec,), (spec,)) as event:
            order.append(number)
            value = (await event.values())[spec]
            await asyncio.sleep(0.001)
            await event.commit({spec: [*value, number]})

    await asyncio.gather(*map(write, range(20)))
    assert order == list(range(20))
    assert await read(engine, visitor, spec) == list(range(20))


async def test_no_update_of_two_hundred_is_lost(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.3: through events, background updates and threads at once."""
    spec = make_cell(0)
    events = [run(engine, visitor, spec, lambda n: n + 1, pause=0.0) for _ in range(100)]
    updates = [engine.update(spec, visitor.session, lambda n: n + 1) for _ in range(100)]
    await asyncio.gather(*(each for pair in zip(events, updates, strict=True) for each in pair))
    assert await read(engine, visitor, spec) == 200


async def test_an_event_that_only_reads_never_waits(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.3: and sees the last commit, not what the writer is doing."""
    spec = make_cell([1])
    async with engine.event(visitor, (spec,), (spec,)) as writer:
        (await writer.values())[spec].append("half done")
        seen: list[Any] = []
        await asyncio.wait_for(touch(engine, visitor, spec, lambda value: seen.append(list(value))), 5)
        assert seen == [[1]]
        await writer.commit({})
    assert await read(engine, visitor, spec) == [1, "half done"]


async def test_a_writer_that_fails_takes_nothing_from_a_reader_that_began_before_it(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.3: a reader and a writer at the same time never share an object."""
    spec = make_cell([1])
    async with engine.event(visitor, (spec,), ()) as reader:
        seen = (await reader.values())[spec]
        await run(engine, visitor, spec, lambda value: [*value, 2])
        await fail(engine, visitor, spec, list.clear)
        assert seen == [1]
        assert await reader.commit({}) == ()
    assert await read(engine, visitor, spec) == [1, 2]


async def test_events_with_several_states_do_not_deadlock(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.3: lanes are taken in one fixed order."""
    left, right, shared = make_cell(0), make_cell(0), make_cell(0, scope="app", key="shared")

    async def write(*specs: CellSpec) -> None:
        async with engine.event(visitor, specs, specs) as event:
            values = await event.values()
            await asyncio.sleep(0)
            await event.commit({spec: values[spec] + 1 for spec in specs})

    orders = [(left, right, shared), (shared, right, left), (right, left), (left, shared)]
    await asyncio.wait_for(asyncio.gather(*(write(*orders[i % 4]) for i in range(80))), 10)
    assert [await read(engine, visitor, spec) for spec in (left, right, shared)] == [80, 60, 60]


async def test_an_in_place_change_without_a_lane_waits_for_the_writer_and_is_kept_if_that_fails(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.3, R2.8: what changes an input in place takes the lane at its commit."""
    spec = make_cell([])
    async with engine.event(visitor, (spec,), (spec,)) as writer:
        (await writer.values())[spec].append("never")
        late = asyncio.create_task(touch(engine, visitor, spec, lambda value: value.append("kept")))
        await asyncio.sleep(0.01)
        assert not late.done()
        await writer.discard()
    assert await late == (spec,)
    assert await read(engine, visitor, spec) == ["kept"]


async def test_an_in_place_change_that_would_undo_a_writers_commit_fails(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8: no update is lost in silence; the error names the State and the remedy."""
    spec = make_cell([], key="cart")
    async with engine.event(visitor, (spec,), ()) as event:
        (await event.values())[spec].append("mine")
        await run(engine, visitor, spec, lambda _: ["theirs"])
        with pytest.raises(StateConflictError, match=r"State 'cart' was changed in place.*Add the State"):
            await event.commit({})
    assert await read(engine, visitor, spec) == ["theirs"]
    assert engine.stats.conflicts == 1


async def test_a_function_once_seen_changing_an_input_takes_its_turn_from_then_on(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.3: 200 in-place increments of an input, none lost."""
    spec = make_cell({"n": 0})

    async def increment() -> None:
        async with engine.event(visitor, (spec,), (), source="increment") as event:
            value = (await event.values())[spec]
            before = value["n"]
            await asyncio.sleep(0)
            value["n"] = before + 1
            await event.commit({})

    await increment()
    await asyncio.gather(*(increment() for _ in range(199)))
    assert await read(engine, visitor, spec) == {"n": 200}
    assert engine.stats.conflicts == 0


async def test_a_generator_keeps_its_lane_and_commits_each_step(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.4"""
    spec = make_cell(0)
    async with engine.event(visitor, (spec,), (spec,)) as event:
        await event.values()
        for step in (1, 2, 3):
            await event.commit({spec: step})
            assert await read(engine, visitor, spec) == step
        late = asyncio.create_task(run(engine, visitor, spec, lambda n: n * 10))
        await asyncio.sleep(0.01)
        assert not late.done()
        await event.commit({spec: 4})
    await late
    assert await read(engine, visitor, spec) == 40


async def test_a_failed_step_of_a_generator_goes_back_to_its_last_commit(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.5: a cancelled or failed event keeps its last commit."""
    spec = make_cell([])
    async with engine.event(visitor, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        value.append(1)
        await event.commit({spec: value})
        value.append(2)
        await event.discard()
    assert await read(engine, visitor, spec) == [1]


async def test_waiting_for_a_lane_is_told_and_counted(make_engine: Any, visitor: Owners) -> None:
    """R2.4: the page can show it as waiting."""
    engine = await make_engine()
    spec = CellSpec(initial=0)
    spec.settle(1, watched=True)
    told: list[int] = []
    async with engine.event(visitor, (spec,), (spec,)) as first:
        assert first.waited == 0

        async def second() -> float:
            async with engine.event(visitor, (spec,), (spec,), on_wait=told.append) as event:
                return event.waited

        tasks = [asyncio.create_task(second()) for _ in range(2)]
        await asyncio.sleep(0)
        await engine.clock.advance(3)
        assert told == [1, 2]
        await first.commit({})
    assert await asyncio.gather(*tasks) == [3, 3]
    assert (engine.stats.lane_waits, engine.stats.lane_wait_seconds) == (2, 6)


@pytest.mark.parametrize("where", ["cell", "app"])
async def test_last_write_gives_gradios_behaviour_back(make_engine: Any, visitor: Owners, where: str) -> None:
    """R2.4: no lanes for a State, or for all, that ask for none."""
    engine = await make_engine(concurrency="last_write" if where == "app" else "serial")
    spec = CellSpec(initial=0, concurrency="last_write" if where == "cell" else "serial")
    spec.settle(1, watched=True)
    await asyncio.gather(*(run(engine, visitor, spec, lambda n: n + 1, pause=0.01) for _ in range(20)))
    assert await read(engine, visitor, spec) == 1


async def test_a_cancelled_waiter_leaves_the_queue_and_frees_what_it_holds(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.5: nobody waits for an event that is gone."""
    left, right = make_cell(0), make_cell(0)
    async with engine.event(visitor, (), (right,)):

        async def both() -> None:
            async with engine.event(visitor, (), (left, right)):
                raise AssertionError("it was cancelled")

        waiting = asyncio.create_task(both())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(run(engine, visitor, left, lambda n: n + 1), 5)
    await asyncio.wait_for(run(engine, visitor, right, lambda n: n + 1), 5)


async def test_a_waiter_cancelled_at_the_moment_of_its_turn_passes_the_lane_on(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.5"""
    spec = make_cell(0)
    async with engine.event(visitor, (), (spec,)) as holder:
        waiting = asyncio.create_task(run(engine, visitor, spec, lambda n: n + 1))
        after = asyncio.create_task(run(engine, visitor, spec, lambda n: n + 10))
        await asyncio.sleep(0)
        await holder.discard()
    waiting.cancel()
    await asyncio.wait_for(after, 5)
    assert await read(engine, visitor, spec) == 10


async def test_an_update_inside_the_event_that_holds_the_lane_is_part_of_it(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8: re-entrant, and undone with the event."""
    spec = make_cell(1)
    async with engine.event(visitor, (spec,), (spec,)) as event:
        await event.values()
        assert await asyncio.wait_for(engine.update(spec, visitor.session, lambda n: n + 1), 5) == 2
        assert await engine.update(spec, visitor.session, lambda n: n * 10) == 20
        assert await read(engine, visitor, spec) == 1
        await event.commit({})
    assert await read(engine, visitor, spec) == 20
    async with engine.event(visitor, (), (spec,)) as event:
        await engine.update(spec, visitor.session, lambda n: n + 1)
        await event.discard()
    assert await read(engine, visitor, spec) == 20


async def test_what_the_step_returns_wins_over_an_update_inside_it(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8"""
    spec = make_cell(1)
    async with engine.event(visitor, (spec,), (spec,)) as event:
        await engine.update(spec, visitor.session, lambda n: n + 1)
        await event.commit({spec: 7})
    assert await read(engine, visitor, spec) == 7


async def test_updates_that_wait_for_each_other_in_a_circle_are_refused(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8: two events that each update what the other holds would wait for ever; one gets an error instead."""
    left, right = make_cell(0), make_cell(0)
    started = asyncio.Barrier(2) if hasattr(asyncio, "Barrier") else None

    async def hold_and_update(held: CellSpec, other: CellSpec) -> str:
        async with engine.event(visitor, (), (held,)) as event:
            if started is not None:
                await started.wait()
            else:
                await asyncio.sleep(0.01)
            try:
                await engine.update(other, visitor.session, lambda n: n + 1)
            except StateDeadlockError:
                await event.discard()
                return "refused"
            await event.commit({})
            return "done"

    outcome = await asyncio.wait_for(asyncio.gather(hold_and_update(left, right), hold_and_update(right, left)), 5)
    assert sorted(outcome) == ["done", "refused"]


async def test_updates_side_by_side_inside_one_event_just_take_turns(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8: waiting for one's own sibling is no circle."""
    held, counter = make_cell(0), make_cell(0, scope="app", key="counter")
    async with engine.event(visitor, (), (held,)) as event:
        app = visitor.of("app")
        await asyncio.wait_for(asyncio.gather(*(engine.update(counter, app, lambda n: n + 1) for _ in range(5))), 5)
        await event.commit({})
    assert await read(engine, visitor, counter) == 5


async def test_an_update_function_that_returns_nothing_is_an_error(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R2.8: a forgotten return is said, and nothing is changed."""
    spec = make_cell([])
    with pytest.raises(UpdateError, match=r"updates State 1 returned nothing.*use set\(None\)"):
        await engine.update(spec, visitor.session, lambda value: value.append(1))
    assert await read(engine, visitor, spec) == []


async def test_an_update_that_raises_changes_nothing(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.2 for updates."""
    spec = make_cell([])

    def half(value: list[int]) -> list[int]:
        value.append(1)
        raise KeyError(value)

    with pytest.raises(KeyError):
        await engine.update(spec, visitor.session, half)
    assert await read(engine, visitor, spec) == []


async def test_two_states_never_share_one_object(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R2.1: a value returned for another State is that State's own from then on."""
    current, saved = make_cell([1]), make_cell([])
    async with engine.event(visitor, (current,), (saved,)) as event:
        values = await event.values()
        await event.commit({saved: values[current]})
    await touch(engine, visitor, current, lambda value: value.append(2))
    seen: list[Any] = []
    await touch(engine, visitor, saved, lambda value: seen.append(list(value)))
    assert seen == [[1]]

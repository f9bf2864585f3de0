"""Every event is a transaction on its visitor's State."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.runtime import EventRequest
from holdfast.wire.messages import Completed, Estimation, Generating, Output

from .driver import Driver

pytestmark = pytest.mark.anyio


def watched(state: gr.State) -> None:
    """Add a listener to a State."""
    state.change(lambda: None, None, None, api_name="watch")


def changed(message: Any) -> list[int]:
    assert isinstance(message.output, Output)
    return message.output.changed_state_ids


async def test_a_state_is_read_and_written_and_never_sent() -> None:
    """R2.1, R1.4"""
    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()
        demo.load(lambda c: (c + 1, c + 1), count, [count, number], api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", 77) == [None, 1]
        assert await driver.values("run", None) == [None, 2]
        assert await driver.values("run", None, session=driver.open()) == [None, 1]


async def test_in_place_changes_count_without_being_returned() -> None:
    """R2.1"""
    with gr.Blocks() as demo:
        items, shown = gr.State([]), gr.JSON()
        demo.load(lambda found: found.append(1), items, None, api_name="add")
        demo.load(list, items, shown, api_name="show")
    async with Driver(demo) as driver:
        await driver.values("add", None)
        await driver.values("add", None)
        assert await driver.values("show", None) == [[1, 1]]


async def test_a_failed_event_changes_nothing() -> None:
    """R2.2"""

    def spoil(found: list[int]) -> list[int]:
        found.append(99)
        raise gr.Error("no")

    with gr.Blocks() as demo:
        items, shown = gr.State([1]), gr.JSON()
        demo.load(spoil, items, items, api_name="spoil")
        demo.load(list, items, shown, api_name="show")
    async with Driver(demo) as driver:
        await driver.failure("spoil", None)
        assert await driver.values("show", None) == [[1]]


async def test_an_output_that_cannot_be_converted_leaves_every_state_unchanged() -> None:
    """R2.2: the States are written together after all outputs are converted."""
    with gr.Blocks() as demo:
        first, second, box = gr.State(1), gr.State(2), gr.Textbox()
        demo.load(lambda: (10, 20, gr.update(colour="red")), None, [first, second, box], api_name="bad")
        demo.load(lambda a, b: f"{a} {b}", [first, second], box, api_name="show")
    async with Driver(demo) as driver:
        await driver.failure("bad")
        assert await driver.values("show", None, None) == ["1 2"]


@pytest.mark.parametrize(
    ("returned", "value"),
    [
        (None, None),
        ({}, {}),
        ({"__type__": "update", "value": 1}, {"__type__": "update", "value": 1}),
        (gr.skip(), "first"),
        (gr.update(), "first"),
        (gr.update(value=5), 5),
        (gr.update(value=None), None),
        ([1, 2], [1, 2]),
    ],
)
async def test_a_state_accepts_any_value_and_a_users_dict_is_never_an_update(returned: Any, value: Any) -> None:
    """R1.4, R1.6"""
    seen: list[Any] = []
    with gr.Blocks() as demo:
        state = gr.State("first")
        demo.load(lambda: returned, None, state, api_name="set")
        demo.load(seen.append, state, None, api_name="get")
    async with Driver(demo) as driver:
        await driver.values("set")
        await driver.values("get", None)
    assert seen == [value]


async def test_a_returned_state_component_is_its_value() -> None:
    """R1.6"""
    seen: list[Any] = []
    with gr.Blocks() as demo:
        state = gr.State(0)
        demo.load(lambda: gr.State(3), None, state, api_name="set")
        demo.load(seen.append, state, None, api_name="get")
    async with Driver(demo) as driver:
        await driver.values("set")
        await driver.values("get", None)
    assert seen == [3]


async def test_a_dict_keyed_by_components_sets_only_its_states() -> None:
    """R1.6"""
    with gr.Blocks() as demo:
        first, second, box = gr.State(1), gr.State(2), gr.Textbox()
        demo.load(lambda: {first: 10, box: "x"}, None, [first, second, box], api_name="set")
        demo.load(lambda a, b: f"{a} {b}", [first, second], box, api_name="show")
    async with Driver(demo) as driver:
        assert (await driver.values("set"))[2] == "x"
        assert await driver.values("show", None, None) == ["10 2"]


async def test_a_change_is_reported_once_per_commit() -> None:
    """R3.1"""
    with gr.Blocks() as demo:
        items = gr.State([])
        watched(items)
        demo.load(lambda found: [*found, 1], items, items, api_name="add")
        demo.load(list, items, items, api_name="same")
        demo.load(lambda found: found.append(2), items, None, api_name="in_place")
    async with Driver(demo) as driver:
        assert changed(await driver.completed("add", None)) == [items.id]
        assert changed(await driver.completed("same", None)) == []
        assert changed(await driver.completed("in_place", None)) == [items.id]
        assert changed(await driver.completed("add", None, session=driver.open())) == [items.id]


async def test_each_yield_commits_and_reports_its_changes() -> None:
    """R2.4, R3.3"""

    def count() -> Iterator[tuple[int, str]]:
        yield 1, "a"
        yield 1, "b"
        yield 2, "c"

    with gr.Blocks() as demo:
        state, box = gr.State(0), gr.Textbox()
        watched(state)
        demo.load(count, None, [state, box], api_name="run")
    async with Driver(demo) as driver:
        messages = await driver.messages("run")
        steps = [changed(m) for m in messages if isinstance(m, Generating)]
        assert steps == [[state.id], [], [state.id]]
        assert changed(messages[-1]) == []


async def test_a_failing_generator_keeps_its_last_yield() -> None:
    """R2.2, R2.4"""

    def half(items: list[int]) -> Iterator[list[int]]:
        items.append(1)
        yield items
        items.append(2)
        raise ValueError

    with gr.Blocks() as demo:
        items, shown = gr.State([]), gr.JSON()
        demo.load(half, items, items, api_name="run")
        demo.load(list, items, shown, api_name="show")
    async with Driver(demo) as driver:
        await driver.failure("run", None)
        assert await driver.values("show", None) == [[1]]


async def test_changes_after_a_generators_last_yield_are_kept() -> None:
    """R2.1"""

    def run(items: list[int]) -> Iterator[str]:
        yield "a"
        items.append(1)

    with gr.Blocks() as demo:
        items, box, shown = gr.State([]), gr.Textbox(), gr.JSON()
        watched(items)
        demo.load(run, items, box, api_name="run")
        demo.load(list, items, shown, api_name="show")
    async with Driver(demo) as driver:
        assert changed(await driver.completed("run", None)) == [items.id]
        assert await driver.values("show", None) == [[1]]


async def test_a_generator_with_state_waits_until_its_step_is_committed() -> None:
    """R2.4: at each yield, State is committed before the generator continues."""
    seen: list[int] = []
    demo_box: list[Any] = []

    def count(state: list[int]) -> Iterator[list[int]]:
        for number in range(5):
            state.append(number)
            yield state
            seen.append(len(demo_box[0].get_committed()))

    with gr.Blocks() as demo:
        state = gr.State([])
        demo.load(count, state, state, api_name="run")
    async with Driver(demo) as driver:
        owner = driver.page.owners.session

        class Look:
            def get_committed(self) -> list[int]:
                loop = driver.engine.loop
                assert loop is not None
                found: list[int] = asyncio.run_coroutine_threadsafe(driver.engine.get(state.cell, owner), loop).result()
                return found

        demo_box.append(Look())
        await driver.values("run", None)
    assert seen == [1, 2, 3, 4, 5]


async def test_events_that_write_one_state_run_one_after_another_and_report_it() -> None:
    """R2.3, R2.4"""
    order: list[str] = []
    go = threading.Event()

    def first(count: int) -> int:
        order.append("first starts")
        go.wait(10)
        order.append("first ends")
        return count + 1

    def second(count: int) -> int:
        order.append("second")
        return count + 100

    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()
        demo.load(first, count, count, api_name="first")
        demo.load(second, count, count, api_name="second")
        demo.load(lambda c: c, count, number, api_name="read")
    async with Driver(demo) as driver:
        one = await driver.submit("first", None)
        two = await driver.submit("second", None)
        await until(lambda: driver.received(two))
        (waiting,) = driver.received(two)
        assert isinstance(waiting, Estimation)
        assert waiting.waiting_for == "state"
        assert await driver.values("read", None) == [0]
        go.set()
        await one.wait()
        await two.wait()
        assert await driver.values("read", None) == [101]
    assert order == ["first starts", "first ends", "second"]


async def test_an_event_that_waits_for_a_lane_holds_no_slot_in_its_group() -> None:
    """R2.3: another visitor's event of the same function runs meanwhile."""
    go = threading.Event()

    def slow(count: int) -> int:
        go.wait(10)
        return count + 1

    def quick(count: int) -> int:
        return count + 1

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(slow, count, count, api_name="slow")
        demo.load(quick, count, count, api_name="quick")
    async with Driver(demo) as driver:
        held = await driver.submit("slow", None)
        waits = await driver.submit("quick", None)
        await until(lambda: driver.received(waits))
        assert (await driver.completed("quick", None, session=driver.open())).success
        assert waits.state == "waiting"
        go.set()
        await held.wait()
        await waits.wait()


def slow_add(count: int) -> int:
    time.sleep(0.0002)
    return count + 1


async def slow_add_async(count: int) -> int:
    await asyncio.sleep(0.0002)
    return count + 1


def add_in_place(box: list[int]) -> list[int]:
    before = box[0]
    time.sleep(0.0002)
    box[0] = before + 1
    return box


def other_add(count: int) -> int:
    time.sleep(0.0001)
    return count + 1


@pytest.mark.parametrize("functions", [[slow_add], [slow_add_async], [slow_add, other_add]])
async def test_none_of_two_hundred_updates_is_lost(functions: list[Any]) -> None:
    """R2.3, R2.7: queued, direct, and through two functions at the same time."""
    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()
        for index, fn in enumerate(functions):
            demo.load(fn, count, count, api_name=f"add{index}", concurrency_limit=None)
        demo.load(lambda c: c, count, number, api_name="read")
    async with Driver(demo) as driver:
        session = driver.page
        jobs = [await driver.submit(f"add{n % len(functions)}", None) for n in range(150)]
        runs = [
            driver.runtime.run(session, EventRequest(fn=f"add{n % len(functions)}", data=[None])) for n in range(50)
        ]
        await asyncio.gather(*runs, *(job.wait() for job in jobs))
        assert await driver.values("read", None) == [200]


async def test_none_of_two_hundred_in_place_updates_is_lost() -> None:
    """R2.3"""
    with gr.Blocks() as demo:
        box, number = gr.State([0]), gr.Number()
        demo.load(add_in_place, box, box, api_name="add", concurrency_limit=None)
        demo.load(lambda b: b[0], box, number, api_name="read")
    async with Driver(demo) as driver:
        jobs = [await driver.submit("add", None) for _ in range(200)]
        await asyncio.gather(*(job.wait() for job in jobs))
        assert await driver.values("read", None) == [200]


async def test_a_chain_of_changes_that_does_not_settle_is_stopped() -> None:
    """R3.5"""
    with gr.Blocks() as demo:
        count = gr.State(0)
        count.change(lambda c: c + 1, count, count, api_name="again")
    async with Driver(demo) as driver:
        assert (await driver.completed("again", None, round=100)).success
        with pytest.raises(gr.exceptions.RequestError if hasattr(gr, "exceptions") else Exception) as caught:
            await driver.submit("again", None, round=101)
    assert f"State {count.id} do not settle" in str(caught.value)


async def test_updates_inside_a_step_are_part_of_it() -> None:
    """R2.8"""
    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()

        def add_twice(value: int) -> Any:
            count.update(lambda n: n + 1)
            return gr.skip()

        demo.load(add_twice, count, count, api_name="add")
        demo.load(lambda c: c, count, number, api_name="read")
    async with Driver(demo) as driver:
        await driver.values("add", None)
        assert await driver.values("read", None) == [1]


async def test_an_async_generator_holds_its_lane_until_it_ends() -> None:
    """R2.4"""
    go = asyncio.Event()

    async def steps(count: int) -> AsyncIterator[int]:
        yield count + 1
        await go.wait()
        yield count + 2

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(steps, count, count, api_name="steps")
        demo.load(lambda c: c * 10, count, count, api_name="times")
    async with Driver(demo) as driver:
        one = await driver.submit("steps", None)
        two = await driver.submit("times", None)
        await until(lambda: len(driver.received(one)) == 2)
        assert two.state == "waiting"
        go.set()
        await two.wait()
        assert await driver.engine.get(count.cell, driver.page.owners.session) == 20
        assert isinstance(driver.received(one)[-1], Completed)


async def test_a_listener_without_a_state_has_a_visitor_too() -> None:
    """R2.8, R5.5, R10.1: what its code updates, reads, and undoes belongs to the visitor who triggered it."""

    async def later() -> None:
        await count.update(lambda n: n + 10)

    def stepwise() -> Iterator[int]:
        count.update(lambda n: n + 100)
        yield count.get()

    with gr.Blocks() as demo:
        count, shared, number = gr.State(0, history=9), gr.State(0, scope="app", key="all"), gr.Number()
        demo.load(lambda: count.update(lambda n: n + 1), None, number, api_name="now")
        demo.load(later, api_name="later")
        demo.load(stepwise, None, number, api_name="stepwise")
        demo.load(lambda: count.set(count.get() + shared.update(lambda n: n + 1)), None, number, api_name="both")
        demo.load(count.undo, None, number, api_name="undo")
        demo.load(count.redo, api_name="redo")
        demo.load(lambda n: n, count, number, api_name="show")
    async with Driver(demo) as driver:
        other = driver.open()
        assert await driver.values("now") == [1]
        assert await driver.values("later") == []
        assert await driver.values("show", None) == [11]
        assert await driver.values("both") == [12]
        assert await driver.values("undo") == [11]
        assert await driver.values("redo") == []
        assert await driver.values("show", None) == [12]
        assert await driver.values("show", None, session=other) == [0]
        assert await driver.values("both", session=other) == [2]
        await driver.yielded("stepwise")
        assert await driver.values("show", None) == [112]


async def test_a_batch_has_no_single_visitor() -> None:
    """R2.6: a batch runs for several visitors."""
    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()
        demo.load(lambda ns: ([count.update(lambda n: n + 1) for _ in ns],), number, number, batch=True, api_name="run")
    async with Driver(demo) as driver:
        await driver.failure("run", 1)

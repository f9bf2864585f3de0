"""Which events run and which wait."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.errors import Busy
from holdfast.runtime import EventRequest
from holdfast.testing.clock import ManualClock
from holdfast.wire.messages import Estimation

from .driver import Driver

pytestmark = pytest.mark.anyio


class Gate:
    """A function that blocks until it is released, and counts its simultaneous calls."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.inside = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait(10)
        with self._lock:
            self.inside -= 1


def app(*listeners: tuple[Any, dict[str, Any]]) -> gr.Blocks:
    with gr.Blocks() as demo:
        for index, (fn, options) in enumerate(listeners):
            demo.load(fn, None, None, api_name=f"run{index}", **options)
    return demo


def estimations(driver: Driver, job: Any) -> list[int | None]:
    return [m.rank for m in driver.received(job) if isinstance(m, Estimation)]


@pytest.mark.parametrize(
    ("options", "default", "most"),
    [
        ({}, 1, 1),
        ({}, 2, 2),
        ({}, None, 4),
        ({"concurrency_limit": 3}, 1, 3),
        ({"concurrency_limit": None}, 1, 4),
    ],
)
async def test_a_functions_limit_is_the_number_of_its_simultaneous_events(
    options: dict[str, Any], default: int | None, most: int
) -> None:
    gate = Gate()
    async with Driver(app((gate, options)), default_concurrency_limit=default) as driver:
        jobs = [await driver.submit("run0") for _ in range(4)]
        await until(lambda: gate.inside == most)
        await asyncio.sleep(0.01)
        assert gate.inside == most
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert gate.most == most


async def test_two_listeners_of_one_function_have_separate_limits() -> None:
    """E37: as in Gradio 6.31.

    Related cases: listeners of renders, of other visitors' renders, chained ones; none were affected.
    """
    gate = Gate()
    listeners = (gate, {"concurrency_limit": 1}), (gate, {"concurrency_limit": 4})
    async with Driver(app(*listeners)) as driver:
        jobs = [await driver.submit(f"run{n}") for n in (0, 0, 1, 1, 1, 1, 1)]
        await until(lambda: gate.inside == 5)
        await asyncio.sleep(0.01)
        assert gate.inside == 5
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert gate.most == 5


async def test_listeners_rendered_for_two_visitors_have_separate_limits() -> None:
    """E37."""
    gate = Gate()
    with gr.Blocks() as demo:

        @gr.render()
        def part() -> None:
            gr.Button("Go").click(gate, None, None, api_name="go")

    async with Driver(demo) as driver:
        sessions = [driver.open(), driver.open()]
        for session in sessions:
            await (await driver.submit(0, session=session)).wait()
        jobs = [await driver.submit("go", session=session) for session in sessions]
        await until(lambda: gate.inside == 2)
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))


async def test_listeners_with_one_concurrency_id_share_the_lowest_limit() -> None:
    gate, other = Gate(), Gate()
    demo = app(
        (gate, {"concurrency_id": "gpu", "concurrency_limit": 3}),
        (other, {"concurrency_id": "gpu", "concurrency_limit": 2}),
    )
    async with Driver(demo) as driver:
        jobs = [await driver.submit(f"run{n % 2}") for n in range(4)]
        await until(lambda: gate.inside + other.inside == 2)
        await asyncio.sleep(0.01)
        assert gate.inside + other.inside == 2
        gate.go.set()
        other.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))


async def test_a_full_queue_rejects_with_gradios_message_and_counts_only_waiting_events() -> None:
    gate = Gate()
    async with Driver(app((gate, {}), (lambda: None, {})), max_queue_size=2) as driver:
        jobs = [await driver.submit("run0") for _ in range(3)]
        assert driver.runtime.queue.waiting == 2
        with pytest.raises(Busy, match=r"^Queue is full\. Max size is 2 and size is 2\.$"):
            await driver.submit("run1")
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert (await driver.completed("run1")).success


async def test_a_stopped_queue_rejects_events() -> None:
    async with Driver(app((lambda: None, {}))) as driver:
        driver.runtime.queue.stop()
        with pytest.raises(Busy, match=r"^Queue is stopped\.$"):
            await driver.submit("run0")


async def test_without_queue_the_limits_do_not_apply() -> None:
    gate = Gate()
    async with Driver(app((gate, {"queue": False}))) as driver:
        jobs = [await driver.submit("run0") for _ in range(3)]
        await until(lambda: gate.inside == 3)
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))


async def test_a_direct_call_of_a_listener_without_a_queue_does_not_wait_for_a_slot() -> None:
    gate = Gate()
    async with Driver(app((gate, {"queue": False}))) as driver:
        job = await driver.submit("run0")
        direct = asyncio.ensure_future(driver.runtime.run(driver.page, EventRequest(fn="run0", data=[])))
        await until(lambda: gate.inside == 2)
        gate.go.set()
        await asyncio.gather(job.wait(), direct)


async def test_a_new_rank_is_reported_at_most_once_per_interval() -> None:
    gates = [threading.Event() for _ in range(5)]
    begun: list[int] = []

    def turn(number: int) -> None:
        begun.append(number)
        gates[number].wait(10)

    with gr.Blocks() as demo:
        number = gr.Number(precision=0)
        demo.load(turn, number, None, api_name="run")
    clock = ManualClock()
    async with Driver(demo, clock=clock) as driver:
        jobs = [await driver.submit("run", n) for n in range(5)]
        await until(lambda: estimations(driver, jobs[4]) == [3])
        for n in range(2):
            gates[n].set()
            await until(lambda n=n: jobs[n].has_ended)
        assert estimations(driver, jobs[4]) == [3]
        await clock.advance(0.5)
        assert [estimations(driver, job) for job in jobs[3:]] == [[2, 0], [3, 1]]
        for gate in gates:
            gate.set()
        await asyncio.gather(*(job.wait() for job in jobs))


async def test_the_expected_time_is_reported_once_it_is_known() -> None:
    gate = Gate()
    gate.go.set()
    async with Driver(app((gate, {}))) as driver:
        await driver.values("run0")
        gate.go.clear()
        one, two = await driver.submit("run0"), await driver.submit("run0")
        await until(lambda: estimations(driver, two))
        (estimation,) = driver.received(two)
        assert isinstance(estimation, Estimation)
        assert estimation.rank_eta is not None
        assert estimation.queue_size == 1
        gate.go.set()
        await asyncio.gather(one.wait(), two.wait())


async def test_a_client_receives_its_rank_even_if_its_event_runs_immediately() -> None:
    async with Driver(app((lambda: None, {}))) as driver:
        messages = await driver.messages("run0", origin="api")
        assert [type(m).__name__ for m in messages] == ["Estimation", "ProcessStarts", "Completed"]
        assert messages[0].rank == 0


async def test_a_sessions_events_are_limited() -> None:
    """R4.6"""
    gate = Gate()
    async with Driver(app((gate, {})), limits=gr.Limits(session_jobs=3)) as driver:
        jobs = [await driver.submit("run0") for _ in range(3)]
        with pytest.raises(Busy, match="3 are allowed"):
            await driver.submit("run0")
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))


async def test_waiting_events_do_not_block_other_functions() -> None:
    gate = Gate()
    async with Driver(app((gate, {}), (lambda: None, {}))) as driver:
        jobs = [await driver.submit("run0") for _ in range(3)]
        assert (await driver.completed("run1")).success
        gate.go.set()
        await asyncio.gather(*(job.wait() for job in jobs))

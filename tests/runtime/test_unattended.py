"""Events of a visitor who has left for good end according to the policy of their listener or app (R4.7).

C7: related cases: every way to start an event (page, `queue/join`, `/call`, `/run`, MCP, a batch, `gr.render`, `stream`
events, `queue=False`, validators that are still running, `unload`), every way in which a visitor leaves (beacon, closed
socket, lost socket, heartbeat, stream, collected call, direct call, MCP session), and everything else that ends events
(`Sessions.drop` at the end of the grace period). Events kept running in all of them, except that the first two steps of
MCP calls ended even plain functions. The end of the grace period discarded what a plain function was about to commit,
and an async batch function kept running after all of its events were canceled. `.then`, timers, and State changes are
started by the page, so none of them starts without it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.runtime import Job, Session
from holdfast.runtime.feed import Feed
from holdfast.settings import read
from holdfast.testing.clock import ManualClock

from .driver import Driver
from .test_cancel import is_cancelled

pytestmark = pytest.mark.anyio


class Work:
    """Functions of each kind that run until they are released, and a record of how they ended."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.ran: list[str] = []
        self.ended: list[str] = []

    def generator(self) -> Iterator[int]:
        self.ran.append("generator")
        try:
            while not self.go.is_set():
                yield 1
                time.sleep(0.001)
        finally:
            self.ended.append("generator")

    async def async_generator(self) -> AsyncIterator[int]:
        self.ran.append("async_generator")
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            self.ended.append("async_generator")

    async def coroutine(self) -> int:
        self.ran.append("coroutine")
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append("coroutine")
        return 1

    def plain(self) -> int:
        self.ran.append("plain")
        self.go.wait(20)
        self.ended.append("plain")
        return 1

    def app(self, on_leave: Any = None, **listener: Any) -> gr.Blocks:
        with gr.Blocks(on_leave=on_leave) as demo:
            out, kept = gr.Number(), gr.State(0)
            for fn in (self.generator, self.async_generator, self.coroutine):
                demo.load(fn, None, out, api_name=fn.__name__, **listener)
            demo.load(self.plain, None, kept, api_name="plain", **listener)
            demo.load(lambda n: n, kept, out, api_name="kept")
            demo.load(lambda: 7, None, out, api_name="other", concurrency_id="one", concurrency_limit=1)
            demo.load(self.generator, None, out, api_name="alone", concurrency_id="one", **listener)
        return demo


KINDS = ["generator", "async_generator", "coroutine"]


async def running(driver: Driver, name: str, session: Session | None = None, **call: Any) -> Job:
    job = await driver.submit(name, session=session, **call)
    await until(lambda: job.state == "running")
    if job.plan.kind == "generator":  # its thread has started
        await until(lambda: len(driver.received(job)) > 1)
    return job


def leave(driver: Driver, *, gone: bool = True, closed: bool = False) -> None:
    driver.runtime.disconnect(driver.page, gone=gone, closed=closed)


@pytest.mark.parametrize("kind", KINDS)
async def test_events_that_can_be_stopped_end_fifteen_seconds_after_the_page_was_closed(kind: str) -> None:
    """C7, R4.7"""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        job = await running(driver, kind)
        leave(driver)
        await clock.advance(14)
        assert not job.has_ended
        await clock.advance(1)
        await job.wait()
        assert is_cancelled(driver.received(job)[-1])
    assert work.ended == [kind]


async def test_a_plain_function_runs_to_completion_and_its_result_is_kept() -> None:
    """C7, R4.7"""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        job = await running(driver, "plain")
        leave(driver)
        await clock.advance(3000)
        assert not job.has_ended
        work.go.set()
        await job.wait()
        assert await driver.values("kept", None) == [1]


async def test_a_session_is_kept_until_its_plain_function_has_ended_even_after_the_grace_period() -> None:
    """C7"""
    dropped: list[int] = []
    go = threading.Event()

    def slow() -> int:
        go.wait(20)
        return 5

    with gr.Blocks() as demo:
        kept = gr.State(0, delete_callback=dropped.append)
        demo.load(slow, None, kept, api_name="slow")
    clock = ManualClock()
    async with Driver(demo, clock=clock, session_grace=10) as driver:
        job = await running(driver, "slow")
        leave(driver)
        await clock.advance(60)
        assert driver.runtime.sessions.get(driver.page.id) is driver.page
        assert dropped == []
        go.set()
        await job.wait()
        await until(lambda: dropped == [5])
        assert driver.runtime.sessions.get(driver.page.id) is None


async def test_waiting_events_are_canceled_immediately_if_the_page_cannot_return() -> None:
    """C7: a closed page with 30 slow events does not keep other visitors waiting."""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        other = driver.open()
        jobs = [await running(driver, "alone"), *[await driver.submit("alone") for _ in range(29)]]
        theirs = await driver.submit("other", session=other)
        leave(driver)
        await clock.settle()
        assert [job.has_ended for job in jobs] == [False] + [True] * 29
        await clock.advance(15)
        await theirs.wait()
        assert driver.received(theirs)[-1].output.data == [7]  # type: ignore[union-attr]
    assert work.ran == ["generator"]


@pytest.mark.parametrize(("closed", "seconds"), [(True, 15), (False, 60)])
async def test_a_page_that_returns_in_time_keeps_its_events(closed: bool, seconds: int) -> None:
    """C7: a closed connection may be a refresh or the back-forward cache; after a lost one, there is more time."""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        running_, waiting = await running(driver, "alone"), await driver.submit("alone")
        leave(driver, gone=False, closed=closed)
        await clock.advance(seconds - 1)
        driver.runtime.connect(driver.page)
        await clock.advance(1000)
        assert not running_.has_ended
        assert not waiting.has_ended
        leave(driver, gone=False, closed=closed)
        await clock.advance(seconds)
        await running_.wait()
        await waiting.wait()
    assert work.ran == ["generator"]


async def test_a_session_of_a_tab_keeps_its_events_through_sleep() -> None:
    """C7, R5.2: if its connection is lost; if the tab closes it, 15 seconds are enough for a refresh."""
    work, clock = Work(), ManualClock()
    demo = work.app()
    demo.graph.change_options(session="tab")
    async with Driver(demo, clock=clock, session_grace=3600) as driver:
        job = await running(driver, "coroutine")
        leave(driver, gone=False)
        await clock.advance(3500)
        assert not job.has_ended
        driver.runtime.connect(driver.page)
        leave(driver, gone=False, closed=True)
        await clock.advance(15)
        await job.wait()
    assert work.ended == ["coroutine"]


@pytest.mark.parametrize("kind", [*KINDS, "plain"])
async def test_the_cancel_policy_ends_an_event_immediately(kind: str) -> None:
    """R4.7: a plain function keeps running, but its result is dropped."""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(on_leave="cancel"), clock=clock) as driver:
        job = await running(driver, kind)
        leave(driver)
        await clock.settle()
        assert job.has_ended
        work.go.set()
        await job.wait()
        assert await driver.values("kept", None) == [0]


async def test_the_finish_policy_lets_all_events_run_to_their_end() -> None:
    """R4.7"""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(on_leave="finish"), clock=clock, session_grace=100) as driver:
        jobs = [await running(driver, "alone"), *[await driver.submit("alone") for _ in range(2)]]
        leave(driver)
        await clock.advance(10_000)
        work.go.set()
        for job in jobs:
            await job.wait()
            assert not is_cancelled(driver.received(job)[-1])
    assert work.ended == ["generator"] * 3


async def test_a_listeners_policy_overrides_the_apps() -> None:
    """R4.7"""
    work, clock = Work(), ManualClock()
    async with Driver(patient(work), clock=clock) as driver:
        job, waiting = await running(driver, "alone"), await driver.submit("alone")
        leave(driver)
        await clock.advance(29)
        assert not job.has_ended
        assert not waiting.has_ended
        await clock.advance(1)
        await job.wait()
        await waiting.wait()


def patient(work: Work) -> gr.Blocks:
    with gr.Blocks(on_leave="finish") as demo:
        out = gr.Number()
        demo.load(work.generator, None, out, api_name="alone", on_leave=30)
    return demo


async def test_a_stream_that_waits_for_its_next_chunk_ends() -> None:
    """C7: a plain function whose input comes from the page would otherwise wait indefinitely."""
    with gr.Blocks() as demo:
        image, out = gr.Image(sources=["webcam"], streaming=True), gr.Number()
        image.stream(lambda _: 1, image, out, api_name="feed")
    clock = ManualClock()
    async with Driver(demo, clock=clock) as driver:
        job = await driver.submit("feed", None, stream=True)
        await until(lambda: len(driver.received(job)) >= 2)
        leave(driver)
        await clock.advance(15)
        await job.wait()
        assert is_cancelled(driver.received(job)[-1])


async def test_a_batch_ends_when_all_of_its_visitors_have_left() -> None:
    """C7: while one visitor remains, the function keeps running for all."""
    ended: list[str] = []

    async def batched(numbers: list[int]) -> list[list[int]]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("batch")
        return [numbers]

    with gr.Blocks() as demo:
        number = gr.Number()
        demo.load(batched, number, number, api_name="batched", batch=True, max_batch_size=2)
        demo.load(lambda n: n, number, number, api_name="next", concurrency_id="b", concurrency_limit=1)
        demo.load(batched, number, number, api_name="both", batch=True, concurrency_id="b")
    clock = ManualClock()
    async with Driver(demo, clock=clock) as driver:
        other = driver.open()
        first = await driver.submit("next", 1)
        jobs = [await driver.submit("both", 1), await driver.submit("both", 2, session=other)]
        await first.wait()
        await until(lambda: all(job.state == "running" for job in jobs))
        leave(driver)
        await clock.advance(15)
        assert jobs[0].has_ended
        assert ended == []
        assert not jobs[1].has_ended
        driver.runtime.disconnect(other, gone=True)
        await clock.advance(15)
        await asyncio.gather(*(job.wait() for job in jobs))
        assert ended == ["batch"]
        assert await driver.values("next", 3) == [3]


async def test_a_render_runs_to_its_end_and_its_listeners_use_the_apps_policy() -> None:
    """C7"""
    work, clock = Work(), ManualClock()
    with gr.Blocks() as demo:
        number = gr.Number(1)

        @gr.render(number)
        def show(_: int) -> None:
            button, out = gr.Button(), gr.Number()
            button.click(work.generator, None, out, api_name="inside")

    async with Driver(demo, clock=clock) as driver:
        render = next(li.id for li in demo.spec.listeners.values() if li.render_id is not None)
        assert (await driver.completed(render, 1)).success
        job = await running(driver, "inside")
        leave(driver)
        await clock.advance(15)
        await job.wait()
    assert work.ended == ["generator"]


async def test_unload_listeners_run_although_the_visitor_has_left() -> None:
    """R4.5"""
    seen: list[str] = []
    go = asyncio.Event()

    async def unload() -> None:
        await go.wait()
        seen.append("unloaded")

    with gr.Blocks(on_leave="cancel") as demo:
        demo.unload(unload)
    clock = ManualClock()
    async with Driver(demo, clock=clock, session_grace=10) as driver:
        leave(driver)
        await clock.advance(100)
        go.set()
        await until(lambda: seen == ["unloaded"])


async def test_an_event_accepted_after_its_page_has_left_ends_too() -> None:
    """C7: its validator was running when the page left."""
    go = threading.Event()
    work, clock = Work(), ManualClock()
    with gr.Blocks() as demo:
        out = gr.Number()
        demo.load(work.coroutine, None, out, api_name="run", validator=lambda: go.wait(20) and None)
    async with Driver(demo, clock=clock) as driver:
        submitted = asyncio.create_task(driver.submit("run"))
        await clock.settle()
        leave(driver)
        go.set()
        job = await submitted
        await clock.advance(15)
        await job.wait()
        assert is_cancelled(driver.received(job)[-1])


async def test_an_api_clients_events_end_with_its_last_stream() -> None:
    """C7: but not while its heartbeat or another stream is open, and not if it opens another one in time."""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        runtime = driver.runtime
        session = runtime.sessions.open("client")
        job = await running(driver, "generator", session=session, origin="api")
        await clock.advance(100)  # the client has joined and can open its stream later
        assert not job.has_ended
        runtime.listen(session)
        runtime.connect(session)
        runtime.unlisten(session)
        await clock.advance(100)
        assert not job.has_ended
        runtime.disconnect(session, gone=True)
        await clock.advance(10)
        runtime.listen(session)
        await clock.advance(100)
        assert not job.has_ended
        runtime.unlisten(session)
        await clock.advance(15)
        await job.wait()


async def test_a_call_that_is_being_collected_keeps_its_event() -> None:
    """C7"""
    work, clock = Work(), ManualClock()
    async with Driver(work.app(), clock=clock) as driver:
        job = await running(driver, "coroutine", feed=Feed())
        leave(driver)
        await clock.advance(100)
        assert not job.has_ended
        leave_first, leave_second = driver.runtime.follow(job), driver.runtime.follow(job)
        leave_first()
        leave_first()
        await clock.advance(100)
        assert not job.has_ended
        leave_second()
        await clock.advance(15)
        await job.wait()
    assert work.ended == ["coroutine"]


@pytest.mark.parametrize("given", ["stop", -1, True, float("inf"), float("nan"), [], {}])
def test_an_invalid_policy_is_rejected(given: Any) -> None:
    with pytest.raises(BuildError, match=r"on_leave=.* is not a policy"):
        gr.Blocks(on_leave=given)
    with gr.Blocks() as demo, pytest.raises(BuildError, match="on_leave"):
        demo.load(lambda: None, on_leave=given)


@pytest.mark.parametrize(("text", "policy"), [("cancel", "cancel"), ("finish", "finish"), ("30", 30.0)])
def test_the_environment_can_set_the_policy(text: str, policy: Any) -> None:
    assert read({"HOLDFAST_ON_LEAVE": text}).on_leave == policy


def test_an_invalid_policy_in_the_environment_is_rejected() -> None:
    with pytest.raises(BuildError, match="HOLDFAST_ON_LEAVE='soon' is not a policy"):
        read({"HOLDFAST_ON_LEAVE": "soon"})

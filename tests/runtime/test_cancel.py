"""Canceled events: reported immediately, closed once, and their resources released only after they have ended."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.wire.messages import Completed

from .driver import Driver

pytestmark = pytest.mark.anyio


def is_cancelled(message: Any) -> bool:
    return isinstance(message, Completed) and message.cancelled and message.success


async def test_a_synchronous_generator_is_closed_once_before_the_lane_is_released() -> None:
    """R2.5"""
    seen: list[str] = []

    def steps(count: int) -> Iterator[int]:
        try:
            while True:
                count += 1
                yield count
                time.sleep(0.001)
        finally:
            time.sleep(0.02)
            seen.append("closed")

    def after(count: int) -> int:
        seen.append("after")
        return count * 1000

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(steps, count, count, api_name="steps")
        demo.load(after, count, count, api_name="after")
    async with Driver(demo) as driver:
        one = await driver.submit("steps", None)
        await until(lambda: len(driver.received(one)) > 2)
        two = await driver.submit("after", None)
        driver.runtime.cancel(driver.page, [one.id])
        assert is_cancelled(driver.received(one)[-1])
        await two.wait()
        kept = await driver.engine.get(count.cell, driver.page.owners.session)
    assert seen == ["closed", "after"]
    assert kept >= 1000
    assert kept % 1000 == 0


async def test_an_async_generator_is_closed_once_and_keeps_its_last_commit() -> None:
    """R2.5"""
    closed: list[str] = []

    async def steps() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            closed.append("closed")

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(steps, None, count, api_name="steps")
    async with Driver(demo) as driver:
        job = await driver.submit("steps")
        await until(lambda: len(driver.received(job)) == 2)
        job.cancel()
        job.cancel()
        await job.wait()
        assert closed == ["closed"]
        assert await driver.engine.get(count.cell, driver.page.owners.session) == 1
        assert [is_cancelled(m) for m in driver.received(job)] == [False, False, True]


async def test_a_canceled_plain_function_holds_its_lane_to_its_end_and_its_result_is_dropped() -> None:
    """R2.5"""
    go = threading.Event()

    def slow(items: list[int]) -> list[int]:
        go.wait(10)
        items.append(1)
        return items

    with gr.Blocks() as demo:
        items = gr.State([])
        demo.load(slow, items, items, api_name="slow")
        demo.load(lambda found: [*found, 2], items, items, api_name="next")
    async with Driver(demo) as driver:
        job = await driver.submit("slow", None)
        await until(lambda: job.state == "running")
        job.cancel()
        assert is_cancelled(driver.received(job)[-1])
        following = await driver.submit("next", None)
        await asyncio.sleep(0.01)
        assert following.state == "waiting"
        go.set()
        await following.wait()
        assert await driver.engine.get(items.cell, driver.page.owners.session) == [2]


async def test_an_async_function_is_canceled_where_it_waits() -> None:
    seen: list[str] = []

    async def wait() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return "x"

    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(wait, None, box, api_name="run")
    async with Driver(demo) as driver:
        job = await driver.submit("run")
        await until(lambda: job.state == "running")
        await asyncio.sleep(0.01)
        job.cancel()
        await job.wait()
        assert is_cancelled(driver.received(job)[-1])
    assert seen == ["cancelled"]


async def test_an_event_canceled_right_after_acceptance_does_not_count_as_waiting() -> None:
    """The event's task has not started at that point."""
    with gr.Blocks() as demo:
        demo.load(lambda: None, None, None, api_name="run")
    async with Driver(demo, max_queue_size=1) as driver:
        for _ in range(3):
            job = await driver.submit("run")
            driver.runtime.cancel(driver.page, [job.id])
            await job.wait()
            assert is_cancelled(driver.received(job)[-1])
        assert driver.runtime.queue.waiting == 0
        assert (await driver.completed("run")).success


async def test_a_canceled_waiting_event_never_runs() -> None:
    go = threading.Event()
    ran: list[int] = []

    def slow(number: int) -> None:
        ran.append(number)
        go.wait(10)

    with gr.Blocks() as demo:
        number = gr.Number()
        demo.load(slow, number, None, api_name="slow")
    async with Driver(demo) as driver:
        one, two, three = [await driver.submit("slow", n) for n in (1, 2, 3)]
        await until(lambda: len(driver.received(three)) == 1)
        two.cancel()
        go.set()
        await asyncio.gather(one.wait(), two.wait(), three.wait())
        assert is_cancelled(driver.received(two)[-1])
        assert driver.runtime.queue.waiting == 0
    assert ran == [1, 3]


async def test_an_event_that_waits_for_a_lane_can_be_canceled() -> None:
    go = threading.Event()
    ran: list[str] = []

    def slow(count: int) -> int:
        go.wait(10)
        return count + 1

    def other(count: int) -> int:
        ran.append("ran")
        return count

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(slow, count, count, api_name="slow")
        demo.load(other, count, count, api_name="other")
        demo.load(lambda c: c + 10, count, count, api_name="third")
    async with Driver(demo) as driver:
        one = await driver.submit("slow", None)
        two = await driver.submit("other", None)
        three = await driver.submit("third", None)
        await until(lambda: driver.received(three))
        two.cancel()
        go.set()
        await asyncio.gather(one.wait(), two.wait(), three.wait())
        assert await driver.engine.get(count.cell, driver.page.owners.session) == 11
        assert driver.runtime.queue.waiting == 0
    assert ran == []


async def test_a_listener_that_cancels_others_cancels_only_events_of_its_own_session() -> None:
    async def forever() -> None:
        await asyncio.sleep(60)

    with gr.Blocks() as demo:
        button, stop = gr.Button(), gr.Button()
        run = button.click(forever, None, None, api_name="run", concurrency_limit=None)
        stop.click(None, None, None, cancels=run)
    cancelling = next(li.id for li in demo.spec.listeners.values() if li.cancels)
    async with Driver(demo) as driver:
        other = driver.open()
        mine, theirs = await driver.submit("run"), await driver.submit("run", session=other)
        await until(lambda: mine.state == theirs.state == "running")
        assert (await driver.completed(cancelling)).success
        await mine.wait()
        assert is_cancelled(driver.received(mine)[-1])
        assert theirs.state == "running"


async def test_canceling_an_unknown_event_does_nothing() -> None:
    with gr.Blocks() as demo:
        demo.load(lambda: None, None, None, api_name="run")
    async with Driver(demo) as driver:
        job = await driver.submit("run")
        await job.wait()
        driver.runtime.cancel(driver.page, [job.id, "never"])
        assert [is_cancelled(message) for message in driver.received(job)][-1] is False


async def test_closing_the_runtime_ends_running_events() -> None:
    closed: list[str] = []

    def steps() -> Iterator[int]:
        try:
            for number in range(10_000):
                time.sleep(0.001)
                yield number
        finally:
            closed.append("closed")

    with gr.Blocks() as demo:
        number = gr.Number()
        demo.load(steps, None, number, api_name="run")
    async with Driver(demo) as driver:
        job = await driver.submit("run")
        await until(lambda: len(driver.received(job)) > 2)
    assert closed == ["closed"]
    assert is_cancelled(driver.received(job)[-1])


async def test_closing_the_runtime_does_not_wait_indefinitely() -> None:
    go = threading.Event()

    def stuck() -> None:
        go.wait(30)

    with gr.Blocks() as demo:
        demo.load(stuck, None, None, api_name="run")
    async with Driver(demo, shutdown_grace=0.01) as driver:
        job = await driver.submit("run")
        await until(lambda: job.state == "running")
    assert is_cancelled(driver.received(job)[-1])
    go.set()

"""`stream` events: one event, many chunks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.errors import NotFound
from holdfast.graph.events import Event
from holdfast.testing.clock import ManualClock
from holdfast.wire.messages import Completed, Streaming

from .driver import Driver

pytestmark = pytest.mark.anyio


class Source(gr.Textbox):
    """A component that streams."""

    stream = Event("A chunk came.", trigger_mode="multiple")


def app(fn: Callable[..., Any], **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        source, total, box = Source(), gr.State(0), gr.Textbox()
        source.stream(fn, [source, total], [total, box], api_name="run", **options)
    return demo


def add(chunk: str, total: int) -> tuple[int, str]:
    return total + len(chunk), f"{total + len(chunk)}"


def shown(driver: Driver, job: Any) -> list[Any]:
    return [message.output.data[1] for message in driver.received(job) if isinstance(message, Streaming)]


async def test_each_chunk_is_a_step_with_full_values_until_the_page_ends_the_stream() -> None:
    async with Driver(app(add)) as driver:
        job = await driver.submit("run", "ab", None, stream=True)
        await until(lambda: shown(driver, job) == ["2"])
        driver.runtime.feed_chunk(driver.page, job.id, ["c", None])
        driver.runtime.feed_chunk(driver.page, job.id, ["d", None])
        await until(lambda: shown(driver, job) == ["2", "3", "4"])
        driver.runtime.feed_chunk(driver.page, job.id, None)
        await job.wait()
        last = driver.received(job)[-1]
        assert isinstance(last, Completed)
        assert last.output.data == [None, "4"]  # type: ignore[union-attr]


async def test_a_stream_ends_at_its_time_limit() -> None:
    clock = ManualClock()
    async with Driver(app(add, time_limit=30), clock=clock) as driver:
        job = await driver.submit("run", "ab", None, stream=True)
        await until(lambda: shown(driver, job) == ["2"])
        await clock.advance(31)
        await job.wait()
        assert isinstance(driver.received(job)[-1], Completed)


async def test_a_chunk_for_an_event_that_is_not_running_is_not_found() -> None:
    async with Driver(app(add)) as driver:
        with pytest.raises(NotFound, match="No stream event"):
            driver.runtime.feed_chunk(driver.page, "nothing", ["c", None])


async def test_chunks_that_arrive_faster_than_the_function_do_not_accumulate() -> None:
    """R4.6"""
    async with Driver(app(add)) as driver:
        job = await driver.submit("run", "a", None, stream=True)
        for _ in range(1_000):
            driver.runtime.feed_chunk(driver.page, job.id, ["b", None])
        driver.runtime.feed_chunk(driver.page, job.id, None)
        await job.wait()
        assert 1 <= len(shown(driver, job)) <= 65


async def test_a_canceled_stream_ends() -> None:
    async with Driver(app(add)) as driver:
        job = await driver.submit("run", "a", None, stream=True)
        await until(lambda: shown(driver, job))
        job.cancel()
        await job.wait()
        last = driver.received(job)[-1]
        assert isinstance(last, Completed)
        assert last.cancelled


async def test_a_stream_whose_function_is_slower_than_its_source_can_be_canceled() -> None:
    go = threading.Event()

    def slow(chunk: str, total: int) -> tuple[int, str]:
        go.wait(10)
        return add(chunk, total)

    async with Driver(app(slow)) as driver:
        job = await driver.submit("run", "a", None, stream=True)
        for _ in range(100):
            driver.runtime.feed_chunk(driver.page, job.id, ["b", None])
        driver.runtime.cancel(driver.page, [job.id])
        assert job.has_ended
        go.set()
        await job.wait()
        assert shown(driver, job) == []


async def test_without_further_chunks_a_stream_event_is_a_plain_one() -> None:
    async with Driver(app(add)) as driver:
        assert await driver.values("run", "ab", None) == [None, "2"]

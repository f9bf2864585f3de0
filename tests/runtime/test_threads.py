"""The thread pool, and generators in threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.waiting import until

from holdfast.runtime.generators import AHEAD, GeneratorThread
from holdfast.runtime.outputs import ConvertedStep
from holdfast.runtime.threads import StoppedError, Threads, outlast

pytestmark = pytest.mark.anyio

name: contextvars.ContextVar[str] = contextvars.ContextVar("name")


def as_step(value: Any) -> ConvertedStep:
    return ConvertedStep([value], {}, [], 1)


async def test_a_function_sees_the_callers_context() -> None:
    threads = Threads(2, "test")
    name.set("here")
    assert await threads.run(name.get) == "here"
    threads.close()


async def test_no_more_threads_run_than_the_limit_and_all_work_is_done() -> None:
    threads = Threads(3, "test-limit")
    inside, most = 0, 0
    lock = threading.Lock()

    def work(number: int) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.002)
        with lock:
            inside -= 1
        return number

    assert await asyncio.gather(*(threads.run(work, n) for n in range(20))) == list(range(20))
    assert most == 3
    threads.close()


async def test_an_idle_thread_is_reused() -> None:
    threads = Threads(None, "test-again")
    idents = []
    for _ in range(5):
        idents.append(await threads.run(threading.get_ident))
        await until(lambda: threads._idle == 1)
    assert len(set(idents)) == 1
    threads.close()


async def test_threads_end_when_the_pool_closes() -> None:
    threads = Threads(None, "test-ends")
    await asyncio.gather(*(threads.run(time.sleep, 0.001) for _ in range(4)))
    threads.close()
    await until(lambda: not [t for t in threading.enumerate() if t.name.startswith("test-ends")])


async def test_running_functions_are_abandoned_when_the_pool_closes() -> None:
    threads = Threads(1, "test-stuck")
    go = threading.Event()
    running, waiting = threads.run(go.wait, 10), threads.run(go.wait, 10)
    threads.close()
    for future in (running, waiting):
        with pytest.raises(StoppedError):
            await future
    go.set()


async def test_outlast_returns_to_a_canceled_caller_only_after_the_thread_has_ended() -> None:
    threads = Threads(1, "test-outlast")
    go = threading.Event()
    task = asyncio.ensure_future(outlast(threads.run(go.wait, 10)))
    await asyncio.sleep(0.005)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.002)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    threads.close()


async def test_a_generator_runs_ahead_of_its_reader_up_to_a_limit() -> None:
    made = 0

    def numbers() -> Iterator[int]:
        nonlocal made
        for number in range(10_000):
            made = number + 1
            yield number

    threads = Threads(None, "test-ahead")
    generator = GeneratorThread(threads, numbers, as_step, lockstep=False)
    await until(lambda: made >= AHEAD)
    await asyncio.sleep(0.01)
    assert made == AHEAD
    assert (await generator.next())[0].data == [0]
    await generator.close()
    threads.close()


async def test_in_lockstep_a_generator_waits_at_each_yield() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    threads = Threads(None, "test-lockstep")
    generator = GeneratorThread(threads, numbers, as_step, lockstep=True)
    for number in range(4):
        (step,) = await generator.next()
        await asyncio.sleep(0.002)
        assert step.data == [number]
        assert made == list(range(number + 1))
    assert await generator.next() == []
    await generator.close()
    threads.close()


async def test_steps_before_an_error_arrive_before_the_error() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    threads = Threads(None, "test-error")
    generator = GeneratorThread(threads, failing, as_step, lockstep=False)
    seen: list[int] = []
    for _ in range(2):
        if len(seen) < 2:
            seen += [step.data[0] for step in await generator.next()]
    assert seen == [1, 2]
    with pytest.raises(ValueError, match="third"):
        await generator.next()
    await generator.close()
    threads.close()


async def test_closing_runs_finally_blocks_in_the_generators_thread() -> None:
    where: list[int] = []

    def numbers() -> Iterator[int]:
        where.append(threading.get_ident())
        try:
            while True:
                yield 1
        finally:
            where.append(threading.get_ident())

    threads = Threads(None, "test-close")
    generator = GeneratorThread(threads, numbers, as_step, lockstep=True)
    await generator.next()
    await generator.close()
    await generator.close()
    assert len(where) == 2
    assert where[0] == where[1]
    threads.close()

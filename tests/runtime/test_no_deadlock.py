"""Lanes, slots, and threads can all be waited for, but no event waits indefinitely."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.runtime import Job

from .driver import Driver

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(30)]


async def all_of(jobs: list[Job]) -> None:
    await asyncio.gather(*(job.wait() for job in jobs))


def add(value: int) -> int:
    time.sleep(0.0005)
    return value + 1


async def test_updates_from_every_thread_and_events_that_need_one_do_not_block_each_other() -> None:
    """R2.8: threads that wait for a lane do not count toward the limit."""
    with gr.Blocks() as demo:
        total = gr.State(0, scope="app", key="n")

        def update() -> None:
            time.sleep(0.0005)
            total.update(lambda value: value + 1)

        demo.load(add, total, total, api_name="event", concurrency_limit=None)
        demo.load(update, None, None, api_name="update", concurrency_limit=None)
    async with Driver(demo, max_threads=3) as driver:
        jobs = []
        for _ in range(50):
            jobs += [await driver.submit("event", None), await driver.submit("update")]
        await all_of(jobs)
        assert await driver.engine.get(total.cell, driver.page.owners.app) == 100
        await until(lambda: driver.runtime.runner.threads._count <= 3)


async def test_an_update_in_an_event_with_a_slot_runs_before_an_event_that_waits_for_the_slot() -> None:
    """R2.3, R2.8"""
    with gr.Blocks() as demo:
        total = gr.State(0, scope="app", key="n")

        async def event(value: int) -> int:
            return value + 1

        async def update() -> None:
            await asyncio.sleep(0.001)
            await total.update(lambda value: value + 1)

        demo.load(update, None, None, api_name="update", concurrency_id="one")
        demo.load(event, total, total, api_name="event", concurrency_id="one")
    async with Driver(demo) as driver:
        jobs = []
        for _ in range(20):
            jobs += [await driver.submit("update"), await driver.submit("event", None)]
        await all_of(jobs)
        assert await driver.engine.get(total.cell, driver.page.owners.app) == 40


async def test_an_overtaken_event_can_be_canceled() -> None:
    """R2.5"""
    go, inside = asyncio.Event(), asyncio.Event()
    with gr.Blocks() as demo:
        total = gr.State(0, scope="app", key="n")

        async def slow(value: int) -> int:
            inside.set()
            await go.wait()
            return value + 1

        async def update() -> None:
            await total.update(slow)

        demo.load(update, None, None, api_name="update", concurrency_id="one")
        demo.load(lambda value: value + 10, total, total, api_name="event", concurrency_id="one")
        demo.load(lambda value: value + 100, total, total, api_name="other")
    async with Driver(demo) as driver:
        first, waits = await driver.submit("update"), await driver.submit("event", None)
        await inside.wait()
        other = await driver.submit("other", None)
        await until(lambda: driver.received(other))
        waits.cancel()
        await waits.wait()
        assert other.state == "waiting"
        go.set()
        await all_of([first, other])
        assert await driver.engine.get(total.cell, driver.page.owners.app) == 101


@pytest.mark.parametrize("seed", range(8))
async def test_every_event_ends_and_no_update_is_lost_in_random_schedules(seed: int) -> None:
    """R2.3, R2.8: events with several States, updates inside events, few threads, shared slots."""
    choose = random.Random(seed)
    added = dict.fromkeys("abc", 0)
    with gr.Blocks() as demo:
        states = {name: gr.State(0, scope="app", key=name) for name in added}

        def event(count: int) -> Any:
            def run(*values: int) -> Any:
                time.sleep(choose.random() / 2000)
                return [value + 1 for value in values] if count > 1 else values[0] + 1

            return run

        def update(name: str) -> Any:
            def run() -> None:
                time.sleep(choose.random() / 2000)
                states[name].update(lambda value: value + 1)

            return run

        def update_on_loop(name: str) -> Any:
            async def run() -> None:
                await asyncio.sleep(choose.random() / 2000)
                await states[name].update(lambda value: value + 1)

            return run

        for number in range(6):
            names = choose.sample("abc", choose.choice([1, 2, 2]))
            boxes = [states[name] for name in names]
            group = choose.choice(["x", "y", None])
            demo.load(event(len(names)), boxes, boxes, api_name=f"e{number}-{''.join(names)}", concurrency_id=group)
        for number in range(4):
            name = choose.choice("abc")
            fn = choose.choice([update, update_on_loop])(name)
            demo.load(fn, None, None, api_name=f"u{number}-{name}", concurrency_id=choose.choice(["x", "y"]))
    async with Driver(demo, max_threads=2) as driver:
        sessions = [driver.open() for _ in range(4)]
        jobs = []
        for _ in range(80):
            listener = choose.choice(list(demo.spec.listeners.values()))
            data = [None] * len(listener.inputs)
            jobs.append(await driver.submit(listener.id, *data, session=choose.choice(sessions)))
            for name in listener.api_name.split("-")[1]:
                added[name] += 1
        await all_of(jobs)
        owner = sessions[0].owners.app
        assert {name: await driver.engine.get(state.cell, owner) for name, state in states.items()} == added

"""`/run`: a single response, with the same rules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import holdfast as gr
from holdfast.runtime import EventRequest

from .driver import Driver

pytestmark = pytest.mark.anyio


async def test_a_generator_returns_its_first_step_and_is_closed() -> None:
    closed: list[str] = []

    def sync() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("sync")

    async def on_loop() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("async")

    with gr.Blocks() as demo:
        number = gr.Number()
        demo.load(sync, None, number, api_name="sync")
        demo.load(on_loop, None, number, api_name="async")
    async with Driver(demo) as driver:
        for name in ("sync", "async"):
            output = await driver.runtime.run(driver.page, EventRequest(fn=name, data=[]))
            assert output.data == [1]
            assert output.is_generating
    assert closed == ["sync", "async"]


async def test_state_works_as_in_the_queue() -> None:
    """R2.7, R3.3"""
    with gr.Blocks() as demo:
        count, number = gr.State(0), gr.Number()
        count.change(lambda: None, None, None)
        demo.load(lambda c: (c + 1, c + 1), count, [count, number], api_name="run")
    async with Driver(demo) as driver:
        output = await driver.runtime.run(driver.page, EventRequest(fn="run", data=[None]))
        assert output.data == [None, 1]
        assert output.changed_state_ids == [count.id]
        assert await driver.values("run", None) == [None, 2]


async def test_a_temporary_session_is_dropped_after_its_event() -> None:
    dropped: list[Any] = []
    with gr.Blocks() as demo:
        count, number = gr.State(0, delete_callback=dropped.append), gr.Number()
        demo.load(lambda c: (c + 1, c + 1), count, [count, number], api_name="run")
    async with Driver(demo) as driver:
        for _ in range(2):
            session = driver.runtime.sessions.open(None, temporary=True)
            output = await driver.runtime.run(session, EventRequest(fn="run", data=[None]))
            assert output.data == [None, 1]
        assert len(driver.runtime.sessions) == 0
    assert dropped == [1, 1]


async def test_an_event_without_outputs_responds_without_values() -> None:
    with gr.Blocks() as demo:
        demo.load(lambda: None, None, None, api_name="run")
    async with Driver(demo) as driver:
        assert (await driver.runtime.run(driver.page, EventRequest(fn="run", data=[]))).data == []

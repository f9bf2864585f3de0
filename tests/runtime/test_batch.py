"""`batch=True`: one call for many events, each with its own session."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.runtime import EventRequest

from .driver import Driver, plain

pytestmark = pytest.mark.anyio


async def test_waiting_events_run_as_one_call_with_separate_results() -> None:
    go = threading.Event()
    sizes: list[int] = []

    def upper(texts: list[str]) -> tuple[list[str]]:
        sizes.append(len(texts))
        go.wait(10)
        return ([text.upper() for text in texts],)

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(upper, box, box, batch=True, max_batch_size=3, api_name="run")
    async with Driver(demo) as driver:
        jobs = [await driver.submit("run", text) for text in "abcde"]
        await until(lambda: sizes == [1] and jobs[4].rank is not None)
        go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert [driver.received(job)[-1].output.data for job in jobs] == [["A"], ["B"], ["C"], ["D"], ["E"]]  # type: ignore[union-attr]
        assert driver.runtime.queue.waiting == 0
    assert sizes == [1, 3, 1]


async def test_every_sample_uses_its_own_sessions_state() -> None:
    """R2.6"""
    go = threading.Event()
    sizes: list[int] = []

    def add(names: list[str], lists: list[list[str]]) -> tuple[list[list[str]], list[str]]:
        sizes.append(len(names))
        go.wait(10)
        after = [[*items, name] for name, items in zip(names, lists, strict=True)]
        return after, [",".join(items) for items in after]

    with gr.Blocks() as demo:
        box, items = gr.Textbox(), gr.State([])
        items.change(lambda: None, None, None)
        box.submit(add, [box, items], [items, box], batch=True, max_batch_size=10, api_name="run")
    async with Driver(demo) as driver:
        sessions = [driver.open() for _ in range(3)]
        first = [await driver.submit("run", f"a{n}", None, session=s) for n, s in enumerate(sessions)]
        second = [await driver.submit("run", f"b{n}", None, session=s) for n, s in enumerate(sessions)]
        await until(lambda: sizes == [1] and first[2].rank is not None)
        go.set()
        await asyncio.gather(*(job.wait() for job in [*first, *second]))
        results = [driver.received(job)[-1].output for job in second]  # type: ignore[union-attr]
        assert [plain(r)[1] for r in results] == ["a0,b0", "a1,b1", "a2,b2"]  # type: ignore[arg-type]
        assert [r.changed_state_ids for r in results] == [[items.id]] * 3  # type: ignore[union-attr]
    assert max(sizes) > 1


async def test_two_samples_of_one_session_run_one_after_another() -> None:
    """R2.3, R2.6: the second sample is not in the first one's batch."""

    def add(counts: list[int]) -> list[list[int]]:
        return [[count + 1 for count in counts]]

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(add, count, count, batch=True, max_batch_size=10, api_name="run")
    async with Driver(demo) as driver:
        jobs = [await driver.submit("run", None) for _ in range(20)]
        await asyncio.gather(*(job.wait() for job in jobs))
        assert await driver.engine.get(count.cell, driver.page.owners.session) == 20


async def test_a_bad_sample_fails_alone() -> None:
    go = threading.Event()
    calls: list[list[str]] = []

    async def echo(texts: list[str]) -> list[list[str]]:
        calls.append(texts)
        await asyncio.to_thread(go.wait, 10)
        return [texts]

    with gr.Blocks() as demo:
        box = gr.Radio(["a", "b", "c"])
        box.change(echo, box, box, batch=True, api_name="run")
    async with Driver(demo) as driver:
        jobs = [await driver.submit("run", text) for text in ("a", "b", "wrong", "c")]
        await until(lambda: calls and jobs[3].rank is not None)
        go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert [driver.received(job)[-1].success for job in jobs] == [True, True, False, True]  # type: ignore[union-attr]
    assert calls == [["a"], ["b", "c"]]


async def test_a_canceled_sample_does_not_stop_the_others() -> None:
    go = threading.Event()
    begun: list[int] = []

    def echo(texts: list[str]) -> list[list[str]]:
        begun.append(len(texts))
        go.wait(10)
        return [texts]

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(echo, box, box, batch=True, api_name="run")
    async with Driver(demo) as driver:
        jobs = [await driver.submit("run", text) for text in "abcd"]
        await until(lambda: begun and jobs[3].rank is not None)
        jobs[0].cancel()
        jobs[2].cancel()
        go.set()
        await asyncio.gather(*(job.wait() for job in jobs))
        assert [driver.received(job)[-1].cancelled for job in jobs] == [True, False, True, False]  # type: ignore[union-attr]
        assert (await driver.completed("run", "later")).success
    assert begun == [1, 2, 1]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda texts: texts[:-1], "must return one list per output"),
        (lambda texts: [texts[:-1]], "received 1 samples and returned 0 for output 0"),
        (lambda texts: [5], "returned int for output 0"),
        (lambda texts: None, "must return one list per output (1), even for a single output; it returned NoneType"),
    ],
)
async def test_the_error_for_an_invalid_batch_result_gives_the_reason(returned: Any, said: str) -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(returned, box, box, batch=True, api_name="run")
    async with Driver(demo, show_error=True) as driver:
        assert said in ((await driver.failure("run", "a")).error or "")


async def test_a_batch_without_outputs_can_return_nothing() -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(seen.extend, box, None, batch=True, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", "a") == []
    assert seen == ["a"]


async def test_a_direct_call_can_contain_a_whole_batch_or_one_sample() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(lambda texts: [[t.upper() for t in texts]], box, box, batch=True, api_name="run")
    async with Driver(demo) as driver:
        one = await driver.runtime.run(driver.page, EventRequest(fn="run", data=["a"]))
        many = await driver.runtime.run(driver.page, EventRequest(fn="run", data=[["a", "b"]], batched=True))
        assert one.data == ["A"]
        assert many.data == [["A", "B"]]

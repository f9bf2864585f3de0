"""Messages that a handler shows the visitor while it runs."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from types import FrameType
from typing import Any

import pytest
import tqdm
from tests.waiting import until

import holdfast as gr
from holdfast.runtime import EventRequest, Job
from holdfast.wire.messages import Log, Progress, ProgressUnit

from .driver import Driver

pytestmark = pytest.mark.anyio
BAR, TQDM = gr.Progress(), gr.Progress(track_tqdm=True)


def app(fn: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(fn, None, box, api_name="run")
    return demo


def bars(messages: list[Any]) -> list[list[ProgressUnit]]:
    return [message.progress_data for message in messages if isinstance(message, Progress)]


@pytest.mark.parametrize(
    ("report", "unit"),
    [
        (lambda p: p(0.5, desc="half"), ProgressUnit(progress=0.5, desc="half")),
        (lambda p: p((2, 4)), ProgressUnit(index=2, length=4)),
        (lambda p: p(2, total=4, unit="rows"), ProgressUnit(index=2, length=4, unit="rows")),
        (lambda p: p(None), ProgressUnit()),
    ],
)
async def test_progress_can_be_reported_in_any_form(report: Any, unit: ProgressUnit) -> None:
    def run(progress: Any = BAR) -> str:
        report(progress)
        return "x"

    async with Driver(app(run)) as driver:
        assert bars(await driver.messages("run")) == [[unit]]


async def test_many_simultaneous_reports_are_one_message_with_the_latest() -> None:
    def run(progress: Any = BAR) -> str:
        for number in range(1000):
            progress((number, 1000))
        return "x"

    async with Driver(app(run), progress_interval=10) as driver:
        assert bars(await driver.messages("run")) == [[ProgressUnit(index=999, length=1000)]]


@pytest.mark.parametrize("line", range(4))
async def test_a_report_made_while_another_is_sent_is_sent_too(line: int) -> None:
    """The sending can happen at any line of the report."""
    go = threading.Event()

    def run(progress: Any = BAR) -> str:
        progress((1, 2))
        sys.settrace(send_before(line))
        progress((2, 2))
        sys.settrace(None)
        go.wait(10)
        return "x"

    async with Driver(app(run), progress_interval=0.1) as driver:
        job = await driver.submit("run")
        await until(lambda: [ProgressUnit(index=2, length=2)] in bars(driver.received(job)))
        go.set()
        await job.wait()


def send_before(line: int) -> Any:
    """Trace a report, and let the loop send the waiting report before a given line."""
    lines = itertools.count()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not Job.report.__code__:
            return None
        if event == "line" and next(lines) == line:
            job: Job = frame.f_locals["self"]
            sent = threading.Event()
            job.loop.call_soon_threadsafe(lambda: (job.flush_progress(), sent.set()))
            sent.wait(10)
        return trace

    return trace


async def test_reports_go_out_while_the_function_runs() -> None:
    go = threading.Event()

    def run(progress: Any = BAR) -> str:
        progress(0.5)
        go.wait(10)
        return "x"

    async with Driver(app(run), progress_interval=0) as driver:
        job = await driver.submit("run")
        await until(lambda: bars(driver.received(job)))
        assert not job.has_ended
        go.set()
        await job.wait()


async def test_an_async_function_reports_too() -> None:
    async def run(progress: Any = BAR) -> str:
        progress(0.1)
        await asyncio.sleep(0.01)
        progress(0.9)
        return "x"

    async with Driver(app(run), progress_interval=0) as driver:
        assert [unit.progress for (unit,) in bars(await driver.messages("run"))] == [0.1, 0.9]


async def test_progress_counts_the_items_of_an_iterable() -> None:
    def run(progress: Any = BAR) -> str:
        return "".join(progress.tqdm("abc", desc="letters"))

    async with Driver(app(run), progress_interval=10) as driver:
        messages = await driver.messages("run")
        assert bars(messages) == [[ProgressUnit(index=3, length=3, desc="letters")]]
        assert messages[-1].output.data == ["abc"]


async def test_nested_bars_are_reported_together() -> None:
    go = threading.Event()

    def run(progress: Any = BAR) -> str:
        for _ in progress.tqdm(range(2), desc="outer"):
            for _ in progress.tqdm(range(3), desc="inner"):
                go.wait(10)
        return "x"

    async with Driver(app(run), progress_interval=0) as driver:
        job = await driver.submit("run")
        await until(lambda: any(len(units) == 2 for units in bars(driver.received(job))))
        go.set()
        await job.wait()
        assert [unit.desc for unit in next(units for units in bars(driver.received(job)) if len(units) == 2)] == [
            "outer",
            "inner",
        ]


async def test_tqdm_bars_are_tracked_on_request() -> None:
    def run(progress: Any = TQDM) -> str:
        for _ in tqdm.tqdm(range(4), desc="work"):
            pass
        return "x"

    def silent() -> str:
        for _ in tqdm.tqdm(range(4)):
            pass
        return "y"

    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(run, None, box, api_name="run")
        demo.load(silent, None, box, api_name="silent")
    async with Driver(demo, progress_interval=10) as driver:
        assert bars(await driver.messages("run")) == [[ProgressUnit(index=4, length=4, desc="work")]]
        assert bars(await driver.messages("silent")) == []


async def test_progress_outside_an_event_does_nothing() -> None:
    progress = gr.Progress()
    assert progress(0.5) == 0.5
    assert list(progress.tqdm([1, 2])) == [1, 2]


@pytest.mark.parametrize(("toast", "level"), [(gr.Info, "info"), (gr.Warning, "warning"), (gr.Success, "success")])
async def test_a_toast_is_shown_from_a_thread_and_from_the_loop(toast: Any, level: str) -> None:
    def sync() -> str:
        toast("from a thread", duration=3, title="T")
        return "x"

    async def on_loop() -> str:
        toast("from the loop")
        return "x"

    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(sync, None, box, api_name="sync")
        demo.load(on_loop, None, box, api_name="on_loop")
    async with Driver(demo) as driver:
        (first,) = [m for m in await driver.messages("sync") if isinstance(m, Log)]
        (second,) = [m for m in await driver.messages("on_loop") if isinstance(m, Log)]
    assert (first.log, first.level, first.duration, first.title) == ("from a thread", level, 3, "T")
    assert (second.log, second.duration) == ("from the loop", 10)


async def test_toasts_come_before_the_step_that_follows_them() -> None:
    def run() -> Any:
        gr.Info("one")
        yield "a"
        gr.Info("two")
        yield "b"

    async with Driver(app(run)) as driver:
        kinds = [type(m).__name__ for m in await driver.messages("run")]
        assert kinds[1] == "Log"
        assert kinds.count("Log") == 2
        assert kinds.index("Log", 2) < kinds.index("Completed")


async def test_a_toast_outside_the_queue_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> str:
        gr.Info("hello")
        return "x"

    async with Driver(app(run)) as driver:
        await driver.runtime.run(driver.page, EventRequest(fn="run", data=[]))
    gr.Warning("outside")
    assert capsys.readouterr().out.splitlines() == ["Info: hello", "Warning: outside"]

"""Whoever waits for an event learns of its end, whatever ends it.

Looked for: an event that is canceled, dropped with its session (for its number, its bytes, its State, its time), ended
with the server, or by its own function (`CancelledError`, `SystemExit`), while it is validated, waits, or runs, awaited
over `/run`, a session's feed, `/call`, and as part of a batch. Found: `/run` waited for a function in a thread whose
event was canceled, and ran a function whose event was canceled while it was validated; an event dropped for room was
reported as a success without values; a result of `/call` that was dropped while it was collected ended its stream
without a word; `sys.exit()` in an async function ended the server.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from tests.runtime.driver import Driver
from tests.waiting import until

import holdfast as gr
from holdfast.errors import BadRequest, Busy
from holdfast.limits import Limits
from holdfast.runtime import EventRequest, Session
from holdfast.wire.messages import Completed, Failure

pytestmark = pytest.mark.anyio


class Work:
    """Functions of every kind that only end after `go` is set."""

    def __init__(self) -> None:
        self.go, self.go_thread = asyncio.Event(), threading.Event()
        self.running: set[str] = set()
        self.checked: list[str] = []
        self.ran: list[str] = []

    async def on_loop(self, text: str) -> str:
        self.running.add("on_loop")
        await self.go.wait()
        return text

    def in_thread(self, text: str) -> str:
        self.running.add("in_thread")
        self.go_thread.wait(30)
        return text

    async def valid(self, text: str) -> None:
        self.checked.append(text)
        await self.go.wait()

    def validated(self, text: str) -> str:
        self.ran.append(text)
        return text

    async def batch(self, texts: list[str]) -> list[list[str]]:
        self.running.add("batch")
        await self.go.wait()
        return [texts]

    def app(self) -> gr.Blocks:
        with gr.Blocks() as demo:
            box = gr.Textbox()
            for fn, more in (
                (self.on_loop, {}),
                (self.in_thread, {}),
                (self.validated, {"validator": self.valid}),
                (self.batch, {"batch": True}),
            ):
                box.submit(fn, box, box, api_name=fn.__name__, concurrency_limit=1, **more)
        return demo


def _cancel(driver: Driver, session: Session) -> None:
    driver.runtime.cancel(session, list(session.jobs))


def _drop(driver: Driver, session: Session) -> None:
    driver.runtime.sessions.drop(session.id)


def _count(driver: Driver, session: Session) -> None:
    """Open more pages of another visitor than there is room for."""
    for _ in range(2):
        driver.runtime.connect(driver.runtime.sessions.open(visitor="other"))
    assert driver.runtime.sessions.get(session.id) is None


def _bytes(driver: Driver, session: Session) -> None:
    """Have an open page of the same visitor request the bytes."""
    page = driver.runtime.sessions.open(visitor=session.visitor)
    driver.runtime.connect(page)
    driver.runtime.sessions.admit(page, 60_000)
    assert driver.runtime.sessions.get(session.id) is None


ENDS = (_cancel, _drop, _count, _bytes)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("fn", ["on_loop", "in_thread", "validated", "batch"])
async def test_a_direct_call_receives_a_response_when_its_event_ends_early(
    fn: str, end: Callable[[Driver, Session], None]
) -> None:
    """R4.6: immediately; a function that has not started never runs."""
    work = Work()
    async with Driver(work.app(), session_capacity=3, limits=Limits(visitor_bytes=90_000)) as driver:
        page = driver.runtime.sessions.open(visitor="v")
        driver.runtime.connect(page)
        await driver.runtime.submit(page, EventRequest(fn="on_loop", data=["first"]))  # the next one waits
        session = driver.runtime.sessions.open("s", visitor="v")
        call = EventRequest(fn=fn, data=["x"], weight=30_000)
        answer = asyncio.ensure_future(driver.runtime.run(session, call))
        await until(lambda: work.checked if fn == "validated" else session.jobs and fn in work.running)
        end(driver, session)
        if fn == "validated":
            work.go.set()
        await asyncio.wait([answer], timeout=20)
        assert answer.done()
        with pytest.raises(Busy, match=r"Send it again (if|later)"):
            answer.result()
        assert work.ran == []
        work.go.set()
        work.go_thread.set()
        await until(lambda: not session.jobs)


@pytest.mark.parametrize("fn", ["on_loop", "in_thread", "validated", "batch"])
async def test_an_event_that_is_dropped_for_room_is_reported_as_failed(fn: str) -> None:
    """R4.4: its feed does not report success."""
    work = Work()
    async with Driver(work.app(), session_capacity=3, limits=Limits(visitor_bytes=90_000)) as driver:
        session = driver.runtime.sessions.open("s", visitor="v")
        feed = session.feed
        job = asyncio.ensure_future(driver.runtime.submit(session, EventRequest(fn=fn, data=["x"], weight=30_000)))
        await until(lambda: work.checked if fn == "validated" else fn in work.running)
        _bytes(driver, session)
        last = feed.after(0)[-1][1]
        assert isinstance(last, Completed)
        assert not last.success
        assert isinstance(last.output, Failure)
        assert "no room" in str(last.output.error)
        work.go.set()
        work.go_thread.set()
        await (await job).wait()
        assert work.ran == []


async def test_a_waiting_direct_call_receives_a_response_when_the_server_ends() -> None:
    """Including a call whose function runs in a thread and does not end."""
    work = Work()
    async with Driver(work.app(), shutdown_grace=0.01) as driver:
        calls = [
            asyncio.ensure_future(driver.runtime.run(driver.page, EventRequest(fn="in_thread", data=["x"])))
            for _ in range(2)
        ]
        await until(lambda: work.running)
    for answer in calls:
        with pytest.raises(Busy):
            await answer
    work.go_thread.set()


async def test_a_function_that_exits_or_cancels_itself_ends_only_its_event() -> None:
    """`sys.exit()` in a function must not end the server."""

    async def exits(text: str) -> str:
        sys.exit(text)

    async def yields(text: str) -> AsyncIterator[str]:
        yield text
        sys.exit(text)

    async def batch(texts: list[str]) -> list[list[str]]:
        sys.exit(str(texts))

    async def valid(text: str) -> None:
        sys.exit(text)

    async def cancels(text: str) -> str:
        raise asyncio.CancelledError(text)

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(exits, box, box, api_name="exits")
        box.submit(yields, box, box, api_name="yields")
        box.submit(batch, box, box, api_name="batch", batch=True)
        box.submit(cancels, box, box, api_name="cancels")
        box.submit(lambda text: text, box, box, api_name="validated", validator=valid)
    async with Driver(demo) as driver:
        for name in ("exits", "yields", "batch"):
            assert not (await driver.completed(name, "x")).success
        with pytest.raises(RuntimeError, match="raised SystemExit"):
            await driver.runtime.run(driver.page, EventRequest(fn="exits", data=["x"]))
        with pytest.raises(BadRequest, match="raised SystemExit"):
            await driver.submit("validated", "x")
        assert (await driver.completed("cancels", "x")).cancelled
        with pytest.raises(Busy):
            await driver.runtime.run(driver.page, EventRequest(fn="cancels", data=["x"]))

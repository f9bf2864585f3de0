"""Sessions: access to them, their lifetime, and their number."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from tests.waiting import until

import holdfast as gr
from holdfast.errors import BadRequest, Busy, Denied
from holdfast.state import Owners, StateOptions
from holdfast.stores import Claim, FencedError, MemoryStore, Write
from holdfast.testing.clock import ManualClock
from holdfast.wire.messages import StateChanged

from .driver import Driver

pytestmark = pytest.mark.anyio


def counter(**options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        count, number = gr.State(0, **options), gr.Number()
        demo.load(lambda c: (c + 1, c + 1), count, [count, number], api_name="run")
    return demo


async def test_a_page_session_can_be_used_only_with_its_token() -> None:
    """R8.1"""
    async with Driver(counter()) as driver:
        sessions = driver.runtime.sessions
        session = sessions.open()
        assert session.token
        assert sessions.open(session.id, token=session.token) is session
        for wrong in (None, "", "guess", "ünïcode"):
            with pytest.raises(Denied):
                sessions.open(session.id, token=wrong)


async def test_a_session_named_by_a_client_is_used_and_bound_to_its_user() -> None:
    """R8.2"""
    async with Driver(counter()) as driver:
        sessions = driver.runtime.sessions
        session = sessions.open("mine", username="ann")
        assert session.token is None
        assert sessions.open("mine", username="ann") is session
        with pytest.raises(Denied):
            sessions.open("mine", username="bob")


@pytest.mark.parametrize("id", ["", "x" * 129, "x" * 1_000_000])
async def test_a_session_id_that_is_empty_or_too_long_is_rejected(id: str) -> None:
    """R4.6"""
    async with Driver(counter()) as driver:
        with pytest.raises(BadRequest):
            driver.runtime.sessions.open(id)
        assert len(driver.runtime.sessions) == 0


async def test_the_least_recently_used_session_is_evicted_first_and_closed_ones_before_open_ones() -> None:
    """R4.4"""
    async with Driver(counter(), session_capacity=3) as driver:
        sessions = driver.runtime.sessions
        opened = sessions.open("open")
        driver.runtime.connect(opened)
        sessions.open("a")
        sessions.open("b")
        sessions.open("a")
        sessions.open("c")
        assert {session.id for session in sessions} == {"open", "a", "c"}
        sessions.open("d")
        assert {session.id for session in sessions} == {"open", "c", "d"}


async def test_a_dropped_session_loses_its_state_with_the_delete_callback() -> None:
    """R4.3, R4.4"""
    dropped: list[int] = []
    async with Driver(counter(delete_callback=dropped.append), session_capacity=1) as driver:
        sessions = driver.runtime.sessions
        await driver.values("run", None, session=sessions.open("a"))
        sessions.open("b")
        await until(lambda: dropped == [1])
        assert await driver.values("run", None, session=sessions.open("a")) == [None, 1]


async def test_a_session_with_running_events_is_not_evicted() -> None:
    go = threading.Event()
    with gr.Blocks() as demo:
        demo.load(lambda: go.wait(10), None, None, api_name="run")
    async with Driver(demo, session_capacity=1) as driver:
        busy = driver.runtime.sessions.open("busy")
        job = await driver.submit("run", session=busy)
        with pytest.raises(Busy):
            driver.runtime.sessions.open("other")
        assert driver.runtime.sessions.get("busy") is busy
        go.set()
        await job.wait()


async def test_a_closed_session_is_kept_for_its_grace_period_and_can_reconnect() -> None:
    """R4.1"""
    clock = ManualClock()
    async with Driver(counter(), clock=clock) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        driver.runtime.disconnect(session, gone=True)
        await clock.advance(3000)
        driver.runtime.connect(session)
        await clock.advance(7200)
        assert driver.runtime.sessions.get(session.id) is session
        assert await driver.values("run", None, session=session) == [None, 2]


async def test_after_the_grace_a_closed_session_is_gone() -> None:
    """R4.1: the grace period starts at the close."""
    clock = ManualClock()
    async with Driver(counter(), clock=clock, session_grace=60, state=StateOptions(grace=60)) as driver:
        session = driver.open()
        await clock.advance(1000)
        driver.runtime.disconnect(session, gone=True)
        await clock.advance(59)
        assert driver.runtime.sessions.get(session.id) is session
        await clock.advance(2)
        assert driver.runtime.sessions.get(session.id) is None
        assert session.feed.closed


async def test_a_session_with_two_connections_is_open_until_both_have_ended() -> None:
    clock = ManualClock()
    async with Driver(counter(), clock=clock, session_grace=60) as driver:
        session = driver.open()
        driver.runtime.connect(session)
        driver.runtime.disconnect(session, gone=False)
        await clock.advance(100)
        assert driver.runtime.sessions.get(session.id) is session
        driver.runtime.disconnect(session, gone=False)
        await clock.advance(100)
        assert driver.runtime.sessions.get(session.id) is None


def unloading(seen: list[Any]) -> gr.Blocks:
    with gr.Blocks() as demo:
        items = gr.State([])
        demo.load(lambda found: found.append(1), items, None, api_name="run")

        def goodbye(found: list[int], request: gr.Request) -> None:
            seen.append((list(found), request.session_hash))

        demo.unload(goodbye, items)
    return demo


async def test_unload_runs_once_per_closed_session_and_sees_its_state() -> None:
    """R4.5"""
    seen: list[Any] = []
    clock = ManualClock()
    async with Driver(unloading(seen), clock=clock, session_grace=60) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        driver.runtime.disconnect(session, gone=True)
        await until(lambda: seen)
        await clock.advance(100)
        assert seen == [([1], session.id)]


async def test_unload_waits_for_the_grace_period_of_a_lost_connection() -> None:
    """R4.5: a page that only lost its connection may return."""
    seen: list[Any] = []
    clock = ManualClock()
    async with Driver(unloading(seen), clock=clock, session_grace=60) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        driver.runtime.disconnect(session, gone=False)
        await clock.advance(30)
        assert seen == []
        driver.runtime.connect(session)
        await clock.advance(100)
        assert seen == []
        driver.runtime.disconnect(session, gone=False)
        for _ in range(100):
            await clock.advance(1)
        await until(lambda: seen)
        assert seen == [([1], session.id)]
        await until(lambda: driver.runtime.sessions.get(session.id) is None)


async def test_unload_runs_to_its_end_and_sees_its_state_when_there_is_no_grace() -> None:
    """R4.5: the grace period may expire before the listener has started or while it runs."""
    seen: list[Any] = []
    async with Driver(unloading(seen), state=StateOptions(manual_expiry=True), session_grace=0) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        driver.runtime.disconnect(session, gone=True)
        await until(lambda: driver.runtime.sessions.get(session.id) is None)
        assert seen == [([1], session.id)]


async def test_a_slow_unload_listener_does_not_delay_other_sessions() -> None:
    """R4.5; a page that returns while its listener runs still has its session."""
    began: list[int] = []
    go, clock = threading.Event(), ManualClock()

    def slow() -> None:
        began.append(1)
        go.wait(10)

    with gr.Blocks() as demo:
        demo.unload(slow)
    async with Driver(demo, clock=clock, session_grace=60) as driver:
        sessions = driver.runtime.sessions
        gone, back = driver.open(), driver.open()
        for session in (gone, back):
            driver.runtime.disconnect(session, gone=False)
            await clock.advance(61)
        await until(lambda: len(began) == 2)
        driver.runtime.connect(back)
        assert sessions.get(gone.id) is gone
        go.set()
        await sessions.settled()
        await until(lambda: sessions.get(gone.id) is None)
        assert sessions.get(back.id) is back


async def test_an_unload_listener_that_never_ends_does_not_prevent_the_app_from_ending() -> None:
    told: list[str] = []
    go = threading.Event()

    def stuck() -> None:
        told.append("began")
        go.wait(10)
        told.append("ended")

    with gr.Blocks() as demo:
        demo.unload(stuck)
    async with Driver(demo, shutdown_grace=0.05) as driver:
        driver.runtime.disconnect(driver.open(), gone=True)
        await until(lambda: told)
    assert told == ["began"]
    go.set()


async def test_unload_of_an_evicted_session_still_sees_its_state() -> None:
    """R4.4, R4.5"""
    seen: list[Any] = []
    async with Driver(unloading(seen), session_capacity=1) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        driver.runtime.disconnect(session, gone=False)
        driver.runtime.sessions.open("other")
        await until(lambda: seen)
        assert seen == [([1], session.id)]


async def test_a_lost_connection_does_not_cancel_events() -> None:
    go = threading.Event()
    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(lambda: go.wait(10) and "done", None, box, api_name="run")
    async with Driver(demo) as driver:
        session = driver.open()
        job = await driver.submit("run", session=session)
        await until(lambda: job.state == "running")
        driver.runtime.disconnect(session, gone=False)
        seen = session.feed.last
        go.set()
        await job.wait()
        driver.runtime.connect(session)
        ((_, message),) = session.feed.after(seen)
        assert message.output.data == ["done"]  # type: ignore[union-attr]


async def test_a_change_from_outside_reaches_the_pages_of_its_owner() -> None:
    """R3.3"""
    with gr.Blocks() as demo:
        count = gr.State(0)
        count.change(lambda: None, None, None)
    async with Driver(demo) as driver:
        mine, other = driver.open(), driver.open()
        seen = (mine.feed.last, other.feed.last)
        await driver.engine.update(count.cell, mine.owners.session, lambda n: n + 1)
        assert [m for _, m in mine.feed.after(seen[0])] == [StateChanged(ids=[count.id])]
        assert other.feed.after(seen[1]) == []


async def test_a_change_of_shared_state_reaches_every_page_except_the_one_that_made_it() -> None:
    """R7.2: the event reports the change to its own page."""
    with gr.Blocks() as demo:
        count = gr.State(0, scope="app", key="count")
        count.change(lambda: None, None, None)
        demo.load(lambda n: n + 1, count, count, api_name="run")
    async with Driver(demo) as driver:
        mine, other = driver.open(), driver.open()
        assert other.feed.last == 0
        completed = await driver.completed("run", None, session=mine)
        assert completed.output.changed_state_ids == [count.id]  # type: ignore[union-attr]
        assert [m for _, m in other.feed.after(0)] == [StateChanged(ids=[count.id])]
        assert not any(isinstance(m, StateChanged) for _, m in mine.feed.after(0))


async def test_a_shared_change_is_only_sent_to_pages_that_listen() -> None:
    """R7.3"""
    with gr.Blocks() as demo:
        count = gr.State(0, scope="app", key="count")
        with demo.route("Second", "/second"):
            box = gr.Textbox()
            count.change(lambda: None, None, box)
    async with Driver(demo) as driver:
        sessions = driver.runtime.sessions
        first, second, client = sessions.open(page=""), sessions.open(page="second"), sessions.open("client")
        for session in (first, second, client):
            driver.runtime.connect(session)
        await driver.engine.update(count.cell, first.owners.app, lambda n: n + 1)
        assert [len(session.feed.after(0)) for session in (first, second, client)] == [0, 1, 0]
        driver.runtime.disconnect(second, gone=True)
        assert len(sessions.pages) == 1


async def test_a_disconnected_page_is_notified_of_shared_changes_once() -> None:
    """R7.2, R4.6: a closed tab does not accumulate the changes that it missed."""
    with gr.Blocks(session="tab") as demo:
        count = gr.State(0, scope="app", key="n")
        count.change(lambda: None, None, None)
    async with Driver(demo) as driver:
        session = driver.runtime.sessions.open()
        driver.runtime.connect(session)
        driver.runtime.disconnect(session, gone=False)
        for _ in range(5):
            await driver.engine.update(count.cell, session.owners.app, lambda n: n + 1)
        assert [message for _, message in session.feed.after(0)] == [StateChanged(ids=[count.id])]
        driver.runtime.connect(session)
        await driver.engine.update(count.cell, session.owners.app, lambda n: n + 1)
        assert len(session.feed.after(0)) == 2


async def test_expiry_is_reported_to_an_open_page() -> None:
    """R4.2, R3.3"""
    clock = ManualClock()
    with gr.Blocks() as demo:
        count = gr.State(0, time_to_live=10)
        count.change(lambda: None, None, None)
        demo.load(lambda n: n + 1, count, count, api_name="run")
    async with Driver(demo, clock=clock) as driver:
        session = driver.open()
        await driver.values("run", None, session=session)
        seen = session.feed.last
        await clock.advance(11)
        await until(lambda: session.feed.after(seen))
        assert [m for _, m in session.feed.after(seen)] == [StateChanged(ids=[count.id])]


async def test_tabs_of_one_browser_share_its_state_and_changes() -> None:
    """R5.1, R7.2"""
    with gr.Blocks() as demo:
        count, number = gr.State(0, scope="browser", key="n"), gr.Number()
        count.change(lambda: None, None, None)
        demo.load(lambda n: (n + 1, n + 1), count, [count, number], api_name="run")
    async with Driver(demo) as driver:
        tabs = [driver.runtime.sessions.open(browser=b) for b in ("b1", "b1", "b2")]
        for tab in tabs:
            driver.runtime.connect(tab)
        assert await driver.values("run", None, session=tabs[0]) == [None, 1]
        assert [len(tab.feed.after(0)) for tab in tabs[1:]] == [1, 0]
        assert await driver.values("run", None, session=tabs[1]) == [None, 2]
        assert await driver.values("run", None, session=tabs[2]) == [None, 1]
        assert isinstance(tabs[0].owners, Owners)


async def test_a_page_that_cannot_be_stored_does_not_prevent_storing_others(caplog: pytest.LogCaptureFixture) -> None:
    """R5.2: changes that updates made to a page survive a restart."""

    class Refusing(MemoryStore):
        refused = ""

        async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
            if any(write.key.owner == self.refused for write in writes):
                raise FencedError(*writes[0].key)
            await super().commit(writes, claims)

    store = Refusing(durable=True)
    with gr.Blocks(session="tab") as demo:
        box = gr.Textbox()
    async with Driver(demo, store=store) as driver:
        resumption = driver.runtime.resumption
        one, two = [await resumption.begin(username=None, browser=None, page="") for _ in range(2)]
        store.refused = f"session:{one.id}"
        for session in (one, two):
            session.view.update_props(box.id, {"label": "new"})
            resumption.changed(session)
        await resumption.aclose()
        kept = await driver.engine.get(resumption.record, two.owners.session)
    assert list(kept["props"].values()) == [{"label": "new"}]
    assert "were not saved and will be lost on a restart" in caplog.text

"""Everything kept for a client is limited in number, bytes, and time, per visitor and in total (R4.4, R4.6).

C2: related cases: feeds, full values of generating events, waiting events, chunks of `stream` events, results of
`/call`, progress of uploads, IDs of ended events (256 per session, as before). The first six had no limit in bytes;
sessions that never connected, results, and progress had no limit in time.
C3: related cases: sessions, State in the engine, results of `/call`, followed uploads, MCP sessions, logins. An open
page lost its session or its State to new sessions; results, uploads, and MCP sessions of one client evicted those of
all others.
C4: `/run`, `/api`, and MCP share the queue with all other events; `/run` and `/api` bypassed it.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest
from tests.runtime.driver import Driver
from tests.waiting import until

import holdfast as gr
from holdfast.errors import Busy
from holdfast.limits import Limits
from holdfast.runtime import EventRequest, Feed
from holdfast.runtime.holdings import Holdings
from holdfast.runtime.shelf import Shelf
from holdfast.server.kept import Bounds, Kept
from holdfast.server.uploads import Followed
from holdfast.state import StateOptions
from holdfast.stores import MemoryStore
from holdfast.testing.clock import ManualClock
from holdfast.wire.messages import Completed, Generating, Log, Output

pytestmark = pytest.mark.anyio


def echo() -> gr.Blocks:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(lambda text: text, box, box, api_name="echo")
    return demo


def waiting(go: asyncio.Event) -> gr.Blocks:
    async def wait(text: str) -> str:
        await go.wait()
        return text

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(wait, box, box, api_name="wait", concurrency_limit=1)
    return demo


def call(text: str = "", fn: str = "echo") -> EventRequest:
    return EventRequest(fn=fn, data=[text], weight=len(text))


# C2: time -------------------------------------------------------------------------------------------------------------


async def test_a_session_that_never_connected_ends_after_its_grace_from_its_last_use() -> None:
    """C2 a, R4.1: a timer drops the session with its State and feed."""
    clock = ManualClock()
    async with Driver(echo(), clock=clock, session_grace=100) as driver:
        sessions = driver.runtime.sessions
        for name in ("used", "unused"):
            job = await driver.runtime.submit(sessions.open(name), call("x" * 1000))
            await job.wait()
        assert sessions.holdings.held > 2000
        await clock.advance(60)
        sessions.touch(sessions.open("used"))
        await clock.advance(60)
        assert [session.id for session in sessions] == ["used"]
        await clock.advance(60)
        assert (len(sessions), sessions.holdings.held, len(sessions.holdings)) == (0, 0, 0)


async def test_a_session_that_never_connected_is_kept_while_its_event_runs_or_is_read() -> None:
    """C2 a: a client without a heartbeat that waits for a slow event."""
    clock, go = ManualClock(), asyncio.Event()
    async with Driver(waiting(go), clock=clock, session_grace=100) as driver:
        session = driver.runtime.sessions.open("curl")
        job = await driver.runtime.submit(session, call("x", "wait"))
        await clock.advance(1000)
        assert driver.runtime.sessions.get("curl") is session
        go.set()
        await job.wait()
        reader = asyncio.ensure_future(session.feed.wait(session.feed.last))
        await clock.advance(1000)
        assert driver.runtime.sessions.get("curl") is session
        reader.cancel()
        await clock.advance(200)
        assert driver.runtime.sessions.get("curl") is None


# C2: bytes ------------------------------------------------------------------------------------------------------------


async def test_waiting_events_are_limited_in_bytes_per_session_and_visitor_and_in_total() -> None:
    """C2 d: 503 beyond each limit; ended events no longer count."""
    go = asyncio.Event()
    limits = Limits(session_bytes=50_000, visitor_bytes=120_000, held_bytes=200_000)
    async with Driver(waiting(go), limits=limits) as driver:
        sessions, jobs = driver.runtime.sessions, []

        async def fill(name: str, visitor: str) -> str:
            session = sessions.open(name, visitor=visitor)
            driver.runtime.connect(session)
            try:
                while True:
                    jobs.append(await driver.runtime.submit(session, call("x" * 5_000, "wait")))
            except Busy as error:
                return str(error)

        assert "this session" in await fill("a1", "a")
        assert "this session" in await fill("a2", "a")
        assert "per visitor" in await fill("a3", "a")
        assert "this session" in await fill("b1", "b")
        assert "The server" in await fill("c1", "c")
        assert 190_000 < sessions.holdings.held <= 200_000
        go.set()
        for job in jobs:
            await job.wait()
        for session in sessions:
            session.feed.ack(session.feed.last)
        assert sessions.holdings.held == 0


async def test_an_open_page_evicts_waiting_events_of_unconnected_sessions() -> None:
    """C2 d, C3: they reached a visitor's limit without exceeding it, so the page was rejected."""
    go = asyncio.Event()
    limits = Limits(session_bytes=50_000, visitor_bytes=120_000, held_bytes=200_000)
    for visitors in (["v"] * 8, [f"v{number}" for number in range(8)]):
        async with Driver(waiting(go), limits=limits) as driver:
            sessions, submit = driver.runtime.sessions, driver.runtime.submit
            page = sessions.open("page", visitor="v")
            driver.runtime.connect(page)

            async def fill(sessions: Any = sessions, submit: Any = submit, visitors: list[str] = visitors) -> None:
                for number in range(100):
                    invented = sessions.open(f"invented{number}", visitor=visitors[number % 8])
                    for _ in range(4):
                        await submit(invented, call("x" * 8_000, "wait"))

            with pytest.raises(Busy):
                await fill()
            before = sessions.holdings.held
            for _ in range(4):
                await submit(page, call("x" * 8_000, "wait"))
            assert sessions.holdings.held <= before
            assert sessions.get("page") is page


@pytest.mark.parametrize("visitors", [["v"] * 8, [f"v{number}" for number in range(8)]], ids=["visitor", "total"])
async def test_idle_sessions_are_dropped_for_any_event_and_busy_ones_are_not(visitors: list[str]) -> None:
    """C2 a, R4.6: unread results reach a limit without exceeding it, so nothing was dropped."""
    go = asyncio.Event()
    limits = Limits(session_bytes=40_000, visitor_bytes=120_000, held_bytes=200_000)
    async with Driver(waiting(go), limits=limits) as driver:
        sessions, submit = driver.runtime.sessions, driver.runtime.submit
        go.set()
        with suppress(Busy):  # no session is rejected here
            for number in range(40):
                idle = sessions.open(f"idle{number}", visitor=visitors[number % 8])
                await (await submit(idle, call("x" * 9_000, "wait"))).wait()
        go.clear()
        idle = sessions.open("read", visitor="v")
        driver.runtime.listen(idle)
        before = len(sessions)
        client = sessions.open("client", visitor="v")
        for _ in range(3):
            await submit(client, call("x" * 8_000, "wait"))
        assert sessions.get("client") is client
        assert sessions.get("read") is idle
        assert sessions.get("idle0") is None
        left = len(sessions)
        assert left < before
        with pytest.raises(Busy, match="this session"):  # no other session is dropped for a session's own limit
            await submit(client, call("x" * 20_000, "wait"))
        assert len(sessions) == left

        async def fill() -> None:
            for number in range(100):
                await submit(sessions.open(f"busy{number}", visitor=visitors[number % 8]), call("x" * 8_000, "wait"))

        with pytest.raises(Busy, match="memory limit"):
            await fill()
        assert sessions.get("busy0") is not None
        assert sessions.get("client") is client
        assert len(client.jobs) == 3
        go.set()


async def test_unread_messages_count_until_they_are_acknowledged_or_folded() -> None:
    """C2 a: everything in a feed, including the full values of a generating event, counts for its session's account."""
    holdings = Holdings(10**9, 10**9, relieve=lambda _: None)
    account = holdings.open("v")
    feed = Feed(10, 100_000, account)
    for number in range(5):
        output = Output(data=["x"])
        feed.publish(Generating(event_id="e", output=output), weight=1000, full=(["x" * 500], 500 + number))
    assert 5 * 1000 + 504 < holdings.held < 5 * 1500 + 1000
    feed.ack(3)
    assert 2 * 1000 + 504 < holdings.held < 2 * 1500 + 1000
    for _ in range(50):
        feed.publish(Generating(event_id="e", output=Output(data=["x"])), weight=1000, full=(["x"], 10))
    assert holdings.held < 30 * 1500
    feed.publish(Completed(event_id="e", output=Output(data=["x"]), success=True))
    feed.ended("e")
    feed.ack(feed.last)
    assert holdings.held == 0
    feed.publish(Log(log="x", level="info", event_id="e"), weight=1000)
    account.close()
    assert (holdings.held, len(holdings)) == (0, 0)
    feed.publish(Log(log="x", level="info", event_id="e"), weight=1000)
    assert holdings.held == 0


async def test_unread_feeds_are_dropped_at_the_total_limit() -> None:
    """C2 a: invented sessions without a reader are dropped; the open page and its messages are kept."""
    async with Driver(echo(), limits=Limits(held_bytes=200_000)) as driver:
        sessions = driver.runtime.sessions
        page = driver.page
        await (await driver.runtime.submit(page, call("x" * 10_000))).wait()
        for number in range(100):
            job = await driver.runtime.submit(sessions.open(f"s{number}", visitor="attacker"), call("x" * 10_000))
            await job.wait()
            await asyncio.sleep(0)
        assert sessions.holdings.held <= 215_000
        assert sessions.get(page.id) is page
        assert len(page.feed) > 0
        assert sessions.get("s99") is not None


async def test_only_a_visitors_own_feeds_are_dropped_at_the_visitors_limit() -> None:
    """C2 a, R4.6: the limit per visitor."""
    async with Driver(echo(), limits=Limits(visitor_bytes=100_000)) as driver:
        sessions = driver.runtime.sessions
        await (await driver.runtime.submit(sessions.open("other", visitor="b"), call("x" * 10_000))).wait()
        for number in range(50):
            await (await driver.runtime.submit(sessions.open(f"s{number}", visitor="a"), call("x" * 10_000))).wait()
            await asyncio.sleep(0)
        assert sessions.get("other") is not None
        assert len(sessions) < 12


async def test_chunks_of_a_stream_event_are_limited_in_bytes() -> None:
    """C2: a related case: values that a slow `stream` function has not consumed."""
    go = asyncio.Event()

    async def slow(text: str) -> str:
        await go.wait()
        return text

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.change(slow, box, box, api_name="slow")
    for listener in demo.spec.listeners.values():
        object.__setattr__(listener, "connection", "stream")
    async with Driver(demo, limits=Limits(session_bytes=50_000)) as driver:
        job = await driver.runtime.submit(driver.page, EventRequest(fn="slow", data=["a"], event_id="e", stream=True))
        for _ in range(6):
            driver.runtime.feed_chunk(driver.page, "e", ["x"], weight=6_000)
        with pytest.raises(Busy):
            driver.runtime.feed_chunk(driver.page, "e", ["x"], weight=12_000)
        assert 38_000 < driver.page.account.held <= 50_000
        job.cancel()
        await job.wait()
        driver.page.feed.ack(driver.page.feed.last)
        assert driver.page.account.held == 0


def test_holdings_take_constant_time_per_account() -> None:
    """C2: no message requires a scan."""
    holdings = Holdings(10**9, 10**9, relieve=lambda _: pytest.fail("nothing exceeds a bound"))
    accounts = [holdings.open(f"v{number % 7}") for number in range(1000)]
    for account in accounts:
        account.add(10)
    assert (holdings.held, holdings.sessions_of("v0"), len(holdings)) == (10_000, 143, 7)
    for account in accounts:
        account.close()
        account.close()
    assert (holdings.held, len(holdings)) == (0, 0)


# C3 -------------------------------------------------------------------------------------------------------------------


async def test_invented_sessions_never_close_an_open_page() -> None:
    """C3, R4.4: up to the capacity, from one client or many; if only open pages are left, 503."""
    async with Driver(echo(), session_capacity=10) as driver:
        sessions = driver.runtime.sessions
        pages = [driver.open() for _ in range(5)]
        for number in range(50):
            sessions.open(f"s{number}", visitor=f"v{number % 3}")
        assert all(sessions.get(page.id) is page for page in pages)
        pages += [driver.open() for _ in range(5)]
        assert len(sessions) == 10
        with pytest.raises(Busy, match="open pages"):
            sessions.open("one more")
        assert all(sessions.get(page.id) is page for page in pages)
        driver.runtime.disconnect(pages[0], gone=True)
        assert sessions.open("one more").id == "one more"


async def test_never_connected_sessions_are_evicted_before_those_of_the_visitor_with_the_most() -> None:
    """C3, R4.4: the order of eviction."""
    async with Driver(echo(), session_capacity=8) as driver:
        sessions = driver.runtime.sessions

        def closed(id: str, visitor: str) -> None:
            session = sessions.open(id, visitor=visitor)
            driver.runtime.connect(session)
            driver.runtime.disconnect(session, gone=False)

        closed("b1", "b")
        for number in range(3):
            closed(f"a{number}", "a")
        sessions.open("c1", visitor="c")
        for number in range(3):
            sessions.open(f"d{number}", visitor="d")
        gone = []
        for number in range(6):
            before = {session.id for session in sessions}
            driver.runtime.connect(sessions.open(f"new{number}", visitor=f"n{number}"))
            gone += before - {session.id for session in sessions}
        assert gone[:2] == ["d0", "d1"]
        assert set(gone[2:4]) == {"c1", "d2"}
        assert gone[4:] == ["a0", "a1"]


async def test_sessions_are_limited_per_visitor() -> None:
    """C3, R4.6: an address or user only evicts its own sessions; with only open pages, new ones are rejected."""
    async with Driver(echo(), limits=Limits(visitor_sessions=3)) as driver:
        sessions = driver.runtime.sessions
        sessions.open("other", visitor="b")
        for number in range(5):
            sessions.open(f"s{number}", visitor="a")
        assert {session.id for session in sessions} == {"other", "s2", "s3", "s4"}
        for session in sessions:
            driver.runtime.connect(session)
        with pytest.raises(Busy, match="3 sessions"):
            sessions.open("s5", visitor="a")
        assert sessions.open("another", visitor="b").id == "another"


async def test_busy_sessions_of_the_visitor_with_the_most_are_evicted_for_others() -> None:
    """C3: invented sessions, each with a waiting event, do not lock other visitors out."""
    go = asyncio.Event()
    async with Driver(waiting(go), session_capacity=5) as driver:
        sessions = driver.runtime.sessions
        for number in range(5):
            await driver.runtime.submit(sessions.open(f"s{number}", visitor="a"), call("x", "wait"))
        assert sessions.open("new", visitor="b").id == "new"
        assert sessions.get("s0") is None
        for name in ("t1", "t2"):
            await driver.runtime.submit(sessions.open(name, visitor="c"), call("x", "wait"))
        await driver.runtime.submit(sessions.open("new"), call("x", "wait"))
        with pytest.raises(Busy):  # at this point, no visitor has more sessions than the requester
            sessions.open("t3", visitor="c")
        go.set()


async def test_state_of_an_open_page_is_never_dropped_for_memory() -> None:
    """R4.4: without a durable store, State of closed and invented sessions is dropped; then new ones receive 503."""
    with gr.Blocks() as demo:
        kept, box = gr.State(""), gr.Textbox()
        box.submit(lambda text: text, box, kept, api_name="keep")
        gr.Button().click(len, kept, box, api_name="size")
    state = StateOptions(memory_limit=100_000, manual_expiry=True)
    async with Driver(demo, state=state, store=MemoryStore()) as driver:
        sessions, page = driver.runtime.sessions, driver.page
        await driver.values("keep", "x" * 50_000)
        for number in range(5):
            session = sessions.open(f"s{number}", visitor="a")
            await (await driver.runtime.submit(session, EventRequest(fn="keep", data=["x" * 20_000]))).wait()
        assert await driver.values("size", None, session=page) == [str(50_000)]
        assert driver.engine.held().bytes <= 100_000
        other = driver.open()
        await driver.values("keep", "x" * 60_000, session=other)
        with pytest.raises(Busy, match="State"):
            sessions.open("new")
        assert await driver.values("size", None, session=page) == [str(50_000)]
        assert await driver.values("size", None, session=other) == [str(60_000)]


def test_a_shelf_keeps_its_order_after_every_change() -> None:
    """C3: the visitor with the most items first, and then the least recently used item."""

    class Thing:
        def __init__(self, id: str, visitor: str) -> None:
            self.id, self.visitor = id, visitor

    shelf: Shelf[Thing] = Shelf()
    things = {name: Thing(name, name[0]) for name in ("a1", "b1", "a2", "c1", "a3", "b2")}
    for thing in things.values():
        shelf.add(thing)
    assert [thing.id for thing in shelf.to_evict()] == ["a1", "a2", "a3", "b1", "b2", "c1"]
    shelf.touch(things["a1"])
    assert (next(shelf.to_evict()).id, shelf.first() is things["b1"]) == ("a2", True)
    shelf.pop("a2")
    shelf.pop("a3")
    assert [thing.id for thing in shelf.to_evict()] == ["b1", "b2", "c1", "a1"]
    assert [thing.id for thing in shelf.of("b")] == ["b1", "b2"]
    for name in ("a1", "b1", "b2", "c1"):
        assert shelf.pop(name) is things[name]
    assert shelf.pop("a1") is None
    assert (list(shelf.to_evict()), len(shelf), shelf.first()) == ([], 0, None)


# Results and uploads --------------------------------------------------------------------------------------------------


def kept(clock: ManualClock, dropped: list[str], **bounds: Any) -> Kept[str]:
    given = {"number": 100, "per_visitor": 100, "size": 10**9, "size_per_visitor": 10**9, "seconds": 60, **bounds}
    return Kept(Bounds(**given), clock, dropped=dropped.append, in_use=lambda item: item.startswith("busy"))


async def test_kept_items_are_limited_in_number_per_visitor_and_in_total() -> None:
    """C2 c, C3: a client's results evict its own, then those of the client with the most; those in use are kept."""
    dropped: list[str] = []
    store = kept(ManualClock(), dropped, number=5, per_visitor=3)
    for name in ("a1", "a2", "a3", "a4", "b1", "b2", "busy c1"):
        store.add(name, name, store.account(name.removeprefix("busy ")[0]))
    assert dropped == ["a1", "a2"]
    assert store.get("a1") is None
    assert store.get("busy c1") == "busy c1"


async def test_kept_items_are_limited_in_bytes_per_visitor_and_in_total() -> None:
    """C2 c: uncollected results of 1 MB, including those that grow after they were added."""
    dropped: list[str] = []
    store = kept(ManualClock(), dropped, size=10_000, size_per_visitor=6_000)
    accounts = {}
    for name in ("a1", "a2", "a3", "b1", "c1"):
        accounts[name] = account = store.account(name[0])
        store.add(name, name, account)
        account.add(2_000)
        await asyncio.sleep(0)
    accounts["b1"].add(2_000)
    await asyncio.sleep(0)
    assert dropped == ["a1"]
    accounts["c1"].add(5_000)
    await asyncio.sleep(0)
    assert dropped == ["a1", "c1"]
    assert store.holdings.held == 8_000


async def test_items_in_use_are_dropped_last_for_their_bytes() -> None:
    """C2 c: a result that is being collected, among newer results that are not collected."""
    dropped: list[str] = []
    store = kept(ManualClock(), dropped, size_per_visitor=6_000)
    for name in ("busy a1", "a2", "a3", "a4"):
        account = store.account("a")
        store.add(name, name, account)
        account.add(2_000)
        await asyncio.sleep(0)
    assert dropped == ["a2"]


async def test_kept_items_expire_unless_they_are_in_use() -> None:
    """C2: a timer drops them; no request is needed."""
    clock, dropped = ManualClock(), []
    store = kept(clock, dropped)
    for name in ("busy a", "b", "c"):
        store.add(name, name, store.account("v"))
    await clock.advance(50)
    store.touch("c")
    await clock.advance(20)
    assert dropped == ["b"]
    await clock.advance(50)
    assert (dropped, len(store)) == (["b", "c"], 1)
    assert store.pop("busy a") == "busy a"
    assert (len(store), len(store.holdings)) == (0, 0)


async def test_progress_of_uploads_is_limited_for_any_file_names() -> None:
    """C2 b: rejected uploads with long names."""
    clock = ManualClock()
    followed = Followed(Limits(uploads_followed_bytes=100_000), clock)
    for number in range(50):
        progress = followed.get(f"u{number}", f"v{number % 5}")
        progress.begin()
        for file in range(20):
            progress.add(f"{file}" + "n" * 16_000, 1)
        progress.end()
        await asyncio.sleep(0)
    assert followed.kept.holdings.held <= 106_000
    assert len(followed) < 20
    await clock.advance(61)
    assert (len(followed), followed.kept.holdings.held) == (0, 0)


# C4 -------------------------------------------------------------------------------------------------------------------


async def test_direct_calls_obey_the_limit_of_their_listener() -> None:
    """C4: `/run` of a listener with `concurrency_limit=1` runs one at a time, together with queued events."""
    running, most = 0, 0
    lock, go = threading.Lock(), threading.Event()

    def work(text: str) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(10)
        with lock:
            running -= 1
        return text

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(work, box, box, api_name="echo", concurrency_limit=1)
    async with Driver(demo) as driver:
        queued = await driver.submit("echo", "q")
        calls = [asyncio.ensure_future(driver.runtime.run(driver.page, call("x"))) for _ in range(5)]
        await until(lambda: len(driver.page.jobs) == 6)
        go.set()
        assert [(await one).data for one in calls] == [["x"]] * 5
        await queued.wait()
        assert most == 1


async def test_direct_calls_count_as_waiting_events() -> None:
    """C4, C2 d: the limits on waiting events apply to `/run` too."""
    go = asyncio.Event()
    async with Driver(waiting(go), limits=Limits(session_jobs=2), max_queue_size=10) as driver:
        calls = [asyncio.ensure_future(driver.runtime.run(driver.page, call("x", "wait"))) for _ in range(2)]
        await until(lambda: len(driver.page.jobs) == 2)
        with pytest.raises(Busy, match="2 are allowed"):
            await driver.runtime.run(driver.page, call("x", "wait"))
        go.set()
        assert len(await asyncio.gather(*calls)) == 2
        assert driver.page.account.held == 0

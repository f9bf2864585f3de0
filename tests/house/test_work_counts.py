"""What an event, a session and a page make the server do, counted: calls, tasks, threads, bytes, round trips, modules.

Nothing here measures time, so nothing here depends on the machine. A number that has to grow for a good reason is
changed here, with the reason; one that grows unseen is what these tests are for.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from tests.house.source import PACKAGE, ROOT
from tests.runtime.driver import Driver

import holdfast as gr
from holdfast.graph.app_config import app_config
from holdfast.runtime import Session
from holdfast.state import StateOptions
from holdfast.state.values import capture
from holdfast.stores import Claim, MemoryStore, Record, Write
from holdfast.wire.diff import diff
from holdfast.wire.encode import encode
from holdfast.wire.page import Numbered

pytestmark = pytest.mark.anyio


def counter(more: int = 0) -> gr.Blocks:
    """A State, a text, a button; and so many components that have nothing to do with them."""
    with gr.Blocks() as demo:
        count = gr.State(0)
        report = gr.Textbox()
        gr.Button().click(lambda n: (n + 1, str(n + 1)), count, [count, report], api_name="press")
        for i in range(more):
            gr.Textbox(label=f"Field {i}")
    return demo


def words() -> gr.Blocks:
    """A generator of a text that grows."""

    def grow(number: int) -> Iterator[str]:
        text = ""
        for i in range(number):
            text += f"word {i:03} "
            yield text

    with gr.Blocks() as demo:
        number, text = gr.Number(precision=0), gr.Textbox()
        gr.Button().click(grow, number, text, api_name="grow")
    return demo


def kept(value: Any, change: Callable[[Any], Any], *, watched: bool = False) -> gr.Blocks:
    """A State that an event changes, one that only reads it, and perhaps a listener of its change."""
    with gr.Blocks() as demo:
        state, text = gr.State(value), gr.Textbox()
        gr.Button().click(change, state, state, api_name="change")
        gr.Button().click(lambda kept: str(type(kept)), state, text, api_name="read")
        if watched:
            state.change(lambda: "changed", None, text, api_name="changed")
    return demo


@contextmanager
def calls() -> Iterator[Counter[str]]:
    """Counts the calls of the package's own Python functions in this thread, the event loop's."""
    found: Counter[str] = Counter()
    package = str(PACKAGE)

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(package):
            found[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


async def calls_of_an_event(driver: Driver, session: Session) -> int:
    """How many of our functions one press makes the event loop call, when it is warm."""
    for _ in range(3):
        await driver.values("press", None, session=session)
    counts = []
    for _ in range(3):
        session.feed.ack(session.feed.last)
        job = await driver.submit("press", None, session=session)  # what the page's message leads to
        with calls() as found:
            await job.wait()
        counts.append(found.total())
    return min(counts)  # where the thread is fast, the loop has less to wait for


# Work per event -------------------------------------------------------------------------------------------------------


async def test_an_event_costs_the_same_however_many_sessions_there_are() -> None:
    async with Driver(counter()) as driver:
        alone = await calls_of_an_event(driver, driver.page)
        for _ in range(300):
            await driver.values("press", None, session=driver.open())
        crowded = await calls_of_an_event(driver, driver.page)
    assert 0 < crowded <= alone + 2, (alone, crowded)


async def test_an_event_costs_the_same_however_many_components_there_are() -> None:
    async with Driver(counter()) as small, Driver(counter(more=300)) as large:
        few = await calls_of_an_event(small, small.page)
        many = await calls_of_an_event(large, large.page)
    assert 0 < many <= few + 2, (few, many)


async def test_an_event_costs_the_same_after_a_thousand_others() -> None:
    async with Driver(counter()) as driver:
        fresh = await calls_of_an_event(driver, driver.page)
        for _ in range(1000):
            await driver.values("press", None)
            driver.page.feed.ack(driver.page.feed.last)
        aged = await calls_of_an_event(driver, driver.page)
    assert 0 < aged <= fresh + 2, (fresh, aged)


async def test_an_event_is_one_task_and_threads_are_used_again() -> None:
    async with Driver(counter()) as driver:
        await driver.values("press", None)
        loop, made = asyncio.get_running_loop(), []

        def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
            made.append(coro)
            return asyncio.Task(coro, loop=loop, **options)

        threads = set(threading.enumerate())
        loop.set_task_factory(factory)
        try:
            for _ in range(20):
                await driver.values("press", None)
        finally:
            loop.set_task_factory(None)
        assert len(made) == 20
        # A thread that has just answered may not have come to rest when the next event is there.
        assert len(set(threading.enumerate()) - threads) <= 3


async def test_a_running_generator_has_one_thread_and_one_task() -> None:
    async with Driver(words()) as driver:
        await driver.messages("grow", 3)
        loop, made = asyncio.get_running_loop(), []

        def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
            made.append(coro)
            return asyncio.Task(coro, loop=loop, **options)

        threads = set(threading.enumerate())
        loop.set_task_factory(factory)
        try:
            await driver.messages("grow", 100)
        finally:
            loop.set_task_factory(None)
        assert len(made) == 1
        assert len(set(threading.enumerate()) - threads) <= 1


# Bytes and messages ---------------------------------------------------------------------------------------------------


def sent(messages: Sequence[Any]) -> int:
    """Bytes of messages as they travel to a page."""
    return sum(len(encode(Numbered(n=1, message=message))) for message in messages)


async def test_an_event_is_told_in_two_small_messages() -> None:
    async with Driver(counter()) as driver:
        messages = await driver.messages("press", None)
    assert [type(message).__name__ for message in messages] == ["ProcessStarts", "Completed"]
    assert sent(messages) <= 600


async def test_a_stream_sends_each_word_once() -> None:
    async with Driver(words()) as driver:
        short = await driver.messages("grow", 50)
        long = await driver.messages("grow", 250)
    assert len(short) == 50 + 2
    assert len(long) == 250 + 2
    text = 250 * len("word 000 ")
    assert sent(long) - sent(short) <= 200 * 350 + 2 * text  # a frame for each, and the last message has the whole


async def test_a_chat_message_sends_what_is_new_not_the_conversation() -> None:
    def answer(message: str, history: list[Any]) -> Iterator[str]:
        text = ""
        for i in range(50):
            text += f"word {i} "
            yield text

    with gr.Blocks() as demo:
        chatbot = gr.Chatbot()
        box = gr.Textbox()

        def respond(message: str, history: list[Any]) -> Iterator[list[Any]]:
            for text in answer(message, history):
                yield [*history, {"role": "assistant", "content": text}]

        box.submit(respond, [box, chatbot], chatbot, api_name="respond")
    told = [{"role": "user", "content": "x" * 1000}] * 20
    async with Driver(demo) as driver:
        messages = await driver.messages("respond", "go", told)
    assert sent(messages[2:-1]) <= 50 * 400  # the first step and the last have all of it, those between have a word


def test_what_stays_of_a_conversation_is_not_compared_piece_by_piece() -> None:
    def conversation(last: str) -> list[dict[str, Any]]:
        texts = [f"message {i}" for i in range(50)] + [last]
        return [{"role": "assistant", "content": [{"type": "text", "text": text}], "metadata": None} for text in texts]

    with calls() as found:
        edits = diff(conversation("and"), conversation("and so"))
    assert edits == [["append", [50, "content", 0, "text"], " so"]]
    assert found["_compare"] <= 10


def test_the_page_is_told_little_of_each_component() -> None:
    def size(number: int) -> int:
        return len(encode(app_config(counter(more=number).spec, compact=True)))

    assert size(0) <= 2_200
    assert (size(200) - size(100)) / 100 <= 80


# State ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what the engine makes of values: copies, encodings, fingerprints."""
    found: Counter[str] = Counter()
    for name in ("snapshot", "fingerprint", "encode_counted", "image_of"):
        real = getattr(capture, name)

        def counted(*args: Any, name: str = name, real: Any = real, **options: Any) -> Any:
            found[name] += 1
            return real(*args, **options)

        monkeypatch.setattr(capture, name, counted)
    return found


async def test_a_value_that_cannot_change_in_place_is_never_copied(images: Counter[str]) -> None:
    """R3.6: a cell is not encoded or hashed when nothing needs it."""
    async with Driver(kept(0, lambda n: n + 1, watched=True)) as driver:
        for _ in range(10):
            await driver.values("change", None)
    assert images == {}


async def test_a_touched_value_is_encoded_once_in_each_step(images: Counter[str]) -> None:
    """R3.6: a touched cell is encoded or hashed at most once per step."""
    for watched in (False, True):
        async with Driver(kept([1], lambda items: [*items, 1], watched=watched)) as driver:
            await driver.values("change", None)
            images.clear()
            for _ in range(10):
                await driver.values("change", None)
        assert images == {"snapshot": 10}


async def test_a_value_over_the_rollback_limit_is_not_encoded_again_when_nobody_listens(images: Counter[str]) -> None:
    def change(items: list[int]) -> list[int]:
        items[0] += 1
        return items

    options = StateOptions(rollback_limit=1_000, inline_limit=1_000)
    async with Driver(kept(list(range(10_000)), change), state=options) as driver:
        await driver.values("change", None)
        images.clear()
        for _ in range(5):
            await driver.values("change", None)
    assert images == {}


async def test_no_event_copies_deeply(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Driver(kept({"a": [1]}, lambda items: {**items, "b": 1}, watched=True)) as driver:
        await driver.values("change", None)

        def refuse(*_: Any) -> None:
            raise AssertionError("copy.deepcopy is too slow for an event")

        monkeypatch.setattr("copy.deepcopy", refuse)
        for _ in range(3):
            await driver.values("change", None)


class CountingStore(MemoryStore):
    """Counts the journeys that a store over a network would make."""

    def __init__(self) -> None:
        super().__init__(durable=True)
        self.trips: Counter[str] = Counter()
        self.bytes = 0

    async def read(self, *args: Any, **options: Any) -> list[Record | None]:
        self.trips["read"] += 1
        return await super().read(*args, **options)

    async def commit(self, writes: Sequence[Write], *args: Any, **options: Any) -> None:
        self.trips["commit"] += 1
        self.bytes += sum(len(write.data or b"") for write in writes)
        await super().commit(writes, *args, **options)

    async def claim(self, *args: Any, **options: Any) -> Claim | None:
        read = self.trips["read"]
        claim = await super().claim(*args, **options)
        self.trips["read"] = read  # that of a claim travels with it
        self.trips["claim"] += 1
        return claim

    async def release(self, *args: Any, **options: Any) -> None:
        self.trips["release"] += 1
        await super().release(*args, **options)


async def test_an_event_makes_one_commit_and_takes_what_it_needs_in_one_journey() -> None:
    store = CountingStore()
    async with Driver(
        kept({"text": "x" * 1000}, lambda kept: {**kept, "n": kept.get("n", 0) + 1}), store=store
    ) as driver:
        await driver.values("change", None)
        store.trips.clear()
        store.bytes = 0
        for _ in range(10):
            await driver.values("change", None)
    assert store.trips["commit"] == 10
    assert store.trips["read"] + store.trips["claim"] <= 10
    assert store.trips["release"] <= 10
    assert store.bytes <= 10 * 1_400


async def test_an_event_that_changes_nothing_writes_nothing() -> None:
    store = CountingStore()
    async with Driver(kept({"text": "x"}, lambda kept: kept), store=store) as driver:
        await driver.values("change", None)
        store.trips.clear()
        await driver.values("change", None)
        await driver.values("read", None)
    assert store.trips["commit"] == 0


# Sessions -------------------------------------------------------------------------------------------------------------


async def bytes_of_a_session(demo: gr.Blocks) -> float:
    """What the interpreter allocates for one more visitor who has pressed once."""

    async def visit(driver: Driver, number: int) -> None:
        for _ in range(number):
            session = driver.runtime.sessions.open()
            await driver.values("press", None, session=session)
            session.feed.ack(session.feed.last)

    async with Driver(demo) as driver:
        await visit(driver, 50)
        gc.collect()
        tracemalloc.start()
        try:
            await visit(driver, 300)
            gc.collect()
            return tracemalloc.get_traced_memory()[0] / 300
        finally:
            tracemalloc.stop()


async def test_a_session_takes_two_kilobytes_whatever_the_app_has() -> None:
    small = await bytes_of_a_session(counter())
    large = await bytes_of_a_session(counter(more=200))
    assert small <= 2_048
    assert abs(large - small) <= 100


async def test_the_server_rests_when_nobody_asks() -> None:
    """Nothing polls: an app with open sessions has no timer that rings within a second."""
    async with Driver(counter()) as driver:
        for _ in range(20):
            await driver.values("press", None, session=driver.open())
        loop: Any = asyncio.get_running_loop()
        soon = [timer for timer in loop._scheduled if not timer.cancelled() and timer.when() < loop.time() + 1]
        assert soon == []


# Modules --------------------------------------------------------------------------------------------------------------

HEAVY = {"numpy", "pandas", "polars", "PIL", "torch", "redis", "pydantic", "fastapi", "httpx", "tqdm", "mcp"}


def test_serving_an_app_loads_only_what_serves() -> None:
    program = """
import sys, urllib.request
import holdfast as gr
with gr.Blocks() as demo:
    count = gr.State(0)
    box = gr.Textbox()
    gr.Button().click(lambda n: (n + 1, str(n)), count, [count, box])
_, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
urllib.request.urlopen(url).read()
print(*sorted(sys.modules))
demo.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=True, timeout=60
    )
    loaded = done.stdout.split()
    assert {name for name in loaded if name.split(".")[0] in HEAVY} == set()
    assert len(loaded) <= 700, len(loaded)

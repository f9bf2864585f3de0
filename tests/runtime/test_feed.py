"""A session's feed: every message once and in order, also after a disconnect, and limited if it is never read."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

import holdfast as gr
from holdfast.runtime import Feed
from holdfast.runtime.stepdiff import StepDiff
from holdfast.wire.diff import apply
from holdfast.wire.encode import freeze, thaw
from holdfast.wire.messages import Completed, Failure, Generating, Log, Output, Progress, StateChanged

from .driver import Driver

pytestmark = pytest.mark.anyio


def note(text: str, event: str = "e") -> Log:
    return Log(event_id=event, log=text, level="info")


def done(event: str = "e", data: Any = "x") -> Completed:
    return Completed(event_id=event, output=Output(data=[data]), success=True)


async def test_a_returning_reader_receives_the_rest_once_and_in_order() -> None:
    feed = Feed()
    for number in range(3):
        feed.publish(note(str(number)))
    first = [n for n, _ in feed.after(0)]
    feed.publish(note("3"))
    assert first == [1, 2, 3]
    assert [(n, m.log) for n, m in feed.after(2)] == [(3, "2"), (4, "3")]  # type: ignore[union-attr]


async def test_a_reader_receives_new_messages_until_the_feed_closes() -> None:
    feed = Feed()
    read: list[int] = []

    async def reader() -> None:
        async for n, _ in feed.read(0):
            read.append(n)

    task = asyncio.ensure_future(reader())
    feed.publish(note("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    feed.publish(note("b"))
    feed.close()
    await task
    assert read == [1, 2]


async def test_acknowledged_messages_are_dropped() -> None:
    feed = Feed()
    for number in range(3):
        feed.publish(note(str(number)))
    feed.ack(2)
    assert len(feed) == 1
    assert [n for n, _ in feed.after(0)] == [3]


async def test_two_readers_both_receive_everything() -> None:
    feed = Feed()
    tasks = [asyncio.ensure_future(anext(feed.read(0))) for _ in range(2)]
    await asyncio.sleep(0)
    feed.publish(note("a"))
    assert [n for n, _ in await asyncio.gather(*tasks)] == [1, 1]


def test_unread_steps_are_folded_into_one_with_full_values() -> None:
    feed = Feed(messages=10)
    diff = StepDiff()
    full: list[Any] = []
    for number in range(200):
        full = [freeze("*" * (number + 1)), freeze([number])]
        data, weight = diff.next(full, 10)
        output = Output(data=data, is_generating=True, changed_state_ids=[number % 3])
        feed.publish(Generating(event_id="e", output=output), weight=weight, full=(full, 10))
    messages = [m for _, m in feed.after(0)]
    assert len(messages) < 20
    assert isinstance(messages[0], Generating)
    assert messages[0].full
    value: list[Any] = []
    changes: set[int] = set()
    for message in messages:
        assert isinstance(message, Generating)
        changes.update(message.output.changed_state_ids)
        value = (
            [thaw(v) for v in message.output.data]
            if message.full
            else [apply(old, edits) for old, edits in zip(value, message.output.data, strict=True)]
        )
    assert value == [thaw(v) for v in full]
    assert changes == {0, 1, 2}


def test_steps_of_an_ended_event_are_dropped_and_its_end_reports_their_changes() -> None:
    feed = Feed(messages=3)
    for number in range(3):
        output = Output(data=[str(number)], is_generating=True, changed_state_ids=[number])
        feed.publish(Generating(event_id="e", output=output), full=(["x"], 1))
    feed.publish(done())
    ((n, message),) = feed.after(0)
    assert n == 4
    assert isinstance(message, Completed)
    assert isinstance(message.output, Output)
    assert message.output.changed_state_ids == [0, 1, 2]


def test_only_the_latest_progress_and_state_changes_are_kept() -> None:
    feed = Feed(messages=4)
    for number in range(20):
        feed.publish(Progress(event_id="e", progress_data=[]))
        feed.publish(StateChanged(ids=[number % 2]))
    kinds = [type(m).__name__ for _, m in feed.after(0)]
    assert len(kinds) < 9
    ids = {i for _, m in feed.after(0) if isinstance(m, StateChanged) for i in m.ids}
    assert ids == {0, 1}


def test_numbers_grow_and_are_never_reused() -> None:
    feed = Feed(messages=4)
    for _ in range(50):
        feed.publish(Progress(event_id="e", progress_data=[]))
    numbers = [n for n, _ in feed.after(0)]
    assert all(one < two for one, two in itertools.pairwise(numbers))
    assert numbers[-1] == feed.last == 50


def test_uncollected_results_do_not_grow_without_limit() -> None:
    """R4.6"""
    feed = Feed(messages=10, size=10_000)
    for number in range(60):
        feed.publish(done(str(number)), weight=5_000)
    messages = [m for _, m in feed.after(0)]
    lost = [m for m in messages if isinstance(m, Completed) and isinstance(m.output, Failure)]
    kept = [m for m in messages if isinstance(m, Completed) and isinstance(m.output, Output)]
    assert len(messages) == 60
    assert len(kept) <= 12
    assert lost[0].output.error  # type: ignore[union-attr]
    assert kept[-1].event_id == "59"


def test_even_final_results_are_dropped_without_a_reader() -> None:
    """R4.6"""
    feed = Feed(messages=10)
    for number in range(5_000):
        feed.publish(done(str(number)))
    assert len(feed) <= 210
    assert feed.after(0)[-1][0] == 5_000


def test_unread_toasts_do_not_grow_without_limit() -> None:
    """R4.6"""
    feed = Feed(messages=10)
    for number in range(5_000):
        feed.publish(note(str(number)))
    assert len(feed) <= 201
    assert feed.after(0)[-1][1].log == "4999"  # type: ignore[union-attr]


async def test_a_returning_page_catches_up_with_a_long_generator() -> None:
    def count() -> Iterator[str]:
        for number in range(300):
            yield "*" * number

    with gr.Blocks() as demo:
        box = gr.Textbox()
        demo.load(count, None, box, api_name="run")
    async with Driver(demo, limits=gr.Limits(feed_messages=20)) as driver:
        messages = await driver.messages("run")
        assert len(messages) < 40
        assert messages[-1].output.data == ["*" * 299]

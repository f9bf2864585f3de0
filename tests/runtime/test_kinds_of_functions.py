"""Every kind of function runs the same way."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import holdfast as gr
from holdfast.wire.messages import Completed, Generating, ProcessStarts

from .driver import Driver

pytestmark = pytest.mark.anyio


class Greeter:
    def greet(self, name: str) -> str:
        return f"Hello {name}"

    def __call__(self, name: str) -> str:
        return f"Called {name}"


class AsyncGreeter:
    async def __call__(self, name: str) -> str:
        return f"Awaited {name}"


class Spelling:
    def __call__(self, name: str) -> Iterator[str]:
        yield from name


def prefixed(prefix: str, name: str) -> str:
    return prefix + name


async def prefixed_later(prefix: str, name: str) -> str:
    return prefix + name


def app(fn: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(fn, box, box, api_name="run")
    return demo


async def greet_async(name: str) -> str:
    return f"Hi {name}"


@pytest.mark.parametrize(
    ("fn", "result"),
    [
        (lambda name: name.upper(), "ANN"),
        (greet_async, "Hi ann"),
        (Greeter().greet, "Hello ann"),
        (Greeter(), "Called ann"),
        (AsyncGreeter(), "Awaited ann"),
        (functools.partial(prefixed, "Dr "), "Dr ann"),
        (functools.partial(prefixed_later, "Dr "), "Dr ann"),
        (str.title, "Ann"),
    ],
)
async def test_a_plain_function_of_any_kind_has_one_result(fn: Any, result: str) -> None:
    async with Driver(app(fn)) as driver:
        messages = await driver.messages("run", "ann")
        assert [type(message) for message in messages] == [ProcessStarts, Completed]
        assert messages[-1].output.data == [result]


def spell(name: str) -> Iterator[str]:
    for end in range(1, len(name) + 1):
        yield name[:end]


async def spell_async(name: str) -> AsyncIterator[str]:
    for end in range(1, len(name) + 1):
        yield name[:end]


@pytest.mark.parametrize("fn", [spell, spell_async, functools.partial(spell)])
async def test_a_generator_of_any_kind_sends_each_step_and_then_the_last_values(fn: Any) -> None:
    async with Driver(app(fn)) as driver:
        messages = await driver.messages("run", "ann")
        assert [type(m) for m in messages] == [ProcessStarts, Generating, Generating, Generating, Completed]
        assert [m.output.data for m in messages[1:]] == [
            ["a"],
            [[["append", [], "n"]]],
            [[["append", [], "n"]]],
            ["ann"],
        ]
        assert [m.output.is_generating for m in messages[1:]] == [True, True, True, False]


async def test_a_callable_object_can_be_a_generator() -> None:
    async with Driver(app(Spelling())) as driver:
        assert await driver.values("run", "ann") == ["n"]


async def test_a_generator_without_steps_ends_with_nothing() -> None:
    def none(name: str) -> Iterator[str]:
        yield from ()

    async with Driver(app(none)) as driver:
        assert (await driver.completed("run", "ann")).success


async def test_steps_can_be_sent_as_full_values() -> None:
    async with Driver(app(spell)) as driver:
        assert await driver.yielded("run", "ann", diffs=False) == [["a"], ["an"], ["ann"]]


async def test_a_synchronous_generator_stays_in_one_thread() -> None:
    threads = []

    def where(name: str) -> Iterator[str]:
        for _ in range(3):
            threads.append(threading.get_ident())
            yield name

    async with Driver(app(where)) as driver:
        await driver.messages("run", "ann")
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_a_generator_that_fails_keeps_its_last_step() -> None:
    def half(name: str) -> Iterator[str]:
        yield name
        raise gr.Error("no more", title="Oh")

    async with Driver(app(half)) as driver:
        messages = await driver.messages("run", "ann")
        assert messages[1].output.data == ["ann"]
        assert messages[-1].output.error == "no more"
        assert messages[-1].title == "Oh"


async def test_a_list_that_a_generator_changes_in_place_is_seen_at_each_step() -> None:
    def grow() -> Iterator[list[int]]:
        found: list[int] = []
        for number in range(3):
            found.append(number)
            yield found

    with gr.Blocks() as demo:
        out = gr.JSON()
        demo.load(grow, None, out, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.yielded("run") == [[[0]], [[["add", [1], 1]]], [[["add", [2], 2]]]]


async def test_many_quick_steps_all_arrive_in_order() -> None:
    def count() -> Iterator[int]:
        yield from range(500)

    with gr.Blocks() as demo:
        out = gr.Number()
        demo.load(count, None, out, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.yielded("run", diffs=False) == [[number] for number in range(500)]


async def test_a_generator_without_a_yield_sends_nulls_to_clients_and_no_change_to_the_page() -> None:
    def nothing(name: str) -> Iterator[str]:
        yield from ()

    async with Driver(app(nothing)) as driver:
        assert await driver.values("run", "Ann", origin="api") == [None]
        assert await driver.values("run", "Ann", origin="page") == [{"__type__": "update"}]

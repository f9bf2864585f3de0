"""Endpoints without components (`gr.api`): values are passed through unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import holdfast as gr

from .driver import Driver

pytestmark = pytest.mark.anyio


async def test_an_endpoint_receives_and_returns_plain_values() -> None:
    def repeat(text: str, times: int = 2) -> tuple[str, list[int]]:
        return text * times, [times]

    with gr.Blocks() as demo:
        gr.api(repeat)
    async with Driver(demo) as driver:
        assert await driver.values("repeat", "ab", 3) == ["ababab", [3]]


async def test_an_endpoint_without_a_result_gives_none() -> None:
    seen: list[str] = []

    def note(text: str) -> None:
        seen.append(text)

    with gr.Blocks() as demo:
        gr.api(note)
    async with Driver(demo) as driver:
        assert await driver.values("note", "x") == []
    assert seen == ["x"]


async def test_an_endpoint_can_yield() -> None:
    def count(to: int) -> Iterator[int]:
        yield from range(to)

    with gr.Blocks() as demo:
        gr.api(count, api_name="count")
    async with Driver(demo) as driver:
        assert await driver.values("count", 3) == [2]
        assert len(await driver.messages("count", 3)) > 4

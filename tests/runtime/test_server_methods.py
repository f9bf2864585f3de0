"""Component methods that the page can call."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar

import pytest

import holdfast as gr
from holdfast.errors import Busy, NotFound
from holdfast.limits import Limits

from .driver import Driver

pytestmark = pytest.mark.anyio


class Explorer(gr.Textbox):
    SERVER_METHODS: ClassVar[tuple[str, ...]] = ("ls", "ls_later", "who")

    def ls(self, path: str) -> list[str]:
        return [path, str(threading.current_thread() is threading.main_thread())]

    async def ls_later(self, path: str) -> str:
        await asyncio.sleep(0)
        return path

    def who(self, _: Any, request: gr.Request) -> Any:
        return request

    def secret(self, _: Any) -> str:
        return "secret"


async def test_a_listed_method_can_be_synchronous_or_async() -> None:
    with gr.Blocks() as demo:
        block = Explorer()
    async with Driver(demo) as driver:
        call = driver.runtime.component_server
        assert await call(driver.page, block.id, "ls", "/") == ["/", "False"]
        assert await call(driver.page, block.id, "ls_later", "/x") == "/x"
        assert await call(driver.page, block.id, "who", None, request="r") == "r"


@pytest.mark.parametrize("method", ["secret", "__init__", "postprocess", "nothing"])
async def test_a_method_that_is_not_listed_is_not_found(method: str) -> None:
    with gr.Blocks() as demo:
        block = Explorer()
    async with Driver(demo) as driver:
        with pytest.raises(NotFound, match="has no method"):
            await driver.runtime.component_server(driver.page, block.id, method, None)


async def test_a_component_that_does_not_exist_is_not_found() -> None:
    with gr.Blocks() as demo:
        gr.Textbox()
    async with Driver(demo) as driver:
        with pytest.raises(NotFound, match="no component 99"):
            await driver.runtime.component_server(driver.page, 99, "ls", None)


async def test_calls_count_as_waiting_events_until_they_have_ended() -> None:
    """C2 d: the arguments of a method that is running or waiting for a thread count as held."""
    begun, go = asyncio.Event(), asyncio.Event()

    class Slow(gr.Textbox):
        SERVER_METHODS: ClassVar[tuple[str, ...]] = ("wait", "fail")

        async def wait(self, data: Any) -> Any:
            begun.set()
            await go.wait()
            return data

        def fail(self, _: Any) -> None:
            raise ValueError("no")

    with gr.Blocks() as demo:
        block = Slow()
    async with Driver(demo, limits=Limits(session_bytes=1_000_000)) as driver:
        held = driver.page.account.held
        call = driver.runtime.component_server
        first = asyncio.ensure_future(call(driver.page, block.id, "wait", "x", weight=900_000))
        await begun.wait()
        with pytest.raises(Busy):
            await call(driver.page, block.id, "wait", "x", weight=900_000)
        go.set()
        assert await first == "x"
        with pytest.raises(ValueError, match="no"):
            await call(driver.page, block.id, "fail", "x", weight=900_000)
        assert driver.page.account.held == held

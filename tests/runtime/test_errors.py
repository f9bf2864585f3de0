"""The part of an error that the visitor can see, and the log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

import holdfast as gr
from holdfast.errors import BadRequest, Malformed, NotFound
from holdfast.runtime import EventRequest
from holdfast.wire.messages import Failure

from .driver import Driver

pytestmark = pytest.mark.anyio


def app(fn: Any, **options: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        box = gr.Textbox(label="Text")
        box.submit(fn, box, box, api_name="run", **options)
    return demo


def fail(error: Exception) -> Any:
    def failing(text: str) -> str:
        raise error

    return failing


async def test_gr_error_is_always_shown_with_its_options() -> None:
    async with Driver(app(fail(gr.Error("boom", duration=3, title="T")))) as driver:
        completed = await driver.completed("run", "a")
        assert completed.output == Failure(error="boom", visible=True, duration=3, title="T")
        assert completed.title == "T"


async def test_any_other_exception_is_hidden_unless_the_author_shows_errors() -> None:
    async with Driver(app(fail(ValueError("secret")))) as driver:
        completed = await driver.completed("run", "a")
        assert completed.output == Failure(error=None)
        assert completed.title == "Error"
    async with Driver(app(fail(ValueError("plain"))), show_error=True) as driver:
        assert (await driver.failure("run", "a")).error == "plain"


async def test_the_log_has_the_traceback_from_the_program_on(caplog: pytest.LogCaptureFixture) -> None:
    async with Driver(app(fail(ValueError("secret")))) as driver:
        await driver.failure("run", "a")
    assert "The event of 'failing' failed" in caplog.text
    assert "ValueError: secret" in caplog.text
    assert "holdfast/runtime" not in caplog.text


@pytest.mark.parametrize("error", [gr.Error("x", print_exception=False)])
async def test_an_error_without_print_exception_is_not_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "holdfast")
    async with Driver(app(fail(error))) as driver:
        await driver.failure("run", "a")
    assert caplog.text == ""


@pytest.mark.parametrize("error", [StopIteration("s"), SystemExit(1), KeyboardInterrupt()])
async def test_any_exception_ends_only_its_event(error: Any) -> None:
    async with Driver(app(fail(error))) as driver:
        await driver.failure("run", "a")
        await driver.failure("run", "a")


async def test_an_unknown_function_is_not_found() -> None:
    async with Driver(app(lambda text: text)) as driver:
        for fn in ("nothing", 99):
            with pytest.raises(NotFound, match="There is no function"):
                await driver.submit(fn, "a")


async def test_a_listener_that_runs_only_in_the_browser_cannot_be_called() -> None:
    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(None, box, box, js="(x) => x")
    async with Driver(demo) as driver:
        with pytest.raises(BadRequest, match="browser alone"):
            await driver.submit(0, "a")


async def test_an_event_id_of_a_megabyte_is_rejected() -> None:
    """R4.6"""
    async with Driver(app(lambda text: text)) as driver:
        with pytest.raises(BadRequest, match="1000000 characters"):
            await driver.submit("run", "a", event_id="x" * 1_000_000)


async def test_a_submit_sent_twice_runs_once() -> None:
    ran: list[str] = []
    async with Driver(app(ran.append)) as driver:
        first = await driver.submit("run", "a", event_id="mine")
        again = await driver.submit("run", "a", event_id="mine")
        assert again is first
        await first.wait()
        later = await driver.submit("run", "a", event_id="mine")
        assert later.has_ended
    assert ran == ["a"]


async def test_two_sessions_can_use_the_same_event_id() -> None:
    ran: list[str] = []
    async with Driver(app(ran.append)) as driver:
        for session in (driver.open(), driver.open()):
            await (await driver.submit("run", "a", event_id="same", session=session)).wait()
    assert ran == ["a", "a"]


def check(text: str) -> Any:
    return gr.validate(len(text) > 3, "too short")


async def check_async(text: str) -> Any:
    return [gr.validate(len(text) > 3, "too short")]


@pytest.mark.parametrize("validator", [check, check_async])
async def test_a_validator_rejects_an_event_before_it_is_queued(validator: Any) -> None:
    ran: list[str] = []

    def run(text: str) -> str:
        ran.append(text)
        return text

    async with Driver(app(run, validator=validator)) as driver:
        with pytest.raises(Malformed) as caught:
            await driver.submit("run", "ab")
        assert caught.value.detail == [
            {"__type__": "validate", "is_valid": False, "message": "too short", "parameter_name": "text"}
        ]
        with pytest.raises(Malformed):
            await driver.runtime.run(driver.page, EventRequest(fn="run", data=["ab"]))
        assert await driver.values("run", "abcd") == ["abcd"]
    assert ran == ["abcd"]


async def test_a_validator_that_fails_is_a_bad_request() -> None:
    async with Driver(app(lambda text: text, validator=fail(ValueError("broken")))) as driver:
        with pytest.raises(BadRequest, match="broken"):
            await driver.submit("run", "ab")


async def test_a_validator_sees_state_and_cannot_change_it() -> None:
    def spoil(text: str, items: list[int]) -> Any:
        items.append(1)
        return gr.validate(True, "")

    with gr.Blocks() as demo:
        box, items = gr.Textbox(), gr.State([])
        box.submit(lambda text, found: str(found), [box, items], box, validator=spoil, api_name="run")
    async with Driver(demo) as driver:
        assert await driver.values("run", "a", None) == ["[]"]


async def test_the_error_for_an_invalid_verdict_explains_the_valid_ones() -> None:
    async with Driver(app(lambda text: text, validator=lambda text: "no")) as driver:
        with pytest.raises(BadRequest, match=r"Return `gr\.validate"):
            await driver.submit("run", "ab")


async def test_a_direct_call_raises_the_events_error() -> None:
    async with Driver(app(fail(gr.Error("boom")))) as driver:
        with pytest.raises(gr.Error, match="boom") as caught:
            await driver.runtime.run(driver.page, EventRequest(fn="run", data=["a"]))
        assert driver.runtime.failure(caught.value).error == "boom"
        assert driver.runtime.failure(ValueError("x")).error is None


async def test_a_submit_repeated_during_validation_runs_once() -> None:
    go = asyncio.Event()
    ran: list[str] = []

    async def slow(text: str) -> Any:
        await go.wait()
        return gr.validate(True, "")

    async with Driver(app(ran.append, validator=slow)) as driver:
        first = asyncio.ensure_future(driver.submit("run", "a", event_id="mine"))
        await asyncio.sleep(0.005)
        again = await driver.submit("run", "a", event_id="mine")
        go.set()
        assert await first is again
        await again.wait()
    assert ran == ["a"]


async def test_an_event_canceled_during_validation_never_runs() -> None:
    go = asyncio.Event()
    ran: list[str] = []

    async def slow(text: str) -> Any:
        await go.wait()
        return gr.validate(True, "")

    async with Driver(app(ran.append, validator=slow)) as driver:
        first = asyncio.ensure_future(driver.submit("run", "a", event_id="mine"))
        await asyncio.sleep(0.005)
        driver.runtime.cancel(driver.page, ["mine"])
        go.set()
        job = await first
        assert job.has_ended
        assert driver.page.jobs == {}
        assert driver.runtime.queue.waiting == 0
    assert ran == []

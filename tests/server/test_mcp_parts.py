"""Parts of tools: docstrings, and progress with growing numbers."""

from __future__ import annotations

import asyncio
import functools
from functools import partial

import pytest
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse
from tests.waiting import until
from typing_extensions import Self

import holdfast as gr
from holdfast.runtime.holdings import Holdings
from holdfast.server.mcp.docstrings import parameter_texts, result_text
from holdfast.server.mcp.progress import MAX_TEXT, Meter, Report
from holdfast.server.mcp.tools import tools_of
from holdfast.server.mcp.unread import ENTRY, Unread
from holdfast.wire.messages import (
    Completed,
    Estimation,
    FeedMessage,
    Generating,
    Log,
    Output,
    ProcessStarts,
    Progress,
    ProgressUnit,
)


def documented(a: int, b: int) -> int:
    """Adds.

    Note: it is quick.

    Args:
        a (int): The first,
            on two lines: really.

        *b: The second.

    Raises:
        ValueError: Never.

    Yields:
        The sum,
        at once.

    Free text: not a part of it.
    """
    return a + b


def test_a_docstring_describes_each_parameter() -> None:
    assert parameter_texts(documented) == {"a": "The first, on two lines: really.", "b": "The second."}
    assert result_text(documented) == "The sum, at once."


def test_a_function_without_a_docstring_has_no_descriptions() -> None:
    for fn in (None, lambda x: x, int, functools.partial(documented, 1)):
        assert "a" not in parameter_texts(fn)
    assert result_text(None) == ""


def progress(*units: ProgressUnit) -> Progress:
    return Progress(event_id="e", progress_data=list(units))


def told(*messages: FeedMessage) -> list[Report | None]:
    meter = Meter()
    return [meter.report(message, "value") for message in messages]


def test_an_events_messages_become_progress() -> None:
    assert told(
        Estimation(event_id="e", rank=2),
        ProcessStarts(event_id="e"),
        progress(ProgressUnit(index=1, length=4), ProgressUnit(index=3, length=4, desc="inner")),
        Generating(event_id="e", output=Output(data=["x"])),
        Log(event_id="e", log="Low on ink.", level="warning"),
        Completed(event_id="e", output=None, success=True),
    ) == [
        Report(0.0, None, "Waiting: 2 before this call."),
        None,
        Report(3.0, 4, "inner"),
        Report(3.001, None, "value"),
        Report(3.002, None, "warning: Low on ink."),
        None,
    ]


def test_a_fraction_has_a_total_of_one_and_no_fraction_has_none() -> None:
    assert told(progress(ProgressUnit(progress=0.5)), progress(ProgressUnit(desc="still"))) == [
        Report(0.5, 1.0, None),
        Report(0.501, None, "still"),
    ]


def test_an_event_that_does_not_wait_is_not_reported_as_waiting() -> None:
    assert told(Estimation(event_id="e", rank=0)) == [None]
    [report] = told(Estimation(event_id="e", rank=0, waiting_for="state"))
    assert report is not None
    assert report.message == "Waiting: an earlier call of this session."


def test_messages_are_shortened() -> None:
    [report] = told(Log(event_id="e", log="x" * 10_000, level="info"))
    assert report is not None
    assert len(report.message or "") == MAX_TEXT


def test_a_tool_has_its_functions_name() -> None:
    """E10. Related cases: lambdas, partials, Holdfast's own functions; none of them has a name."""

    def look_up(word: str) -> str:
        return word

    with gr.Blocks() as demo:
        box = gr.Textbox()
        box.submit(look_up, box, box, api_name="find")
        box.submit(look_up, box, box, api_name="find_again")
        box.submit(lambda word: word, box, box, api_name="plain")
        box.submit(partial(look_up), box, box, api_name="part")
    assert set(tools_of(demo.spec)) == {"look_up", "look_up_1", "plain", "partial"}
    chat = gr.ChatInterface(lambda message, history: message, api_name="talk")
    assert set(tools_of(chat.spec)) == {"talk"}


class Reader:
    """A stream of the older transport whose reader does not read before `go` is set."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.taken: list[SessionMessage] = []

    async def send(self, item: SessionMessage, /) -> None:
        await self.go.wait()
        self.taken.append(item)

    async def aclose(self) -> None:
        self.go.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


@pytest.mark.anyio
async def test_results_waiting_for_a_slow_reader_of_the_older_transport_are_limited_in_bytes() -> None:
    """C2 a, R4.6: a result without room is replaced by an error, so its call still ends."""
    holdings = Holdings(10**9, 10**9, 100_000, relieve=lambda _: None)
    account, reader = holdings.open("v"), Reader()
    async with Unread(reader, account, account.admit) as unread:
        for number in range(20):
            result = JSONRPCResponse(jsonrpc="2.0", id=number, result={"content": [{"text": "x" * 20_000}]})
            progress = JSONRPCNotification(jsonrpc="2.0", method="progress", params={"message": "x" * 2_000})
            for message in (result, progress):
                sending = asyncio.ensure_future(unread.send(SessionMessage(message)))
                await asyncio.sleep(0)
                assert not sending.done() or isinstance(message, JSONRPCNotification)
        assert 80_000 < holdings.held < 100_000 + 20 * ENTRY
        before = holdings.held
        for _ in range(2):
            unread.received(SessionMessage(JSONRPCRequest(jsonrpc="2.0", id=0, method="m", params={"x": "y" * 9_000})))
        canceled = {"requestId": 0}
        assert holdings.held > before + 18_000
        unread.received(
            SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params=canceled))
        )
        assert before + 9_000 < holdings.held < before + 18_000
        reader.go.set()
        await until(lambda: holdings.held == 0)
    sent = [item.message for item in reader.taken]
    assert {one.id for one in sent if isinstance(one, JSONRPCResponse | JSONRPCError)} == set(range(20))
    errors = [one for one in sent if isinstance(one, JSONRPCError)]
    assert 12 < len(errors) < 20
    assert "Wait until some have ended" in errors[0].error.message

"""Parts of tools: docstrings, and progress with growing numbers."""

from __future__ import annotations

import functools
from functools import partial

import holdfast as gr
from holdfast.server.mcp.docstrings import parameter_texts, result_text
from holdfast.server.mcp.progress import MAX_TEXT, Meter, Report
from holdfast.server.mcp.tools import tools_of
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

"""Gradio's queue protocol as seen by its clients."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.runtime.driver import Driver
from tests.server.apps import Gate, counter, failing, stars
from tests.server.conftest import Serve
from tests.waiting import until

import holdfast as gr
from holdfast.runtime.feed import Feed
from holdfast.server.gradio.queue import CLOSING, REPLAYED, Readers, messages
from holdfast.testing.clock import ManualClock
from holdfast.wire.messages import Log


def test_a_joined_event_is_reported_from_its_estimation_to_the_end_of_the_stream(serve: Serve) -> None:
    app = serve(counter())
    event_id = app.join(0, ["al", None], "s").json()["event_id"]
    messages = app.messages("s")
    assert [m["msg"] for m in messages] == ["estimation", "process_starts", "process_completed", "close_stream"]
    assert [m["event_id"] for m in messages] == [event_id, event_id, event_id, None]
    assert messages[2]["success"] is True
    assert messages[2]["output"]["data"] == ["hi al 1", None]


def test_state_is_the_sessions_whatever_value_is_sent(serve: Serve) -> None:
    """R2.7, R9.1: a value sent for a State is ignored."""
    app = serve(counter())
    for expected in ("hi a 1", "hi a 2"):
        app.join(0, ["a", 77], "s")
        assert app.messages("s")[-2]["output"]["data"][0] == expected


def test_two_sessions_share_nothing(serve: Serve) -> None:
    """R9.2."""
    app = serve(counter())
    for session in ("one", "two"):
        app.join(0, ["a", None], session)
        assert app.messages(session)[-2]["output"]["data"][0] == "hi a 1"


def test_messages_of_an_event_that_ended_before_the_stream_was_opened_are_kept(serve: Serve) -> None:
    app = serve(counter())
    app.join(1, ["early", None], "s")
    app.post("/gradio_api/run/now", {"data": ["x", None], "session_hash": "s"})
    assert app.messages("s")[-2]["output"]["data"] == ["hi early 1", None]


def test_a_generator_sends_full_values_then_edits_then_full_values(serve: Serve) -> None:
    app = serve(stars())
    app.join(0, ["g"], "s")
    steps = [m for m in app.messages("s") if m["msg"] in {"process_generating", "process_completed"}]
    assert [m["output"]["data"] for m in steps] == [
        ["g*"],
        [[["append", [], "*"]]],
        [[["append", [], "*"]]],
        ["g***"],
    ]


def test_one_stream_serves_all_events_of_a_session_and_closes_once(serve: Serve) -> None:
    app = serve(counter())
    ids = {app.join(0, [str(i), None], "s").json()["event_id"] for i in range(20)}
    messages = list(app.follow("s", to_the_end=True))
    assert {m["event_id"] for m in messages if m["msg"] == "process_completed"} == ids
    assert [m["msg"] for m in messages].count("close_stream") == 1


def test_an_unknown_session_is_reported_in_the_stream(serve: Serve) -> None:
    app = serve(counter())
    assert app.messages("nobody") == [
        {
            "msg": "unexpected_error",
            "event_id": None,
            "message": "404: Not Found",
            "session_not_found": True,
            "success": False,
        }
    ]


def test_a_gradio_error_shows_all_its_details(serve: Serve) -> None:
    app = serve(failing())
    app.join(0, ["boom"], "s")
    last = app.messages("s")[-2]
    assert last["success"] is False
    assert last["output"] == {"error": "boom", "visible": True, "duration": 3, "title": "T"}


@pytest.mark.parametrize(("show_error", "text"), [(False, None), (True, "secret detail")])
def test_another_exceptions_message_is_shown_only_with_show_error(
    serve: Serve, show_error: bool, text: str | None
) -> None:
    app = serve(failing(), show_error=show_error)
    app.join(1, ["secret detail"], "s")
    last = app.messages("s")[-2]
    assert last["output"] == ({"error": None} if text is None else {"error": text, "visible": True})
    assert last["title"] == "Error"


def test_cancel_ends_a_running_event_as_completed_without_output(serve: Serve) -> None:
    gate = Gate()
    app = serve(gate.demo)
    event_id = app.join(0, ["x"], "s").json()["event_id"]
    assert gate.entered.wait(60)
    answer = app.post("/gradio_api/cancel", {"session_hash": "s", "fn_index": 0, "event_id": event_id})
    assert answer.json() == {"success": True}
    last = app.messages("s")[-2]
    assert (last["msg"], last["output"], last["success"]) == ("process_completed", {}, True)
    assert gate.ended.wait(60)


def test_a_lost_stream_cancels_nothing(serve: Serve) -> None:
    gate = Gate()
    app = serve(gate.demo)
    app.join(0, ["x"], "s")
    for message in app.follow("s"):
        if message["msg"] == "process_generating":
            break
    gate.release.set()
    assert app.messages("s")[-2]["output"]["data"] == ["x done"]


def test_a_slow_reader_receives_edits_that_replace_everything(serve: Serve) -> None:
    """The client keeps its first values and expects only edits after them."""
    gate = Gate()
    app = serve(gate.demo)
    app.join(0, ["x"], "s")
    stream = app.follow("s")
    assert next(m for m in stream if m["msg"] == "process_generating")["output"]["data"] == ["x"]
    gate.release.set()
    for message in stream:
        if message["msg"] == "process_generating":
            assert all(isinstance(edits, list) for edits in message["output"]["data"])
    assert gate.ended.wait(60)


def test_a_full_queue_is_a_503_with_its_size(serve: Serve) -> None:
    gate = Gate()
    gate.demo.queue(max_size=1)
    app = serve(gate.demo)
    app.join(0, ["a"], "s")
    assert gate.entered.wait(60)
    assert app.join(0, ["b"], "s").status_code == 200
    refused = app.join(0, ["c"], "s")
    assert refused.status_code == 503
    assert refused.json() == {"detail": "Queue is full. Max size is 1 and size is 1."}
    gate.release.set()


def test_a_rejection_by_a_validator_is_a_422_with_its_messages(serve: Serve) -> None:
    def check(text: str) -> object:
        return gr.validate(len(text) > 3, "too short")

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(lambda text: text, box, out, validator=check)
    app = serve(demo)
    refused = app.join(0, ["x"], "s")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["message"] == "too short"
    assert refused.json()["detail"][0]["is_valid"] is False
    assert app.join(0, ["long enough"], "s").status_code == 200


def test_unicode_line_breaks_stay_inside_their_frame(serve: Serve) -> None:
    text = "a\u0085b\u2028c\u2029d\ne\r\n\r\nf"
    app = serve(counter())
    app.join(0, [text, None], "s")
    with app.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": "s"}) as answer:
        whole = answer.read().decode()
    assert "\u0085" not in whole
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in whole.strip().split("\n\n"))
    app.join(0, [text, None], "s")
    assert app.messages("s")[-2]["output"]["data"][0] == f"hi {text} 2"


def test_a_heartbeat_is_sent_while_the_stream_is_idle(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HEARTBEAT_INTERVAL", "0.05")
    gate = Gate()
    app = serve(gate.demo)
    app.join(0, ["x"], "s")
    stream = app.follow("s")
    assert next(m for m in stream if m["msg"] == "heartbeat") == {"msg": "heartbeat", "event_id": None}
    gate.release.set()
    assert [m["msg"] for m in stream][-1] == "close_stream"


def test_an_open_stream_reports_that_the_server_stops(serve: Serve) -> None:
    gate = Gate()
    app = serve(gate.demo)
    event_id = app.join(0, ["x"], "s").json()["event_id"]
    stream = app.follow("s")
    assert next(m for m in stream if m["msg"] == "process_generating")
    app.demo.server._server.should_exit = True
    *_, end, last = stream
    assert (end["msg"], end["event_id"], end["success"]) == ("process_completed", event_id, False)
    assert "server stopped before" in end["output"]["error"]
    assert (last["msg"], last["message"]) == ("unexpected_error", "Server stopped unexpectedly.")


def test_the_queues_status_contains_its_size(serve: Serve) -> None:
    app = serve(counter())
    assert app.get("/gradio_api/queue/status").json() == {
        "msg": "estimation",
        "event_id": None,
        "rank": None,
        "queue_size": 0,
        "rank_eta": None,
    }


def test_reset_responds_with_success(serve: Serve) -> None:
    assert serve(counter()).post("/gradio_api/reset", {"event_id": "x"}).json() == {"success": True}


def test_a_stream_opened_next_to_a_dead_one_misses_nothing(serve: Serve) -> None:
    """A client that lost its connection opens another long before the server detects that the first is dead."""
    go_on = threading.Event()
    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        box.change(lambda text: text if go_on.wait(30) else None, box, out, api_name="long")
        box.submit(lambda text: text, box, out, api_name="quick")
    app = serve(demo)
    long = app.join(0, ["l"], "s").json()["event_id"]
    dead = app.follow("s")
    assert next(dead)["event_id"] == long
    quick = app.join(1, ["q"], "s").json()["event_id"]
    assert next(m for m in dead if m["event_id"] == quick and m["msg"] == "process_completed")
    alive = app.follow("s")
    done = next(m for m in alive if m["event_id"] == quick and m["msg"] == "process_completed")
    assert done["output"]["data"] == ["q"]
    last = app.join(1, ["again"], "s").json()["event_id"]
    assert next(m for m in alive if m["event_id"] == last and m["msg"] == "process_completed")
    go_on.set()
    for stream in (alive, dead):
        left = list(stream)
        ends = {m["event_id"]: m["output"]["data"] for m in left if m["msg"] == "process_completed"}
        assert ends[long] == ["l"]
        assert left[-1]["msg"] == "close_stream"
    app.join(1, ["new"], "s")
    messages = [m["msg"] for m in app.messages("s")]
    assert messages == ["estimation", "process_starts", "process_completed", "close_stream"]


@pytest.mark.anyio
async def test_a_stream_opened_after_an_interrupted_one_misses_nothing() -> None:
    """Messages in transit when the connection was lost are sent again, but none after a stream was read to its end."""
    clock = ManualClock()
    async with Driver(counter(), clock) as driver:
        readers = Readers()
        done = await driver.completed("count", "x", None, origin="api")
        broken = messages(driver.page, str, readers, clock)
        while b"process_completed" not in await anext(broken):
            pass
        await broken.aclose()
        for expected in (True, False):
            stream = messages(driver.page, str, readers, clock)
            told = [await anext(stream)]
            while b"close_stream" not in told[-1]:
                told.append(await anext(stream))
            assert any(done.event_id.encode() in frame for frame in told) is expected
            await stream.aclose()
            await driver.completed("count", "y", None, origin="api")


@pytest.mark.anyio
@pytest.mark.parametrize("closes", [True, False])
async def test_no_event_is_reported_while_a_closing_stream_is_open(closes: bool) -> None:
    """Gradio's Python client gives up all events that it knows when it reads `close_stream`."""
    clock = ManualClock()
    async with Driver(counter(), clock) as driver:
        await driver.completed("count", "x", None, origin="api")
        readers = Readers()
        stream = messages(driver.page, str, readers, clock)
        while b"close_stream" not in await anext(stream):
            pass
        end = asyncio.create_task(anext(stream, b"ended"))
        told = asyncio.create_task(readers.wait_closed())
        await until(lambda: clock.sleepers)
        assert not told.done()
        if closes:
            end.cancel()
        else:
            await clock.advance(CLOSING)
            assert await end == b"ended"
        await told
        await readers.wait_closed()


def test_an_unread_stream_does_not_delay_other_events_of_its_session(serve: Serve) -> None:
    """A lost connection appears like this until the network reports it."""
    with gr.Blocks() as demo:
        out = gr.Textbox()
        gr.Button().click(lambda: "x" * 50_000_000, None, out, api_name="large")
        gr.Button().click(lambda: "y", None, out, api_name="small")
    app = serve(demo)
    app.join(0, [], "s")
    with app.client() as other, other.stream("GET", "/gradio_api/queue/data?session_hash=s") as silent:
        assert next(silent.iter_raw(1))
        assert app.messages("s")[-1]["msg"] == "close_stream"
        small = app.join(1, [], "s").json()["event_id"]
        done = next(m for m in app.follow("s") if m["event_id"] == small and m["msg"] == "process_completed")
        assert done["output"]["data"] == ["y"]


@pytest.mark.anyio
async def test_messages_kept_for_another_stream_are_limited_and_dropped_with_the_last_one() -> None:
    feed, readers = Feed(), Readers()
    one, two = object(), object()
    readers.add(one)
    for _ in range(1000):
        readers.passed(one, feed.publish(Log(event_id="e", log="x", level="info")), feed)
        assert len(feed) <= REPLAYED + 1
    readers.add(two)
    readers.remove(one, feed, whole=True)
    assert len(feed) > 0
    readers.passed(two, 1000, feed)
    readers.remove(two, feed, whole=False)
    assert (len(feed), len(readers)) == (0, 0)

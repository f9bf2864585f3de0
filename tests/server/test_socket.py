"""The page's socket: its messages, and connecting and disconnecting."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import httpx
import pytest
from tests.server.apps import Gate, counter, stars
from tests.server.conftest import Page, Serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import holdfast as gr
from holdfast.server.app import lifespan
from holdfast.server.build import assemble


def close_code(page: Page) -> int | None:
    try:
        while page.hear():
            pass
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    return None


def test_a_page_receives_a_session_with_its_own_secret(serve: Serve) -> None:
    """R8.1: 128 random bits or more, and a token."""
    app = serve(counter())
    with app.socket() as one, app.socket() as two:
        assert one.welcome["type"] == "welcome"
        assert one.welcome["resumed"] is False
        assert len(one.welcome["session"]) >= 32
        assert len(one.welcome["token"]) >= 32
        assert one.welcome["session"] != two.welcome["session"]
        assert one.welcome["program"] == app.demo.spec.program


def test_an_event_that_ends_immediately_is_reported_in_one_message(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        page.submit("e1", 0, ["al", None])
        frame = page.hear()
        if frame["message"]["msg"] == "process_starts":  # on a busy machine, the event may take longer
            frame = page.hear()
        assert frame["message"]["msg"] == "process_completed"
        assert frame["n"] == 2
        assert frame["message"]["output"]["data"] == ["hi al 1", None]


def test_a_long_event_is_reported_as_running(serve: Serve) -> None:
    go_on = Event()
    with gr.Blocks() as demo:
        gr.Button().click(lambda: go_on.wait(30))
    app = serve(demo)
    with app.socket() as page:
        page.submit("e1", 0, [])
        frames = [page.hear()]
        go_on.set()
        frames.append(page.hear())
        assert [f["message"]["msg"] for f in frames] == ["process_starts", "process_completed"]
        assert [f["n"] for f in frames] == [1, 2]


def test_two_pages_do_not_see_each_others_state(serve: Serve) -> None:
    """R5.3."""
    app = serve(counter())
    with app.socket() as one, app.socket() as two:
        for page in (one, two):
            page.submit("e1", 0, ["x", None])
            assert page.until_completed("e1")[-1]["output"]["data"][0] == "hi x 1"


def test_a_returning_page_receives_the_rest_once_and_in_order(serve: Serve) -> None:
    app = serve(stars())
    with app.socket() as page:
        welcome = page.welcome
        page.submit("e1", 0, ["g"])
        first = page.hear()
    with app.socket(hello=False) as page:
        again = page.hello(session=welcome["session"], token=welcome["token"], seen=first["n"])
        assert (again["resumed"], again["session"], again["seen"]) == (True, welcome["session"], first["n"])
        page.submit("e2", 0, ["h"])
        numbers, texts = [first["n"]], []
        while len(texts) < 2:
            frame = page.hear()
            numbers.append(frame["n"])
            if frame["message"]["msg"] == "process_completed":
                texts.append(frame["message"]["output"]["data"][0])
        assert numbers == list(range(1, len(numbers) + 1))
        assert texts == ["g***", "h***"]


def test_a_lost_socket_cancels_nothing(serve: Serve) -> None:
    gate = Gate()
    app = serve(gate.demo)
    with app.socket() as page:
        welcome = page.welcome
        page.submit("e1", 0, ["x"])
        assert gate.entered.wait(60)
    with app.socket(hello=False) as page:
        again = page.hello(session=welcome["session"], token=welcome["token"])
        assert again["pending"] == ["e1"]
        gate.release.set()
        assert page.until_completed("e1")[-1]["output"]["data"] == ["x done"]


def test_an_ended_event_with_unread_messages_counts_as_pending(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        welcome = page.welcome
        page.submit("e1", 0, ["x", None])
        page.until_completed("e1")
    with app.socket(hello=False) as page:
        again = page.hello(session=welcome["session"], token=welcome["token"], seen=0)
        assert again["pending"] == ["e1"]
        assert page.until_completed("e1")[-1]["success"] is True


def test_acknowledged_messages_are_not_sent_again(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        welcome = page.welcome
        page.submit("e1", 0, ["x", None])
        page.until_completed("e1")
        page.say(type="ack", seen=2)
        page.say(type="ping")
        assert page.hear() == {"type": "pong"}
    with app.socket(hello=False) as page:
        assert page.hello(session=welcome["session"], token=welcome["token"], seen=0)["pending"] == []
        page.submit("e2", 0, ["y", None])
        assert page.hear()["n"] in {3, 4}  # the start of a quick event is not sent


def test_a_submit_sent_twice_runs_once(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        for event_id in ("e1", "e1", "e2"):
            page.submit(event_id, 0, ["x", None])
        assert page.until_completed("e2")[-1]["output"]["data"][0] == "hi x 2"


def test_cancel_stops_an_event(serve: Serve) -> None:
    gate = Gate()
    app = serve(gate.demo)
    with app.socket() as page:
        page.submit("e1", 0, ["x"])
        assert gate.entered.wait(60)
        page.say(type="cancel", event_ids=["e1", "unknown"])
        assert page.until_completed("e1")[-1]["cancelled"] is True
    assert gate.ended.wait(60)


def test_an_expired_session_starts_from_scratch(serve: Serve) -> None:
    app = serve(counter())
    with app.socket(hello=False) as page:
        welcome = page.hello(session="long-gone", token="t", seen=7)
        assert (welcome["resumed"], welcome["seen"]) == (False, 0)
        assert welcome["session"] != "long-gone"


@pytest.mark.parametrize("token", ["wrong", None, ""])
def test_a_session_without_its_secret_is_rejected(serve: Serve, token: str | None) -> None:
    """R8.1."""
    app = serve(counter())
    with app.socket() as owner, app.socket(hello=False) as thief:
        refused = thief.hello(session=owner.welcome["session"], token=token)
        assert (refused["type"], refused["status"]) == ("refused", 403)
        assert close_code(thief) == 4403
        owner.submit("e1", 0, ["x", None])
        assert owner.until_completed("e1")[-1]["success"] is True


def test_the_newer_connection_of_a_page_replaces_the_older(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as old, app.socket(hello=False) as new:
        assert new.hello(session=old.welcome["session"], token=old.welcome["token"])["resumed"] is True
        assert close_code(old) == 4409
        new.submit("e1", 0, ["x", None])
        assert new.until_completed("e1")[-1]["success"] is True


@pytest.mark.parametrize(
    "frame",
    ["no json", "[]", "{}", '{"type":"submit"}', '{"type":"what"}', '{"type":"submit","event_id":5,"data":3}'],
)
def test_an_invalid_frame_is_rejected_and_the_connection_continues(serve: Serve, frame: str) -> None:
    app = serve(counter())
    with app.socket() as page:
        page.connection.send(frame)
        refused = page.hear()
        assert (refused["type"], refused["event_id"], refused["status"]) == ("refused", None, 422)
        assert isinstance(refused["detail"], str)
        page.submit("e1", 0, ["x", None])
        assert page.until_completed("e1")[-1]["success"] is True


def test_the_error_names_an_unknown_function(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        page.submit("e1", 99, [])
        refused = page.hear()
        assert (refused["event_id"], refused["status"]) == ("e1", 404)


def test_an_event_id_of_a_megabyte_is_rejected(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        page.submit("e" * 1_000_000, 0, ["x", None])
        refused = page.hear()
        assert refused["status"] == 422
        assert len(json.dumps(refused)) < 1000


@pytest.mark.parametrize("name", ["session", "load"])
def test_a_hello_with_a_name_of_a_megabyte_is_rejected(serve: Serve, name: str) -> None:
    app = serve(counter())
    with app.socket(hello=False) as page:
        page.connection.send(json.dumps({"type": "hello", name: "x" * 1_000_000}))
        refused = page.hear()
        assert (refused["type"], refused["status"]) == ("refused", 422)
        assert refused["detail"].startswith(f"{name} is 1000000 characters long")


def test_a_second_hello_is_rejected(serve: Serve) -> None:
    app = serve(counter())
    with app.socket() as page:
        assert page.hello()["status"] == 400


@pytest.mark.parametrize("first", ['{"type":"ping"}', "nonsense", '{"type":"hello","session":5}'])
def test_a_connection_that_does_not_start_with_a_hello_is_closed(serve: Serve, first: str) -> None:
    app = serve(counter())
    with app.socket(hello=False) as page:
        page.connection.send(first)
        assert close_code(page) == 4408


def test_a_page_of_another_site_cannot_use_an_app_on_this_machine(serve: Serve) -> None:
    app = serve(counter())
    with app.socket(hello=False, additional_headers={"Origin": "https://evil.example"}) as page:
        assert page.hello()["status"] == 403
        assert close_code(page) == 4403


def test_a_slow_validator_does_not_delay_other_frames(serve: Serve) -> None:
    gate = Gate()

    def check(_: str) -> object:
        gate.entered.set()
        gate.release.wait(10)
        return gr.validate(False, "no")

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(lambda text: text, box, out, validator=check)
        gr.Button().click(lambda text: text, box, out)
    app = serve(demo)
    with app.socket() as page:
        page.submit("slow", 0, ["x"])
        assert gate.entered.wait(60)
        page.submit("fast", 1, ["y"])
        assert page.until_completed("fast")[-1]["output"]["data"] == ["y"]
        gate.release.set()
        refused = page.hear()
        assert (refused["event_id"], refused["status"]) == ("slow", 422)
        assert refused["detail"][0]["message"] == "no"


def test_a_handler_receives_the_pages_request(serve: Serve) -> None:
    def who(request: gr.Request) -> str:
        client = request.client
        return f"{request.query_params['lang']} {request.session_hash} {request.headers['x-test']} {bool(client)}"

    with gr.Blocks() as demo:
        out = gr.Textbox()
        gr.Button().click(who, None, out)
    app = serve(demo)
    with app.socket(hello=False, additional_headers={"X-Test": "t"}) as page:
        session = page.hello(query="?lang=de&x=1")["session"]
        page.submit("e1", 0, [])
        assert page.until_completed("e1")[-1]["output"]["data"] == [f"de {session} t True"]


def test_a_goodbye_runs_unload_immediately(serve: Serve) -> None:
    """R4.5."""
    left = Event()
    with gr.Blocks() as demo:
        demo.unload(left.set)
    app = serve(demo)
    with app.socket() as page:
        who = {"session": page.welcome["session"], "token": page.welcome["token"]}
        assert app.post("/gradio_api/page/close", who).status_code == 204
    assert left.wait(60)


def test_the_fallback_supports_the_same_protocol(serve: Serve) -> None:
    app = serve(counter())
    with app.http.stream("POST", "/gradio_api/page/feed", json={"type": "hello"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        frames = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        welcome = next(frames)
        who = {"session": welcome["session"], "token": welcome["token"]}
        event = app.demo.spec.listeners[0].identity
        submit = {"type": "submit", "event_id": "e1", "event": event, "data": ["al", None]}
        said = httpx.post(f"{app.api}/page/send", json={**who, "frames": [submit, {"type": "ping"}]})
        assert said.json() == {"frames": [{"type": "pong"}]}
        told = next(frame["message"] for frame in frames if frame["message"]["msg"] == "process_completed")
        assert told["output"]["data"] == ["hi al 1", None]
    with app.socket(hello=False) as page:
        assert page.hello(**who, seen=2)["resumed"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"session": "nobody", "token": "t", "frames": []}, 404),
        ({"session": "x"}, 422),
        ({"session": "x" * 1_000_000, "token": "t", "frames": []}, 422),
        ([], 422),
    ],
)
def test_frames_without_a_session_are_rejected(serve: Serve, body: object, status: int) -> None:
    answer = serve(counter()).post("/gradio_api/page/send", body)
    assert answer.status_code == status
    assert len(answer.text) < 500


def test_frames_with_a_wrong_secret_are_rejected(serve: Serve) -> None:
    """R8.1."""
    app = serve(counter())
    with app.socket() as page:
        session = page.welcome["session"]
        for path, more in (("send", {"frames": []}), ("close", {})):
            answer = app.post(f"/gradio_api/page/{path}", {"session": session, "token": "wrong", **more})
            assert answer.status_code == 403
        stream = app.post("/gradio_api/page/feed", {"type": "hello", "session": session, "token": "wrong"})
        assert stream.status_code == 403


def test_a_plain_get_of_the_socket_is_rejected(serve: Serve) -> None:
    assert serve(counter()).get("/gradio_api/page/socket").status_code == 404


def test_a_socket_elsewhere_is_rejected(serve: Serve) -> None:
    app = serve(counter())
    with pytest.raises(InvalidStatus):
        connect(app.url.replace("http", "ws", 1) + "nowhere")


class Line:
    """A connection without a network: the frames that its page sends, and the number of messages that reach it."""

    def __init__(self, *said: str, hears: int, error: type[Exception] = OSError) -> None:
        self.scope = {"type": "websocket", "path": "/gradio_api/page/socket", "headers": [], "query_string": b""}
        self._comes: list[dict[str, Any]] = [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", "text": text} for text in said),
        ]
        self._comes.append({"type": "websocket.disconnect", "code": 1006})
        self._hears = hears
        self._error = error

    async def receive(self) -> dict[str, Any]:
        return self._comes.pop(0)

    async def send(self, message: Any) -> None:
        if message["type"] != "websocket.accept":
            self._hears -= 1
            if self._hears < 0:
                raise self._error


@pytest.mark.anyio
@pytest.mark.parametrize("error", [OSError, RuntimeError])
@pytest.mark.parametrize("hears", [0, 1, 2])
@pytest.mark.parametrize(
    "said", ['{"type": "nonsense"}', '{"type": "ping"}', '{"type": "submit", "event_id": "e", "event": "", "data": []}']
)
async def test_a_page_that_closes_during_a_response_is_not_an_error_and_leaves_nothing_open(
    said: str, hears: int, error: type[Exception]
) -> None:
    app = assemble(counter().spec, {}).asgi
    line = Line('{"type": "hello"}', *[said] * 3, hears=hears, error=error)
    async with lifespan(app):
        await app(line.scope, line.receive, line.send)
        [session] = app.state.context.runtime.sessions
        assert session.connections == 0
        assert session.deadline is not None


@pytest.mark.anyio
@pytest.mark.parametrize("said", ["{", '{"type": "ping"}', '{"type": "hello", "session": "page-x"}'])
async def test_a_page_that_closes_before_it_is_rejected_is_not_an_error(said: str) -> None:
    app = assemble(counter().spec, {}).asgi
    line = Line(said, hears=0)
    async with lifespan(app):
        await app(line.scope, line.receive, line.send)
        assert len(app.state.context.runtime.sessions) <= 1

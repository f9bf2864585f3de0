"""Heartbeats, goodbyes, and capacity: when sessions start and end."""

from __future__ import annotations

import threading

import httpx
import pytest
from tests.server.apps import Gate, counter
from tests.server.conftest import Serve, Served

import holdfast as gr
from holdfast.server import uvicorn_server


def beat(app: Served, session: str) -> httpx.Response:
    """Open a heartbeat, which ends when it is closed."""
    client = app.client()
    return client.send(client.build_request("GET", f"/gradio_api/heartbeat/{session}"), stream=True)


def test_a_heartbeat_sends_alive_immediately_and_repeatedly(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HEARTBEAT_INTERVAL", "0.05")
    answer = beat(serve(counter()), "s")
    lines = (line for line in answer.iter_lines() if line)
    assert [next(lines) for _ in range(3)] == ["data: ALIVE"] * 3
    answer.close()


def test_a_heartbeat_alone_creates_no_session(serve: Serve) -> None:
    """R4.6."""
    app = serve(counter())
    answer = beat(app, "s")
    assert app.get("/gradio_api/health").json()["sessions"] == 0
    answer.close()


def unloading() -> tuple[gr.Blocks, list[object], threading.Event]:
    seen: list[object] = []
    gone = threading.Event()

    def leave(n: int, request: gr.Request) -> None:
        seen.append((n, request.session_hash))
        gone.set()

    with gr.Blocks() as demo:
        n, out = gr.State(0), gr.Number()
        gr.Button().click(lambda n: (n + 1, n + 1), n, [n, out], api_name="add")
        demo.unload(leave, n)
    return demo, seen, gone


def test_the_end_of_the_last_heartbeat_runs_unload_with_the_sessions_state(serve: Serve) -> None:
    """R4.5."""
    demo, seen, gone = unloading()
    app = serve(demo)
    first, second = beat(app, "s"), beat(app, "s")
    for _ in range(3):
        app.post("/gradio_api/run/add", {"data": [None], "session_hash": "s"})
    first.close()
    assert not gone.wait(0.2)
    second.close()
    assert gone.wait(60)
    assert seen == [(3, "s")]


def test_a_heartbeat_opened_before_its_session_counts(serve: Serve) -> None:
    demo, seen, gone = unloading()
    app = serve(demo)
    answer = beat(app, "late")
    app.join(0, [None], "late")
    assert app.messages("late")[-2]["success"] is True
    answer.close()
    assert gone.wait(60)
    assert seen == [(1, "late")]


def test_a_closed_session_can_be_used_again_within_its_grace_period(serve: Serve) -> None:
    """R4.1."""
    demo, _, gone = unloading()
    app = serve(demo)
    answer = beat(app, "s")
    body = {"data": [None], "session_hash": "s"}
    app.post("/gradio_api/run/add", body)
    answer.close()
    assert gone.wait(60)
    assert app.post("/gradio_api/run/add", body).json()["data"][1] == 2


def test_the_delete_callback_runs_after_the_grace_period(serve: Serve) -> None:
    """R4.1, R4.3."""
    dropped: list[object] = []
    done = threading.Event()

    def drop(value: object) -> None:
        dropped.append(value)
        done.set()

    with gr.Blocks() as demo:
        n, out = gr.State(0, delete_callback=drop), gr.Number()
        gr.Button().click(lambda n: (n + 1, n + 1), n, [n, out], api_name="add")
    app = serve(demo, session_grace=0.05)
    answer = beat(app, "s")
    app.post("/gradio_api/run/add", {"data": [None], "session_hash": "s"})
    answer.close()
    assert done.wait(60)
    assert dropped == [1]


def test_beyond_the_limit_the_least_recently_used_session_is_dropped(serve: Serve) -> None:
    """R4.4."""
    app = serve(counter(), state_session_capacity=2)

    def count(session: str) -> str:
        body = {"data": ["x", None], "session_hash": session}
        return str(app.post("/gradio_api/run/now", body).json()["data"][0])

    assert [count(s) for s in ("a", "b", "a", "c")] == ["hi x 1", "hi x 1", "hi x 2", "hi x 1"]
    assert app.get("/gradio_api/health").json()["sessions"] == 2
    assert count("a") == "hi x 3"
    assert count("b") == "hi x 1"


def test_closing_the_server_runs_delete_callbacks_and_stops_running_events(serve: Serve) -> None:
    """R4.3."""
    dropped: list[object] = []
    gate = Gate()
    with gate.demo:
        n = gr.State(7, delete_callback=dropped.append)
        gr.Button().click(lambda n: None, n, None, api_name="read")
    app = serve(gate.demo)
    app.post("/gradio_api/run/read", {"data": [None], "session_hash": "s"})
    app.join(0, ["x"], "s")
    assert gate.entered.wait(60)
    app.demo.close()
    assert dropped == [7]
    assert gate.ended.is_set()


def test_closing_the_server_does_not_wait_for_open_pages_and_streams(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_server, "SHUTDOWN_WITHIN", 600)
    app = serve(counter())
    answer = beat(app, "s")
    ended = threading.Event()
    with app.socket() as page:
        closer = threading.Thread(target=lambda: (app.demo.close(), ended.set()))
        closer.start()
        assert ended.wait(60), "it waited for a page that was open"
        closer.join()
        del page
    answer.close()

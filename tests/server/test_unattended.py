"""Visitors who leave a served app over real connections: which ends of a connection count as leaving (R4.7).

C7: for the related cases, see `tests/runtime/test_unattended.py`, which tests the policies themselves.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

import holdfast as gr
from holdfast.runtime import runtime

from .apps import Gate
from .conftest import Served

Serve = Callable[..., Served]


class Endless:
    """An app with a generator that occupies the only slot, and a quick function that waits for it."""

    def __init__(self, on_leave: Any = None) -> None:
        self.entered, self.ended = threading.Event(), threading.Event()

        def endless() -> Iterator[int]:
            self.entered.set()
            try:
                while True:
                    yield 1
                    time.sleep(0.005)
            finally:
                self.ended.set()

        with gr.Blocks(on_leave=on_leave) as self.demo:
            out = gr.Number()
            gr.Button().click(endless, None, out, api_name="endless", concurrency_id="one", concurrency_limit=1)
            gr.Button().click(lambda: 7, None, out, api_name="quick", concurrency_id="one")

    @property
    def stays(self) -> bool:
        """Whether the generator keeps running, observed for a while."""
        return not self.ended.wait(0.3)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give visitors no time to return."""
    monkeypatch.setattr(runtime, "SECONDS", 0.0)


def goodbye(app: Served, page: Any) -> None:
    body = {"session": page.welcome["session"], "token": page.welcome["token"]}
    assert app.post("/gradio_api/page/close", body).status_code == 204


def test_others_are_served_when_a_page_with_thirty_events_is_closed(serve: Serve) -> None:
    """C7: the page sends a goodbye, as Chromium does when a page closes."""
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    with app.socket(close_timeout=0.1) as page:
        for number in range(30):
            page.submit(f"e{number}", 0, [])
        assert work.entered.wait(60)
        goodbye(app, page)
    assert app.call("quick", []) == [("complete", [7])]
    assert work.ended.is_set()


def test_a_socket_closed_by_its_page_may_be_a_refresh(serve: Serve, soon: None) -> None:
    """C7: after the time for a refresh, the page counts as closed."""
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    with app.socket() as page:
        page.submit("e", 0, [])
        assert work.entered.wait(60)
    assert work.ended.wait(60)


@pytest.mark.parametrize("within", [0.0, 60.0])
def test_a_lost_socket_does_not_mean_that_its_page_has_left(
    serve: Serve, soon: None, monkeypatch: pytest.MonkeyPatch, within: float
) -> None:
    """C7: it has a minute to return; after that time, it has left."""
    monkeypatch.setattr(runtime, "LOST_WITHIN", within)
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    with suppress(OSError), app.socket() as page:
        page.submit("e", 0, [])
        assert work.entered.wait(60)
        broken = page.connection.socket
        broken.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )  # closing the socket resets the connection
        broken.shutdown(socket.SHUT_RD)
        broken.close()
        assert work.stays if within else work.ended.wait(10)


def test_a_page_without_a_socket_sends_a_goodbye_too(serve: Serve) -> None:
    """C7"""
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    with app.http.stream("POST", "/gradio_api/page/feed", json={"type": "hello"}) as stream:
        lines = stream.iter_lines()
        welcome = httpx.Response(200, text=next(lines).removeprefix("data: ")).json()
        me = {"session": welcome["session"], "token": welcome["token"]}
        event = work.demo.spec.listeners[0].identity
        frames = [{"type": "submit", "event_id": "e", "event": event, "data": []}]
        assert app.client().post("/gradio_api/page/send", json={**me, "frames": frames}).status_code == 200
        assert work.entered.wait(60)
        assert app.client().post("/gradio_api/page/close", json=me).status_code == 204
    assert work.ended.wait(60)


def test_a_client_whose_stream_ends_has_left_unless_its_heartbeat_continues(serve: Serve, soon: None) -> None:
    """C7"""
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    app.join(0, [], "me")
    with app.client().stream("GET", "/gradio_api/heartbeat/me") as heartbeat:
        signs = heartbeat.iter_lines()  # garbage collection would close it and the stream
        assert next(signs)
        messages = app.follow("me")
        assert work.entered.wait(60)
        next(messages)
        messages.close()  # type: ignore[attr-defined]
        assert work.stays
    assert work.ended.wait(60)


def test_a_collected_call_ends_with_its_client(serve: Serve, soon: None) -> None:
    """C7: a call that is not collected yet continues."""
    work = Endless(on_leave="cancel")
    app = serve(work.demo)
    event_id = app.post("/gradio_api/call/endless", {"data": []}).json()["event_id"]
    assert work.entered.wait(60)
    assert work.stays
    with app.http.stream("GET", f"/gradio_api/call/endless/{event_id}") as stream:
        assert next(stream.iter_lines())
    assert work.ended.wait(60)


def test_a_direct_call_ends_with_its_client(serve: Serve, soon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """C7"""
    monkeypatch.setattr(runtime, "WATCHED_AFTER", 0.0)
    entered, ended = threading.Event(), threading.Event()

    async def slow() -> int:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 1

    with gr.Blocks(on_leave="cancel") as demo:
        gr.Button().click(slow, None, gr.Number(), api_name="slow")
    app = serve(demo)
    with app.broken_off("/gradio_api/run/slow", {"data": []}):
        assert entered.wait(60)
    assert ended.wait(60)


def test_launch_and_the_environment_set_the_policy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """R4.7: `launch` has precedence over `Blocks`, which has precedence over the environment."""
    monkeypatch.setenv("HOLDFAST_ON_LEAVE", "0.25")
    assert serve(Gate().demo).context.runtime.app.options.on_leave == 0.25
    assert serve(Endless(on_leave="finish").demo).context.runtime.app.options.on_leave == "finish"
    assert serve(Endless(on_leave="finish").demo, on_leave=0).context.runtime.app.options.on_leave == 0

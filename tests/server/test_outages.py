"""D1, D4: information for pages, API clients, and the health page while a real Redis store is unreachable.

D1, D4: related cases: each way to report a result (the page, `/run`, `/call`, the queue's stream, generators, direct
calls); all use one output, which contains the flag.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import redis
from tests.crowd import crowd
from tests.redis_server import RedisServer, own_redis_server
from tests.server.conftest import Serve, serve
from tests.torture.serving import Server
from tests.waiting import wait_until

import holdfast as gr

__all__ = ["own_redis_server", "serve"]

pytestmark = pytest.mark.timeout(300)


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        mine = gr.State({"n": 0})
        everyones = gr.State(0, scope="app", key="all")
        shown = gr.Number()

        def add(mine: dict[str, int]) -> Any:
            mine["n"] += 1
            return mine, mine["n"]

        gr.Button().click(add, mine, [mine, shown], api_name="add")
        gr.Button().click(lambda n: (n + 1, n + 1), everyones, [everyones, shown], api_name="share")
    return demo


def stream(served: Any, fn: int, session: str) -> list[dict[str, Any]]:
    served.join(fn, [None], session)
    return [message for message in served.messages(session) if message["msg"] in {"process_completed", "log"}]


def test_results_that_are_not_stored_are_reported_as_unsaved(
    own_redis_server: RedisServer, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """D4, R6.6: in the API's response, as a toast once per outage, in health, and in two lines of the log."""
    served = serve(app(), state_store=own_redis_server.url)
    (saved,) = stream(served, 0, "one")
    assert saved["output"]["unsaved"] is None
    own_redis_server.stop()
    notice, first = stream(served, 0, "one")
    assert notice["msg"] == "log"
    assert "cannot be stored right now" in notice["log"]
    assert first["success"]
    assert first["output"]["data"][-1] == 2
    assert first["output"]["unsaved"] is True
    (second,) = stream(served, 0, "one")
    assert second["output"]["data"][-1] == 3
    assert served.get("/gradio_api/health").json()["store"] != "ok"
    unknown = stream(served, 0, "never seen here")[-1]
    assert not unknown["success"]
    assert "try again in a moment" in unknown["output"]["error"]
    own_redis_server.start()
    wait_until(lambda: served.get("/gradio_api/health").json()["store"] == "ok")
    (after,) = stream(served, 0, "one")
    assert after["output"]["data"][-1] == 4
    assert after["output"]["unsaved"] is None
    said = [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert sum("is unreachable" in text for text in said) == 1
    assert sum("is back;" in text for text in said) == 1


class Trouble:
    """A Redis server that responds but does not work."""

    def __init__(self, kind: str, server: RedisServer) -> None:
        self.kind, self.server = kind, server

    def begin(self) -> None:
        if self.kind == "hangs":
            os.kill(self.server.pid, signal.SIGSTOP)
        else:
            self._set(maxmemory="1", policy="noeviction")

    def end(self) -> None:
        if self.kind == "hangs":
            os.kill(self.server.pid, signal.SIGCONT)
        else:
            self._set(maxmemory="0", policy="noeviction")

    def _set(self, maxmemory: str, policy: str) -> None:
        with redis.Redis.from_url(self.server.url) as client:
            client.config_set("maxmemory-policy", policy)
            client.config_set("maxmemory", maxmemory)


@pytest.mark.parametrize("kind", ["hangs", "is full"])
def test_a_store_that_hangs_or_is_full_is_an_outage(
    kind: str, own_redis_server: RedisServer, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """D6, R6.6: events complete as unsaved, with two lines in the log; afterward, everything is stored."""
    trouble = Trouble(kind, own_redis_server)
    served = serve(app(), state_store=own_redis_server.url)
    assert stream(served, 0, "one")[-1]["output"]["data"][-1] == 1
    assert stream(served, 1, "one")[-1]["output"]["data"][-1] == 1
    trouble.begin()
    try:
        for count in (2, 3, 4):
            last = stream(served, 0, "one")[-1]
            assert last["success"], last
            assert last["output"]["data"][-1] == count
            assert last["output"]["unsaved"] is True
        assert served.get("/gradio_api/health").json()["store"] == "out of reach"
        assert served.get("/healthz").status_code == 200
    finally:
        trouble.end()
    wait_until(lambda: served.get("/gradio_api/health").json()["store"] == "ok")
    assert served.get("/readyz").status_code == 200
    said = [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert [sum(words in text for text in said) for words in ("is unreachable", "is back;")] == [1, 1], said
    served.demo.close()
    again = serve(app(), state_store=own_redis_server.url)
    assert stream(again, 0, "one")[-1]["output"]["data"][-1] == 5
    assert stream(again, 1, "one")[-1]["output"]["data"][-1] == 2


@pytest.mark.parametrize("kind", ["hangs", "is full"])
def test_an_app_that_rejects_events_is_not_ready_meanwhile(
    kind: str, own_redis_server: RedisServer, serve: Serve
) -> None:
    """D6, R6.6: `/readyz` responds with 503, and every event is rejected with a sentence and has no effect."""
    trouble = Trouble(kind, own_redis_server)
    served = serve(app(), state_store=own_redis_server.url, state_outage="refuse")
    assert stream(served, 0, "one")[-1]["success"]
    trouble.begin()
    try:
        for _ in range(2):
            refused = stream(served, 0, "one")[-1]
            assert not refused["success"]
            assert "try again in a moment" in refused["output"]["error"]
        answer = served.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "unsaved"})
    finally:
        trouble.end()
    wait_until(lambda: served.get("/readyz").status_code == 200)
    assert stream(served, 0, "one")[-1]["output"]["data"][-1] == 2


def test_an_app_can_reject_events_instead(own_redis_server: RedisServer, serve: Serve) -> None:
    """D4: `state_outage="refuse"`."""
    served = serve(app(), state_store=own_redis_server.url, state_outage="refuse")
    assert stream(served, 0, "one")[-1]["success"]
    own_redis_server.stop()
    refused = stream(served, 0, "one")[-1]
    assert not refused["success"]
    assert "try again in a moment" in refused["output"]["error"]


def test_300_first_events_at_once_survive_kill_9(own_redis_server: RedisServer, tmp_path: Path) -> None:
    """D1: on a healthy Redis server, none of 300 reported events is lost, and no page has its initial State again."""
    server = Server(tmp_path, own_redis_server.url)
    server.start()
    reported = asyncio.run(_together(server.url, "both"))
    assert reported == [1] * 300
    server.kill()
    server.start()
    try:
        assert asyncio.run(_together(server.url, "look")) == [1] * 300
    finally:
        server.kill()
    assert "out of reach" not in server.said()


async def _together(url: str, name: str) -> list[Any]:
    async with crowd(url) as client:

        async def ask(number: int) -> Any:
            body = {"data": [None, None], "session_hash": f"visitor-{number}"}
            answer = await client().post(f"/gradio_api/run/{name}", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"][-1]

        return list(await asyncio.gather(*map(ask, range(300))))

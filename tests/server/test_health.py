"""Whether an app is alive and can accept visitors: `/healthz`, `/readyz`, and `/gradio_api/health` (requirement 8).

D8: related cases: everything that prevents a page from opening (an unfinished start, a stop in progress, only open
pages left, a damaged store). Health responded with 200 in all of these except the stop.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.redis_server import RedisServer
from websockets.exceptions import ConnectionClosed

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.server.build import assemble

from .apps import counter
from .conftest import Serve, Served


def health(app: Served) -> list[tuple[int, str]]:
    """Return the statuses of the three routes for a client without a login."""
    with httpx.Client(base_url=app.url) as client:
        found = [client.get(path) for path in ("/healthz", "/readyz", "/gradio_api/health")]
    return [(answer.status_code, answer.json()["status"]) for answer in found]


def count_once(app: Served) -> None:
    """Open a page and count once."""
    with app.socket() as page:
        assert page.welcome["type"] == "welcome"
        page.submit("e", 0, [None])
        assert page.until_completed("e")[-1]["success"]


def test_an_app_that_serves_is_alive_and_ready(serve: Serve) -> None:
    app = serve(counter())
    assert health(app) == [(200, "ok")] * 3
    assert app.http.head("/readyz").status_code == 200
    assert app.get("/readyz").json() == {"status": "ok"}


def test_the_probes_require_no_login_and_respond_with_one_word(serve: Serve) -> None:
    app = serve(counter(), auth=("ann", "secret"))
    for path in ("/healthz", "/readyz", "/gradio_api/health"):
        answer = app.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_starting_or_stopping_app_is_alive_but_not_ready() -> None:
    """A parent may serve requests before it has started an app that it mounts."""
    assembled = assemble(counter().spec, {})

    async def ask(path: str) -> tuple[int, Any]:
        transport = httpx.ASGITransport(assembled.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get(path)
        return answer.status_code, answer.json()["status"]

    assert asyncio.run(ask("/readyz")) == (503, "starting")
    with TestClient(assembled.asgi, base_url="http://localhost"):
        assert asyncio.run(ask("/readyz")) == (200, "ok")
        assembled.asgi.state.context.streams.stop()
        assert asyncio.run(ask("/readyz")) == (503, "stopping")
        assert asyncio.run(ask("/gradio_api/health")) == (503, "stopping")
        assert asyncio.run(ask("/healthz")) == (200, "ok")


def test_an_app_at_its_limit_of_open_pages_is_not_ready(serve: Serve) -> None:
    """No page could be opened."""
    app = serve(counter(), state_session_capacity=1)
    with app.socket():
        assert health(app) == [(200, "ok"), (503, "full"), (503, "full")]
    app.join(0, ["x", None], "another")
    assert health(app) == [(200, "ok")] * 3


def test_an_app_whose_store_is_damaged_is_not_ready(serve: Serve, tmp_path: Path) -> None:
    """D8: no page opens."""
    with gr.Blocks(session="tab") as demo:
        count = gr.State(0)
        demo.load(lambda n: n + 1, count, count)
    file = tmp_path / "state.db"
    app = serve(demo, state_store=f"sqlite:///{file}")
    count_once(app)
    for part in tmp_path.glob("state.db*"):
        if part.suffix != ".db-shm":
            size = part.stat().st_size
            with part.open("r+b") as opened:
                opened.write(b"\xff" * size)
    with pytest.raises((ConnectionClosed, AssertionError, KeyError)):
        count_once(app)
    assert health(app) == [(200, "ok"), (503, "damaged"), (503, "damaged")]


def test_an_app_that_continues_without_its_store_is_ready(serve: Serve, own_redis_server: RedisServer) -> None:
    """R6.6: it reports this to its operators."""
    with gr.Blocks(session="tab") as demo:
        count = gr.State(0)
        demo.load(lambda n: n + 1, count, count)
    app = serve(demo, state_store=own_redis_server.url)
    with app.socket() as page:
        page.submit("e", 0, [None])
        page.until_completed("e")
        own_redis_server.stop()
        page.submit("f", 0, [None])
        page.until_completed("f")
    assert health(app) == [(200, "ok")] * 3
    assert app.get("/gradio_api/health").json()["store"] == "out of reach"


def test_an_app_that_rejects_events_without_its_store_is_not_ready(serve: Serve, own_redis_server: RedisServer) -> None:
    """D8, R6.6: with `state_outage="refuse"`, a visitor could not use it."""
    with gr.Blocks(session="tab") as demo:
        count = gr.State(0)
        demo.load(lambda n: n + 1, count, count)
    app = serve(demo, state_store=own_redis_server.url, state_outage="refuse")
    with app.socket() as page:
        page.submit("e", 0, [None])
        assert page.until_completed("e")[-1]["success"]
        assert health(app) == [(200, "ok")] * 3
        own_redis_server.stop()
        page.submit("f", 0, [None])
        assert not page.until_completed("f")[-1]["success"]
    assert health(app) == [(200, "ok"), (503, "unsaved"), (503, "unsaved")]


def test_a_mounted_app_has_its_probes_below_its_path() -> None:
    parent = Starlette()
    gr.mount_gradio_app(parent, counter(), "/app")
    with TestClient(parent, base_url="http://localhost") as client:
        assert client.get("/app/readyz").json() == {"status": "ok"}
        assert client.get("/readyz").status_code == 404


@pytest.mark.parametrize("path", ["healthz", "readyz"])
def test_a_page_cannot_have_a_probes_path(path: str) -> None:
    with gr.Blocks() as demo, pytest.raises(BuildError, match="is taken"), demo.route("Page", path):
        pass

"""The metrics of an app, and access to them.

B7: related cases: every route that responds without `identify`. Affected were `/health` and `/metrics`; `/app_id`,
`/startup-events`, `/theme.css`, `/user`, `/token`, and the page's files reveal nothing about visitors.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.runtime.driver import Driver

import holdfast as gr
from holdfast.errors import BuildError
from holdfast.runtime import EventRequest, Runtime
from holdfast.runtime.metrics import Metric, metrics
from holdfast.server.metrics import prometheus

from .conftest import Serve


def counter() -> gr.Blocks:
    with gr.Blocks() as demo:
        count, shown = gr.State(0), gr.Number()
        demo.load(lambda n: (n + 1, n + 1), count, [count, shown], api_name="count")
    return demo


def named(runtime: Runtime) -> dict[str, Any]:
    return {metric.name: metric.value for metric in metrics(runtime)}


def test_the_health_page_contains_counts(serve: Serve) -> None:
    """R10.3"""
    app = serve(counter())
    assert app.call("count", [None], "one")[-1][1] == [None, 1]
    assert app.call("count", [None], "one")[-1][1] == [None, 2]
    assert app.call("count", [None], "two")[-1][1] == [None, 1]
    health = app.get("/gradio_api/health").json()
    assert health["store"] == "ok"
    found = health["metrics"]
    assert (found["sessions"], found["state_owners"], found["state_cells"]) == (2, 2, 2)
    assert (found["state_commits"], found["state_evictions"], found["events_waiting"]) == (3, 0, 0)
    assert found["state_bytes"] > 0


def test_prometheus_reads_the_same_numbers_when_monitoring_is_enabled(serve: Serve) -> None:
    """R10.3"""
    app = serve(counter(), enable_monitoring=True)
    app.call("count", [None], "one")
    answer = app.get("/gradio_api/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert "# TYPE holdfast_state_commits_total counter" in lines
    assert "holdfast_state_commits_total 1" in lines
    assert "holdfast_sessions 1" in lines
    number = re.compile(r"holdfast_[a-z_]+ -?\d+(\.\d+)?(e-?\d+)?")
    assert all(line.startswith("# ") or number.fullmatch(line) for line in lines)


def test_metrics_are_not_served_unless_enabled(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = serve(counter()).get("/gradio_api/metrics")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Monitoring is not enabled."})
    monkeypatch.setenv("HOLDFAST_METRICS", "1")
    assert serve(counter()).get("/gradio_api/metrics").status_code == 200
    assert serve(counter(), enable_monitoring=False).get("/gradio_api/metrics").status_code == 403


def test_a_counter_keeps_its_fraction() -> None:
    assert prometheus(Metric("waits", "counter", "Waits.", 0.25)).endswith("\nholdfast_waits_total 0.25\n")


@pytest.mark.anyio
async def test_lane_waits_and_evictions_are_counted() -> None:
    """R10.3"""
    import asyncio

    go = asyncio.Event()

    async def slow(n: int) -> int:
        await go.wait()
        return n + 1

    with gr.Blocks() as demo:
        count = gr.State(0)
        demo.load(slow, count, count, api_name="slow", concurrency_limit=None)
    async with Driver(demo, session_capacity=2) as driver:
        session = driver.runtime.sessions.open("a")
        jobs = [await driver.runtime.submit(session, EventRequest(fn="slow", data=[None])) for _ in range(3)]
        await asyncio.sleep(0)
        go.set()
        for job in jobs:
            await job.wait()
        found = named(driver.runtime)
        assert (found["state_lane_waits"], found["state_commits"], found["state_evictions"]) == (2, 3, 0)
        assert found["state_lane_wait_seconds"] > 0
        for name in "bcd":
            driver.runtime.sessions.open(name)
        found = named(driver.runtime)
        assert (found["sessions"], found["state_evictions"]) == (2, 2)


TOKEN = "a token of some length"
AWAY = {"x-forwarded-for": "203.0.113.9"}
"""Headers with which a proxy on this machine forwards requests from elsewhere."""


@pytest.mark.parametrize(
    ("headers", "all_of_it"),
    [({}, False), ({"authorization": f"Bearer {TOKEN}"}, True), ({"authorization": "Bearer another"}, False)],
)
def test_without_a_login_the_health_page_only_shows_the_status(
    serve: Serve, headers: dict[str, str], all_of_it: bool
) -> None:
    """B7."""
    app = serve(counter(), auth=("ann", "pw"), metrics_token=TOKEN)
    found = app.get("/gradio_api/health", headers=headers).json()
    assert (found == {"status": "ok"}) is not all_of_it
    assert app.http.post("login", data={"username": "ann", "password": "pw"}).status_code == 200
    assert app.get("/gradio_api/health").json()["sessions"] == 0
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "host": "localhost"}
    assert app.get("/gradio_api/health", headers=evil).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "headers",
    [AWAY, {"via": "1.1 proxy"}, {"host": "app.example"}, {"origin": "https://evil.example"}, {"x-real-ip": "1.2.3.4"}],
)
@pytest.mark.parametrize("login", [None, ("ann", "pw")])
def test_from_other_machines_metrics_require_a_login_or_a_token(
    serve: Serve, headers: dict[str, str], login: tuple[str, str] | None
) -> None:
    """B7: an app without a login also only shows its numbers to its operators."""
    app = serve(counter(), auth=login, enable_monitoring=True, metrics_token=TOKEN, allowed_hosts=["app.example"])
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert app.get("/gradio_api/metrics").status_code == 200
    assert app.get("/gradio_api/metrics", headers=headers).status_code == 401
    assert app.get("/gradio_api/metrics", headers={**headers, **bearer}).status_code == 200
    assert app.get("/gradio_api/health", headers=headers).json() == {"status": "ok"}
    assert "sessions" in app.get("/gradio_api/health", headers={**headers, **bearer}).json()
    if login is not None and "origin" not in headers:
        assert app.http.post("login", data={"username": "ann", "password": "pw"}).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in app.http.cookies.items())
        assert app.get("/gradio_api/metrics", headers={**headers, "cookie": cookie}).status_code == 200


def test_a_token_that_could_be_guessed_is_rejected() -> None:
    """B7."""
    with pytest.raises(BuildError, match="at least 16 characters"):
        counter().launch(metrics_token="short", prevent_thread_lock=True)

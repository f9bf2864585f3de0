"""Programs that use `gradio_client`."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError, AuthenticationError
from tests.clients import apps
from tests.clients.conftest import Connect, Serve
from tests.waiting import until

import holdfast as gr


def test_state_is_kept_for_a_client_and_shared_by_its_endpoints(serve: Serve, connect: Connect) -> None:
    """R2.7, R9.1, R9.2: without arguments; State is removed, and the only remaining result is unwrapped."""
    client = connect(serve(apps.increments()))
    assert [client.predict(api_name="/at_once") for _ in range(3)] == [1, 2, 3]
    client.reset_session()
    assert client.predict(api_name="/at_once") == 1
    assert client.predict(api_name="/queued") == 2
    client.reset_session()
    assert [client.predict(api_name="/queued") for _ in range(2)] == [1, 2]


def test_two_clients_share_nothing(serve: Serve, connect: Connect) -> None:
    """R9.2."""
    app = serve(apps.increments())
    one, two = connect(app), connect(app)
    assert [one.predict(api_name="/queued"), one.predict(api_name="/queued")] == [1, 2]
    assert two.predict(api_name="/queued") == 1


def test_results_do_not_contain_layouts_and_state(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.greetings()))
    assert client.predict("Freddy", api_name="/greeting") == ("Hello Freddy", 1)
    assert client.predict("Abubakar", api_name="/greeting") == ("Hello Abubakar", 2)
    assert client.predict(api_name="/open") == 3
    assert client.predict("Al", api_name="/greeting") == ("Hello Al", 4)
    assert client.predict(api_name="/layout_only") == ()


def test_positional_values_skip_a_state_between_them(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.between()))
    assert client.predict("a", "b", api_name="/join") == "a [1, 2, 3] b"
    assert client.predict(text="a", other="c", api_name="/join") == "a [1, 2, 3] c"
    assert client.predict("a", api_name="/join") == "a [1, 2, 3] default"


def test_the_error_names_a_missing_value(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.between()))
    with pytest.raises(TypeError, match="No value provided for required argument: text"):
        client.predict(other="x", api_name="/join")


def test_the_api_hides_state_and_private_endpoints(serve: Serve, connect: Connect) -> None:
    """R9.1."""
    client = connect(serve(apps.greetings()))
    info = client.view_api(return_format="dict")
    assert info["unnamed_endpoints"] == {}
    greeting = info["named_endpoints"]["/greeting"]
    assert [p["parameter_name"] for p in greeting["parameters"]] == ["name"]
    assert [(r["label"], r["component"]) for r in greeting["returns"]] == [
        ("Greeting", "Textbox"),
        ("Calls", "Number"),
    ]
    hidden = connect(serve(apps.increments()))
    assert set(hidden.view_api(return_format="dict")["named_endpoints"]) == {"/queued", "/at_once"}


def test_a_private_endpoint_is_rejected(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.increments()))
    with pytest.raises(ValueError, match=r"hidden|private"):
        client.predict(api_name="/hidden")


def test_one_parameter_is_described_as_clients_expect(serve: Serve, connect: Connect) -> None:
    info = connect(serve(apps.between())).view_api(return_format="dict")
    [text, other] = info["named_endpoints"]["/join"]["parameters"]
    assert set(text) == {
        "label", "parameter_name", "parameter_has_default", "parameter_default", "type", "python_type", "component",
        "example_input",
    }  # fmt: skip
    assert (text["parameter_name"], text["parameter_has_default"], text["parameter_default"]) == ("text", False, None)
    assert (other["parameter_has_default"], other["parameter_default"]) == (True, "default")
    assert text["python_type"] == {"type": "str", "description": ""}


def test_a_generators_steps_are_the_jobs_outputs(serve: Serve, connect: Connect) -> None:
    job = connect(serve(apps.counting())).submit(5, api_name="/count")
    assert list(job) == [0, 1, 2, 3, 4]
    assert job.outputs() == [0, 1, 2, 3, 4]
    assert job.result() == 4


def test_growing_strings_arrive_complete(serve: Serve, connect: Connect) -> None:
    """The edits in the messages, applied by the client, result in the yielded values."""

    values: list[Any] = [
        {"k": [1, {"x": "y"}]},
        {"k": [1, {"x": "yé\u2028"}, 3], "n": None},
        None,
        [1, 2, 3],
        [3],
        {"text": ""},
        {"text": "longer"},
    ]

    def grow(_: str) -> Iterator[Any]:
        yield from values

    with gr.Blocks() as demo:
        gr.Button().click(grow, gr.Textbox(), gr.JSON(), api_name="grow")
    job = connect(serve(demo)).submit("x", api_name="/grow")
    job.result()
    assert job.outputs() == values


def test_progress_and_toasts_reach_the_client(serve: Serve, connect: Connect) -> None:
    go_on = threading.Event()
    job = connect(serve(apps.counting(go_on))).submit("ab", api_name="/work")
    while not (seen := job.status().progress_data):
        assert not job.done()
        time.sleep(0.01)
    go_on.set()
    assert job.result() == "abab"
    assert {(unit.desc, unit.unit, unit.length) for unit in seen} == {("Working", "parts", 5)}


def test_many_jobs_share_one_stream_and_all_end(serve: Serve, connect: Connect) -> None:
    """Including those that the client creates while the stream of others closes."""
    client = connect(serve(apps.between()))
    for _ in range(5):
        jobs = [client.submit(str(i), "x", api_name="/join") for i in range(50)]
        assert [job.result(timeout=30) for job in jobs] == [f"{i} [1, 2, 3] x" for i in range(50)]


def test_a_running_job_can_be_canceled(serve: Serve, connect: Connect) -> None:
    endless = apps.Endless()
    job = connect(serve(endless.demo)).submit(api_name="/endless")
    next(iter(job))
    assert job.cancel()
    assert endless.stopped.wait(60)


def test_after_a_cancel_the_next_job_starts_from_scratch(serve: Serve, connect: Connect) -> None:
    endless = apps.Endless()
    client = connect(serve(endless.demo))
    first = client.submit(api_name="/endless")
    next(iter(first))
    first.cancel()
    assert endless.stopped.wait(60)
    second = client.submit(api_name="/endless")
    assert next(iter(second)) == 0
    second.cancel()


def test_a_waiting_job_can_be_canceled(serve: Serve, connect: Connect) -> None:
    endless = apps.Endless()
    client = connect(serve(endless.demo))
    first = client.submit(api_name="/endless")
    next(iter(first))
    second = client.submit(api_name="/endless")
    second.cancel()
    assert not endless.stopped.is_set()
    first.cancel()
    assert endless.stopped.wait(60)


def test_errors_for_visitors_are_reported(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.failures()))
    for endpoint in ("/own", "/own_now"):
        with pytest.raises(AppError, match="told"):
            client.predict("x", api_name=endpoint)


def test_other_errors_are_reported_only_with_show_error(serve: Serve, connect: Connect) -> None:
    with pytest.raises(AppError, match="show_error"):
        connect(serve(apps.failures())).predict("x", api_name="/plain")
    with pytest.raises(AppError, match="untold"):
        connect(serve(apps.failures(), show_error=True)).predict("x", api_name="/plain")


def test_an_error_after_a_step_keeps_the_step(serve: Serve, connect: Connect) -> None:
    job = connect(serve(apps.failures())).submit("x", api_name="/later")
    with pytest.raises(AppError, match="after one"):
        job.result()
    assert job.outputs()[0] == "one"


def test_a_full_queue_raises_an_error_in_the_client(serve: Serve, connect: Connect) -> None:
    endless = apps.Endless()
    endless.demo.queue(max_size=1)
    client = connect(serve(endless.demo))
    running = client.submit(api_name="/endless")
    next(iter(running))
    others = [client.submit(api_name="/endless") for _ in range(2)]
    refused, _ = wait([job.future for job in others], timeout=10, return_when=FIRST_COMPLETED)
    assert "Queue is full" in str(refused.pop().exception())
    for job in [*others, running]:
        job.cancel()


def test_files_can_be_uploaded_and_downloaded(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    source = tmp_path / "né w.txt"
    source.write_text("quiet")
    client = connect(serve(apps.files()), download_files=tmp_path / "down")
    name, path = client.predict(handle_file(source), api_name="/shout")
    assert (name, Path(path).read_text()) == ("né w.txt", "QUIET")
    assert (tmp_path / "down") in Path(path).parents
    assert client.predict([handle_file(source), handle_file(source)], api_name="/names") == "né w.txt né w.txt"


def test_a_file_that_exceeds_the_limit_is_rejected(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 5000)
    client = connect(serve(apps.files(), max_file_size=1000))
    with pytest.raises(Exception, match=r"exceeds|over|large|413"):
        client.predict(handle_file(big), api_name="/shout")


def test_a_batch_is_filled_from_waiting_jobs(serve: Serve, connect: Connect) -> None:
    client = connect(serve(apps.batches()))
    jobs = [client.submit(f"t{i}", i, api_name="/join") for i in range(8)]
    results = [job.result(timeout=20) for job in jobs]
    assert [result.split("/")[0] for result in results] == [f"t{i}{i}" for i in range(8)]


def test_an_app_with_a_login_requires_it(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    app = serve(apps.files(), auth=("ann", "pw"))
    with pytest.raises(AuthenticationError):
        connect(app)
    with pytest.raises(ValueError, match=r"credentials|login|Could not"):
        connect(app, auth=("ann", "wrong"))
    source = tmp_path / "a.txt"
    source.write_text("quiet")
    client = connect(app, auth=("ann", "pw"), download_files=tmp_path / "down")
    name, path = client.predict(handle_file(source), api_name="/shout")
    assert (name, Path(path).read_text()) == ("a.txt", "QUIET")


def test_state_is_also_kept_with_a_login(serve: Serve, connect: Connect) -> None:
    """R8.2: heartbeat, stream, and calls of a client have the same login."""
    client = connect(serve(apps.increments(), auth=("ann", "pw")), auth=("ann", "pw"))
    assert [client.predict(api_name="/queued") for _ in range(2)] == [1, 2]


def test_a_chat_keeps_its_history_for_each_client(serve: Serve, connect: Connect) -> None:
    """R9.2."""
    app = serve(apps.chatting())
    client, other = connect(app), connect(app)
    assert [client.predict("hi", api_name="/chat"), client.predict("yo", api_name="/chat")] == ["0:hi", "2:yo"]
    assert other.predict("x", api_name="/chat") == "0:x"
    client.reset_session()
    assert client.predict("again", api_name="/chat") == "0:again"
    job = client.submit("go", api_name="/chat")
    assert job.result() == "2:go"
    assert job.outputs()[:2] == ["2", "2:"]


def test_the_end_of_a_session_drops_its_state(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """R4.3: like Gradio's own tests, with its test switch."""
    monkeypatch.setenv("GRADIO_IS_E2E_TEST", "1")
    gone = threading.Event()
    client = connect(serve(apps.increments(lambda _: gone.set())))
    client.predict(api_name="/queued")
    client.reset_session()
    assert gone.wait(60)


def test_jobs_interrupted_by_the_servers_end_report_it(serve: Serve, connect: Connect) -> None:
    async def wait() -> AsyncIterator[int]:
        yield 0
        await asyncio.sleep(60)

    with gr.Blocks() as demo:
        gr.Button().click(wait, None, gr.Number(), api_name="wait", concurrency_limit=None)
    client = connect(serve(demo))
    jobs = [client.submit(api_name="/wait") for _ in range(2)]
    asyncio.run(until(lambda: all(job.outputs() for job in jobs)))
    demo.close()
    for job in jobs:
        with pytest.raises(AppError, match="The server stopped before this event ended"):
            job.result(timeout=30)
        assert list(job) == [0]


def test_large_results_and_line_separators_arrive_unchanged(serve: Serve, connect: Connect) -> None:
    def large(size: float) -> str:
        gr.Info("on its way")
        return "x\u0085\u2028\n" * int(size)

    with gr.Blocks() as demo:
        gr.Button().click(large, gr.Number(), gr.Textbox(), api_name="large")
    assert connect(serve(demo)).predict(500_000, api_name="/large") == "x\u0085\u2028\n" * 500_000


def test_a_very_large_result_is_delivered(serve: Serve, connect: Connect) -> None:
    with gr.Blocks() as demo:
        gr.Button().click(lambda n: "x" * int(n), gr.Number(), gr.Textbox(), api_name="large")
    assert len(connect(serve(demo)).predict(12_000_000, api_name="/large")) == 12_000_000


def test_the_documented_curl_calls_work(serve: Serve) -> None:
    app = serve(apps.greetings())

    def curl(body: dict[str, Any]) -> Any:
        event_id = httpx.post(f"{app.api}/call/greeting", json=body).json()["event_id"]
        event, data = httpx.get(f"{app.api}/call/greeting/{event_id}").text.strip().split("\n")
        assert event == "event: complete"
        return json.loads(data.removeprefix("data: "))

    assert curl({"data": ["Al"]})[:3] == [None, "Hello Al", 1]
    stateful = {"data": ["Al"], "session_hash": "stateful-session"}
    assert [curl(stateful)[2], curl(stateful)[2]] == [1, 2]

"""`/call`, `/call/v2`, and `/run` with curl and plain HTTP clients."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.server.apps import Gate, counter, failing, stars
from tests.server.conftest import Serve
from tests.waiting import wait_until

import holdfast as gr


def test_a_call_returns_an_event_and_its_result(serve: Serve) -> None:
    assert serve(counter()).call("count", ["al", None]) == [("complete", ["hi al 1", None])]


def test_a_call_can_omit_state(serve: Serve) -> None:
    """R9.1: State outputs remain in the result as null."""
    assert serve(counter()).call("count", ["al"]) == [("complete", ["hi al 1", None])]


def test_calls_with_one_session_hash_share_state(serve: Serve) -> None:
    app = serve(counter())
    assert [app.call("count", ["a"], "stateful")[0][1][0] for _ in range(2)] == ["hi a 1", "hi a 2"]


def test_calls_without_a_session_start_from_scratch(serve: Serve) -> None:
    """R8.1: a missing ID never means a shared session."""
    app = serve(counter())
    assert [app.call("count", ["a"])[0][1][0] for _ in range(2)] == ["hi a 1", "hi a 1"]


def test_a_call_without_session_leaves_no_session_behind(serve: Serve) -> None:
    app = serve(counter())
    app.call("count", ["a"])
    assert app.get("/gradio_api/health").json()["sessions"] == 0


def test_a_generators_steps_are_full_values(serve: Serve) -> None:
    assert serve(stars()).call("stars", ["g"]) == [
        ("generating", ["g*"]),
        ("generating", ["g**"]),
        ("generating", ["g***"]),
        ("complete", ["g***"]),
    ]


def test_a_result_is_collected_once(serve: Serve) -> None:
    app = serve(counter())
    event_id = app.post("/gradio_api/call/count", {"data": ["a"]}).json()["event_id"]
    assert app.collect("count", event_id)[-1][0] == "complete"
    again = app.get(f"/gradio_api/call/count/{event_id}")
    assert again.status_code == 404
    assert "already collected" in again.json()["detail"]


def test_a_result_whose_connection_was_lost_can_be_collected_again(serve: Serve) -> None:
    with gr.Blocks() as demo:
        gr.Button().click(lambda: "x" * 50_000_000, None, gr.Textbox(), api_name="large")
    app = serve(demo)
    event_id = app.post("/gradio_api/call/large", {"data": []}).json()["event_id"]
    with app.client() as other, other.stream("GET", f"/gradio_api/call/large/{event_id}") as answer:
        assert next(answer.iter_raw(100))
    [(kind, data)] = app.collect("large", event_id)
    assert (kind, len(data[0])) == ("complete", 50_000_000)


def test_a_result_is_not_collected_under_another_name(serve: Serve) -> None:
    app = serve(counter())
    event_id = app.post("/gradio_api/call/count", {"data": ["a"]}).json()["event_id"]
    assert app.get(f"/gradio_api/call/now/{event_id}").status_code == 404
    assert app.collect("count", event_id)[-1][0] == "complete"


@pytest.mark.parametrize(
    ("name", "show", "expected"),
    [
        ("own", False, {"error": "boom", "visible": True, "duration": 3, "title": "T"}),
        ("plain", False, {"error": None}),
        ("plain", True, {"error": "boom", "visible": True}),
    ],
)
def test_an_error_is_the_last_event(serve: Serve, name: str, show: bool, expected: Any) -> None:
    assert serve(failing(), show_error=show).call(name, ["boom"]) == [("error", expected)]


def test_named_parameters_are_ordered_and_defaults_are_added(serve: Serve) -> None:
    def join(a: str, n: int, b: str) -> str:
        return f"{a}{b}{n}"

    with gr.Blocks() as demo:
        a, n, b, out = gr.Textbox(), gr.State(5), gr.Textbox("dflt"), gr.Textbox()
        gr.Button().click(join, [a, n, b], out, api_name="join")
    app = serve(demo)
    for given, expected in (({"b": "y", "a": "x"}, "xy5"), ({"a": "x"}, "xdflt5")):
        event_id = app.post("/gradio_api/call/v2/join", given).json()["event_id"]
        assert app.collect("v2/join", event_id) == [("complete", [expected])]


@pytest.mark.parametrize("name", ["chat/answer", "a/b/c"])
def test_an_endpoints_name_can_contain_slashes(serve: Serve, name: str) -> None:
    def upper(text: str) -> str:
        return text.upper()

    with gr.Blocks() as demo:
        text = gr.Textbox(label="text")
        gr.Button().click(upper, text, text, api_name=name)
    app = serve(demo)
    assert app.call(name, ["a"]) == [("complete", ["A"])]
    for path in (f"v2/{name}", f"v2/{name}/", f"v2/{name.replace('/', '%2F')}"):
        event_id = app.post(f"/gradio_api/call/{path}", {"text": "b"}).json()["event_id"]
        assert app.collect(path.rstrip("/"), event_id) == [("complete", ["B"])]
    assert app.post(f"/gradio_api/run/{name}", {"data": ["c"]}).json()["data"] == ["C"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "x", "other": 1}, "/count has no parameter 'other'. Its parameters are: name."),
        ({}, "No value provided for required argument: name"),
        ({"name": "x", "n": 3}, "/count has no parameter 'n'. Its parameters are: name."),
    ],
)
def test_invalid_named_parameters_are_rejected(serve: Serve, given: dict[str, Any], sentence: str) -> None:
    answer = serve(counter()).post("/gradio_api/call/v2/count", given)
    assert (answer.status_code, answer.json()["detail"]) == (422, sentence)


def test_run_responds_with_the_output(serve: Serve) -> None:
    answer = serve(counter()).post("/gradio_api/run/count", {"data": ["al", None]})
    assert answer.status_code == 200
    output = answer.json()
    assert output["data"] == ["hi al 1", None]
    assert output["is_generating"] is False
    assert set(output) >= {"duration", "average_duration", "render_config", "changed_state_ids", "used_cache"}


@pytest.mark.parametrize("path", ["/gradio_api/run/count", "/gradio_api/run/count/", "/gradio_api/api/count"])
def test_run_has_several_paths(serve: Serve, path: str) -> None:
    assert serve(counter()).post(path, {"data": ["al", None]}).status_code == 200


def test_a_function_number_overrides_the_name(serve: Serve) -> None:
    app = serve(counter())
    assert app.post("/gradio_api/run/predict", {"data": ["x", None], "fn_index": 1}).json()["data"][0] == "hi x 1"
    assert app.post("/gradio_api/run/predict", {"data": ["x", None], "fn_index": 99}).status_code == 404


def test_run_keeps_the_sessions_state(serve: Serve) -> None:
    """R2.7: queued and direct calls use the same session."""
    app = serve(counter())
    body = {"data": ["x", None], "session_hash": "s"}
    assert app.post("/gradio_api/run/now", body).json()["data"][0] == "hi x 1"
    app.join(0, ["x", None], "s")
    assert app.messages("s")[-2]["output"]["data"][0] == "hi x 2"


def test_run_returns_a_generators_first_step(serve: Serve) -> None:
    output = serve(stars()).post("/gradio_api/run/stars", {"data": ["g"]}).json()
    assert (output["data"], output["is_generating"]) == (["g*"], True)


def test_run_reports_a_handlers_error_as_500_with_the_error(serve: Serve) -> None:
    answer = serve(failing()).post("/gradio_api/run/own", {"data": ["boom"]})
    assert answer.status_code == 500
    assert answer.json() == {"error": "boom", "visible": True, "duration": 3, "title": "T"}
    hidden = serve(failing()).post("/gradio_api/run/plain", {"data": ["secret"]})
    assert (hidden.status_code, hidden.json()) == (500, {"error": None})


def test_run_rejects_a_value_that_the_component_rejects(serve: Serve) -> None:
    with gr.Blocks() as demo:
        number, out = gr.Number(), gr.Number()
        gr.Button().click(lambda n: n, number, out, api_name="same")
    answer = serve(demo).post("/gradio_api/run/same", {"data": [{"no": "number"}]})
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_run_can_be_closed_for_queued_endpoints(serve: Serve) -> None:
    demo = counter()
    demo.queue(api_open=False)
    app = serve(demo)
    refused = app.post("/gradio_api/run/count", {"data": ["x", None]})
    assert refused.status_code == 404
    assert "join the queue" in refused.json()["detail"]
    assert app.post("/gradio_api/run/now", {"data": ["x", None]}).status_code == 200


def test_a_batch_function_accepts_one_sample_or_lists(serve: Serve) -> None:
    def double(numbers: list[float]) -> tuple[list[float]]:
        return ([n * 2 for n in numbers],)

    with gr.Blocks() as demo:
        number, out = gr.Number(), gr.Number()
        gr.Button().click(double, number, out, api_name="double", batch=True, queue=False)
    app = serve(demo)
    assert app.post("/gradio_api/run/double", {"data": [4]}).json()["data"] == [8]
    assert app.post("/gradio_api/run/double", {"data": [[1, 2]], "batched": True}).json()["data"] == [[2, 4]]


def test_run_can_bypass_the_limits_as_in_gradio(serve: Serve) -> None:
    """C4: the option that restores Gradio's behavior."""
    gate = Gate(concurrency_limit=1)
    app = serve(gate.demo, run_in_queue=False)
    app.join(0, ["x"], "s")
    assert gate.entered.wait(60)
    assert app.post("/gradio_api/run/wait", {"data": ["y"]}).json()["data"] == ["y"]
    gate.release.set()


def test_a_call_without_a_session_can_use_its_browsers_state(serve: Serve) -> None:
    """R5.1: the browser's cookie identifies it in every call."""
    with gr.Blocks() as demo:
        n, out = gr.State(0, scope="browser", key="n"), gr.Number()
        gr.Button().click(lambda n: (n + 1, n + 1), n, [n, out], api_name="add")
    app = serve(demo, state_store="memory://")
    app.get("/")
    assert app.post("/gradio_api/run/add", {"data": [None]}).json()["data"][1] == 1
    assert app.call("add", [None]) == [("complete", [None, 2])]
    with app.client() as other:
        other.get("/")
        assert other.post("/gradio_api/run/add", json={"data": [None]}).json()["data"][1] == 1
    assert len(app.context.runtime.sessions) == 0


def test_a_rejected_call_leaves_no_session(serve: Serve) -> None:
    """R4.6"""
    with gr.Blocks() as demo:
        box = gr.Textbox()
        refuses = lambda _: gr.validate(False, "no")  # noqa: E731 - the shortest validator
        gr.Button().click(lambda text: text, box, box, api_name="echo", validator=refuses)
    app = serve(demo)
    assert app.post("/gradio_api/run/nothing", {"data": ["a"]}).status_code == 404
    assert app.post("/gradio_api/run/any", {"data": ["a"], "fn_index": 7}).status_code == 404
    assert app.post("/gradio_api/run/echo", {"data": ["a"]}).status_code == 422
    assert app.post("/gradio_api/call/echo", {"data": ["a"]}).status_code == 422
    assert len(app.context.runtime.sessions) == 0


def test_a_result_dropped_while_it_is_collected_ends_with_an_error(serve: Serve) -> None:
    """C2 c, R4.6: its stream does not end without a message."""
    gate = Gate()
    app = serve(gate.demo, limits={"visitor_results": 1})
    event_id = app.post("/gradio_api/call/wait", {"data": ["a"]}).json()["event_id"]
    with ThreadPoolExecutor() as pool:
        collected = pool.submit(app.collect, "wait", event_id)
        assert gate.entered.wait(30)
        wait_until(lambda: app.context.streams)
        app.post("/gradio_api/call/wait", {"data": ["b"]})
        name, error = collected.result(30)[-1]
    gate.release.set()
    assert name == "error"
    assert "Start the event again" in error["error"]

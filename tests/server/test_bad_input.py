"""Invalid requests from clients: a clear 4xx with one sentence, and no effect on others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.apps import counter
from tests.server.conftest import Serve, Served

import holdfast as gr

LONG = "x" * 1_000_000


@pytest.fixture
def app(serve: Serve) -> Served:
    return serve(counter())


def still_well(app: Served) -> bool:
    return app.call("count", ["ok"]) == [("complete", ["hi ok 1", None])]


BODIES: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"data": "no list"}',
    b'{"data": {}}',
    b'{"data": [1, 2], "fn_index": "x", "session_hash": "s"}',
    b'{"data": [1, 2], "fn_index": 1.5, "session_hash": "s"}',
    b'{"data": [1, 2], "fn_index": 0, "session_hash": 5}',
    b'{"data": ["\\ud800", null], "fn_index": 0, "session_hash": "s\\ud800"}',
    b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b', "fn_index": 0, "session_hash": "s"}',
    b'{"data": ["a", null], "fn_index": 0, "session_hash": ""}',
    b'{"data": ["a", null], "fn_index": 0, "session_hash": "' + LONG.encode() + b'"}',
    b'{"data": ["a", null], "fn_index": 99, "session_hash": "s"}',
    b'{"data": ["a", null], "fn_index": -1, "session_hash": "s"}',
    b'{"fn_index": 0, "session_hash": "s"}',
]
ROUTES = [
    "queue/join",
    "run/count",
    "call/count",
    "call/v2/count",
    "cancel",
    "reset",
    "component_server",
    "page/send",
    "page/close",
    "page/feed",
]


@pytest.mark.parametrize("route", ROUTES)
def test_no_body_causes_an_internal_error(app: Served, route: str) -> None:
    for body in BODIES:
        answer = app.http.post(f"/gradio_api/{route}", content=body, headers={"content-type": "application/json"})
        if answer.status_code != 200:
            assert 400 <= answer.status_code < 500, (route, body[:60], answer.text)
            assert len(answer.text) < 600
            assert isinstance(answer.json()["detail"], str)
            assert "Traceback" not in answer.text
    assert still_well(app)


@pytest.mark.parametrize("index", range(len(BODIES)))
def test_a_body_that_is_not_an_event_is_rejected_by_the_queue(app: Served, index: int) -> None:
    answer = app.http.post("/gradio_api/queue/join", content=BODIES[index])
    assert answer.status_code in {400, 404, 422}


def test_the_error_names_a_missing_session_or_function(app: Served) -> None:
    missing = app.post("/gradio_api/queue/join", {"data": [], "fn_index": 0})
    assert (missing.status_code, missing.json()) == (400, {"detail": "Session hash not found."})
    missing = app.post("/gradio_api/queue/join", {"data": [], "session_hash": "s"})
    assert (missing.status_code, missing.json()) == (400, {"detail": "No function index provided."})
    assert app.get("/gradio_api/queue/data").status_code == 422


def test_an_unknown_endpoint_is_a_404_that_lists_the_endpoints(app: Served) -> None:
    for path in ("/gradio_api/run/nothing", "/gradio_api/call/nothing", "/gradio_api/call/v2/nothing"):
        answer = app.post(path, {"data": []})
        assert answer.status_code == 404
        assert answer.json()["detail"] == "This app has no endpoint /nothing. Its endpoints are /count, /now."


def test_the_error_for_too_few_values_contains_the_required_number(app: Served) -> None:
    answer = app.post("/gradio_api/run/count", {"data": []})
    assert answer.status_code == 422
    assert "didn't receive enough input values (needed: 2, got: 0)" in answer.json()["error"]
    app.join(0, [], "s")
    last = app.messages("s")[-2]
    assert "didn't receive enough input values (needed: 2, got: 0)" in last["output"]["error"]
    assert last["success"] is False


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([5, None], "for textbox 'Word' is of type int"),
        ([None, None], "is of type NoneType"),
        ([], "is of type NoneType"),
        ([[], None], "lists of 0 values"),
    ],
)
def test_an_invalid_batch_is_a_422_with_a_sentence(serve: Serve, data: list[Any], said: str) -> None:
    def upper(words: list[str], counts: list[int]) -> list[list[str]]:
        return [[word.upper() for word in words]]

    with gr.Blocks() as demo:
        box, count = gr.Textbox(label="Word"), gr.State(0)
        box.submit(upper, [box, count], box, batch=True, api_name="upper")
    app = serve(demo)
    answer = app.post("/gradio_api/run/upper", {"data": data, "batched": True})
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert app.post("/gradio_api/run/upper", {"data": [["a", "b"], None], "batched": True}).json()["data"] == [
        ["A", "B"]
    ]


def test_too_many_values_are_ignored(app: Served) -> None:
    assert app.post("/gradio_api/run/count", {"data": ["x", None, 3, 4]}).json()["data"][0] == "hi x 1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"heartbeat/{LONG[:5000]}"),
        ("GET", f"queue/data?session_hash={LONG[:5000]}"),
        ("GET", f"upload_progress?upload_id={LONG[:5000]}"),
        ("POST", f"upload?upload_id={LONG[:5000]}"),
    ],
)
def test_names_that_are_too_long_are_rejected_without_being_repeated(app: Served, method: str, path: str) -> None:
    answer = app.http.request(method, f"/gradio_api/{path}")
    assert answer.status_code == 422
    assert len(answer.text) < 300


def test_gradios_routes_cannot_use_a_pages_session_without_its_secret(app: Served) -> None:
    """R8.1."""
    with app.socket() as page:
        session, token = page.welcome["session"], page.welcome["token"]
        event = {"data": ["x", None], "fn_index": 0, "session_hash": session}
        cancel: dict[str, Any] = {"session_hash": session, "fn_index": 0, "event_id": "e"}
        asked = {"session_hash": session, "component_id": 1, "fn_name": "f", "data": None}
        for answer in (
            app.post("/gradio_api/queue/join", event),
            app.post("/gradio_api/run/now", event),
            app.post("/gradio_api/call/count", {"data": ["x"], "session_hash": session}),
            app.post("/gradio_api/cancel", cancel),
            app.post("/gradio_api/component_server", asked),
            app.get(f"/gradio_api/queue/data?session_hash={session}"),
            app.get(f"/gradio_api/heartbeat/{session}"),
        ):
            assert answer.status_code == 403, answer.request.url
            assert token not in answer.text
        own = {"x-holdfast-token": token}
        assert app.post("/gradio_api/run/now", event, headers=own).json()["data"][0] == "hi x 1"
        page.submit("e1", 0, ["x", None])
        assert page.until_completed("e1")[-1]["output"]["data"][0] == "hi x 2"


def test_canceling_an_unknown_event_is_not_an_error(app: Served) -> None:
    answer = app.post("/gradio_api/cancel", {"session_hash": "nobody", "fn_index": 0, "event_id": "e"})
    assert answer.json() == {"success": True}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/gradio_api/queue/join", 405),
        ("PUT", "/config", 405),
        ("DELETE", "/", 405),
        ("POST", "/gradio_api/stream/nothing", 404),
        ("GET", "/gradio_api/call/count/unknown-event", 404),
        ("GET", "/gradio_api/nothing", 404),
    ],
)
def test_a_wrong_method_or_path_is_a_4xx_in_json(app: Served, method: str, path: str, status: int) -> None:
    body = {"data": [], "session_hash": "s"} if method == "POST" else None
    answer = app.http.request(method, path, json=body)
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


def test_an_unknown_method_of_a_component_is_a_404(app: Served) -> None:
    for component in (0, 1, 999):
        body = {"session_hash": "s", "component_id": component, "fn_name": "__init__", "data": None}
        answer = app.post("/gradio_api/component_server", body)
        assert answer.status_code == 404
        assert isinstance(answer.json()["detail"], str)


def test_invented_names_leave_nothing_behind(app: Served) -> None:
    """R4.6."""
    for i in range(50):
        app.post("/gradio_api/cancel", {"session_hash": f"n{i}", "fn_index": 0, "event_id": "e"})
        app.messages(f"n{i}")
        app.join(99, [], f"n{i}")
    assert app.get("/gradio_api/health").json()["streams"] == 0

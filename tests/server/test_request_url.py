"""The value of `request.url` in a handler.

E18: related cases: the socket, the fallback, the query, pages of a multipage app, root paths (a path, a full URL, a
proxy's headers), mounted apps, calls of API clients. The socket, the fallback, and all root paths were affected.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.server.conftest import Serve

import holdfast as gr


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        out = gr.Textbox()

        def where(request: gr.Request) -> str:
            return str(request.url)

        gr.Button().click(where, None, out, api_name="where")
    with demo.route("More", "/more"):
        gr.Textbox()
    return demo


@pytest.mark.parametrize(
    ("hello", "root", "path"),
    [
        ({}, None, "/"),
        ({"query": "a=1&b=x%20y"}, None, "/?a=1&b=x+y"),
        ({"page": "more"}, None, "/more"),
        ({}, "/app", "/app/"),
        ({}, "https://example.com/app", "https://example.com/app/"),
    ],
)
def test_the_url_is_that_of_the_page(serve: Serve, hello: dict[str, Any], root: str | None, path: str) -> None:
    """E18."""
    served = serve(app(), root_path=root)
    with served.socket(hello=False) as page:
        page.hello(**hello)
        page.submit("e1", 0, [])
        expected = path if "://" in path else served.url.rstrip("/") + path
        assert page.until_completed("e1")[-1]["output"]["data"] == [expected]


def test_the_url_is_that_of_the_page_through_the_fallback_too(serve: Serve) -> None:
    """E18."""
    served = serve(app())
    with served.http.stream("POST", "/gradio_api/page/feed", json={"type": "hello", "query": "a=1"}) as answer:
        frames = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        welcome = next(frames)
        who = {"session": welcome["session"], "token": welcome["token"]}
        event = served.demo.spec.listeners[0].identity
        submit = {"type": "submit", "event_id": "e1", "event": event, "data": []}
        httpx.post(f"{served.api}/page/send", json={**who, "frames": [submit]})
        told = next(frame["message"] for frame in frames if frame["message"]["msg"] == "process_completed")
    assert told["output"]["data"] == [f"{served.url}?a=1"]


def test_a_clients_url_is_the_public_url_of_its_call(serve: Serve) -> None:
    """E18."""
    served = serve(app(), root_path="https://example.com/app")
    assert served.call("where", [])[-1][1] == ["https://example.com/app/gradio_api/call/where"]

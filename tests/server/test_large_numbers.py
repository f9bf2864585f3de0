"""Integers above 64 bits, from clients to functions and back.

E11: related cases: values of Number, Slider, Dataframe, JSON, and choices as inputs and outputs, State, JSON in a
string, MCP tools, the Python client, the command `holdfast state show`; the JavaScript client cannot express them. JSON
rejected them as an output, MCP converted them to floats, and `holdfast state show` failed.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from gradio_client import Client
from tests.server.conftest import Serve

import holdfast as gr
from holdfast import exact
from holdfast.components.to_json import plain

HUGE = 2**70 + 1


def app() -> gr.Blocks:
    """`/echo` describes its input and returns it; `/text` returns JSON in a string."""

    def echo(*values: Any) -> tuple[Any, ...]:
        return json.dumps(values), *values

    with gr.Blocks() as demo:
        said = gr.Textbox()
        fields = [
            gr.Number(),
            gr.Slider(0, 2**80, step=1),
            gr.Dataframe(type="array", headers=["a"], column_count=1),
            gr.JSON(),
            gr.Radio([("huge", HUGE), ("next", HUGE + 1)]),
        ]
        gr.Button().click(echo, fields, [said, *fields], api_name="echo")
        gr.Button().click(lambda: f'{{"a": {HUGE}}}', None, gr.JSON(), api_name="text")

        def identity(value: dict[str, int]) -> dict[str, int]:
            """Give it back."""
            return value

        gr.Button().click(identity, gr.JSON(), gr.JSON(), api_name="identity")
    return demo


GIVEN = [HUGE, HUGE, {"headers": ["a"], "data": [[HUGE]]}, {"a": [HUGE, -HUGE]}, HUGE + 1]
SEEN = [HUGE, HUGE, [[HUGE]], {"a": [HUGE, -HUGE]}, HUGE + 1]


def test_large_numbers_are_exact_over_http(serve: Serve) -> None:
    """E11."""
    served = serve(app())
    data = served.post("/gradio_api/run/echo", {"data": GIVEN}).json()["data"]
    assert json.loads(data[0]) == SEEN
    assert [data[1], data[2], data[3]["data"], data[4], data[5]] == SEEN
    assert served.call("identity", [{"a": HUGE}])[-1][1] == [{"a": HUGE}]
    assert served.post("/gradio_api/run/text", {"data": []}).json()["data"] == [{"a": HUGE}]


def test_large_numbers_are_exact_in_the_python_client(serve: Serve) -> None:
    """E11, R9.1."""
    client = Client(serve(app()).url, verbose=False)
    assert client.predict({"a": HUGE}, api_name="/identity") == {"a": HUGE}


def test_large_numbers_are_exact_in_tools(serve: Serve) -> None:
    """E11: MCP."""
    served = serve(app(), mcp_server=True)
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
    info = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    url = f"{served.api}/mcp/"
    with httpx.Client(headers=headers, follow_redirects=True, timeout=20) as client:
        begun = client.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": info})
        client.headers["mcp-session-id"] = begun.headers["mcp-session-id"]
        client.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        call = {"name": "identity", "arguments": {"value": {"a": HUGE}}}
        answer = client.post(url, json={"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}).text
    assert str(HUGE) in answer


def test_a_number_with_thousands_of_digits_is_rejected_with_a_sentence(serve: Serve) -> None:
    """E11: the time for parsing it grows quadratically."""
    body = f'{{"data":[{{"a":{"9" * 5000}}}]}}'
    answer = serve(app()).http.post("/gradio_api/run/identity", content=body)
    assert answer.status_code == 422
    assert "out of range" in answer.json()["detail"]


def test_json_is_read_and_written_exactly() -> None:
    """E11."""
    assert exact.loads(f'[{HUGE}, -{HUGE}, {2**64}, 1.5, "{HUGE}"]') == [HUGE, -HUGE, 2**64, 1.5, str(HUGE)]
    assert json.loads(exact.dumps({"a": [HUGE]})) == {"a": [HUGE]}
    assert plain({"a": [HUGE, float("nan"), {1: 2}]}) == {"a": [HUGE, None, {"1": 2}]}
    for text in ("[NaN]", f"[{2**70}, NaN]", f"[{'9' * 5000}]", f"[{2**70}"):
        with pytest.raises(ValueError, match=r"."):
            exact.loads(text)
    loop: list[Any] = [HUGE]
    loop.append(loop)
    with pytest.raises((TypeError, ValueError)):
        plain(loop)

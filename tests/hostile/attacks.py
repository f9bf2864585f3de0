"""Attacks on what a server keeps for clients (section C of the list of faults). Each only sends what a client can
send."""

from __future__ import annotations

import base64
import io
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from tests.hostile.victim import ATTACKER, GUEST, Victim
from websockets.exceptions import WebSocketException

SIZE = 300_000
TAKEN = {200, 404, 413, 422, 503}
"""Responses to requests that are valid by themselves: accepted, or rejected because of a limit."""


def _post(client: httpx.Client, path: str, body: Any) -> int:
    return client.post(f"/gradio_api/{path}", json=body).status_code


def sessions_without_a_reader(victim: Victim, dice: random.Random) -> None:
    """C2 a: a new `session_hash` each time, with unread results."""
    with victim.client() as client:
        for _ in range(150):
            body = {"data": ["x" * SIZE], "fn_index": 0, "session_hash": f"s{dice.random()}"}
            assert _post(client, "queue/join", body) in TAKEN


def refused_uploads_with_long_names(victim: Victim, dice: random.Random) -> None:
    """C2 b: progress of failing uploads, each with many files with long names."""
    with victim.client() as client:
        for _ in range(20):
            parts = b"".join(
                b'--b\r\ncontent-disposition: form-data; name="files"; filename="%s"\r\n\r\nx\r\n'
                % (str(number).encode() + b"n" * 12_000)
                for number in range(100)
            )
            answer = client.post(
                "/gradio_api/upload",
                params={"upload_id": f"u{dice.random()}"},
                content=parts,
                headers={"content-type": "multipart/form-data; boundary=b"},
            )
            assert answer.status_code < 500 or answer.status_code == 503


def results_that_are_not_collected(victim: Victim, dice: random.Random) -> None:
    """C2 c: repeated `/call` requests."""
    with victim.client() as client:
        for _ in range(150):
            assert _post(client, "call/echo", {"data": [f"{dice.random()}" + "x" * SIZE]}) in TAKEN


def events_that_wait(victim: Victim, dice: random.Random) -> None:
    """C2 d: many large events of a slow function, from one session and from many."""
    with victim.client() as client:
        name = f"w{dice.random()}"
        for number in range(150):
            session = name if number % 2 else f"{name}-{number}"
            body = {"data": ["x" * SIZE], "fn_index": 1, "session_hash": session}
            assert _post(client, "queue/join", body) in TAKEN


def invented_sessions(victim: Victim, dice: random.Random) -> None:
    """C3: more sessions than the capacity, each with State."""
    with victim.client() as client:
        for _ in range(400):
            body = {"data": ["x" * 20_000, None], "session_hash": f"i{dice.random()}"}
            assert _post(client, "run/keep", body) in TAKEN


def bodies_of_small_values(victim: Victim, dice: random.Random) -> None:
    """C1: `{},{},…`, in which each byte becomes many."""
    count = dice.randrange(100_000, 1_300_000)
    body = b'{"data":[' + b"{}," * count + b'{}],"fn_index":0,"session_hash":"v"}'
    with victim.client() as client:
        for path in ("queue/join", "run/echo", "call/echo", "reset", "cancel", "component_server", "page/send"):
            with suppress(httpx.HTTPError):  # the server stops reading at the limit
                answer = client.post(f"/gradio_api/{path}", content=body)
                assert answer.status_code in TAKEN, (path, answer.text[:200])


def unfinished(victim: Victim, dice: random.Random) -> None:
    """C1, C5: unfinished bodies and heads, and connections that send nothing, more than the server has room for."""
    head = f"POST /gradio_api/queue/join HTTP/1.1\r\nhost: 127.0.0.1:{victim.port}\r\ncontent-length: 3000000\r\n\r\n"
    starts = (b"", b"GET / HTTP/1.1\r\nx: ", head.encode() + b"[" * SIZE)
    held = []
    for _ in range(250):
        with suppress(OSError):
            sock = socket.create_connection(("127.0.0.1", victim.port), timeout=10)
            held.append(sock)
            sock.sendall(dice.choice(starts))
    try:
        victim.check()
    finally:
        for sock in held:
            sock.close()


def pictures(victim: Victim, dice: random.Random) -> None:
    """C4: a small file that contains a huge image, through `/run`."""
    from PIL import Image

    buffer = io.BytesIO()
    side = dice.randrange(4_000, 9_000)
    Image.new("1", (side, side)).save(buffer, "png")
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    given = {"url": url}
    for address in (ATTACKER, GUEST):
        with victim.client(address) as client:
            for _ in range(5):
                answer = client.post("/gradio_api/run/picture", json={"data": [given]})
                if address == ATTACKER and answer.status_code == 503:  # events of earlier attacks reach its limit
                    assert "memory limit per visitor" in answer.text, answer.text[:200]
                else:
                    assert answer.status_code == 422, answer.text[:200]
                    assert "too many pixels" in answer.text
    for page in (victim.guest, victim.neighbor):
        end = page.end_of(page.submit("picture", [given]))
        assert end.get("success") is False, end
        assert "too many pixels" in end["output"]["error"]


def pages_that_wait(victim: Victim, dice: random.Random) -> None:
    """C2 d: waiting events through sockets, some with frames that are too large.

    The attacker's pages are open, so another page of the same visitor cannot evict anything while they have events. It
    continues after they are closed; pages of other visitors continue in any case.
    """
    pages = [victim.open_page() for _ in range(5)]
    for number in range(60):
        with suppress(WebSocketException, OSError):  # a frame that is too large closes its connection
            pages[number % len(pages)].submit("slow", ["x" * dice.choice((10, SIZE, 2_000_000))])
    victim.check(neighbor=False)
    for page in pages:
        page.close()
    victim.wait_for_pages(2)
    victim.neighbor.use()


def results_that_a_slow_reader_leaves(victim: Victim, dice: random.Random) -> None:
    """C2 a: calls of tools over the older transport of MCP, whose stream nobody reads."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "slow", "version": "1"}}
    with victim.client() as reader, victim.client() as writer, reader.stream("GET", "/gradio_api/mcp/sse") as stream:
        lines = stream.iter_lines()
        path = next(line for line in lines if line.startswith("data: ")).removeprefix("data: ")

        def post(**message: Any) -> None:
            assert writer.post(path, json={"jsonrpc": "2.0", **message}).status_code in {202, 503}

        post(id="hello", method="initialize", params=hello)
        post(method="notifications/initialized")
        for number in range(dice.randrange(60, 120)):
            post(id=number, method="tools/call", params={"name": "echo", "arguments": {"text": "x" * SIZE}})
        victim.check(neighbor=False)


ATTACKS: tuple[Callable[[Victim, random.Random], None], ...] = (
    sessions_without_a_reader,
    refused_uploads_with_long_names,
    results_that_are_not_collected,
    events_that_wait,
    invented_sessions,
    bodies_of_small_values,
    unfinished,
    pictures,
    pages_that_wait,
    results_that_a_slow_reader_leaves,
)

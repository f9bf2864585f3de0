"""Random requests and frames, which the server must answer without an internal error, and continue afterward."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import Any

import httpx
from tests.hostile.victim import Victim
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

PATHS = (
    "/",
    "/config",
    "/login",
    "/logout",
    "/theme.css",
    "/gradio_api/info",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/queue/status",
    "/gradio_api/run/echo",
    "/gradio_api/api/keep",
    "/gradio_api/call/echo",
    "/gradio_api/call/v2/echo",
    "/gradio_api/call/echo/x",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/component_server",
    "/gradio_api/stream/x",
    "/gradio_api/stream/x/close",
    "/gradio_api/page/feed",
    "/gradio_api/page/send",
    "/gradio_api/page/close",
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/health",
    "/gradio_api/mcp/",
    "/gradio_api/mcp/schema",
)
KEYS = (
    "data",
    "fn_index",
    "session_hash",
    "event_data",
    "event_id",
    "trigger_id",
    "batched",
    "type",
    "session",
    "token",
    "frames",
    "fn",
    "round",
    "stream",
    "seen",
    "event_ids",
    "load",
    "page",
    "query",
    "epoch",
    "component_id",
    "fn_name",
    "__type__",
    "path",
    "url",
    "meta",
    "_type",
    "upload_id",
)
TYPES = ["hello", "submit", "chunk", "cancel", "ack", "ping", "alive"]
READ_AT_MOST = 4_000


def value(dice: random.Random, depth: int = 0) -> Any:
    """Return a random JSON value."""
    kind = dice.randrange(11 if depth < 4 else 8)
    if kind < 3:
        return dice.choice((None, True, False, "", "s", "echo", "../../etc/passwd", "\x00", "é" * 50, "x" * 500))
    if kind < 6:
        return dice.choice((0, 1, -1, 2**31, 2**70, 1e308, -0.5, dice.random()))
    if kind < 8:
        return dice.choice((*KEYS, *TYPES))
    if kind < 9:
        return [value(dice, depth + 1) for _ in range(dice.randrange(5))]
    return {dice.choice(KEYS): value(dice, depth + 1) for _ in range(dice.randrange(5))}


def body(dice: random.Random) -> bytes:
    """Return a body that is similar to a valid one, or random bytes."""
    if dice.random() < 0.15:
        return dice.randbytes(dice.randrange(300))
    shape = {"data": [value(dice, 2) for _ in range(dice.randrange(4))], "fn_index": dice.randrange(-1, 6)}
    shape |= {"session_hash": f"f{dice.randrange(20)}"} if dice.random() < 0.8 else {}
    shape |= {dice.choice(KEYS): value(dice) for _ in range(dice.randrange(3))}
    text = json.dumps(shape if dice.random() < 0.8 else value(dice)).encode()
    return text[: dice.randrange(len(text) + 1)] if dice.random() < 0.1 else text


def request(victim: Victim, dice: random.Random, client: httpx.Client) -> None:
    """Send a request and check that the response is not an internal error."""
    method = dice.choice(("GET", "POST", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"))
    path = dice.choice(PATHS)
    params = {dice.choice(KEYS): str(value(dice, 3))[:200] for _ in range(dice.randrange(3))}
    kind = dice.choice(("application/json", "text/plain", "multipart/form-data; boundary=b", ""))
    headers = {"content-type": kind, "accept": dice.choice(("*/*", "text/event-stream", "application/json"))}
    sent = body(dice)
    with (
        suppress(httpx.TimeoutException),
        client.stream(method, path, params=params, content=sent, headers=headers) as answer,
    ):
        assert answer.status_code < 500 or answer.status_code in {501, 503} or _is_event(answer, path), (
            method,
            path,
            answer.status_code,
            sent[:300],
        )
        for chunk in answer.iter_raw(READ_AT_MOST):
            if chunk:
                break


def _is_event(answer: httpx.Response, path: str) -> bool:
    """Return whether an event failed, which `/run` reports as 500 like Gradio."""
    return answer.status_code == 500 and path.startswith(("/gradio_api/run", "/gradio_api/api"))


def frames(victim: Victim, dice: random.Random) -> None:
    """Open a socket and send frames, mostly after a hello."""
    with (
        suppress(WebSocketException, TimeoutError, OSError),
        connect(f"ws://127.0.0.1:{victim.port}/gradio_api/page/socket", open_timeout=20) as page,
    ):
        if dice.random() < 0.9:
            page.send(json.dumps({"type": "hello"}))
        for _ in range(dice.randrange(20)):
            kind = dice.random()
            if kind < 0.2:
                page.send(dice.randbytes(dice.randrange(200)))
                continue
            shape: Any = {dice.choice(KEYS): value(dice) for _ in range(dice.randrange(6))}
            shape |= {"type": dice.choice(TYPES), "event_id": f"e{dice.randrange(50)}"}
            shape |= {"event": dice.choice((*victim.events.values(), "gone"))}
            shape |= {"data": [value(dice, 2) for _ in range(dice.randrange(4))]}
            page.send(json.dumps(shape))


def fuzz(victim: Victim, dice: random.Random, rounds: int) -> None:
    """Send a number of requests, and a tenth as many sockets full of frames."""
    with httpx.Client(base_url=victim.url, timeout=httpx.Timeout(30, read=0.5)) as client:
        for number in range(rounds):
            request(victim, dice, client)
            if number % 10 == 0:
                frames(victim, dice)
    victim.check()

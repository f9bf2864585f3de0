"""Client data is limited before it is read, while it arrives, and when it is decoded.

C1: related cases: every route that accepts a body (`queue/join`, `run`, `api`, `call`, `call/v2`, `cancel`, `reset`,
`component_server`, `stream`, `page/feed`, `page/send`, `page/close`, `upload`, `login`, `mcp`), frames of a page's
socket, bodies in pieces without a length. `queue/join`, `cancel`, `reset`, `page/feed`, `page/send`, `page/close`, and
`stream` read before they authenticated; `upload`, `login`, and `mcp` held unfinished bodies indefinitely; a socket's
frame was decoded on the event loop, regardless of its size.
C8b: related cases: other headers of a multipart body that the parser rejects; only the boundary was affected.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

import httpx
import msgspec
import pytest
from starlette.routing import Route
from tests.server.apps import counter
from tests.server.conftest import Serve, Served
from tests.waiting import until, wait_until

import holdfast as gr
from holdfast.errors import Busy, TooLarge, TooSlow
from holdfast.limits import MB, Limits
from holdfast.server.http.body import decoded
from holdfast.server.http.body_budget import LARGE, Bodies, count, weigh
from holdfast.server.memory import AFTER, MemoryReturner
from holdfast.testing.clock import ManualClock

PATHS = {"name": "count", "event_id": "e", "session_hash": "s", "path": "p", "rest": "r"}


def routes(app: Served) -> list[str]:
    """Return the path of every route that accepts a POST or any method."""
    table = [route for route in app.demo.server.app.routes if isinstance(route, Route)]
    paths = [route.path for route in table if not route.methods or "POST" in route.methods]
    for name, value in PATHS.items():
        paths = [path.replace(f"{{{name}:path}}", value).replace(f"{{{name}}}", value) for path in paths]
    assert len(paths) > 20
    return paths


def begun(app: Served, path: str, body: bytes = b'{"data": [', length: int = 10_000_000) -> socket.socket:
    """Return a connection that has sent the head of a POST request and the start of its body."""
    sock = socket.create_connection(("127.0.0.1", app.site_port), timeout=20)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{app.site_port}\r\ncontent-length: {length}\r\n"
        "content-type: multipart/form-data; boundary=x\r\naccept: application/json, text/event-stream\r\n\r\n"
    )
    sock.sendall(head.encode() + body)
    return sock


def status(sock: socket.socket) -> int:
    with sock:
        return int(sock.recv(100).split(b" ")[1])


def test_no_route_reads_a_body_before_it_has_authenticated_the_sender(serve: Serve) -> None:
    """C1: every route responds with 401 to an unfinished body; only the login waits for it, with a time limit."""
    app = serve(counter(), auth=("a", "b"), mcp_server=True, limits={"body_seconds": 0.5})
    found = {path: status(begun(app, path, b"--x\r\n", length=50_000)) for path in routes(app)}
    logins = {path: found.pop(path) for path in list(found) if "login" in path and path.startswith("/login")}
    assert set(logins.values()) == {408}
    odd = {path: code for path, code in found.items() if code not in {401, 404, 405}}
    assert odd == {} or set(odd) <= {"/logout"}
    assert [code for code in found.values() if code == 401]


def test_an_announced_body_that_exceeds_the_limit_is_rejected_unread(serve: Serve) -> None:
    """C1: 413 for a JSON body; uploads have a separate limit."""
    app = serve(counter(), limits={"body_bytes": 1000})
    assert status(begun(app, "/gradio_api/queue/join")) == 413
    refused = app.post("/gradio_api/run/count", {"data": ["x" * 1000]})
    assert (refused.status_code, "exceeds 1,000 bytes" in refused.json()["detail"]) == (413, True)


def test_a_body_in_pieces_without_a_length_is_rejected_at_the_limit(serve: Serve) -> None:
    """C1: the limit does not depend on `Content-Length`."""
    app = serve(counter(), limits={"body_bytes": 1000})
    answer = app.http.post("/gradio_api/run/count", content=(b"x" * 300 for _ in range(5)))
    assert answer.status_code == 413
    assert app.context.bodies.held == 0


def test_a_body_with_too_many_values_is_rejected_before_it_is_decoded(serve: Serve) -> None:
    """C1: the sample `{},{},…`; commas in a string are not values."""
    app = serve(counter(), limits={"body_values": 1000})
    many = json.dumps({"data": [{} for _ in range(2000)]})
    for path in ("queue/join", "run/count", "call/count", "reset", "cancel", "component_server", "page/send"):
        assert app.http.post(f"/gradio_api/{path}", content=many).status_code == 413, path
    text = app.post("/gradio_api/run/count", {"data": [",{[" * 2000, None]})
    assert text.status_code == 200


def test_a_frame_with_too_many_values_is_rejected(serve: Serve) -> None:
    """C1: the rules for bodies also apply to a page's frames."""
    app = serve(counter(), limits={"body_values": 1000})
    with app.socket() as page:
        page.submit("e1", 0, [[{} for _ in range(2000)]])
        assert page.hear()["status"] == 413
        page.submit("e2", 0, ["ann", None])
        assert page.until_completed("e2")[-1]["success"]


def test_unfinished_bodies_share_one_budget(serve: Serve) -> None:
    """C1: 503 above it; bodies that have ended, or whose client has disconnected, no longer count."""
    app = serve(counter(), limits={"bodies_bytes": 100_000})
    waiting = [begun(app, "/gradio_api/run/count", b"[" * 30_000) for _ in range(3)]
    asyncio.run(until(lambda: app.context.bodies.held == 90_000))
    assert app.post("/gradio_api/run/count", {"data": ["x" * 20_000, None]}).status_code == 503
    for sock in waiting:
        sock.close()
    asyncio.run(until(lambda: app.context.bodies.held == 0))
    assert app.post("/gradio_api/run/count", {"data": ["x" * 20_000, None]}).status_code == 200


def test_one_visitors_bodies_leave_room_for_others(serve: Serve) -> None:
    """C1: 503 above a visitor's share."""
    app = serve(counter(), limits={"visitor_bodies_bytes": 50_000})
    with begun(app, "/gradio_api/run/count", b"[" * 40_000):
        asyncio.run(until(lambda: app.context.bodies.held == 40_000))
        refused = app.post("/gradio_api/run/count", {"data": ["x" * 20_000, None]})
        assert refused.status_code == 503
        assert "memory limit for unfinished requests" in refused.json()["detail"]


def test_uploads_count_by_their_unwritten_bytes(serve: Serve) -> None:
    """C1: an upload larger than the budget is accepted, because it is never completely in memory."""
    app = serve(counter(), limits={"bodies_bytes": 3_000_000, "visitor_bodies_bytes": 3_000_000})
    answer = app.post("/gradio_api/upload", files={"files": ("big.bin", b"x" * 10_000_000)})
    assert answer.status_code == 200, answer.text
    assert app.context.bodies.held == 0


@pytest.mark.parametrize("path", ["run/count", "queue/join", "upload", "page/feed", "mcp/"])
def test_a_body_that_does_not_arrive_times_out(serve: Serve, path: str) -> None:
    """C1: 408 after a deadline, on every kind of route."""
    app = serve(counter(), mcp_server=True, limits={"body_seconds": 0.2})
    assert status(begun(app, f"/gradio_api/{path}", b"--x\r\n" if path == "upload" else b"{")) == 408
    asyncio.run(until(lambda: app.context.bodies.held == 0))


def test_a_boundary_that_the_parser_rejects_is_400(serve: Serve) -> None:
    """C8b: an upload boundary of 300 bytes."""
    app = serve(counter())
    for boundary in ("b" * 300, "b" * 257, '"' + "é" * 200 + '"'):
        content_type = f"multipart/form-data; boundary={boundary}".encode()
        answer = app.http.post("/gradio_api/upload", content=b"x", headers={b"content-type": content_type})
        assert answer.status_code == 400, boundary


@pytest.mark.anyio
async def test_a_body_below_the_minimum_rate_over_time_is_too_slow() -> None:
    """C1: a trickling body ends after `body_seconds`; a body at the minimum rate is accepted, whatever its length."""
    clock = ManualClock()
    bodies = Bodies(Limits(body_seconds=10, body_rate=100), clock)

    def arriving(size: int) -> Any:
        async def receive() -> dict[str, Any]:
            await clock.sleep(1)
            return {"type": "http.request", "body": b"x" * size, "more_body": True}

        return receive

    async def read(size: int, pieces: int) -> int:
        with bodies.intake(arriving(size), "v") as intake:
            for _ in range(pieces):
                await intake.receive()
            return intake.held

    good, trickle = asyncio.ensure_future(read(100, 200)), asyncio.ensure_future(read(1, 200))
    await clock.advance(60)
    with pytest.raises(TooSlow):
        await trickle
    await clock.advance(200)
    assert await good == 20_000
    assert bodies.held == 0


@pytest.mark.anyio
async def test_a_request_canceled_while_it_waits_is_not_reported_as_slow() -> None:
    """C1: a disconnecting client or a stopping server is not mistaken for a slow body."""
    bodies = Bodies(Limits(), ManualClock())

    async def read() -> None:
        with bodies.intake(asyncio.Event().wait, "v") as intake:  # type: ignore[arg-type]
            await intake.receive()

    task = asyncio.ensure_future(read())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_a_large_body_is_decoded_in_a_thread() -> None:
    """C1: above 1 MB, the event loop is not blocked."""
    where: list[threading.Thread] = []

    class Decoder:
        def decode(self, body: bytes) -> int:
            where.append(threading.current_thread())
            return len(body)

    decoder: Any = Decoder()
    assert await decoded(b"x" * 10, decoder, 10) == 10
    assert await decoded(b"x" * (LARGE + 1), decoder, 10) == LARGE + 1
    assert where[0] is threading.current_thread() is not where[1]


@pytest.mark.anyio
async def test_values_are_counted_correctly() -> None:
    """C1: lists, objects, and their members. The content of strings only counts for a body that is near the limit."""
    decoder: Any = msgspec.json.Decoder()
    for value in ([1] * 50, {str(n): n for n in range(50)}, [[]] * 50, [{}] * 25):
        body = json.dumps(value).encode()
        assert 50 <= count(body) + 1 <= 101
        assert weigh(body) > len(body)
        with pytest.raises(TooLarge, match="more than 40 values"):
            await decoded(body, decoder, 40)
    assert await decoded(json.dumps([r"a\",[{" * 50]), decoder, 2) == [r"a\",[{" * 50]


def test_the_error_distinguishes_the_visitors_share_from_the_total() -> None:
    """C1: the message tells the visitor which limit is reached."""
    bodies = Bodies(Limits(bodies_bytes=100, visitor_bodies_bytes=60), ManualClock())
    bodies.add("a", 60)
    with pytest.raises(Busy, match="You have"):
        bodies.add("a", 1)
    with pytest.raises(Busy, match="The server"):
        bodies.add("b", 41)
    bodies.add("a", -60)
    bodies.add("b", 60)
    assert bodies.held == 60


def test_login_forms_are_small(serve: Serve) -> None:
    """C1: visitors who have not logged in can only send little."""
    app = serve(gr.Blocks(), auth=("a", "b"))
    form = {"username": "a", "password": "b", "more": "x" * 400_000}
    assert httpx.post(f"{app.url}login", data=form).status_code in {400, 413}


def test_memory_is_returned_after_many_bytes_even_of_small_bodies() -> None:
    """C1: the freed memory that the C library keeps does not grow with the number of bodies."""
    given: list[int] = []
    going, go = threading.Event(), threading.Event()

    def give() -> None:
        given.append(1)
        going.set()
        go.wait(30)

    bodies = Bodies(Limits(), ManualClock(), MemoryReturner(give))

    def send(size: int) -> None:
        while size > 0:
            bodies.add("v", MB)
            bodies.add("v", -MB)
            size -= MB

    send(AFTER - MB)
    assert given == []
    send(MB)
    assert going.wait(30)
    send(3 * AFTER)  # one at a time
    assert given == [1]
    go.set()
    wait_until(lambda: not any(thread.name == "holdfast-memory" for thread in threading.enumerate()))
    send(MB)
    wait_until(lambda: given == [1, 1])

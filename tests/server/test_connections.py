"""Connections are limited in number and in the time for a head or a frame (R4.6).

C5: related cases: connections that send nothing, part of a head, a head of many megabytes, nothing after a first
request (closed after 75 s, as before), a body that does not arrive (C1), an unfinished socket frame, a frame in a
million fragments, a socket without a hello (closed after 10 s, as before). The first three, the unfinished frame, and
the fragments had no limit, and the soft limit of open files kept the shell's value. Checked later: data that a client
can send outside a head and a body. Affected were the rest of a body, or empty lines, after the response; trailers and
chunk extensions without an end; trailers that were treated as headers; and a visitor's IPv6 network, each of whose
addresses counted separately.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import socket
import subprocess
import sys
from typing import Any

import httpx
import pytest
from tests.server.apps import counter
from tests.server.conftest import Serve, Served
from tests.waiting import until, wait_until

import holdfast as gr
from holdfast.limits import Limits
from holdfast.server.http.body_budget import Bodies
from holdfast.server.uvicorn_connections import Connections, raise_descriptor_limit
from holdfast.testing.clock import ManualClock

UPGRADE = (
    "GET /gradio_api/page/socket HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def connected(app: Served, said: bytes = b"") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", app.site_port), timeout=20)
    if said:
        sock.sendall(said)
    return sock


def heard(sock: socket.socket) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    found = b""
    with sock:
        while True:
            try:
                data = sock.recv(65536)
            except ConnectionError:
                return found
            if not data:
                return found
            found += data


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n", b"POST /gradio_api/run/count HT"])
def test_a_head_that_does_not_arrive_ends_its_connection(serve: Serve, said: bytes) -> None:
    """C5: after 15 seconds by default."""
    app = serve(counter(), limits={"header_seconds": 0.1})
    assert heard(connected(app, said)).startswith(b"HTTP/1.1 408")


def test_a_second_request_on_a_connection_has_the_same_time_limit(serve: Serve) -> None:
    """C5: a persistent connection cannot bypass the limit."""
    app = serve(counter(), limits={"header_seconds": 0.1})
    whole = b"GET /gradio_api/app_id HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    sock = connected(app, whole)
    assert sock.recv(100).startswith(b"HTTP/1.1 200")
    sock.sendall(whole[:20])
    assert b"HTTP/1.1 408" in heard(sock)


@pytest.mark.parametrize(
    ("said", "later"),
    [
        (b"POST /nothing HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n", b"x"),
        (b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n", b"x"),
        (b"GET /gradio_api/app_id HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", b"\r\n"),
    ],
    ids=["rest of chunks", "part of a body", "body after the answer", "empty line"],
)
def test_data_after_a_response_does_not_keep_a_connection(serve: Serve, said: bytes, later: bytes) -> None:
    """C5: such connections are closed to make room for others, and at the time limit."""
    app = serve(counter(), limits={"connections": 3, "header_seconds": 0.1})
    app.http.close()
    held = [connected(app, said) for _ in range(3)]
    for sock in held:
        assert sock.recv(1000).startswith((b"HTTP/1.1 404", b"HTTP/1.1 200", b"HTTP/1.1 403"))
        sock.sendall(later)
    assert all(b"HTTP/1.1 408" in heard(sock) for sock in held)
    assert httpx.get(f"{app.url}gradio_api/app_id", timeout=20).status_code == 200


def test_a_connection_continues_after_the_rest_of_a_body(serve: Serve) -> None:
    """C5: a client that sends its whole body before it reads receives a response, also to the next request."""
    app = serve(counter())
    head = b"POST /nothing HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 300000\r\n\r\n"
    with connected(app, head) as sock:
        assert sock.recv(1000).startswith(b"HTTP/1.1 404")
        sock.sendall(b"x" * 300_000 + b"GET /gradio_api/app_id HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")


CHUNKED = (
    b"POST /gradio_api/run/count HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"2\r\n{}\r\n0\r\n", b"a: " + b"y" * 1000 + b"\r\n"),
        (b"2\r\n{}\r\n0\r\na: ", b"y" * 1000),
        (b"2;a=", b"y" * 1000),
    ],
    ids=["trailers", "one trailer", "extension of a chunk"],
)
def test_data_around_chunks_is_limited(serve: Serve, begin: bytes, piece: bytes) -> None:
    """C5: like a head; it does not count as an arriving body."""
    app = serve(counter(), limits={"header_bytes": 20_000})
    sock = connected(app, CHUNKED + begin)
    sent = 0
    try:
        while sent < 100_000_000:
            sock.sendall(piece * 10)
            sent += len(piece) * 10
    except ConnectionError:
        pass
    assert sent < 100_000_000
    assert heard(sock)[:12] in {b"HTTP/1.1 431", b""}


def test_small_chunks_are_a_body(serve: Serve) -> None:
    """C5: their sizes do not count toward the limit."""
    app = serve(counter(), limits={"header_bytes": 2_000})
    body = b'{"data":["' + b"x" * 5_000 + b'",null]}'
    chunks = b"".join(b"1\r\n" + body[at : at + 1] + b"\r\n" for at in range(len(body)))
    with connected(app, CHUNKED) as sock:
        for at in range(0, len(chunks), 1_500):
            sock.sendall(chunks[at : at + 1_500])
        sock.sendall(b"0\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_trailer_is_not_a_header(serve: Serve) -> None:
    """B3, B6: related cases: a proxy checks, removes, and sets headers, but may forward trailers."""
    seen: list[Any] = []

    def user(request: Any) -> str | None:
        found: str | None = request.headers.get("x-remote-user")
        seen.append((found, request.headers.get("cookie"), request.client.host))
        return found

    app = serve(counter(), auth_dependency=user)
    trailers = b"x-remote-user: ann\r\ncookie: a=b\r\nx-forwarded-for: 203.0.113.9\r\n"
    with connected(app, CHUNKED + b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n") as sock:
        assert sock.recv(1000).startswith(b"HTTP/1.1 401")
    assert seen[-1] == (None, None, "127.0.0.1")


def test_a_head_without_an_end_is_rejected(serve: Serve) -> None:
    """C5: a related case: a header, or a URL, of many megabytes."""
    app = serve(counter())
    for said in (b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000, b"GET /" + b"y" * 300_000):
        sock = connected(app)
        try:
            sock.sendall(said)
        except ConnectionError:
            sock.close()
            continue
        assert heard(sock)[:12] in {b"HTTP/1.1 431", b""}


def test_silent_connections_do_not_lock_others_out(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """C5: more connections than there is room for; one line in the log."""
    app = serve(counter(), limits={"connections": 30})
    with caplog.at_level(logging.WARNING, "holdfast.server"):
        silent = [connected(app) for _ in range(60)]
        for _ in range(5):
            assert httpx.get(f"{app.url}gradio_api/app_id", timeout=20).status_code == 200
    assert len([record for record in caplog.records if "connections" in record.getMessage()]) == 1
    for sock in silent:
        sock.close()


def test_open_pages_are_never_closed_for_new_connections(serve: Serve) -> None:
    """C5, R4.4: if all connections belong to pages, a new connection receives 503."""
    app = serve(counter(), limits={"connections": 3})
    app.http.close()
    with app.socket() as one, app.socket() as two, app.socket() as three:
        assert heard(connected(app)).startswith(b"HTTP/1.1 503")
        for number, page in enumerate((one, two, three)):
            page.submit(f"e{number}", 0, ["x", None])
            assert page.until_completed(f"e{number}")[-1]["success"]


def test_connections_are_limited_per_address(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """C5: 503 beyond the limit, with one warning; ended connections make room. A trusted proxy has many visitors."""
    app = serve(counter(), limits={"address_connections": 5}, trusted_proxies=["10.1.2.3"])
    app.http.close()
    with caplog.at_level(logging.WARNING, "holdfast.server"):
        held = [connected(app) for _ in range(5)]
        for _ in range(3):
            assert heard(connected(app)).startswith(b"HTTP/1.1 503")
    assert len([record for record in caplog.records if "127.0.0.1 has 5 open connections" in record.getMessage()]) == 1
    for sock in held:
        sock.close()

    def answers() -> bool:
        try:
            return httpx.get(f"{app.url}gradio_api/app_id").status_code == 200
        except httpx.HTTPError:
            return False

    asyncio.run(until(answers))
    proxied = serve(counter(), limits={"address_connections": 5})
    many = [connected(proxied) for _ in range(20)]
    assert proxied.get("/gradio_api/app_id").status_code == 200
    for sock in many:
        sock.close()


def upgraded(app: Served) -> socket.socket:
    sock = connected(app, UPGRADE.encode())
    assert b"101" in sock.recv(1000)
    return sock


def frame(size: int, *, first: int = 0x81, length: int | None = None) -> bytes:
    """Return a masked frame of `size` bytes that declares `length`."""
    return bytes([first, 0x80 | 127]) + (size if length is None else length).to_bytes(8, "big") + bytes(4) + b"x" * size


def test_an_unfinished_frame_counts_and_ends(serve: Serve) -> None:
    """C5, C1: a frame that does not arrive is treated like such a body."""
    app = serve(counter(), limits={"body_seconds": 0.2, "body_rate": 10_000_000, "bodies_bytes": 1_000_000})
    sock = upgraded(app)
    sock.sendall(frame(500_000, length=600_000))
    asyncio.run(until(lambda: app.context.bodies.held > 400_000))
    assert b"No hello was received" not in heard(sock)
    asyncio.run(until(lambda: app.context.bodies.held == 0))


def test_unfinished_frames_share_the_budget_of_bodies(serve: Serve) -> None:
    """C1: connections beyond it are closed."""
    app = serve(counter(), limits={"bodies_bytes": 1_000_000})
    one, two = upgraded(app), upgraded(app)
    one.sendall(frame(700_000, length=900_000))
    asyncio.run(until(lambda: app.context.bodies.held > 600_000))
    two.sendall(frame(700_000, length=900_000))
    heard(two)
    assert app.context.bodies.held <= 1_000_000
    one.close()
    asyncio.run(until(lambda: app.context.bodies.held == 0))


def test_a_message_with_too_many_fragments_ends_its_connection(serve: Serve) -> None:
    """C5: a related case: each fragment costs more than its bytes."""
    app = serve(counter())
    sock = upgraded(app)
    sock.sendall(frame(1, first=0x01))
    sent = 0
    try:
        while sent < 100_000:
            sock.sendall(frame(1, first=0x00))
            sent += 1
    except ConnectionError:
        sock.close()
    assert sent < 100_000
    asyncio.run(until(lambda: app.context.bodies.held == 0))


def test_a_visitors_ipv6_network_is_one_address() -> None:
    """C5: a client with one address of a /64 network has all of them."""
    limits, clock = Limits(address_connections=2), ManualClock()
    places = Connections(limits, clock, Bodies(limits, clock), trusted=lambda _: False)
    transport: Any = None
    admitted = [places.admit(f"2001:db8:0:1::{number}", transport) for number in range(1, 5)]
    assert [place is not None for place in admitted] == [True, True, False, False]
    assert places.admit("2001:db8:0:2::1", transport) is not None
    assert admitted[0] is not None
    places.leave(admitted[0])
    assert places.admit("2001:db8:0:1::9", transport) is not None


@pytest.mark.anyio
async def test_connections_are_unregistered_once_and_silent_ones_are_closed_first() -> None:
    """C5: the count, for any order in which connections end."""
    clock = ManualClock()
    limits = Limits(connections=3, header_seconds=15)
    places = Connections(limits, clock, Bodies(limits, clock), trusted=lambda _: False)

    class Transport:
        def __init__(self) -> None:
            self.said, self.closed = b"", False

        def write(self, data: bytes) -> None:
            self.said += data

        def close(self) -> None:
            self.closed = True

        def is_closing(self) -> bool:
            return self.closed

        def get_write_buffer_size(self) -> int:
            return 0

    transports: list[Any] = [Transport() for _ in range(5)]
    first, second, third = (places.admit(f"a{number}", transports[number]) for number in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    places.head_begun(second)
    places.head_begun(third)
    fourth = places.admit("a3", transports[3])
    assert fourth is not None
    assert (transports[1].closed, transports[0].closed, len(places)) == (True, False, 3)
    places.leave(second)
    places.leave(second)
    assert len(places) == 3
    await clock.advance(14)
    assert not transports[2].closed
    await clock.advance(3)
    assert transports[2].closed
    assert transports[2].said.startswith(b"HTTP/1.1 408")
    for place in (first, third, fourth):
        places.leave(place)
    assert (len(places), places.admit("x", transports[4]) is None) == (0, False)


def test_the_soft_limit_of_open_files_is_raised_at_startup() -> None:
    """C5: to the hard limit."""
    program = (
        "import resource\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "import holdfast as gr\n"
        "demo = gr.Blocks()\n"
        "demo.launch(prevent_thread_lock=True, server_port=0, quiet=True)\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard)\n"
        "demo.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_connections_leave_descriptors_for_everything_else() -> None:
    """C5: the limit depends on `ulimit -n`."""
    limits = Limits()
    bodies = Bodies(limits, ManualClock())
    for descriptors, most in ((1024, 924), (100, 75), (None, limits.connections), (10**6, limits.connections)):
        found = Connections(limits, ManualClock(), bodies, trusted=lambda _: True, descriptors=descriptors)
        assert found.most == most
    soft = raise_descriptor_limit()
    assert soft is None or soft == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


# Clients that do not read ---------------------------------------------------------------------------------------------


def large() -> gr.Blocks:
    """`/large` responds with 20 MB, far more than the system's buffers hold."""
    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(lambda text: "x" * 20_000_000, box, out, api_name="large")
    return demo


def text(**fields: Any) -> bytes:
    """Return a page's frame."""
    said = json.dumps(fields).encode()
    return bytes([0x81, 0x80 | 127]) + len(said).to_bytes(8, "big") + bytes(4) + said


@pytest.mark.parametrize("kind", ["answer", "socket", "stream"])
def test_a_client_that_does_not_read_is_disconnected(serve: Serve, kind: str) -> None:
    """R4.6: unread data would be held in memory indefinitely."""
    app = serve(large(), limits={"answer_seconds": 0.1})
    app.http.close()
    if kind == "socket":
        sock = upgraded(app)
        event = app.demo.spec.listeners[0].identity
        sock.sendall(text(type="hello") + text(type="submit", event_id="e", event=event, data=["x"]))
    else:
        body = b'{"data":["x"],"fn_index":0,"session_hash":"s"}'
        path = "run/large" if kind == "answer" else "queue/join"
        head = f"POST /gradio_api/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
        sock = connected(app, head.encode() + body)
        if kind == "answer":
            assert sock.recv(1) == b"H"  # the server has the connection
        else:
            assert sock.recv(1000).startswith(b"HTTP/1.1 200")
            sock.sendall(b"GET /gradio_api/queue/data?session_hash=s HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    wait_until(lambda: len(connections_of(app)) == 0)
    assert len(heard(sock)) < 20_000_000


def connections_of(app: Served) -> Connections:
    found: Connections = app.demo.server._server.config.http_protocol_class.all
    return found


class Untaken:
    """A transport whose client reads as much as the test specifies."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.anyio
@pytest.mark.parametrize(("takes", "ends"), [(0, 61), (20 * 1024, None), (8 * 1024, 121)])
async def test_a_client_that_reads_below_the_minimum_rate_over_time_is_too_slow(takes: int, ends: int | None) -> None:
    """R4.6: with 4 MB, after the 60 seconds that every client has."""
    clock, transport, limits = ManualClock(), Untaken(4 * 1024 * 1024), Limits()
    connections = Connections(limits, clock, Bodies(limits, clock), trusted=lambda _: False)
    place = connections.admit("10.0.0.1", transport)  # type: ignore[arg-type]
    assert place is not None
    connections.start_write_timeout(place)
    ended = None
    for second in range(1, 200):
        transport.left -= takes
        await clock.advance(1)
        if transport.aborted:
            ended = second
            break
    connections.leave(place)
    await clock.advance(1)
    assert ended == ends
    assert not clock.sleepers

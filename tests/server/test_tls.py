"""TLS handshakes are connections like all others: limited in number and in time, and ended with the server (R4.6).

C5: related cases: everything that a client can hold open before the server's HTTP protocol starts. Affected were an
unfinished handshake, which had a minute and did not count as a connection; one that fails; and a client that does not
confirm the end of a connection. Each of them could outlive the event loop of a stopped server, which then reported a
leak.
"""

from __future__ import annotations

import gc
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest
from tests.server.apps import counter
from tests.server.conftest import Served

from holdfast import launch
from holdfast.server.uvicorn_server import Certificate

REQUEST = b"GET /gradio_api/app_id HTTP/1.1\r\nhost: localhost\r\n\r\n"
Serve = Callable[..., Served]


@pytest.fixture
def serve_tls(certificate: Certificate) -> Iterator[Serve]:
    running: list[Served] = []

    def start(limits: dict[str, float] | None = None) -> Served:
        demo = counter()
        launch.start(demo, {"limits": limits or {}}, certificate=certificate, server_port=0, quiet=True)
        running.append(Served(demo))
        running[-1].http.close()
        return running[-1]

    yield start
    for served in running:
        served.demo.close()


def connected(app: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", app.site_port), timeout=20)


def context() -> ssl.SSLContext:
    found = ssl.create_default_context()
    found.check_hostname = False
    found.verify_mode = ssl.CERT_NONE
    return found


def shaken(sock: socket.socket) -> ssl.SSLSocket:
    return context().wrap_socket(sock, server_hostname="localhost")


class Talker:
    """A TLS client that controls when its bytes are sent."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context().wrap_bio(self._in, self._out, server_hostname="localhost")

    def shake_hands(self) -> None:
        """Complete the handshake, but keep the client's last flight."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:  # noqa: PERF203 -- how the object requests more data
                self.sock.sendall(self._out.read())
                self._in.write(self.sock.recv(65536))
            else:
                return

    def send(self, data: bytes) -> None:
        """Send *data* together with what was kept, in one packet."""
        self.tls.write(data)
        self.sock.sendall(self._out.read())

    def receive(self) -> bytes:
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:  # noqa: PERF203
                self._in.write(self.sock.recv(65536))


def is_cut(sock: socket.socket) -> bool:
    """Return whether the server closes the connection without a response."""
    with sock:
        try:
            return sock.recv(100) == b""
        except ConnectionResetError:
            return True


def end_without_a_leak(app: Served) -> None:
    """Stop the server. Anything still open when its loop closes is a ResourceWarning, which is an error here."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        app.demo.close()
        gc.collect()
    assert [str(one.message) for one in caught if issubclass(one.category, ResourceWarning)] == []


def test_a_request_sent_with_the_end_of_the_handshake_receives_a_response(serve_tls: Serve) -> None:
    app = serve_tls()
    with connected(app) as sock:
        talker = Talker(sock)
        talker.shake_hands()
        talker.send(REQUEST)
        assert talker.receive().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "part of a hello"])
def test_a_handshake_has_the_time_limit_of_a_head(serve_tls: Serve, begin: bytes) -> None:
    """C5: 15 seconds by default."""
    app = serve_tls(limits={"header_seconds": 0.1})
    with connected(app) as sock:
        sock.sendall(begin)
        assert sock.recv(100) == b""


def test_a_handshake_counts_as_a_connection_until_it_ends(serve_tls: Serve) -> None:
    """C5: those of one address are limited, and silent ones are closed at the limit."""
    app = serve_tls(limits={"address_connections": 2})
    with connected(app), connected(app) as second:
        assert is_cut(connected(app))
        second.sendall(b"GET / HTTP/1.1\r\n\r\n")  # not TLS, so the handshake fails
        while second.recv(100):
            pass
        with connected(app) as fourth, closing(shaken(fourth)) as tls:
            tls.sendall(REQUEST)
            assert tls.recv(100).startswith(b"HTTP/1.1 200")


def test_silent_handshakes_are_closed_at_the_connection_limit(serve_tls: Serve) -> None:
    """C5."""
    app = serve_tls(limits={"connections": 2})
    with connected(app) as first, connected(app):
        assert httpx.get(f"{app.url}gradio_api/app_id", verify=False, timeout=20).status_code == 200
        assert first.recv(100) == b""


def test_an_unfinished_handshake_ends_with_the_server(serve_tls: Serve) -> None:
    app = serve_tls()
    with connected(app) as sock:
        assert httpx.get(f"{app.url}gradio_api/app_id", verify=False, timeout=20).status_code == 200  # accepted later
        end_without_a_leak(app)
        assert sock.recv(100) == b""


def test_a_client_that_does_not_confirm_the_end_delays_nothing(serve_tls: Serve) -> None:
    app = serve_tls()
    with connected(app) as sock:
        talker = Talker(sock)
        talker.shake_hands()
        talker.send(REQUEST)
        assert talker.receive().startswith(b"HTTP/1.1 200")
        end_without_a_leak(app)

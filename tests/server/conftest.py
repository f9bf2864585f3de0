"""Apps on a real server, on a free port of the loopback interface."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tests.redis_server import own_redis_server
from websockets.sync.client import ClientConnection, connect

import holdfast as gr
from holdfast import launch
from holdfast.server.uvicorn_server import Certificate

__all__ = ["own_redis_server"]


class Served:
    """A running app with helpers for tests."""

    def __init__(self, demo: gr.Blocks) -> None:
        self.demo = demo
        self.url = demo.local_url or ""
        self.api = f"{self.url}gradio_api"
        self.site_port = demo.server.port
        self.context = demo.server.app.state.context
        self.clients: list[httpx.Client] = []
        self.http = self.client()

    def client(self) -> httpx.Client:
        """Return a client that acts as another browser, with separate cookies."""
        self.clients.append(httpx.Client(base_url=self.url, timeout=60, verify=self.url.startswith("https")))
        return self.clients[-1]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json=json, **options)

    def join(self, fn: int, data: list[Any], session: str, **more: Any) -> httpx.Response:
        return self.post("/gradio_api/queue/join", {"data": data, "fn_index": fn, "session_hash": session, **more})

    def messages(self, session: str) -> list[dict[str, Any]]:
        """Return the messages of the session's stream until it tells the client to close it."""
        return list(self.follow(session))

    def follow(self, session: str, *, to_the_end: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the messages of the session's stream, closed on its request or read until the server ends it."""
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer:
            assert answer.status_code == 200, answer.read()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    message = json.loads(line.removeprefix("data: "))
                    yield message
                    if message["msg"] == "close_stream" and not to_the_end:
                        return

    def call(self, name: str, data: list[Any], session: str | None = None) -> list[tuple[str, Any]]:
        """Run both steps of `/call` and return its events with their data."""
        body = {"data": data} if session is None else {"data": data, "session_hash": session}
        event_id = self.post(f"/gradio_api/call/{name}", body).json()["event_id"]
        return self.collect(name, event_id)

    def collect(self, name: str, event_id: str) -> list[tuple[str, Any]]:
        text = self.get(f"/gradio_api/call/{name}/{event_id}").text
        frames = [frame.split("\n") for frame in text.strip().split("\n\n")]
        return [(one[0].removeprefix("event: "), json.loads(one[1].removeprefix("data: "))) for one in frames]

    @contextmanager
    def broken_off(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Iterator[None]:
        """Send a request whose client disconnects when the block ends, without having read a response."""
        request = self.http.build_request("POST", path, json=body, headers=headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection(("127.0.0.1", self.site_port), timeout=20) as sock:
            sock.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
            yield

    @contextmanager
    def socket(self, *, hello: bool = True, host: str | None = None, **options: Any) -> Iterator[Page]:
        """Open a page's socket; `host` is the value of its `Host` header."""
        server = f"127.0.0.1:{self.site_port}"
        url = f"ws://{host or server}/gradio_api/page/socket"
        sock = socket.create_connection(("127.0.0.1", self.site_port))
        with sock, connect(url, max_size=None, sock=sock, **options) as connection:
            page = Page(connection, self.demo)
            if hello:
                page.hello()
            yield page


class Page:
    """A page with its socket."""

    def __init__(self, connection: ClientConnection, demo: gr.Blocks) -> None:
        self.connection = connection
        self._listeners = demo.spec.listeners
        self.welcome: dict[str, Any] = {}

    def hello(self, **fields: Any) -> dict[str, Any]:
        self.say(type="hello", **fields)
        self.welcome = self.hear()
        return self.welcome

    def say(self, **frame: Any) -> None:
        self.connection.send(json.dumps(frame))

    def submit(self, event_id: str, fn: int | str, data: list[Any], **more: Any) -> None:
        """Run a listener, given by its number in the app or by its identity."""
        known = self._listeners.get(fn) if isinstance(fn, int) else None
        event = known.identity if known is not None else f"gone.{fn}" if isinstance(fn, int) else fn
        self.say(type="submit", event_id=event_id, event=event, data=data, **more)

    def hear(self, timeout: float = 60) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.connection.recv(timeout))
        return frame

    def until_completed(self, event_id: str) -> list[dict[str, Any]]:
        """Return the messages of an event up to its last one."""
        found = []
        while True:
            frame = self.hear()
            if frame["type"] == "message" and frame["message"]["event_id"] == event_id:
                found.append(frame["message"])
                if frame["message"]["msg"] == "process_completed":
                    return found


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts apps, which are stopped when the test ends."""
    running: list[Served] = []

    def start(demo: gr.Blocks, **options: Any) -> Served:
        launch.start(demo, options, server_port=0, quiet=True)  # type: ignore[arg-type]
        running.append(Served(demo))
        return running[-1]

    yield start
    for served in running:
        for client in served.clients:
            client.close()
        served.demo.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Create a self-signed certificate for localhost."""
    folder = tmp_path_factory.mktemp("certificate")
    key, chain = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", chain],
        check=True, capture_output=True,
    )  # fmt: skip
    return Certificate(str(key), str(chain))

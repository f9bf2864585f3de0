"""Visitors: through Gradio's queue protocol, through a direct call, and as our own page does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from typing_extensions import Self
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.harness.http import Connection

P = "/gradio_api"
ACK_EVERY = 64
"""Messages after which the page says what it has, as our page does."""


class EventError(RuntimeError):
    """An event did not succeed."""


class QueueVisitor:
    """A client of Gradio's queue protocol: one POST over a kept connection and one stream per event.

    As Gradio's own clients do, it closes the stream's connection when it is told to.

    Args:
        port: Of the server.
        session: Its session id.
    """

    def __init__(self, port: int, session: str) -> None:
        self.session = session
        self._calls = Connection(port)
        self._stream = Connection(port)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._calls.close()
        self._stream.close()

    async def join(self, fn: int, data: list[Any]) -> str:
        """Begin an event; its id."""
        body = {"data": data, "fn_index": fn, "session_hash": self.session}
        return str((await self._calls.json("POST", f"{P}/queue/join", body))["event_id"])

    async def event(self, fn: int, *data: Any, told: Callable[[Any], None] | None = None) -> Any:
        """Run one event and read its stream until that closes; the completed message's output."""
        await self.join(fn, list(data))
        return (await self.results(told))[-1]

    async def results(self, told: Callable[[Any], None] | None = None) -> list[Any]:
        """Outputs of all events that the session waits for."""
        done = []
        async for message in self._stream.events(f"{P}/queue/data?session_hash={self.session}"):
            if told is not None:
                told(message)
            if message["msg"] == "process_completed":
                if not message["success"]:
                    raise EventError(str(message))
                done.append(message["output"])
            if message["msg"] == "close_stream":
                break
        self._stream.close()
        return done

    async def run(self, name: str, *data: Any) -> Any:
        """Call an endpoint directly."""
        body = {"data": list(data), "session_hash": self.session}
        return await self._calls.json("POST", f"{P}/run/{name}", body)


class PageVisitor:
    """Our own page's side of its socket.

    Args:
        port: Of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: ClientConnection | None = None
        self._seen = self._acked = self._count = 0
        self._session: str | None = None
        self._token: str | None = None
        self._events: dict[int, str] = {}
        """What the page runs its listeners by, by their numbers."""
        self.resumed = False

    async def __aenter__(self) -> Self:
        await self._load()
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _load(self) -> None:
        async with httpx.AsyncClient() as http:
            page = (await http.get(f"http://127.0.0.1:{self._port}/")).text
        _, _, config = page.partition("window.gradio_config = ")
        listeners = json.JSONDecoder().raw_decode(config)[0]["dependencies"] if config else ()
        self._events = {one["id"]: one["event"] for one in listeners}

    async def connect(self) -> None:
        """Open the socket and say hello; a second time, go on with the session."""
        self._socket = await connect(
            f"ws://127.0.0.1:{self._port}{P}/page/socket", max_size=None, ping_interval=None, compression=None
        )
        hello = {"type": "hello", "session": self._session, "token": self._token, "seen": self._seen}
        await self._socket.send(json.dumps(hello))
        welcome = json.loads(await self._socket.recv())
        self._session, self._token, self.resumed = welcome["session"], welcome["token"], welcome["resumed"]
        if not self.resumed:
            self._seen = self._acked = welcome["seen"]

    async def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.close()

    async def submit(self, fn: int, data: list[Any]) -> str:
        """Begin an event; its id."""
        assert self._socket is not None
        self._count += 1
        id = f"e{self._count}"
        event = self._events.get(fn, "")
        await self._socket.send(json.dumps({"type": "submit", "event_id": id, "event": event, "data": data}))
        return id

    async def event(self, fn: int, *data: Any, told: Callable[[Any], None] | None = None) -> Any:
        """Run one event; the completed message's output."""
        id = await self.submit(fn, list(data))
        while True:
            message = await self.next()
            if told is not None:
                told(message)
            if message["msg"] == "process_completed" and message["event_id"] == id:
                if not message["success"]:
                    raise EventError(str(message))
                return message["output"]

    async def next(self) -> Any:
        """The next message of the session's feed."""
        assert self._socket is not None
        frame = json.loads(await self._socket.recv())
        if frame["type"] != "message":
            raise EventError(str(frame))
        self._seen = frame["n"]
        if self._seen - self._acked >= ACK_EVERY:
            self._acked = self._seen
            await self._socket.send(json.dumps({"type": "ack", "seen": self._seen}))
        return frame["message"]

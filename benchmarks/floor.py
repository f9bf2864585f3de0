"""The floor: the same exchanges on bare Starlette, with the handler inline. What any server built on it must pay."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

P = "/gradio_api"
JSON = "application/json"


class Floor:
    """All routes, over one dict of sessions."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.told: dict[str, list[bytes]] = {}
        self.ids = itertools.count()

    def press(self, session: str) -> list[Any]:
        """The event: one more."""
        count = self.counts[session] = self.counts.get(session, 0) + 1
        return [None, f"Pressed {count} times"]

    async def join(self, request: Request) -> Response:
        """Take an event and run it at once."""
        body = orjson.loads(await request.body())
        id = f"{next(self.ids):032x}"
        told = self.told.setdefault(body["session_hash"], [])
        estimation = {"msg": "estimation", "event_id": id, "rank": 0, "queue_size": 1, "rank_eta": None}
        told.append(orjson.dumps(estimation))
        told.append(orjson.dumps({"msg": "process_starts", "event_id": id, "eta": None}))
        if body["fn_index"] == 1:
            self.grow(id, int(body["data"][0]), told)
        output = {"data": self.press(body["session_hash"]), "is_generating": False, "duration": 0.0001}
        done = {"msg": "process_completed", "event_id": id, "output": output, "success": True, "title": None}
        told.append(orjson.dumps(done))
        told.append(b'{"msg":"close_stream","event_id":null}')
        return Response(orjson.dumps({"event_id": id}), media_type=JSON)

    def grow(self, id: str, number: int, told: list[bytes]) -> None:
        """The messages of a generator."""
        for i in range(number):
            output = {"data": [[["append", [], f"word {i} "]]], "is_generating": True}
            told.append(orjson.dumps({"msg": "process_generating", "event_id": id, "output": output, "success": True}))

    async def data(self, request: Request) -> Response:
        """Stream what was told."""
        told = self.told.pop(request.query_params["session_hash"], [])

        async def frames() -> AsyncIterator[bytes]:
            for message in told:
                yield b"data: " + message + b"\n\n"

        return StreamingResponse(frames(), media_type="text/event-stream")

    async def run(self, request: Request) -> Response:
        """The event as one call."""
        body = orjson.loads(await request.body())
        answer = {"data": self.press(body["session_hash"]), "is_generating": False, "duration": 0.0001}
        return Response(orjson.dumps(answer), media_type=JSON)

    async def heartbeat(self, _request: Request) -> Response:
        """A stream that says now and then that it is there."""

        async def beats() -> AsyncIterator[bytes]:
            while True:
                yield b"data: ALIVE\n\n"
                await asyncio.sleep(15)

        return StreamingResponse(beats(), media_type="text/event-stream")

    async def socket(self, websocket: WebSocket) -> None:
        """Our page's exchange."""
        await websocket.accept()
        session = f"{next(self.ids):032x}"
        numbers = itertools.count(1)
        try:
            await websocket.receive_text()
            welcome = {"type": "welcome", "session": session, "token": session, "resumed": False, "seen": 0}
            await websocket.send_text(orjson.dumps({**welcome, "pending": [], "app_id": "1"}).decode())
            while True:
                frame = orjson.loads(await websocket.receive_text())
                if frame["type"] != "submit":
                    continue
                id = frame["event_id"]
                output = {"data": self.press(session), "is_generating": False, "duration": 0.0001}
                for message in (
                    {"msg": "process_starts", "event_id": id, "eta": None},
                    {"msg": "process_completed", "event_id": id, "output": output, "success": True},
                ):
                    numbered = {"type": "message", "n": next(numbers), "message": message}
                    await websocket.send_text(orjson.dumps(numbered).decode())
        except WebSocketDisconnect:
            return


async def home(_request: Request) -> Response:
    """The page."""
    return Response("<!doctype html><title>Counter</title><button>Press</button>", media_type="text/html")


async def config(_request: Request) -> Response:
    """Numbers of the endpoints."""
    names = ("press", "grow", "press_direct")
    dependencies = [{"id": i, "api_name": name} for i, name in enumerate(names)]
    return Response(orjson.dumps({"dependencies": dependencies}), media_type=JSON)


def app() -> Starlette:
    """The floor's app; it is the same for all programs."""
    floor = Floor()
    return Starlette(
        routes=[
            Route("/", home),
            Route("/config", config),
            Route(f"{P}/queue/join", floor.join, methods=["POST"]),
            Route(f"{P}/queue/data", floor.data),
            Route(f"{P}/run/{{name}}", floor.run, methods=["POST"]),
            Route(f"{P}/heartbeat/{{session}}", floor.heartbeat),
            WebSocketRoute(f"{P}/page/socket", floor.socket),
        ]
    )

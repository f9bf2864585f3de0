"""Many open pages at once, without browsers: the one connection that each keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import GRADIO

P = "/gradio_api"
AT_ONCE = 50


@asynccontextmanager
async def open_pages(server: Server, kind: str, number: int, first: int = 0) -> AsyncIterator[None]:
    """Keep so many pages open: sockets that have said hello, or (Gradio) heartbeat streams."""
    writers: list[asyncio.StreamWriter] = []
    drains: list[asyncio.Task[None]] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(i: int) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writers.append(writer)
            if kind == GRADIO:
                writer.write(f"GET {P}/heartbeat/page{i} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
                await reader.readuntil(b"ALIVE")
            else:
                await _hello(reader, writer, server.port)
            drains.append(asyncio.create_task(_answer(reader, writer, kind)))

    try:
        await asyncio.gather(*(one(i) for i in range(first, first + number)))
        yield
    finally:
        for drain in drains:
            drain.cancel()
        for writer in writers:
            writer.close()


async def _hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    writer.write(
        f"GET {P}/page/socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_frame(1, json.dumps({"type": "hello", "session": None, "token": None, "seen": 0}).encode()))
    await reader.readuntil(b"welcome")


def _frame(opcode: int, payload: bytes) -> bytes:
    """A masked WebSocket frame of less than 126 bytes; the mask is zero."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: str) -> None:
    """Read what comes; a ping gets its pong, as browsers do by themselves."""
    while data := await reader.read(4096):
        if kind != GRADIO and data[0] == 0x89:
            writer.write(_frame(10, data[2 : 2 + data[1]]))

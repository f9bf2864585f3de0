"""A small HTTP/1.1 client for one address: kept connections, server-sent events. Its cost is nobody's result."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import Self


class Connection:
    """One kept connection.

    Args:
        port: Of the server on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _send(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], asyncio.StreamReader]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        return int(lines[0].split()[1]), headers, self._reader

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """The status and the whole body of an answer."""
        status, headers, reader = await self._send(method, path, b"" if body is None else json.dumps(body).encode())
        if "content-length" in headers:
            return status, await reader.readexactly(int(headers["content-length"]))
        return status, b"".join([chunk async for chunk in _chunks(reader)])

    async def json(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded body of an answer that is none of an error."""
        status, data = await self.request(method, path, body)
        if status != 200:
            raise RuntimeError(f"{method} {path} answered {status}: {data[:200]!r}")
        return json.loads(data)

    async def events(self, path: str) -> AsyncIterator[Any]:
        """The data of a server-sent stream, frame by frame."""
        status, _, reader = await self._send("GET", path, b"")
        if status != 200:
            raise RuntimeError(f"GET {path} answered {status}")
        waiting = b""
        async for chunk in _chunks(reader):
            waiting += chunk
            *frames, waiting = waiting.split(b"\n\n")
            for frame in frames:
                data = frame.partition(b"data: ")[2]
                yield json.loads(data) if data[:1] in b"{[" else data


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readline(), 16):
        data = await reader.readexactly(size + 2)
        yield data[:-2]
    await reader.readline()

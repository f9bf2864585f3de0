"""Limit the bytes that wait for the reader of a stream of the older transport, like unread messages.

The stream carries the responses to all requests that its client has posted. A client that reads slowly, but fast enough
to keep its connection, could otherwise accumulate any number of results.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from mcp import types
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from typing_extensions import Self

from holdfast.errors import Busy
from holdfast.runtime.holdings import Account

ENTRY = 4_000
"""Approximate overhead of a waiting message in bytes, not counting its content."""


class Unread:
    """A stream to a reader. Each message counts as held until it is read.

    Args:
        stream: Stream of the transport.
        account: Account that counts the bytes.
        admit: Function that raises `Busy` if there is no room for a number of bytes.
    """

    def __init__(self, stream: WriteStream[SessionMessage], account: Account, admit: Callable[[int], None]) -> None:
        self._stream = stream
        self._account = account
        self._admit = admit
        self._asked: dict[Any, list[int]] = {}
        """Bytes of the requests without a response, by id. A client can use an id more than once."""

    def received(self, item: SessionMessage | Exception) -> None:
        """Count a request until its response has been read, because its arguments are kept until then."""
        message = item.message if isinstance(item, SessionMessage) else None
        if isinstance(message, types.JSONRPCRequest):
            size = weigh_value(message.params)
            self._asked.setdefault(message.id, []).append(size)
            self._account.add(size)
        elif isinstance(message, types.JSONRPCNotification) and message.method == "notifications/cancelled":
            self._answered((message.params or {}).get("requestId"))

    def _answered(self, id: Any) -> None:
        sizes = self._asked.get(id) if isinstance(id, int | str) else None
        if sizes:
            self._account.add(-sizes.pop())
            if not sizes:
                del self._asked[id]

    async def send(self, item: SessionMessage, /) -> None:
        """Send a message. Without room for it, send an error instead of a result, and drop a notification."""
        size = weigh(item)
        try:
            self._admit(size)
        except Busy as error:
            answered = item.message
            if not isinstance(answered, types.JSONRPCResponse):
                return
            refusal = types.ErrorData(code=types.INTERNAL_ERROR, message=str(error.detail))
            item = SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=answered.id, error=refusal), item.metadata)
            size = ENTRY
        self._account.add(size)
        try:
            await self._stream.send(item)
        finally:
            self._account.add(-size)
            if isinstance(item.message, types.JSONRPCResponse | types.JSONRPCError):
                self._answered(item.message.id)

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stream.__aexit__(kind, error, trace)


class Received:
    """The stream of a client's messages, each of which is reported to an `Unread`.

    Args:
        stream: Stream of the transport.
        unread: The stream of the responses.
    """

    def __init__(self, stream: ReadStream[SessionMessage | Exception], unread: Unread) -> None:
        self._stream = stream
        self._unread = unread

    @property
    def last_context(self) -> Any:
        """The context in which the last message was sent."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message."""
        item = await self._stream.receive()
        self._unread.received(item)
        return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        item = await self._stream.__anext__()
        self._unread.received(item)
        return item

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stream.__aexit__(kind, error, trace)


def weigh(item: SessionMessage) -> int:
    """Return the approximate size of a message in bytes."""
    message = item.message
    if isinstance(message, types.JSONRPCResponse):
        return ENTRY + weigh_value(message.result)
    if isinstance(message, types.JSONRPCNotification):
        return ENTRY + weigh_value(message.params)
    return ENTRY


def weigh_value(value: Any) -> int:
    """Return the approximate size of a JSON value in bytes."""
    if isinstance(value, str):
        return 64 + len(value)
    if isinstance(value, dict):
        return 240 + sum(weigh_value(key) + weigh_value(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 64 + sum(map(weigh_value, value))
    return 64

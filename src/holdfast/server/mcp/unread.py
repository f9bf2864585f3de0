"""What waits for the reader of a stream of the older transport: bounded in bytes, as unread messages are.

The stream carries the answers of all requests that its client has posted. A client that reads slowly, but fast enough
to keep its connection, could otherwise let any number of results pile up.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from mcp import types
from mcp.shared._stream_protocols import WriteStream
from mcp.shared.message import SessionMessage
from typing_extensions import Self

from holdfast.errors import Busy
from holdfast.runtime.holdings import Account

ENTRY = 4_000
"""Bytes that a waiting message takes besides its content, about."""


class Unread:
    """The stream to a reader; each message counts until the reader takes it.

    Args:
        stream: The transport's stream.
        account: Where the bytes are counted.
        admit: Refuses bytes for which there is no room, with `Busy`.
    """

    def __init__(self, stream: WriteStream[SessionMessage], account: Account, admit: Callable[[int], None]) -> None:
        self._stream = stream
        self._account = account
        self._admit = admit

    async def send(self, item: SessionMessage, /) -> None:
        """Send a message; without room for it, an error in place of a result, and no notification."""
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
    """Return about how many bytes a message takes."""
    message = item.message
    if isinstance(message, types.JSONRPCResponse):
        return ENTRY + weigh_value(message.result)
    if isinstance(message, types.JSONRPCNotification):
        return ENTRY + weigh_value(message.params)
    return ENTRY


def weigh_value(value: Any) -> int:
    """Return about how many bytes a value of JSON takes."""
    if isinstance(value, str):
        return 64 + len(value)
    if isinstance(value, dict):
        return 240 + sum(weigh_value(key) + weigh_value(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 64 + sum(map(weigh_value, value))
    return 64

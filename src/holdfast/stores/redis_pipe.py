"""What is asked of Redis at the same time goes in one message, over one connection.

A commit is one short command that every event waits for. Taking a connection from a pool and giving it back costs more
than the command itself, and as many visitors at once would need as many connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from holdfast.stores.ending import end

SMALL = 1 << 16
"""Bytes up to which a command goes with others; a larger one would keep them waiting."""


class RedisPipe:
    """One connection that many use.

    Args:
        connect: Makes a connection, which connects when it is used.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        from hiredis import pack_command
        from redis.exceptions import ConnectionError as LostError
        from redis.exceptions import ResponseError

        self._connect = connect
        self._pack: Callable[[Any], bytes] = pack_command
        self._lost = LostError
        self._refused = ResponseError
        self._connection: Any = None
        self._asked: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, *command: str | bytes | int) -> Any:
        """Redis's answer.

        Raises:
            RedisError: It refuses, or cannot be reached, or the connection was cut: it may be done or not.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._asked.append((self._pack(command), answer))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._talk())
        return await answer

    async def _talk(self) -> None:
        while self._asked:
            batch, self._asked = self._asked, []
            answers = [answer for _, answer in batch]
            try:
                await self._exchange([packed for packed, _ in batch], answers)
            except BaseException as error:
                await self._hang_up()
                if not isinstance(error, Exception):
                    self._fail(answers, self._lost("The store was closed."))
                    raise
                self._fail(answers, error)

    async def _exchange(self, packed: list[bytes], answers: Sequence[asyncio.Future[Any]]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        await connection.send_packed_command(packed)
        for answer in answers:
            try:
                given = await connection.read_response(disable_decoding=True)
            except self._refused as error:  # noqa: PERF203 # the others have their answers
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(given)

    def _fail(self, answers: Iterable[asyncio.Future[Any]], error: Exception) -> None:
        for answer in answers:
            if not answer.done():
                answer.set_exception(error)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await end(self._task)
        await self._hang_up()
        self._fail((answer for _, answer in self._asked), self._lost("The store was closed."))

"""Pipelining: concurrent commands to Redis are sent in one message, over one connection.

A commit is one short command that every event waits for. With a pool, taking and returning a connection would cost more
than the command itself, every concurrent visitor would need a connection, and a full pool would look like an
unreachable Redis.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from holdfast.tasks import end

SMALL = 1 << 16
"""Size in bytes up to which commands share a connection; a larger command would delay the others."""
_LONG = 1e6
"""Maximum number of seconds for an answer while Redis responds to pings."""


class RedisPipe:
    """One connection that concurrent commands share.

    Args:
        connect: Creates a connection, which connects on first use.
        lives: Returns whether Redis answers at all, over another connection.
        patience: Seconds without an answer before `lives` is called.
    """

    def __init__(self, connect: Callable[[], Any], lives: Callable[[], Awaitable[bool]], patience: float = 1.0) -> None:
        from hiredis import pack_command
        from redis.exceptions import ConnectionError as LostError
        from redis.exceptions import ResponseError

        self._connect = connect
        self._lives = lives
        self._patience = patience
        self._pack: Callable[[Any], bytes] = pack_command
        self._lost = LostError
        self._refused = ResponseError
        self._connection: Any = None
        self._asked: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self._doubt: asyncio.Task[None] | None = None
        self._silent = False
        """True if the current exchange was canceled because Redis does not answer."""

    async def ask(self, *command: str | bytes | int) -> Any:
        """Send a command and return the answer.

        Raises:
            RedisError: Redis refuses the command, is unreachable, or the connection was lost; in the last case the
                command may have run or not.
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
            watch = self._watch(answers)
            try:
                await self._exchange([packed for packed, _ in batch], answers)
            except BaseException as error:
                await self._hang_up()
                if isinstance(error, asyncio.CancelledError) and self._silent:
                    self._silent = False
                    _go_on()
                    # Queued commands would fail in the same way.
                    answers += [answer for _, answer in self._asked]
                    self._asked = []
                    self._fail(answers, self._lost("It does not answer."))
                    continue
                if not isinstance(error, Exception):
                    self._fail(answers, self._lost("The store was closed."))
                    raise
                self._fail(answers, error)
            finally:
                watch.cancel()

    def _watch(self, answers: Sequence[asyncio.Future[Any]]) -> asyncio.TimerHandle:
        """Check whether Redis works when an answer takes long; only an unreachable one is given up."""
        return asyncio.get_running_loop().call_later(self._patience, self._begin_doubt, answers)

    def _begin_doubt(self, answers: Sequence[asyncio.Future[Any]]) -> None:
        if self._doubt is None or self._doubt.done():
            self._doubt = asyncio.get_running_loop().create_task(self._look(answers))

    async def _look(self, answers: Sequence[asyncio.Future[Any]]) -> None:
        while not all(answer.done() for answer in answers):
            if not await self._lives():
                if self._task is not None and not all(answer.done() for answer in answers):
                    self._silent = True
                    self._task.cancel()
                return
            await asyncio.sleep(self._patience)

    async def _exchange(self, packed: list[bytes], answers: Sequence[asyncio.Future[Any]]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        await connection.send_packed_command(packed)
        for answer in answers:
            try:
                given = await connection.read_response(disable_decoding=True, timeout=_LONG)
            except self._refused as error:  # noqa: PERF203 # the other commands have their own answers
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
        """Close the connection."""
        await end(self._doubt)
        await end(self._task)
        await self._hang_up()
        self._fail((answer for _, answer in self._asked), self._lost("The store was closed."))


def _go_on() -> None:
    """Clear a cancel that was handled."""
    task = asyncio.current_task()
    if task is not None and hasattr(task, "uncancel"):
        task.uncancel()

"""Unfinished request bodies, limited in bytes (per visitor and in total) and in time."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive
from typing_extensions import Self

from holdfast.clock import Clock
from holdfast.errors import Busy, TooLarge, TooSlow
from holdfast.limits import MB, Limits
from holdfast.server.memory import MemoryReturner

CHECK_INTERVAL = 1.0
"""Seconds between checks for bodies that arrive too slowly."""
FULL = "The server has reached its memory limit for unfinished requests. Try again later."
YOURS = "You have reached the server's memory limit for unfinished requests. Wait until some have ended."


class Bodies:
    """Counts the bytes of bodies that are not decoded yet.

    Args:
        limits: Limits on the size and duration of bodies.
        clock: Source of time.
        memory: Returns freed memory to the system after many bytes.
    """

    def __init__(self, limits: Limits, clock: Clock, memory: MemoryReturner | None = None) -> None:
        self.limits = limits
        self._memory = memory or MemoryReturner()
        self.clock = clock
        self.held = 0
        """Bytes held for all unfinished bodies."""
        self._by_visitor: dict[str, int] = {}
        self._awaited: set[Intake] = set()
        """Bodies that a request is currently waiting for."""
        self._checker: asyncio.Task[None] | None = None

    def intake(self, receive: Receive, visitor: str, limit: int | None = None) -> Intake:
        """Return an object that receives a body. Use it in a `with` block, at whose end the body stops counting.

        Args:
            receive: ASGI channel of the request.
            visitor: Sender of the body; empty if unknown.
            limit: Maximum number of bytes.
        """
        return Intake(self, receive, visitor, limit)

    def add(self, visitor: str, size: int) -> None:
        """Add `size` bytes, which can be negative.

        Raises:
            Busy: The unfinished bodies, or those of this visitor, would hold too much.
        """
        mine = self._by_visitor.get(visitor, 0) + size
        if size > 0:
            if self.held + size > self.limits.bodies_bytes:
                raise Busy(FULL)
            if visitor and mine > self.limits.visitor_bodies_bytes:
                raise Busy(YOURS)
        else:
            self._memory.passed(-size)
        self.held += size
        if mine:
            self._by_visitor[visitor] = mine
        else:
            self._by_visitor.pop(visitor, None)

    def wait(self, intake: Intake) -> None:
        """Register a request that waits for more of its body."""
        self._awaited.add(intake)
        if self._checker is None or self._checker.done():
            self._checker = asyncio.get_running_loop().create_task(self._check_slow())

    def waited(self, intake: Intake) -> None:
        """Unregister a request that no longer waits for its body."""
        self._awaited.discard(intake)

    async def _check_slow(self) -> None:
        """Cancel bodies that arrive too slowly. This task only runs while a request waits for its body."""
        while self._awaited:
            await self.clock.sleep(CHECK_INTERVAL)
            for intake in tuple(self._awaited):
                intake.check()


class Intake:
    """A body that is being received.

    Args:
        bodies: Collection that counts the body.
        receive: ASGI channel of the request.
        visitor: Sender of the body.
        limit: Maximum number of bytes.
    """

    __slots__ = (
        "_bodies",
        "_limit",
        "_receive",
        "_received",
        "_since",
        "_task",
        "_too_slow",
        "_waited",
        "complete",
        "held",
        "visitor",
    )

    def __init__(self, bodies: Bodies, receive: Receive, visitor: str, limit: int | None) -> None:
        self._limit = limit
        self._received = 0
        self._bodies = bodies
        self._receive = receive
        self.visitor = visitor
        self.held = 0
        """Bytes currently held."""
        self.complete = False
        """Whether the whole body has arrived."""
        self._waited = 0.0
        """Seconds spent waiting for the body, minus the time that its size allows."""
        self._since: float | None = None
        self._task: asyncio.Task[Any] | None = None
        self._too_slow = False

    async def chunk(self) -> bytes:
        """Return the next bytes of the body.

        Raises:
            ClientDisconnect: The client has disconnected.
            RequestError: For the same reasons as in `receive`.
        """
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body: bytes = message.get("body", b"")
        return body

    async def receive(self) -> Message:
        """Return the next message of the request, like the ASGI channel but with limits.

        Raises:
            TooLarge: The body exceeds its limit.
            Busy: Too many bytes are held for unfinished requests.
            TooSlow: The body arrives too slowly.
        """
        if self.complete:
            return await self._receive()
        clock, bodies = self._bodies.clock, self._bodies
        self._since = clock.monotonic()
        self._task = asyncio.current_task()
        bodies.wait(self)
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if not self._too_slow:
                raise
            getattr(self._task, "uncancel", int)()
            raise TooSlow("The request's body arrives too slowly. Send it again over a faster connection.") from None
        finally:
            bodies.waited(self)
            self._waited += clock.monotonic() - self._since
            self._since = None
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self._waited -= size / bodies.limits.body_rate
            self.complete = not message.get("more_body", False)
            self._received += size
            if self._limit is not None and self._received > self._limit:
                raise too_large(self._limit)
            self.hold(self.held + size)
        return message

    def hold(self, size: int) -> None:
        """Set the number of held bytes to `size`.

        Raises:
            Busy: Too many bytes are held for unfinished requests.
        """
        self._bodies.add(self.visitor, size - self.held)
        self.held = size

    def check(self) -> None:
        """Cancel the wait for a body if it takes too long."""
        if self._since is None or self._task is None or self._too_slow:
            return
        if self._waited + self._bodies.clock.monotonic() - self._since > self._bodies.limits.body_seconds:
            self._too_slow = True
            self._task.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold(0)


def too_large(limit: int) -> TooLarge:
    """Return the error for a body that exceeds a limit."""
    size = f"{limit // MB} MB" if limit >= MB else f"{limit:,} bytes"
    return TooLarge(f"The request's body exceeds {size}. Send large data as files to the upload route.")


LARGE = MB
"""Size of a body in bytes above which it is decoded in a thread."""
_COSTS: tuple[tuple[bytes, str, int], ...] = ((b",", ",", 64), (b"[", "[", 64), (b"{", "{", 240))
"""Characters that start a JSON value, and the approximate bytes of the Python object in addition to its text."""


def weigh(body: bytes | str) -> int:
    """Return the approximate memory size of a decoded JSON body in bytes."""
    if isinstance(body, str):
        return len(body) + sum(cost * body.count(mark) for _, mark, cost in _COSTS)
    return len(body) + sum(cost * body.count(mark) for mark, _, cost in _COSTS)


def count(body: bytes | str) -> int:
    """Return an upper bound of the number of values in a JSON body, not counting the first one."""
    if isinstance(body, str):
        return sum(body.count(mark) for _, mark, _ in _COSTS)
    return sum(body.count(mark) for mark, _, _ in _COSTS)

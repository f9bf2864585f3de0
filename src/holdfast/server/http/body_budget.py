"""Request bodies that are in flight: bounded in bytes, for each visitor and in total, and in time."""

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
from holdfast.server.memory import Giver

LOOK = 1.0
"""Seconds between two looks for bodies that arrive too slowly."""
FULL = "The server holds as many bytes of unfinished requests as it may. Try again later."
YOURS = "Your unfinished requests hold as many bytes as the server allows. Wait until some have ended."


class Bodies:
    """Counts what arrives and is not decoded yet.

    Args:
        limits: The bounds.
        clock: Where time comes from.
        memory: Gives memory back after many bytes.
    """

    def __init__(self, limits: Limits, clock: Clock, memory: Giver | None = None) -> None:
        self.limits = limits
        self._memory = memory or Giver()
        self.clock = clock
        self.held = 0
        """Bytes of all bodies in flight."""
        self._by_visitor: dict[str, int] = {}
        self._awaited: set[Intake] = set()
        """The bodies for which a request waits just now."""
        self._look: asyncio.Task[None] | None = None

    def intake(self, receive: Receive, visitor: str, limit: int | None = None) -> Intake:
        """Return what receives one body; used in a `with` block, at whose end nothing of the body counts any more.

        Args:
            receive: The request's ASGI channel.
            visitor: Who sends it; empty if unknown.
            limit: Most bytes of it.
        """
        return Intake(self, receive, visitor, limit)

    def add(self, visitor: str, size: int) -> None:
        """Count `size` more bytes (or fewer, if negative).

        Raises:
            Busy: The bodies in flight, or this visitor's, hold too much.
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
        """A request waits for more of its body."""
        self._awaited.add(intake)
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._look_for_slow())

    def waited(self, intake: Intake) -> None:
        """A request waits no longer."""
        self._awaited.discard(intake)

    async def _look_for_slow(self) -> None:
        """End what arrives too slowly; runs only while a request waits for its body."""
        while self._awaited:
            await self.clock.sleep(LOOK)
            for intake in tuple(self._awaited):
                intake.check()


class Intake:
    """One body on its way in.

    Args:
        bodies: Where it is counted.
        receive: The request's ASGI channel.
        visitor: Who sends it.
        limit: Most bytes of it.
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
        """Bytes that are held now."""
        self.complete = False
        """All of it has arrived."""
        self._waited = 0.0
        """Seconds waited for it, less those that its size allows."""
        self._since: float | None = None
        self._task: asyncio.Task[Any] | None = None
        self._too_slow = False

    async def chunk(self) -> bytes:
        """Return the next bytes of the body.

        Raises:
            ClientDisconnect: The client has gone.
            RequestError: As for `receive`.
        """
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body: bytes = message.get("body", b"")
        return body

    async def receive(self) -> Message:
        """Return the next message of the request; as the ASGI channel, with the bounds.

        Raises:
            TooLarge: It exceeds its limit.
            Busy: Too many bytes are in flight.
            TooSlow: It arrives too slowly.
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
            raise TooSlow("The request's body arrives too slowly. Send it again over a better connection.") from None
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
        """Count `size` bytes as held, whatever counted before.

        Raises:
            Busy: Too many bytes are in flight.
        """
        self._bodies.add(self.visitor, size - self.held)
        self.held = size

    def check(self) -> None:
        """Stop waiting for a body that is too late."""
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
    """Return the error about a body over a limit."""
    size = f"{limit // MB} MB" if limit >= MB else f"{limit:,} bytes"
    return TooLarge(f"The request's body exceeds {size}. Send large data as files to the upload route.")


LARGE = MB
"""Bytes of a body over which it is decoded in a thread."""
_COSTS: tuple[tuple[bytes, str, int], ...] = ((b",", ",", 64), (b"[", "[", 64), (b"{", "{", 240))
"""What begins a value in JSON, and the bytes that it takes as a Python object besides its text, about."""


def weigh(body: bytes | str) -> int:
    """Return about how many bytes a JSON body takes when it is decoded."""
    if isinstance(body, str):
        return len(body) + sum(cost * body.count(mark) for _, mark, cost in _COSTS)
    return len(body) + sum(cost * body.count(mark) for mark, _, cost in _COSTS)


def count(body: bytes | str) -> int:
    """Return about how many values a JSON body holds; never fewer, except for the first one."""
    if isinstance(body, str):
        return sum(body.count(mark) for _, mark, _ in _COSTS)
    return sum(body.count(mark) for mark, _, _ in _COSTS)

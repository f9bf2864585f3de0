"""Connections: bounded in number, and in the time that a head, a page's frame, or an answer takes to pass."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from holdfast.clock import Clock
from holdfast.errors import Busy
from holdfast.limits import Limits
from holdfast.server.http.body_budget import Bodies
from holdfast.server.login.guesses import block_of

logger = logging.getLogger("holdfast.server")

LOOK = 1.0
"""Seconds between two looks for connections that are too slow."""
RESERVE = 100
"""File descriptors that are left for files, the store and the program."""
FULL = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 15\r\ncontent-length: 0\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
MOST_FRAGMENTS = 1_000
"""Fragments of one message of a page; the page itself sends each in one piece."""


class Place:
    """One connection's place among all.

    Args:
        address: The peer.
        counted: It counts for its address.
        transport: Its transport.
        secured: Whether it can carry a response; not during a TLS handshake.
    """

    __slots__ = (
        "address", "buffered", "counted", "ended", "full_since", "pending", "secured", "since", "taken", "transport",
    )  # fmt: skip

    def __init__(self, address: str, counted: bool, transport: asyncio.Transport, secured: bool = True) -> None:
        self.address = address
        self.counted = counted
        self.transport = transport
        self.secured = secured
        self.ended = False
        self.since: float | None = None
        """When what it sends now has begun, on the monotonic clock."""
        self.pending = 0
        """Bytes of an unfinished frame."""
        self.full_since = 0.0
        """When the client has stopped taking what is sent to it, on the monotonic clock."""
        self.buffered = 0
        """Bytes that it had to take at the last look."""
        self.taken = 0
        """Bytes that it has taken since then."""


class Connections:
    """All connections of one server.

    Args:
        limits: The bounds.
        clock: Where time comes from.
        bodies: Counts the bytes of unfinished frames.
        trusted: Whether an address is that of a proxy, behind which many visitors are.
        descriptors: How many files the process may have open; `None` for no limit.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        bodies: Bodies,
        *,
        trusted: Callable[[str], bool],
        descriptors: int | None = None,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.bodies = bodies
        self.most = limits.connections
        if descriptors is not None:
            self.most = max(1, min(self.most, descriptors - min(RESERVE, descriptors // 4)))
        self._trusted = trusted
        self._count = 0
        self._by_address: dict[str, int] = {}
        self._heads: dict[Place, None] = {}
        """Connections that wait for the head of a request, the one that has waited for longest first."""
        self._frames: dict[Place, None] = {}
        """Connections with an unfinished frame."""
        self._full: dict[Place, None] = {}
        """Connections whose client does not take what is sent to it."""
        self.handed_over: Place | None = None
        """The place of the connection that is passing to its next protocol, within one call."""
        self._look: asyncio.Task[None] | None = None
        self._warned: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def admit(self, address: str, transport: asyncio.Transport, *, secured: bool = True) -> Place | None:
        """Return the place of a new connection, or `None` if there is none left.

        One that has sent no request gives way when all places are taken.
        """
        counted = bool(address) and not self._trusted(address)
        address = block_of(address)
        if counted and self._by_address.get(address, 0) >= self.limits.address_connections:
            self._warn(
                "address_connections",
                f"{address} has {self.limits.address_connections} connections open; more of them are refused. If it "
                "is your proxy, name it in trusted_proxies, or raise the limit address_connections.",
            )
            return None
        if self._count >= self.most:
            self._warn(
                "connections",
                f"All {self.most} connections that the limit `connections` and the process's open files (ulimit -n) "
                "allow are taken; those that have sent no request are closed first, and further ones are refused.",
            )
            silent = next(iter(self._heads), None)
            if silent is None:
                return None
            self._close(silent, TOO_SLOW)
            self.leave(silent)
        place = Place(address, counted, transport, secured)
        self._count += 1
        if counted:
            self._by_address[address] = self._by_address.get(address, 0) + 1
        return place

    def _warn(self, kind: str, sentence: str) -> None:
        """Say once in the log that a bound was reached."""
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("%s", sentence)

    def leave(self, place: Place) -> None:
        """A connection has ended; counts once."""
        self.head_ended(place)
        self.frame(place, 0)
        self.drained(place)
        if place.ended:
            return
        place.ended = True
        self._count -= 1
        if place.counted:
            left = self._by_address[place.address] - 1
            if left:
                self._by_address[place.address] = left
            else:
                del self._by_address[place.address]

    def head_begun(self, place: Place) -> None:
        """A connection waits for a request."""
        if place not in self._heads:
            self._heads[place] = None
            place.since = self.clock.monotonic()
            self._see_to_looking()

    def head_ended(self, place: Place) -> None:
        """The head of a request is complete."""
        if place in self._heads:
            del self._heads[place]
            place.since = None

    def frame(self, place: Place, size: int) -> None:
        """So many bytes of an unfinished frame are held for a connection.

        Raises:
            Busy: Too many bytes are in flight.
        """
        if size == place.pending:
            return
        self.bodies.add("", size - place.pending)
        if not place.pending:
            self._frames[place] = None
            place.since = self.clock.monotonic()
            self._see_to_looking()
        place.pending = size
        if not size:
            self._frames.pop(place, None)
            place.since = None

    def filled(self, place: Place) -> None:
        """A client does not take what is sent to it as fast as it is sent."""
        if place not in self._full:
            self._full[place] = None
            place.full_since = self.clock.monotonic()
            place.buffered = place.transport.get_write_buffer_size()
            place.taken = 0
            self._see_to_looking()

    def drained(self, place: Place) -> None:
        """A client has taken (nearly) all that was sent to it."""
        self._full.pop(place, None)

    def _see_to_looking(self) -> None:
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._look_for_slow())

    async def _look_for_slow(self) -> None:
        """Close what is too slow; runs only while something is awaited."""
        limits = self.limits
        while self._heads or self._frames or self._full:
            await self.clock.sleep(LOOK)
            now = self.clock.monotonic()
            for place in tuple(self._heads):
                if now - (place.since or now) <= limits.header_seconds:
                    break
                self._close(place, TOO_SLOW)
                self.head_ended(place)
            for place in tuple(self._frames):
                if now - (place.since or now) > limits.body_seconds + place.pending / limits.body_rate:
                    place.transport.abort()
                    self.frame(place, 0)
            for place in tuple(self._full):
                left = place.transport.get_write_buffer_size()
                place.taken += max(0, place.buffered - left)
                place.buffered = left
                if now - place.full_since > limits.answer_seconds + place.taken / limits.body_rate:
                    place.transport.abort()
                    self.drained(place)

    def _close(self, place: Place, answer: bytes) -> None:
        if not place.secured:
            place.transport.abort()
        elif not place.transport.is_closing():
            place.transport.write(answer)
            place.transport.close()
            self.filled(place)  # it ends only when the client has taken the rest


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol for HTTP, with a place among all connections."""

    all: Connections
    place: Place | None = None
    _in_head = True
    """It waits for a request, or for the rest of a request's head."""
    _moved = False
    """What came last has begun, continued or ended a part of a request."""
    _loose = 0
    """Bytes since then: of an unfinished head, or beside a body (after a chunk's size, after the last chunk)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place or the one that the handshake had, or refuse the connection."""
        super().connection_made(transport)
        self.place, self.all.handed_over = self.all.handed_over, None
        if self.place is None:
            self.place = self.all.admit(self.client[0] if self.client else "", transport)
        if self.place is None:
            transport.write(FULL)
            transport.close()
        else:
            self.all.head_begun(self.place)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        if self.place is not None:
            self.all.leave(self.place)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More is sent than the client takes."""
        super().pause_writing()
        if self.place is not None:
            self.all.filled(self.place)

    def resume_writing(self) -> None:
        """The client has taken what was sent."""
        super().resume_writing()
        if self.place is not None and not self.transport.is_closing():
            self.all.drained(self.place)

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that is not used; it ends only when the client has taken the last answer."""
        super().timeout_keep_alive_handler()
        if self.place is not None:
            self.all.filled(self.place)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless there is too much of what is not a body."""
        place = self.place
        if place is None:
            return
        self._moved = False
        super().data_received(data)
        if self.place is not place or self.transport.is_closing():
            return
        if self._moved:
            self._loose = len(data) if self._in_head else 0
        else:
            self._loose += len(data)
        if self._loose > self.all.limits.header_bytes:
            self.transport.write(TOO_LONG)
            self.transport.close()
        elif not self._in_head and self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # The rest of a body that nothing waits for, or empty lines: uvicorn's own timer was stopped by them.
            self.all.head_begun(place)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._moved = self._in_head = True
        if self.place is not None:
            self.all.head_begun(self.place)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, and no trailer: one must not pass for a header, which the proxy in front may have checked."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head of a request is complete."""
        self._moved = True
        self._in_head = False
        if self.place is not None:
            self.all.head_ended(self.place)
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """A chunk of a body begins."""
        self._moved = True

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._moved = True
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection and its place to the protocol of sockets."""
        place, self.place = self.place, None
        self.all.handed_over = place
        super().handle_websocket_upgrade()


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol for WebSockets, with a place among all connections and a bound on unfinished frames."""

    all: Connections
    place: Place | None = None
    _partial = 0

    def connection_made(self, transport: Any) -> None:
        """Take over the place of the HTTP connection."""
        super().connection_made(transport)
        self.place, self.all.handed_over = self.all.handed_over, None

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        if self.place is not None:
            self.all.leave(self.place)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More is sent than the page takes."""
        super().pause_writing()
        if self.place is not None:
            self.all.filled(self.place)

    def resume_writing(self) -> None:
        """The page has taken what was sent."""
        super().resume_writing()
        if self.place is not None and not self.transport.is_closing():
            self.all.drained(self.place)

    def data_received(self, data: bytes) -> None:
        """Take what came, and count what is not a whole message yet."""
        super().data_received(data)
        if self.place is None or self.place.ended:
            return
        if not self.frames:
            self._partial = 0
        try:
            self.all.frame(self.place, len(self.conn.reader.buffer) + self._partial)
        except Busy:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Take one more fragment of a message."""
        self._partial += len(event.data)
        if len(self.frames) >= MOST_FRAGMENTS:
            self.transport.abort()
            return
        super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        """Take the first fragment of a message of text."""
        self._partial = len(event.data)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take the first fragment of a message of bytes."""
        self._partial = len(event.data)
        super().handle_bytes(event)


def protocols(connections: Connections) -> tuple[type[HttpProtocol], type[SocketProtocol]]:
    """Return the protocols of one server's connections, as uvicorn takes them."""
    return (
        type("HttpProtocol", (HttpProtocol,), {"all": connections}),
        type("SocketProtocol", (SocketProtocol,), {"all": connections}),
    )


def raise_descriptor_limit() -> int | None:
    """Let the process open as many files as the system allows it, and return how many; `None` for no limit."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):  # macOS has another bound below the one that it names
            logger.debug("The limit of open files stays at %s.", soft)
    return None if soft == resource.RLIM_INFINITY else soft

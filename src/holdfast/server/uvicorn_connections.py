"""Connections, with limits on their number and on the time for a request's head, a page's frame, or a response."""

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
"""Seconds between checks for slow connections."""
RESERVE = 100
"""File descriptors reserved for files, the store, and the program."""
FULL = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 15\r\ncontent-length: 0\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
MOST_FRAGMENTS = 1_000
"""Maximum number of fragments in a page's message. The page itself never fragments messages."""


class Place:
    """A connection's entry in the connection limit.

    Args:
        address: Address of the peer.
        counted: The connection counts toward the limit of its address.
        transport: Transport of the connection.
        secured: The connection can carry a response, unlike during a TLS handshake.
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
        """Monotonic time at which the current request or frame started."""
        self.pending = 0
        """Bytes of an unfinished frame."""
        self.full_since = 0.0
        """Monotonic time at which the client stopped reading."""
        self.buffered = 0
        """Unsent bytes at the last check."""
        self.taken = 0
        """Bytes that the client has read since `full_since`."""


class Connections:
    """All connections of a server.

    Args:
        limits: Limits on connections.
        clock: Source of time.
        bodies: Counts the bytes of unfinished frames.
        trusted: Function that returns whether an address belongs to a proxy, which many visitors share.
        descriptors: Number of files that the process can open; `None` for no limit.
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
        """Connections that wait for a request's head, longest wait first."""
        self._frames: dict[Place, None] = {}
        """Connections with an unfinished frame."""
        self._full: dict[Place, None] = {}
        """Connections whose client does not read what is sent to it."""
        self.handed_over: Place | None = None
        """Entry of the connection that is being passed to its next protocol, within one call."""
        self._look: asyncio.Task[None] | None = None
        self._warned: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def admit(self, address: str, transport: asyncio.Transport, *, secured: bool = True) -> Place | None:
        """Register a new connection and return its entry, or return `None` if the limit is reached.

        At the limit, the longest-waiting connection without a request is closed to make room.
        """
        counted = bool(address) and not self._trusted(address)
        address = block_of(address)
        if counted and self._by_address.get(address, 0) >= self.limits.address_connections:
            self._warn(
                "address_connections",
                f"{address} has {self.limits.address_connections} open connections; more are rejected. If it "
                "is your proxy, add it to trusted_proxies, or raise the limit address_connections.",
            )
            return None
        if self._count >= self.most:
            self._warn(
                "connections",
                f"The limit of {self.most} connections is reached (from `connections` and the process's limit of open "
                "files, ulimit -n). Connections without a request are closed first; further ones are rejected.",
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
        """Log once that a limit was reached."""
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("%s", sentence)

    def leave(self, place: Place) -> None:
        """Unregister a connection that has ended. Further calls have no effect."""
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
        """Start the time limit for a request's head."""
        if place not in self._heads:
            self._heads[place] = None
            place.since = self.clock.monotonic()
            self._see_to_looking()

    def head_ended(self, place: Place) -> None:
        """Stop the time limit after a request's head is complete."""
        if place in self._heads:
            del self._heads[place]
            place.since = None

    def frame(self, place: Place, size: int) -> None:
        """Update the number of bytes that are held for an unfinished frame.

        Raises:
            Busy: Too many bytes are held for unfinished requests.
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
        """Start the time limit for a client that reads more slowly than data is sent."""
        if place not in self._full:
            self._full[place] = None
            place.full_since = self.clock.monotonic()
            place.buffered = place.transport.get_write_buffer_size()
            place.taken = 0
            self._see_to_looking()

    def drained(self, place: Place) -> None:
        """Stop the time limit after the client has read almost everything."""
        self._full.pop(place, None)

    def _see_to_looking(self) -> None:
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._look_for_slow())

    async def _look_for_slow(self) -> None:
        """Close connections that are too slow. This task only runs while there are time limits."""
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
            self.filled(place)  # the connection only ends after the client has read the rest


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with the connection limits."""

    all: Connections
    place: Place | None = None
    _in_head = True
    """Whether a request or the rest of a request's head is expected."""
    _moved = False
    """Whether the latest data started, continued, or ended a part of a request."""
    _loose = 0
    """Bytes received since then: an unfinished head, or data around a body (after a chunk's size or the last chunk)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection, unless the TLS handshake has, or reject it."""
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
        """Unregister the connection."""
        if self.place is not None:
            self.all.leave(self.place)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the time limit for a client that reads slowly."""
        super().pause_writing()
        if self.place is not None:
            self.all.filled(self.place)

    def resume_writing(self) -> None:
        """Stop the time limit after the client has read what was sent."""
        super().resume_writing()
        if self.place is not None and not self.transport.is_closing():
            self.all.drained(self.place)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection. It only ends after the client has read the last response."""
        super().timeout_keep_alive_handler()
        if self.place is not None:
            self.all.filled(self.place)

    def data_received(self, data: bytes) -> None:
        """Process received data, unless there is too much outside a body."""
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
            # This is the rest of an unneeded body, or empty lines, which have stopped uvicorn's own timer.
            self.all.head_begun(place)

    def on_message_begin(self) -> None:
        """Handle the start of a request."""
        super().on_message_begin()
        self._moved = self._in_head = True
        if self.place is not None:
            self.all.head_begun(self.place)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Process a header but ignore trailers, which must not be treated as headers that a proxy has checked."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handle the end of a request's head."""
        self._moved = True
        self._in_head = False
        if self.place is not None:
            self.all.head_ended(self.place)
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Handle the start of a body chunk."""
        self._moved = True

    def on_body(self, body: bytes) -> None:
        """Process a part of a body."""
        self._moved = True
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection and its entry to the WebSocket protocol."""
        place, self.place = self.place, None
        self.all.handed_over = place
        super().handle_websocket_upgrade()


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with the connection limits and a limit on unfinished frames."""

    all: Connections
    place: Place | None = None
    _partial = 0

    def connection_made(self, transport: Any) -> None:
        """Take over the entry of the HTTP connection."""
        super().connection_made(transport)
        self.place, self.all.handed_over = self.all.handed_over, None

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        if self.place is not None:
            self.all.leave(self.place)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the time limit for a page that reads slowly."""
        super().pause_writing()
        if self.place is not None:
            self.all.filled(self.place)

    def resume_writing(self) -> None:
        """Stop the time limit after the page has read what was sent."""
        super().resume_writing()
        if self.place is not None and not self.transport.is_closing():
            self.all.drained(self.place)

    def data_received(self, data: bytes) -> None:
        """Process received data, and count the bytes of an unfinished message."""
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
        """Process another fragment of a message."""
        self._partial += len(event.data)
        if len(self.frames) >= MOST_FRAGMENTS:
            self.transport.abort()
            return
        super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        """Process the first fragment of a text message."""
        self._partial = len(event.data)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Process the first fragment of a binary message."""
        self._partial = len(event.data)
        super().handle_bytes(event)


def protocols(connections: Connections) -> tuple[type[HttpProtocol], type[SocketProtocol]]:
    """Return the protocol classes of a server's connections for uvicorn."""
    return (
        type("HttpProtocol", (HttpProtocol,), {"all": connections}),
        type("SocketProtocol", (SocketProtocol,), {"all": connections}),
    )


def raise_descriptor_limit() -> int | None:
    """Raise the process's limit of open files to the maximum, and return it; `None` for no limit."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):  # macOS has a limit below the one that it reports
            logger.debug("The limit of open files remains %s.", soft)
    return None if soft == resource.RLIM_INFINITY else soft

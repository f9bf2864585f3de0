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

CHECK_INTERVAL = 1.0
"""Seconds between checks for slow connections."""
RESERVE = 100
"""File descriptors reserved for files, the store, and the program."""
FULL = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 15\r\ncontent-length: 0\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
MOST_FRAGMENTS = 1_000
"""Maximum number of fragments in a page's message. The page itself never fragments messages."""


class ConnectionSlot:
    """A connection's slot in the connection limit.

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
        self._heads: dict[ConnectionSlot, None] = {}
        """Connections that wait for a request's head, longest wait first."""
        self._frames: dict[ConnectionSlot, None] = {}
        """Connections with an unfinished frame."""
        self._full: dict[ConnectionSlot, None] = {}
        """Connections whose client does not read what is sent to it."""
        self.handed_over: ConnectionSlot | None = None
        """Entry of the connection that is being passed to its next protocol, within one call."""
        self._checker: asyncio.Task[None] | None = None
        self._warned: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def admit(self, address: str, transport: asyncio.Transport, *, secured: bool = True) -> ConnectionSlot | None:
        """Register a new connection and return its slot, or return `None` if the limit is reached.

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
        slot = ConnectionSlot(address, counted, transport, secured)
        self._count += 1
        if counted:
            self._by_address[address] = self._by_address.get(address, 0) + 1
        return slot

    def _warn(self, kind: str, sentence: str) -> None:
        """Log once that a limit was reached."""
        if kind not in self._warned:
            self._warned.add(kind)
            logger.warning("%s", sentence)

    def leave(self, slot: ConnectionSlot) -> None:
        """Unregister a connection that has ended. Further calls have no effect."""
        self.head_ended(slot)
        self.frame(slot, 0)
        self.stop_write_timeout(slot)
        if slot.ended:
            return
        slot.ended = True
        self._count -= 1
        if slot.counted:
            left = self._by_address[slot.address] - 1
            if left:
                self._by_address[slot.address] = left
            else:
                del self._by_address[slot.address]

    def head_begun(self, slot: ConnectionSlot) -> None:
        """Start the time limit for a request's head."""
        if slot not in self._heads:
            self._heads[slot] = None
            slot.since = self.clock.monotonic()
            self._ensure_checker()

    def head_ended(self, slot: ConnectionSlot) -> None:
        """Stop the time limit after a request's head is complete."""
        if slot in self._heads:
            del self._heads[slot]
            slot.since = None

    def frame(self, slot: ConnectionSlot, size: int) -> None:
        """Update the number of bytes that are held for an unfinished frame.

        Raises:
            Busy: Too many bytes are held for unfinished requests.
        """
        if size == slot.pending:
            return
        self.bodies.add("", size - slot.pending)
        if not slot.pending:
            self._frames[slot] = None
            slot.since = self.clock.monotonic()
            self._ensure_checker()
        slot.pending = size
        if not size:
            self._frames.pop(slot, None)
            slot.since = None

    def start_write_timeout(self, slot: ConnectionSlot) -> None:
        """Start the time limit for a client that reads more slowly than data is sent."""
        if slot not in self._full:
            self._full[slot] = None
            slot.full_since = self.clock.monotonic()
            slot.buffered = slot.transport.get_write_buffer_size()
            slot.taken = 0
            self._ensure_checker()

    def stop_write_timeout(self, slot: ConnectionSlot) -> None:
        """Stop the time limit after the client has read almost everything."""
        self._full.pop(slot, None)

    def _ensure_checker(self) -> None:
        if self._checker is None or self._checker.done():
            self._checker = asyncio.get_running_loop().create_task(self._check_slow())

    async def _check_slow(self) -> None:
        """Close connections that are too slow. This task only runs while there are time limits."""
        limits = self.limits
        while self._heads or self._frames or self._full:
            await self.clock.sleep(CHECK_INTERVAL)
            now = self.clock.monotonic()
            for slot in tuple(self._heads):
                if now - (slot.since or now) <= limits.header_seconds:
                    break
                self._close(slot, TOO_SLOW)
                self.head_ended(slot)
            for slot in tuple(self._frames):
                if now - (slot.since or now) > limits.body_seconds + slot.pending / limits.body_rate:
                    slot.transport.abort()
                    self.frame(slot, 0)
            for slot in tuple(self._full):
                left = slot.transport.get_write_buffer_size()
                slot.taken += max(0, slot.buffered - left)
                slot.buffered = left
                if now - slot.full_since > limits.answer_seconds + slot.taken / limits.body_rate:
                    slot.transport.abort()
                    self.stop_write_timeout(slot)

    def _close(self, slot: ConnectionSlot, answer: bytes) -> None:
        if not slot.secured:
            slot.transport.abort()
        elif not slot.transport.is_closing():
            slot.transport.write(answer)
            slot.transport.close()
            self.start_write_timeout(slot)  # the connection only ends after the client has read the rest


class _Registered(asyncio.Protocol):
    """A protocol whose connection has a slot: both of uvicorn's protocols, with the limits that apply to each."""

    all: Connections
    slot: ConnectionSlot | None = None
    transport: asyncio.Transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        if self.slot is not None:
            self.all.leave(self.slot)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the time limit for a client that reads slowly."""
        super().pause_writing()
        if self.slot is not None:
            self.all.start_write_timeout(self.slot)

    def resume_writing(self) -> None:
        """Stop the time limit after the client has read what was sent."""
        super().resume_writing()
        if self.slot is not None and not self.transport.is_closing():
            self.all.stop_write_timeout(self.slot)


class HttpProtocol(_Registered, HttpToolsProtocol):
    """uvicorn's HTTP protocol with the connection limits."""

    _in_head = True
    """Whether a request or the rest of a request's head is expected."""
    _moved = False
    """Whether the latest data started, continued, or ended a part of a request."""
    _loose = 0
    """Bytes received since then: an unfinished head, or data around a body (after a chunk's size or the last chunk)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection, unless the TLS handshake has, or reject it."""
        super().connection_made(transport)
        self.slot, self.all.handed_over = self.all.handed_over, None
        if self.slot is None:
            self.slot = self.all.admit(self.client[0] if self.client else "", transport)
        if self.slot is None:
            transport.write(FULL)
            transport.close()
        else:
            self.all.head_begun(self.slot)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection. It only ends after the client has read the last response."""
        super().timeout_keep_alive_handler()
        if self.slot is not None:
            self.all.start_write_timeout(self.slot)

    def data_received(self, data: bytes) -> None:
        """Process received data, unless there is too much outside a body."""
        slot = self.slot
        if slot is None:
            return
        self._moved = False
        super().data_received(data)
        if self.slot is not slot or self.transport.is_closing():
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
            self.all.head_begun(slot)

    def on_message_begin(self) -> None:
        """Handle the start of a request."""
        super().on_message_begin()
        self._moved = self._in_head = True
        if self.slot is not None:
            self.all.head_begun(self.slot)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Process a header but ignore trailers, which must not be treated as headers that a proxy has checked."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handle the end of a request's head."""
        self._moved = True
        self._in_head = False
        if self.slot is not None:
            self.all.head_ended(self.slot)
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Handle the start of a body chunk."""
        self._moved = True

    def on_body(self, body: bytes) -> None:
        """Process a part of a body."""
        self._moved = True
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection and its slot to the WebSocket protocol."""
        slot, self.slot = self.slot, None
        self.all.handed_over = slot
        super().handle_websocket_upgrade()


class SocketProtocol(_Registered, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with the connection limits and a limit on unfinished frames."""

    _partial = 0

    def connection_made(self, transport: Any) -> None:
        """Take over the slot of the HTTP connection."""
        super().connection_made(transport)
        self.slot, self.all.handed_over = self.all.handed_over, None

    def data_received(self, data: bytes) -> None:
        """Process received data, and count the bytes of an unfinished message."""
        super().data_received(data)
        if self.slot is None or self.slot.ended:
            return
        if not self.frames:
            self._partial = 0
        try:
            self.all.frame(self.slot, len(self.conn.reader.buffer) + self._partial)
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

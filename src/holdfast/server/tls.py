"""TLS handshakes that count as connections, have a time limit, and end when the server stops.

uvicorn only learns of a connection after its handshake. An unfinished handshake would therefore not count toward the
connection limit, and would still be open when the server's event loop closes.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.utils import get_remote_addr
from uvicorn.server import ServerState

from holdfast.server.uvicorn_connections import Connections, ConnectionSlot, HttpProtocol

logger = logging.getLogger("holdfast.server")

GOODBYE_WITHIN = 1.0
"""Seconds that a client has to confirm the end of a connection; less than a stopping server gives its requests."""


def over_tls(http: type[HttpProtocol], context: ssl.SSLContext) -> Callable[..., Handshake]:
    """Return a protocol factory for uvicorn that serves *http* over TLS."""

    def accept(*, server_state: ServerState, **of_uvicorn: Any) -> Handshake:
        return Handshake(http.all, context, server_state, lambda: http(server_state=server_state, **of_uvicorn))

    return accept


class Handshake(asyncio.Protocol):
    """The TLS handshake of a connection, followed by an HTTP protocol if it succeeds.

    Args:
        connections: Connections of the server.
        context: Certificate and TLS settings.
        state: uvicorn's connections, which are closed when the server stops.
        make_http: Function that creates the HTTP protocol.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        connections: Connections,
        context: ssl.SSLContext,
        state: ServerState,
        make_http: Callable[[], HttpProtocol],
    ) -> None:
        self._connections = connections
        self._context = context
        self._state = state
        self._make_http = make_http
        self._early = b""
        """Bytes that arrived before the protocol that they are for: first TLS, later HTTP."""
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection and start the handshake, or close it; without a handshake, no error can be sent."""
        self.transport = transport
        transport.pause_reading()  # uvloop reads anyway, see `_pass_on`
        address = get_remote_addr(transport)
        slot = self._connections.admit(address[0] if address else "", transport, secured=False)
        if slot is None:
            transport.abort()
            return
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._connections.head_begun(slot)
        self._task = asyncio.get_running_loop().create_task(self._shake_hands(slot))

    def data_received(self, data: bytes) -> None:
        """Keep *data* for the next protocol."""
        self._early += data

    def shutdown(self) -> None:
        """Close the connection because the server stops."""
        self.transport.abort()

    async def _shake_hands(self, slot: ConnectionSlot) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(self._pass_on)  # scheduled before the start of the handshake in `start_tls`
        within: dict[str, Any] = {"ssl_handshake_timeout": self._connections.limits.header_seconds}
        if sys.platform != "win32" or sys.version_info >= (3, 11):
            within["ssl_shutdown_timeout"] = GOODBYE_WITHIN  # not supported by asyncio's own loop on Python 3.10
        try:
            secured = await loop.start_tls(self.transport, self, self._context, server_side=True, **within)
        except OSError as error:  # includes SSLError and a closed connection
            logger.debug("A TLS handshake failed: %s", error)
            secured = None
        self._state.connections.discard(self)
        if secured is None or secured.is_closing():
            self._connections.leave(slot)
            self.transport.abort()
            return
        slot.transport, slot.secured = secured, True
        http = self._make_http()
        secured.set_protocol(http)
        self._connections.handed_over = slot
        http.connection_made(secured)
        if self._early:
            http.data_received(self._early)

    def _pass_on(self) -> None:
        """Pass to the TLS protocol what uvloop has read before that protocol was set."""
        protocol: Any = self.transport.get_protocol()
        while self._early and protocol is not self:
            buffer = memoryview(protocol.get_buffer(len(self._early)))
            part, self._early = self._early[: len(buffer)], self._early[len(buffer) :]
            buffer[: len(part)] = part
            protocol.buffer_updated(len(part))

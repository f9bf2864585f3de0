"""A server on a port: its socket, its thread, and a shutdown with a time limit."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import uvicorn
from starlette.applications import Starlette

from holdfast.errors import AddressError, BuildError, HoldfastError
from holdfast.server.context import ServerContext
from holdfast.server.tls import over_tls
from holdfast.server.uvicorn_connections import Connections, protocols, raise_descriptor_limit

FIRST_PORT = 7860
LAST_PORT = 65535
SHUTDOWN_WITHIN = 3
"""Seconds that open requests have to end during shutdown; sockets and streams close immediately. Together with the
grace period of running events, this is less than the ten seconds after which container engines kill a process."""
ABANDONED_WITHIN = 1.0
"""Seconds to wait for a server that is abandoned."""
BACKLOG = 2048

logger = logging.getLogger("holdfast.server")


@dataclass(frozen=True)
class Certificate:
    """A certificate for https.

    Attributes:
        key: File of the private key.
        chain: File of the certificate.
        password: Password of the key, if it has one.
    """

    key: str
    chain: str
    password: str | None = None


def bind(host: str, port: int | None, tries: int = 100) -> socket.socket:
    """Return a listening socket.

    Args:
        host: Address to listen on.
        port: Port to listen on (0: any free port); `None` uses the first free port starting at 7860.
        tries: Maximum number of ports to try for `None`.

    Raises:
        BuildError: `port` is not a valid port.
        AddressError: No port is available; the message explains what to do.
    """
    _check_port(port)
    try:
        socket.getaddrinfo(host, None)
    except OSError as error:
        raise AddressError(f"server_name={host!r} is not an address of this machine: {error}.") from None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = FIRST_PORT + tries - 1
    candidates = [port] if port is not None else range(FIRST_PORT, last + 1)
    why: OSError | None = None
    for candidate in candidates:
        try:
            return socket.create_server((host, candidate), family=family, backlog=BACKLOG)
        except OSError as error:  # noqa: PERF203 -- the loop exists for ports in use
            why = error
    if port is not None:
        raise AddressError(
            f"Cannot find empty port in range: {port}-{port}. Port {port} of {host} is not available "
            f"({why}). Choose another server_port, or omit it to use the first free one from {FIRST_PORT}."
        )
    raise AddressError(
        f"Cannot find empty port in range: {FIRST_PORT}-{last}. Close another app, or set server_port or "
        "HOLDFAST_SERVER_PORT."
    )


def _check_port(port: Any) -> None:
    if port is not None and (not isinstance(port, int) or not 0 <= port <= LAST_PORT):
        raise BuildError(
            f"server_port={port!r} is not a valid port. Use an integer from 0 to {LAST_PORT} (0: any free port), or "
            f"omit it to use the first free port from {FIRST_PORT}."
        )


class _Uvicorn(uvicorn.Server):
    """A server that reports when it listens, and closes the app's streams before it waits for them to end."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)
        while self.server_state.connections:  # abort connections that would still be open when the loop closes
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)


class Listening:
    """A server that runs in its own thread.

    Args:
        app: App returned by `create_app`.
        listener: Socket to listen on.
        host: Requested address.
        certificate: Certificate for serving https.
    """

    def __init__(
        self, app: Starlette, listener: socket.socket, host: str, certificate: Certificate | None = None
    ) -> None:
        self.app = app
        self.host = host
        self.port: int = listener.getsockname()[1]
        self.scheme = "https" if certificate is not None else "http"
        self._listener = listener
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        """Event to wait for instead of `Thread.join`, which, after Ctrl+C, treats a running thread as ended."""
        self._server = _Uvicorn(_config(app, certificate), app.state.context.streams.stop)
        self._thread = threading.Thread(target=self._run, name=f"holdfast-server-{self.port}", daemon=True)

    @property
    def local_url(self) -> str:
        """URL for a browser on this machine."""
        name = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104 -- a name to show
        return f"{self.scheme}://{f'[{name}]' if ':' in name else name}:{self.port}/"

    @property
    def running(self) -> bool:
        """Whether the server is running."""
        return self._thread.ident is not None and not self._ended.is_set()

    def start(self) -> None:
        """Start the server and wait until it listens.

        Raises:
            HoldfastError: The app cannot be served, for example because its store is unreachable.
            RuntimeError: The server failed to start for another reason.
        """
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._is_news)
        try:
            self._thread.start()
            while not self._server.listening.wait(0.05):
                if self._ended.is_set():
                    self._listener.close()
                    self._raise()
        finally:
            log.removeFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 # a filter's signature
        """Return whether a log record of the server adds to the error that `start` raises."""
        return self._refused is None

    @property
    def _refused(self) -> HoldfastError | None:
        refused: HoldfastError | None = getattr(self.app.state, "refused", None)
        return refused

    def _raise(self) -> NoReturn:
        if self._refused is not None:
            raise self._refused
        raise RuntimeError(f"The server could not start: {self._failure or 'see the log above'}.") from self._failure

    def wait(self) -> None:
        """Wait until the server has ended."""
        self._ended.wait()

    def close(self) -> None:
        """Stop the server: close streams and sockets, give requests a few seconds, and drop State without a store."""
        self._server.should_exit = True
        if self.running and threading.current_thread() is not self._thread:
            self._ended.wait()

    def abandon(self) -> None:
        """Stop the server immediately, without waiting for open requests and running events."""
        self._server.should_exit = self._server.force_exit = True
        self._ended.wait(ABANDONED_WITHIN)

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        except SystemExit:
            logger.debug("The server ended while it started.")
        except BaseException as error:
            self._failure = error
        finally:
            self._ended.set()


def _config(app: Starlette, certificate: Certificate | None) -> uvicorn.Config:
    loop: Literal["uvloop", "asyncio"] = "asyncio" if sys.platform == "win32" else "uvloop"
    context: ServerContext = app.state.context
    connections = Connections(
        context.options.limits,
        context.runtime.clock,
        context.bodies,
        trusted=context.options.access.proxies().trusts,
        descriptors=raise_descriptor_limit(),
    )
    http, ws = protocols(connections)
    config = uvicorn.Config(
        app,
        loop=loop,
        http=http if certificate is None else over_tls(http, _ssl_context(certificate)),  # type: ignore[arg-type]
        ws=ws,
        ws_max_size=context.options.limits.body_bytes,
        ws_ping_interval=30,
        ws_ping_timeout=30,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,  # logging is configured by the program or by `holdfast.logs`
        log_level=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the gate applies the headers of trusted proxies for every server
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SHUTDOWN_WITHIN,
    )
    config.load()
    return config


def _ssl_context(certificate: Certificate) -> ssl.SSLContext:
    ssl_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        ssl_context.load_cert_chain(certificate.chain, certificate.key, certificate.password)
    except (OSError, ValueError) as error:
        raise BuildError(f"The certificate cannot be used: {error}.") from error
    return ssl_context

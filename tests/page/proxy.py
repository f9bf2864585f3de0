"""A wire between browser and server that a test can cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class Wire:
    """Forwards TCP connections to a server until it is told not to.

    Args:
        url: The server's.
    """

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (target.hostname or "127.0.0.1", target.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._down = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, stay_down: bool = False) -> None:
        """End all connections, without a goodbye; new ones are refused while it stays down."""
        self._down = stay_down
        with self._lock:
            gone, self._open = self._open, set()
        for one in gone:
            _end(one)

    def mend(self) -> None:
        """Take connections again."""
        self._down = False

    def close(self) -> None:
        """End it all."""
        _end(self._listener)
        self.cut(stay_down=True)

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                _end(browser)
                continue
            server = socket.create_connection(self._target)
            with self._lock:
                self._open |= {browser, server}
            for source, sink in ((browser, server), (server, browser)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            _end(one)
        with self._lock:
            self._open -= {source, sink}


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

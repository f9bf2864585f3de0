"""Files that a client names by URL, fetched by the server: from public addresses alone, never more than is allowed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from typing_extensions import Self

from holdfast.errors import BadValue, StorageFull, TooLarge
from holdfast.files.cache import CHUNK, SavedFile
from holdfast.networks import is_public

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
TIMEOUT = 20.0
"""Seconds without a byte after which it is given up."""
LONGEST = 300.0
"""Seconds after which it is given up in any case: a byte now and then must not hold a thread for ever."""
HEADERS = {"User-Agent": "holdfast", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Fetches files for clients.

    The address is looked up once, checked, and then the connection goes to just that address, so that a name which
    answers differently the second time gains nothing.

    Args:
        resolve: `socket.getaddrinfo`, or what a test has in its place.
        public: Whether an address may be asked.
        max_size: Most bytes of a file; `None` for the caller's own limit alone.
        longest: Most seconds for each address that is asked.
    """

    resolve: Callable[..., Any] = socket.getaddrinfo
    public: Callable[[str], bool] = is_public
    max_size: int = 1 << 30
    longest: float = LONGEST

    def fetch(self, url: str, directory: Path, *, max_size: int | None = None) -> str:
        """Fetch a file into the cache; it blocks.

        Args:
            url: An http or https URL.
            directory: The cache.
            max_size: Most bytes.

        Returns:
            Its path.

        Raises:
            BadValue: It cannot be fetched, or may not be.
        """
        limit = self.max_size if max_size is None else min(self.max_size, max_size)
        try:
            return self._follow(url, directory, limit)
        except (TooLarge, StorageFull) as error:
            raise BadValue(f"The file at {url:.200} cannot be used: {error}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BadValue(f"The file at {url:.200} cannot be fetched: {error}.") from None

    def _follow(self, url: str, directory: Path, limit: int) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            parts = urlsplit(url)
            with self._connected(parts) as connection:
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("GET", target, headers=HEADERS)
                response = connection.getresponse()
                if response.status in REDIRECTS and (location := response.getheader("Location")):
                    url = urljoin(url, location)
                    continue
                if response.status != 200:
                    raise ValueError(f"its server answered {response.status}")
                with SavedFile(unquote(parts.path.rsplit("/", 1)[-1]), directory=directory, max_size=limit) as file:
                    while chunk := response.read(CHUNK):
                        file.write(chunk)
                    if response.length:
                        raise ValueError(f"its server ended {response.length} bytes too early")
                return file.path
        raise ValueError("it is redirected too often")

    @contextmanager
    def _connected(self, parts: SplitResult) -> Iterator[http.client.HTTPConnection]:
        """A connection to an address that may be asked.

        Raises:
            ValueError: It may not be asked, or its time is over.
        """
        secure = parts.scheme == "https"
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("only http and https addresses can be")
        port = parts.port or (443 if secure else 80)
        found = [entry[4] for entry in self.resolve(parts.hostname, port, type=socket.SOCK_STREAM)]
        if not found or not all(self.public(str(address[0])) for address in found):
            raise ValueError(f"{parts.hostname} is not a public address")
        with socket.create_connection(found[0][:2], TIMEOUT) as raw, _Deadline(raw, self.longest) as deadline:
            if not self.public(str(raw.getpeername()[0])):  # whatever the system has made of the address
                raise ValueError(f"{parts.hostname} is not a public address")
            connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT)
            connection.default_port = 443 if secure else 80  # decides whether the port stands in the Host header
            try:
                context = ssl.create_default_context() if secure else None
                connection.sock = context.wrap_socket(raw, server_hostname=parts.hostname) if context else raw
                yield connection
            except (OSError, http.client.HTTPException, ValueError):
                deadline.check()
                raise
            finally:
                connection.close()
            deadline.check()


class _Deadline:
    """Cuts a connection when its time is over, whatever waits for it: a socket's own timeout begins anew at each byte.

    Args:
        connected: The socket; what is wrapped around it later is cut too.
        seconds: Its time.
    """

    def __init__(self, connected: socket.socket, seconds: float) -> None:
        self._socket = connected.dup()
        self._seconds = seconds
        self._over = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._socket.close()

    def _cut(self) -> None:
        self._over = True
        with suppress(OSError):  # the other side was first
            self._socket.shutdown(socket.SHUT_RDWR)

    def check(self) -> None:
        """Say so if its time was over.

        Raises:
            ValueError: It was.
        """
        if self._over:
            raise ValueError(f"it took longer than {self._seconds:g} seconds")

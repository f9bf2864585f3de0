"""Downloads of files that a client names by URL, from public addresses only and limited in size."""

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
"""Seconds without data after which a download is aborted."""
LONGEST = 300.0
"""Maximum duration of a download in seconds, so that a trickle of bytes cannot block a thread indefinitely."""
HEADERS = {"User-Agent": "holdfast", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Downloads files for clients.

    The host name is resolved once and checked, and the connection goes to exactly that address, so that a name that
    resolves differently the second time has no effect.

    Args:
        resolve: `socket.getaddrinfo`, or a replacement in tests.
        public: Function that returns whether an address may be contacted.
        max_size: Maximum size of a file in bytes; a caller can set a lower limit.
        longest: Maximum duration in seconds for each address contacted.
    """

    resolve: Callable[..., Any] = socket.getaddrinfo
    public: Callable[[str], bool] = is_public
    max_size: int = 1 << 30
    longest: float = LONGEST

    def fetch(self, url: str, directory: Path, *, max_size: int | None = None) -> str:
        """Download a file into the cache; blocks.

        Args:
            url: An http or https URL.
            directory: Cache folder.
            max_size: Maximum size in bytes.

        Returns:
            Path of the file.

        Raises:
            BadValue: The file cannot be downloaded, or its address is not allowed.
        """
        limit = self.max_size if max_size is None else min(self.max_size, max_size)
        try:
            return self._follow(url, directory, limit)
        except (TooLarge, StorageFull) as error:
            raise BadValue(f"The file at {url:.200} was rejected: {error}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BadValue(f"The file at {url:.200} cannot be downloaded: {error}.") from None

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
        raise ValueError("there are too many redirects")

    @contextmanager
    def _connected(self, parts: SplitResult) -> Iterator[http.client.HTTPConnection]:
        """Open a connection to an address that may be contacted.

        Raises:
            ValueError: The address is not allowed, or the time limit is exceeded.
        """
        secure = parts.scheme == "https"
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("only http and https addresses are supported")
        port = parts.port or (443 if secure else 80)
        found = [entry[4] for entry in self.resolve(parts.hostname, port, type=socket.SOCK_STREAM)]
        if not found or not all(self.public(str(address[0])) for address in found):
            raise ValueError(f"{parts.hostname} is not a public address")
        with socket.create_connection(found[0][:2], TIMEOUT) as raw, _Deadline(raw, self.longest) as deadline:
            if not self.public(str(raw.getpeername()[0])):  # check the address that was really connected
                raise ValueError(f"{parts.hostname} is not a public address")
            connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT)
            connection.default_port = 443 if secure else 80  # determines whether the Host header contains the port
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
    """Closes a connection when a time limit is exceeded, because a socket's own timeout restarts with each byte.

    Args:
        connected: Socket to close, including anything wrapped around it later.
        seconds: Time limit.
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
        with suppress(OSError):  # already closed by the peer
            self._socket.shutdown(socket.SHUT_RDWR)

    def check(self) -> None:
        """Raise an error if the time limit was exceeded.

        Raises:
            ValueError: The limit was exceeded.
        """
        if self._over:
            raise ValueError(f"it took longer than {self._seconds:g} seconds")

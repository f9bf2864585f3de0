"""A redis-server of the tests' own, on a socket in a folder of its own; nothing is written to disk."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.clock import Clock
from holdfast.stores.redis.store import RedisStore


class RedisServer:
    """Starts and stops a server.

    Args:
        folder: Where its socket is.
    """

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process, for signals."""
        assert self._process is not None
        return self._process.pid

    def start(self, *options: str) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder), *options]
        if not options:
            arguments += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        import redis

        client = redis.Redis.from_url(self.url)
        while True:
            try:
                client.ping()
                break
            except redis.exceptions.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        client.close()

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            with contextlib.suppress(FileNotFoundError):
                self.socket.unlink()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests that leave it running."""
    # A socket's path has about 100 characters at most, and pytest's folders are longer.
    with tempfile.TemporaryDirectory(prefix="hf-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def own_redis_server() -> Iterator[RedisServer]:
    """A server that the test may stop."""
    with tempfile.TemporaryDirectory(prefix="hf-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


async def opened(url: str, prefix: str, lease: float = 10.0, clock: Clock | None = None) -> RedisStore:
    """Open a store on a server."""
    store = RedisStore(url, prefix=prefix, lease=lease, clock=clock)
    await store.open()
    return store

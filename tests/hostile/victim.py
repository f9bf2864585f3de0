"""Starts the server that is attacked, and asks it what it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from tests.hostile.server import LIMITS, MB
from typing_extensions import Self
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
SLACK = 160 * MB
"""Bytes of memory that the process may grow by besides what it counts: code that is loaded late, pools of the
allocator, and the body, value or picture that each of its threads works at."""
BOUNDS = {
    "held": LIMITS["held_bytes"] + LIMITS["held_bytes"] // 16 + MB,
    "bodies": LIMITS["bodies_bytes"],
    "kept": LIMITS["results_bytes"] + 20 * MB,
    "sessions": 300,
    "state": 8 * MB,
}
"""Most that the server may have counted at any time: bytes, and sessions."""


class Victim:
    """A server in its own process, with one open page whose visitor did nothing wrong."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.hostile.server"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._pages = ExitStack()
        told = json.loads(self._line())
        self.port: int = told["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.asked = 0
        self.before = 0
        """Bytes of memory that the process had at first."""
        self.events: list[str] = told["events"]
        """The names by which pages call the app's functions."""

    def __enter__(self) -> Self:
        self.page = self.open_page()
        self.echo()
        self.before = self.rss()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pages.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line and self.process.stderr is not None:
            raise AssertionError(f"the server ended: {self.process.stderr.read()[-2000:]}")
        return line

    def open_page(self) -> ClientConnection:
        """Return the socket of a page that has said hello."""
        page = self._pages.enter_context(
            connect(f"ws://127.0.0.1:{self.port}/gradio_api/page/socket", max_size=None, close_timeout=0.2)
        )
        page.send(json.dumps({"type": "hello"}))
        assert json.loads(page.recv(20))["type"] == "welcome"
        return page

    def counted(self) -> dict[str, int]:
        """Return what the server has counted."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, int] = json.loads(self._line())
        return found

    def rss(self) -> int:
        """Return the bytes of memory that the process has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def echo(self) -> None:
        """Use the open page: its session, its socket and its events go on."""
        self.asked += 1
        name = f"page-{self.asked}"
        self.page.send(json.dumps({"type": "submit", "event_id": name, "event": self.events[0], "data": ["hi"]}))
        while True:
            frame: Any = json.loads(self.page.recv(30))
            assert frame["type"] != "refused", frame
            message = frame.get("message", {})
            if message.get("event_id") == name and message.get("msg") == "process_completed":
                assert message["success"], message
                assert message["output"]["data"] == ["hi"]
                self.page.send(json.dumps({"type": "ack", "seen": frame["n"]}))
                return

    def check(self, *, goes_on: bool = True) -> None:
        """Hold what the server has to its bounds, in bytes, and see that the open page goes on.

        Args:
            goes_on: `False` while other open pages of the same visitor hold as much as the visitor may.
        """
        found = self.counted()
        over = {name: found[name] for name, bound in BOUNDS.items() if found[name] > bound}
        assert not over, f"{over} exceed {BOUNDS}"
        grown = self.rss() - self.before
        bound = sum(value for name, value in BOUNDS.items() if name != "sessions") + SLACK
        assert grown <= bound, f"the server has grown by {grown / MB:.0f} MB; {bound / MB:.0f} MB are allowed"
        if goes_on:
            self.echo()
        assert httpx.get(f"{self.url}/gradio_api/app_id", timeout=30).status_code == 200

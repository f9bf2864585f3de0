"""Start the attacked server and query its counts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from tests.hostile.server import LIMITS, MB
from typing_extensions import Self
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
SLACK = 160 * MB
"""Bytes by which the process's memory can grow beyond what it counts: code that is loaded late, pools of the allocator,
and the body, value, or image that each of its threads is processing."""
ATTACKER, GUEST = "127.0.0.1", "127.0.0.2"
"""Addresses, each of which is a different visitor."""
RECORD = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z]+ +session=\S+ event=\S+ ")
"""What each line of the log begins with."""
BOUNDS = {
    "held": LIMITS["held_bytes"] + LIMITS["held_bytes"] // 16 + MB,
    "bodies": LIMITS["bodies_bytes"],
    "kept": LIMITS["results_bytes"] + 20 * MB,
    "sessions": 300,
    "state": 8 * MB,
}
"""Maximum counts of bytes and sessions at any time."""


class Page:
    """An open page of a well-behaved visitor.

    Args:
        victim: The server.
        address: Address of the visitor; each address is a different visitor.
    """

    def __init__(self, victim: Victim, address: str = ATTACKER) -> None:
        self._events = victim.events
        self._asked = 0
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(
                f"ws://127.0.0.1:{victim.port}/gradio_api/page/socket",
                source_address=(address, 0),
                max_size=None,
                close_timeout=5,
            )
        )
        self._socket.send(json.dumps({"type": "hello"}))
        assert json.loads(self._socket.recv(20))["type"] == "welcome"

    def submit(self, event: str, data: list[Any]) -> str:
        """Send an event and return its ID."""
        self._asked += 1
        id = f"page-{self._asked}"
        self._socket.send(json.dumps({"type": "submit", "event_id": id, "event": self._events[event], "data": data}))
        return id

    def end_of(self, id: str) -> dict[str, Any]:
        """Return the last message of an event, or the frame that rejected it."""
        while True:
            frame: Any = json.loads(self._socket.recv(30))
            if frame["type"] == "refused" and frame.get("event_id") == id:
                return dict(frame)
            if frame["type"] == "message":
                message = frame["message"]
                if message.get("event_id") == id and message["msg"] == "process_completed":
                    self._socket.send(json.dumps({"type": "ack", "seen": frame["n"]}))
                    return dict(message)

    def use(self) -> None:
        """Run an event, change State and read it back, and send a file that is rejected. Check how each ends."""
        assert self._output("echo", ["hi"])["data"] == ["hi"]
        text = f"kept {self._asked}"
        self._output("keep", [text])
        assert self._output("kept", [None])["data"] == [text]
        end = self.end_of(self.submit("picture", [{"url": "data:image/png;base64,AAAA"}]))
        assert end.get("success") is False, end

    def _output(self, event: str, data: list[Any]) -> dict[str, Any]:
        end = self.end_of(self.submit(event, data))
        assert end.get("success"), end
        return dict(end["output"])

    def close(self) -> None:
        """Close the page."""
        self._open.close()


class Victim:
    """A server in a separate process, with open pages of well-behaved visitors.

    Attributes:
        guest: Page of a visitor at an address other than the attacker's, which must always continue.
        neighbor: Page at the attacker's address, and therefore the same visitor. It continues while the attacker has no
            page.
    """

    guest: Page
    neighbor: Page

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.hostile.server"]
        self._open = ExitStack()
        # A file instead of a pipe, because a server blocks at the next line if its log is not read.
        self._log = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- closed with the rest
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        told = json.loads(self._line())
        self.port: int = told["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.before = 0
        """Bytes of memory that the process used at first."""
        self.events: dict[str, str] = told["events"]
        """Names by which pages refer to the app's functions."""

    def __enter__(self) -> Self:
        try:
            self.guest, self.neighbor = self.open_page(GUEST), self.open_page()
            self.guest.use()
            self.before = self.rss()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self._open.close()
            if self.process.stdout is not None:
                self.process.stdout.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the server ended: {self.log()[-2000:]}"
        return line

    def log(self) -> str:
        """Return the server's log."""
        size = self._log.seek(0, 2)
        return os.pread(self._log.fileno(), size, 0).decode()

    def open_page(self, address: str = ATTACKER) -> Page:
        """Open a page that sends a hello. It is closed at the end at the latest."""
        page = Page(self, address)
        self._open.callback(page.close)
        return page

    def counted(self) -> dict[str, int]:
        """Return the server's counts."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, int] = json.loads(self._line())
        return found

    def rss(self) -> int:
        """Return the process's current memory in bytes."""
        return self._memory("VmRSS:")

    def peak(self) -> int:
        """Return the process's maximum memory in bytes."""
        return self._memory("VmHWM:")

    def _memory(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition(name)[2].split()[0]) * 1024

    def wait_for_pages(self, number: int) -> None:
        """Wait until no more than this number of pages are open."""
        end = time.monotonic() + 60
        while self.counted()["pages"] > number:
            assert time.monotonic() < end, "pages that were closed still count as open after a minute"

    def check(self, *, neighbor: bool = True) -> None:
        """Check the server's counts and memory against its limits, and that well-behaved visitors can continue.

        Args:
            neighbor: False while other open pages at the attacker's address have reached the limit per visitor.
        """
        found = self.counted()
        over = {name: found[name] for name, bound in BOUNDS.items() if found[name] > bound}
        assert not over, f"{over} exceed {BOUNDS}"
        grown = self.peak() - self.before
        bound = sum(value for name, value in BOUNDS.items() if name != "sessions") + SLACK
        assert grown <= bound, f"the server has grown by {grown / MB:.0f} MB; {bound / MB:.0f} MB are allowed"
        self.guest.use()
        if neighbor:
            self.neighbor.use()
        page = Page(self, GUEST)  # another page can be opened
        page.use()
        page.close()
        with self.client(GUEST) as client:  # an API client can continue and upload a file
            answer = client.post("/gradio_api/run/echo", json={"data": ["hi"]})
            assert answer.status_code == 200, answer.text[:200]
            assert answer.json()["data"] == ["hi"]
            answer = client.post("/gradio_api/upload", files={"files": b"x"})
            assert answer.status_code == 200, answer.text[:200]
        with self.client() as client:
            assert client.get("/gradio_api/app_id").status_code == 200
        self._check_log()

    def _check_log(self) -> None:
        """Check that nothing failed in the server and that every line of its log is a record."""
        log = self.log()
        assert "Traceback" not in log, log[max(0, log.index("Traceback") - 1000) :][:5000]
        others = [line for line in log.splitlines() if not RECORD.match(line)]
        assert not others, others[:20]

    def client(self, address: str = ATTACKER) -> httpx.Client:
        """Return a client that sends from an address."""
        return httpx.Client(
            base_url=self.url, timeout=60, transport=httpx.HTTPTransport(local_address=address, verify=False)
        )

"""Clients that go on until their server dies, and know what they were told."""

from __future__ import annotations

import random
import subprocess
import threading
import uuid
from abc import ABC, abstractmethod
from typing import Any

import httpx
from tests.torture import processes

WAYS = ("both", "both", "steps", "share")


class Visitor(ABC):
    """What a client asked for and what it was told."""

    def __init__(self) -> None:
        self.session = f"v{uuid.uuid4().hex}"
        self.begun = 0
        """Increments that it asked for."""
        self.reported = 0
        """Increments that it was told of."""
        self.shared_begun = 0
        self.shared = 0
        """The same of the States that all share."""

    @abstractmethod
    def end(self) -> None:
        """Be done, now that the server is gone."""


class HttpVisitor(Visitor):
    """Bare HTTP, in a thread.

    Args:
        url: The server's.
        chance: Decides what it does.
    """

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__()
        self._url = url
        self._chance = random.Random(chance.random())
        self._wrong = ""
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()

    def end(self) -> None:
        """Wait until it has noticed that the server is gone.

        Raises:
            AssertionError: The server answered with a failure while it lived.
        """
        self._thread.join(60)
        assert not self._thread.is_alive()
        assert not self._wrong, self._wrong

    def _visit(self) -> None:
        try:
            with httpx.Client(base_url=self._url, timeout=60, verify=False) as http:
                while True:
                    self._do(http, self._chance.choice(WAYS))
        except (httpx.HTTPError, ConnectionError):
            return
        except BaseException as error:
            self._wrong = repr(error)

    def _do(self, http: httpx.Client, way: str) -> None:
        if way == "share":
            self.shared_begun += 1
            self._queued(http, way)
            self.shared += 1
        elif way == "steps":
            self.begun += 3
            self._queued(http, way)
        else:
            self.begun += 1
            answer = http.post("/gradio_api/run/direct", json={"data": [None, None], "session_hash": self.session})
            assert answer.status_code == 200, answer.text
            self.reported += 1

    def _queued(self, http: httpx.Client, name: str) -> None:
        body = {"data": [None, None], "session_hash": self.session}
        event = http.post(f"/gradio_api/call/{name}", json=body).json()["event_id"]
        with http.stream("GET", f"/gradio_api/call/{name}/{event}") as answer:
            for line in answer.iter_lines():
                assert line != "event: error", "a server that lives does not fail"
                self.reported += line == "event: generating"
                if line == "event: complete":
                    return
        raise ConnectionError("the stream ended before the event")


PROGRAM = """
import random, sys
from gradio_client import Client

url, session, seed, ways = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split()
chance = random.Random(seed)
client = Client(url, verbose=False, analytics_enabled=False)
client.session_hash = session
def say(*words):
    print(*words, flush=True)
while True:
    way = chance.choice(ways)
    if way == "share":
        say("shared_begun", 1)
        client.predict(api_name="/share")
        say("shared", 1)
    elif way == "steps":
        say("begun", 3)
        for _ in client.submit(api_name="/steps"):
            say("reported", 1)
    else:
        say("begun", 1)
        client.predict(api_name="/both")
        say("reported", 1)
"""


class OfficialVisitor(Visitor):
    """Gradio's own client, in a process: it waits for ever for a server that died.

    Args:
        url: The server's.
        chance: Decides what it does.
    """

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__()
        self._process = processes.start(PROGRAM, url, self.session, str(chance.random()), " ".join(WAYS))

    def end(self) -> None:
        """End it, and note what it had been told."""
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        said, _ = self._process.communicate()
        for line in said.splitlines():
            what, number = line.split()
            setattr(self, what, getattr(self, what) + int(number))


def look(http: httpx.Client, name: str, session: str) -> tuple[int, int]:
    """Two States that are always written together."""
    answer: Any = http.post(f"/gradio_api/run/{name}", json={"data": [None, None], "session_hash": session})
    assert answer.status_code == 200, answer.text
    left, right = answer.json()["data"]
    return left, right

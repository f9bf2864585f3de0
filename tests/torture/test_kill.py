"""R6.1: `kill -9` of a server at any moment loses nothing that was reported and leaves nothing half done."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.torture.serving import Server
from tests.torture.visitors import HttpVisitor, OfficialVisitor, Visitor, look
from tests.waiting import wait_until


@pytest.fixture
def server(durable_url: str, tmp_path: Path) -> Iterator[Server]:
    # Shared States wait for the lanes of the server that was killed; a short lease makes for more events in less time.
    made = Server(tmp_path, f"{durable_url}&lease=1" if "redis" in durable_url else durable_url)
    yield made
    made.kill()


@pytest.mark.timeout(3600)
def test_every_reported_commit_survives_kill_9(server: Server, rounds: Callable[[int], int]) -> None:
    """R6.1: queued, direct, streamed; two States of one session, two of all; the official client and bare HTTP."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    shared = shared_begun = told = 0
    server.start()
    for number in range(rounds(3)):
        visitors: list[Visitor] = [OfficialVisitor(server.url, chance)]
        visitors += [HttpVisitor(server.url, chance) for _ in range(5)]
        wait_until(lambda visitors=visitors: sum(visitor.reported + visitor.shared for visitor in visitors) > 5)
        threading.Event().wait(chance.random())
        server.kill()
        for visitor in visitors:
            visitor.end()
        server.start()
        shared += sum(visitor.shared for visitor in visitors)
        shared_begun += sum(visitor.shared_begun for visitor in visitors)
        told += sum(visitor.reported + visitor.shared for visitor in visitors)
        with httpx.Client(base_url=server.url, timeout=60, verify=False) as http:
            for visitor in visitors:
                a, b = look(http, "look", visitor.session)
                assert a == b, (seed, number, "half done")
                assert visitor.reported <= a <= visitor.begun, (seed, number, visitor.reported, a, visitor.begun)
            left, right = look(http, "look_shared", "anyone")
        assert left == right, (seed, number, "half done")
        assert shared <= left <= shared_begun, (seed, number, shared, left, shared_begun)
    assert "out of reach" not in server.said(), server.said()
    print(json.dumps({"kills": rounds(3), "reported": told, "lost": 0, "half done": 0}))

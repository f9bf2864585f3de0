"""R6.1, R7.1 between real processes: nothing is lost, and what was reported outlives `kill -9`."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.state import worker

from holdfast.state import Owners

pytestmark = pytest.mark.anyio
WORKER = str(Path(worker.__file__))


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that processes share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return f"{request.getfixturevalue('redis_server').url}?prefix=test-{uuid.uuid4()}&lease=0.5"


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        WORKER,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


async def test_four_processes_lose_no_update(url: str) -> None:
    """R7.1: 200 increments of one cell of the app."""
    processes = [await start(url, "add", "50") for _ in range(4)]
    for process in processes:
        assert await asyncio.wait_for(process.wait(), 60) == 0
    counter, *_ = specs = worker.cells()
    engine = await worker.started(url, specs)
    assert await engine.get(counter, Owners("s").app) == 200
    await engine.aclose()


async def killed_at(url: str, name: str, seconds: float) -> list[str]:
    """What a process had reported as committed when it was killed after so long."""
    process = await start(url, "grow", name)
    assert process.stdout is not None
    reported = [await asyncio.wait_for(process.stdout.readline(), 30)]
    await asyncio.sleep(seconds)
    process.kill()
    reported += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    # The last line may be cut off; what counts is what was said in full.
    return [line.decode().strip() for line in reported if line.endswith(b"\n")]


async def check(url: str, reported: list[list[str]]) -> None:
    """Every reported commit is there, in order, and none is half done."""
    _, left, right = specs = worker.cells()
    engine = await worker.started(url, specs)
    owners = Owners("s", browser="b1")
    found = await engine.get(left, owners.of("browser"))
    assert found == list(await engine.get(right, owners.app))
    for marks in reported:
        name = marks[0].split("-")[0]
        mine = [mark for mark in found if mark.split("-")[0] == name]
        assert mine[: len(marks)] == marks
        assert len(mine) <= len(marks) + 1
    await engine.aclose()


async def kill_many(url: str, times: int, pick: Callable[[], float]) -> None:
    reported: list[list[str]] = []
    for number in range(0, times, 2):
        pair = [killed_at(url, f"p{number + i}", pick()) for i in range(2)]
        reported += await asyncio.gather(*pair)
    await check(url, reported)


@pytest.mark.timeout(3600)
async def test_what_was_reported_is_there_after_kill_9(url: str, rounds: Callable[[int], int]) -> None:
    """R6.1: two processes at a time, killed at random moments under load."""
    chance = random.Random(1)
    await kill_many(url, rounds(8), lambda: chance.uniform(0, 0.15))

"""What a commit costs in each store."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import PageVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.servers import Server, free_port
from benchmarks.harness.sheet import GRADIO, OURS, Budget, Metric, Question

CPU = "CPU per event"
P50 = "latency, p50"
SQLITE, REDIS = f"{OURS}, SQLite", f"{OURS}, Redis"
ADDED_SQLITE, ADDED_REDIS = "added by SQLite", "added by Redis"
MANY_SQLITE, MANY_REDIS = "added by SQLite, 20 visitors at once", "added by Redis, 20 visitors at once"

QUESTION = Question(
    "commits",
    "Durable commit of a 1 KB State",
    "Every event replaces a State of one kilobyte, from our own page; the same app with the memory store, an SQLite "
    "file and a Redis on this machine. Added is the CPU of our process above the memory store's in the same round.",
    (
        Metric(CPU, "ms"),
        Metric(P50, "ms"),
        Metric(ADDED_SQLITE, "µs"),
        Metric(ADDED_REDIS, "µs"),
        Metric(MANY_SQLITE, "µs"),
        Metric(MANY_REDIS, "µs"),
    ),
    (Budget(ADDED_SQLITE, 100), Budget(ADDED_REDIS, 150), Budget(MANY_SQLITE, 100), Budget(MANY_REDIS, 150)),
)


@contextmanager
def redis() -> Iterator[str | None]:
    """A Redis of our own, with its defaults but for the disk; `None` where there is none."""
    command = shutil.which("redis-server")
    if command is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-benchmark-") as folder:
        port = free_port()
        process = subprocess.Popen(
            [command, "--port", str(port), "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)


async def measure(bench: Bench) -> None:
    """The same app three times."""
    for metric in (CPU, P50):
        bench.sheet.no(metric, GRADIO, "keeps State in memory only")
    async with AsyncExitStack() as stack:
        url = stack.enter_context(redis())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-benchmark-")))
        stores = {OURS: "memory://", SQLITE: f"sqlite:///{folder}/state.db"}
        if url is None:
            bench.sheet.no(ADDED_REDIS, OURS, "no redis-server here")
        else:
            stores[REDIS] = url
        servers: dict[str, Server] = {}
        for name, store in stores.items():
            server = Server(OURS, bench.pythons[OURS], "kilobyte", {"HOLDFAST_STATE_STORE": store})
            stack.callback(server.stop)
            await server.ready()
            servers[name] = server
        fn = await servers[OURS].fn("change")
        pages = {
            name: [await stack.enter_async_context(PageVisitor(server.port)) for _ in range(20)]
            for name, server in servers.items()
        }

        async def once(name: str, rounds: dict[str, tuple[float, float]], count: int) -> None:
            server = servers[name]
            one = await cost(server, lambda: pages[name][0].event(fn, None), count)

            async def many() -> None:
                await asyncio.gather(*(page.event(fn, None) for page in pages[name]))

            crowd = await cost(server, many, count // 10)
            rounds[name] = (one.cpu, crowd.cpu / len(pages[name]))
            if count > 200:
                bench.sheet.add(CPU, name, one.cpu)
                bench.sheet.add(P50, name, one.p50)

        await bench.interleave(list(servers), lambda name: once(name, {}, 100), 1)
        for i in range(bench.rounds + 2):
            got: dict[str, tuple[float, float]] = {}
            names = list(servers) if i % 2 else list(reversed(servers))
            for name in names:
                await once(name, got, 1000)
            for name, alone, many in ((SQLITE, ADDED_SQLITE, MANY_SQLITE), (REDIS, ADDED_REDIS, MANY_REDIS)):
                if name in got:
                    bench.sheet.add(alone, OURS, (got[name][0] - got[OURS][0]) * 1e3)
                    bench.sheet.add(many, OURS, (got[name][1] - got[OURS][1]) * 1e3)
        _check(bench, folder)


def _check(bench: Bench, folder: Path) -> None:
    """A store that is not written to would look free."""
    size = sum(file.stat().st_size for file in folder.glob("state.db*"))
    if size < 10_000:
        bench.sheet.notes.append(f"The SQLite file holds {size} bytes: nothing was committed to it.")


if __name__ == "__main__":
    main(QUESTION, measure)

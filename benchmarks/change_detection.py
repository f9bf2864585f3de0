"""What it costs to see that a large State has changed, and what others feel of it."""

from __future__ import annotations

import asyncio
import pickle
import time
from statistics import median
from typing import Any

import xxhash

from benchmarks import programs
from benchmarks.harness.bench import Bench
from benchmarks.harness.clients import QueueVisitor
from benchmarks.harness.command import main
from benchmarks.harness.events import cost
from benchmarks.harness.servers import Server
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Budget, Metric, Question

KINDS = {
    "list": "list of 10⁶ ints",
    "nested": "nested dict of 10⁴",
    "bytes": "bytes of 100 MB, replaced",
    "array": "numpy 10⁶ × 10, in place",
    "frame": "DataFrame of 10⁶ rows, in place",
}
QUIET, MEANWHILE, SLOWER = (
    "another visitor's p50, alone",
    "another visitor's p50, meanwhile",
    "another visitor: slower by",
)

QUESTION = Question(
    "change_detection",
    "Change detection of a large State",
    "A State with a listener of its change is changed in place and returned (bytes: replaced), through the queue: "
    "the CPU of that event, less that of a small one in the same app. While the list of 10⁶ is being changed again "
    "and again, another visitor presses a counter. Floor: pickle 5 streamed into xxh3_128 in a bare process.",
    (
        *(Metric(name, "ms") for name in KINDS.values()),
        Metric(QUIET, "ms"),
        Metric(MEANWHILE, "ms"),
        Metric(SLOWER, "×"),
    ),
    (
        Budget(KINDS["list"], 1 / 100, GRADIO),
        Budget(KINDS["nested"], 1 / 30, GRADIO),
        Budget(KINDS["bytes"], 1 / 30, GRADIO),
        Budget(KINDS["array"], 10),
        Budget(KINDS["frame"], 10),
        Budget(SLOWER, 2),
    ),
)


async def measure(bench: Bench) -> None:
    """Kind by kind."""
    for kind, metric in KINDS.items():
        async with bench.servers(f"changing_{kind}", (OURS, GRADIO)) as servers:
            await _rounds(bench, metric, servers)
            if kind == "list":
                for _ in range(1 if bench.quick else 3):
                    for name, server in servers.items():
                        await _meanwhile(bench, name, server)
        bench.sheet.add(metric, FLOOR, _floor(programs.LARGE[kind][0]()))


async def _rounds(bench: Bench, metric: str, servers: dict[str, Server]) -> None:
    seen = {name: await _sees(server) for name, server in servers.items()}

    async def once(name: str) -> None:
        if seen[name]:
            bench.sheet.add(metric, name, await _detection(servers[name], 3 if name == GRADIO else 6))
        else:
            bench.sheet.no(metric, name, "does not see it: `.change` does not fire")

    await bench.interleave(list(servers), once, 2 if bench.quick else 3)


async def _sees(server: Server) -> bool:
    """Whether the page is told that the State has changed, the second time that it does."""
    told: list[Any] = []
    fn = await server.fn("change")
    async with QueueVisitor(server.port, "watcher") as visitor:
        await visitor.event(fn, None)
        output = await visitor.event(fn, None, told=told.append)
    return bool(output.get("changed_state_ids"))


async def _detection(server: Server, count: int) -> float:
    change, press = await server.fn("change"), await server.fn("press")
    async with QueueVisitor(server.port, "watcher") as visitor:
        await visitor.event(change, None)
        large = await cost(server, lambda: visitor.event(change, None), count)
        small = await cost(server, lambda: visitor.event(press, None), 20)
    return large.cpu - small.cpu


async def _meanwhile(bench: Bench, name: str, server: Server) -> None:
    change, press = await server.fn("change"), await server.fn("press")

    async def small(seconds: float) -> float:
        took: list[float] = []
        until = time.perf_counter() + seconds
        async with QueueVisitor(server.port, "other") as visitor:
            await visitor.event(press, None)
            while time.perf_counter() < until or len(took) < 2:
                began = time.perf_counter()
                await visitor.event(press, None)
                took.append(time.perf_counter() - began)
        return median(took) * 1e3

    async def large() -> None:
        async with QueueVisitor(server.port, "watcher") as visitor:
            while True:
                await visitor.event(change, None)

    alone = await small(1)
    busy = asyncio.create_task(large())
    await asyncio.sleep(0.2)
    meanwhile = await small(5)
    busy.cancel()
    await asyncio.wait([busy])
    bench.sheet.add(QUIET, name, alone)
    bench.sheet.add(MEANWHILE, name, meanwhile)
    bench.sheet.add(SLOWER, name, meanwhile / alone)


class _Sink:
    """Takes an encoding into a hash."""

    def __init__(self) -> None:
        self.hash = xxhash.xxh3_128()

    def write(self, data: bytes | memoryview) -> int:
        self.hash.update(data)
        return 0

    def buffer(self, buffer: pickle.PickleBuffer) -> bool:
        self.hash.update(buffer.raw())
        return False


def _floor(value: Any) -> float:
    """Milliseconds of CPU to make a fingerprint of a value."""
    times = []
    for _ in range(3):
        began = time.process_time()
        sink = _Sink()
        pickle.Pickler(sink, protocol=5, buffer_callback=sink.buffer).dump(value)
        sink.hash.digest()
        times.append((time.process_time() - began) * 1e3)
    return median(times)


if __name__ == "__main__":
    main(QUESTION, measure)

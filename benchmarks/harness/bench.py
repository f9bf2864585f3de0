"""One run of one question: servers, rounds, the sheet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from benchmarks.harness.machine import load
from benchmarks.harness.servers import Server, interpreters
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS, Question, Sheet

KINDS = (OURS, GRADIO, FLOOR)
NOT_INSTALLED = "not installed here: run benchmarks/setup"


class Bench:
    """What a question's `measure` is given.

    Args:
        question: What is asked.
        quick: Fewer rounds and events: a look, not a result.
    """

    def __init__(self, question: Question, *, quick: bool = False) -> None:
        self.quick = quick
        self.sheet = Sheet(question)
        self.pythons = interpreters()

    def kinds(self, wanted: Sequence[str] = KINDS) -> list[str]:
        """Those of the wanted kinds that are installed; of the others the sheet says so."""
        for kind in wanted:
            if kind not in self.pythons:
                for metric in self.sheet.question.metrics:
                    self.sheet.no(metric.name, kind, NOT_INSTALLED)
        return [kind for kind in wanted if kind in self.pythons]

    def times(self, number: int, least: int = 1) -> int:
        """So many, or a fifth in quick mode."""
        return max(least, number // 5) if self.quick else number

    @property
    def rounds(self) -> int:
        """How many interleaved rounds."""
        return 2 if self.quick else 5

    @asynccontextmanager
    async def servers(
        self, program: str, kinds: Sequence[str] = KINDS, more: Mapping[str, Mapping[str, str]] | None = None
    ) -> AsyncIterator[dict[str, Server]]:
        """One running server of each kind, with the same program.

        Args:
            program: Name in `benchmarks/programs.py`.
            kinds: Which.
            more: For their environments, by kind.
        """
        started = {k: Server(k, self.pythons[k], program, (more or {}).get(k)) for k in self.kinds(kinds)}
        try:
            for server in started.values():
                await server.ready()
            yield started
        finally:
            for server in started.values():
                server.stop()

    async def interleave(
        self, subjects: Sequence[str], once: Callable[[str], Awaitable[None]], rounds: int = 0
    ) -> None:
        """Measure all subjects in every round, each round beginning with another one."""
        for i in range(rounds or self.rounds):
            turn = i % len(subjects)
            for subject in (*subjects[turn:], *subjects[:turn]):
                await once(subject)


Measure = Callable[[Bench], Awaitable[None]]


def run(question: Question, measure: Measure, *, quick: bool = False) -> Sheet:
    """Answer a question."""
    bench = Bench(question, quick=quick)
    began, busy = time.monotonic(), load()
    asyncio.run(_measure(measure, bench))
    bench.sheet.seconds, bench.sheet.load = time.monotonic() - began, max(busy, load())
    return bench.sheet


async def _measure(measure: Measure, bench: Bench) -> None:
    await measure(bench)

"""R2: whatever overlaps, the outcome is that of the same events one after the other."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from holdfast.state import CellSpec, Owners, StateConflictError, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import Store

Log = dict[str, list[int]]
Spec = tuple[str, ...]
KEYS = Keyring(["a key for the tests of torture"])
NAMES = ("a", "b", "shared")


class World:
    """One or two processes' engines over one store, and the same program in each."""

    def __init__(self, new_store: Callable[[], Store], processes: int) -> None:
        self.loop = asyncio.new_event_loop()
        self._new_store = new_store
        self.prefix = f"{next(_worlds)}"
        self.specs = {
            name: CellSpec(initial=[], scope="app" if name == "shared" else "session", key=f"{self.prefix}-{name}")
            for name in NAMES
        }
        for number, spec in enumerate(self.specs.values()):
            spec.settle(number, watched=number % 2 == 0)
        self.owners = Owners(f"session-{self.prefix}")
        self.engines = [self.loop.run_until_complete(self._start()) for _ in range(processes)]
        self.numbers = itertools.count(1)
        self.jobs: list[asyncio.Task[None]] = []
        self.committed: dict[int, tuple[Spec, dict[str, list[int]]]] = {}
        """For each event that reported success: what it wrote, and what it had read of that."""
        self.failed: set[int] = set()
        self.unknown: set[int] = set()
        """Cancelled: either outcome is right, but a whole one."""

    async def _start(self) -> StateEngine:
        engine = StateEngine(self._new_store(), options=StateOptions(keys=KEYS, rollback_limit=1 << 20))
        await engine.start()
        engine.bind(self.specs.values())
        return engine

    def event(self, process: int, writes: Spec, *, fails: bool, in_place: bool, pauses: int, cancel: bool) -> None:
        """Start an event that appends its number to everything it writes; two of its steps, if it pauses."""
        number = next(self.numbers)

        async def run() -> None:
            specs = [self.specs[name] for name in writes]
            engine = self.engines[process % len(self.engines)]
            try:
                async with engine.event(self.owners, specs, specs) as event:
                    values = await event.values()
                    seen = {name: list(values[self.specs[name]]) for name in writes}
                    for _ in range(pauses):
                        await asyncio.sleep(0)
                    new: dict[CellSpec, Any] = {}
                    for spec in specs:
                        if in_place:
                            values[spec].append(number)
                            if spec is specs[0]:
                                new[spec] = values[spec]
                        else:
                            new[spec] = [*values[spec], number]
                    if fails:
                        self.failed.add(number)
                        raise ZeroDivisionError
                    await event.commit(new)
                    self.committed[number] = (writes, seen)
            except asyncio.CancelledError:
                if number not in self.committed:
                    self.unknown.add(number)
                raise

        job = self.loop.create_task(run())
        self.jobs.append(job)
        if cancel:
            self.loop.call_later(random.random() * 0.002, job.cancel)

    def reader(self, process: int, name: str) -> None:
        """Start an event that only reads; what it sees is some commit, whole."""

        async def run() -> None:
            spec = self.specs[name]
            async with self.engines[process % len(self.engines)].event(self.owners, [spec], ()) as event:
                value = (await event.values())[spec]
                assert len(set(value)) == len(value)
                await event.commit({})

        self.jobs.append(self.loop.create_task(run()))

    def update(self, process: int, name: str) -> None:
        """Start a background update."""
        number = next(self.numbers)

        async def run() -> None:
            spec, seen = self.specs[name], []

            def add(value: list[int]) -> list[int]:
                seen.extend(value)
                return [*value, number]

            engine = self.engines[process % len(self.engines)]
            await engine.update(spec, self.owners.of(spec.scope), add)
            self.committed[number] = ((name,), {name: seen})

        self.jobs.append(self.loop.create_task(run()))

    def finish(self) -> None:
        """Let everything come to its end."""
        jobs, self.jobs = self.jobs, []

        async def wait() -> list[BaseException | None]:
            return await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 30)

        for outcome in self.loop.run_until_complete(wait()):
            assert outcome is None or isinstance(outcome, (ZeroDivisionError, asyncio.CancelledError)), repr(outcome)

    def values(self, process: int) -> Log:
        """Everything that is committed, as one process reads it."""

        async def read() -> Log:
            engine = self.engines[process]
            return {name: await engine.get(spec, self.owners.of(spec.scope)) for name, spec in self.specs.items()}

        return self.loop.run_until_complete(read())

    def check(self) -> None:
        """The logs are those of one order of the events, each of them whole."""
        self.finish()
        logs = self.values(0)
        for process in range(len(self.engines)):
            assert self.values(process) == logs
        for number, (writes, seen) in self.committed.items():
            for name in writes:
                assert logs[name].count(number) == 1, (number, name, logs)
                # It read exactly what is before it: nobody came between its reading and its commit.
                assert logs[name][: logs[name].index(number)] == seen[name], (number, name, logs)
        for number in self.failed:
            assert all(number not in log for log in logs.values()), (number, logs)
        self._check_order(logs)

    def _check_order(self, logs: Log) -> None:
        """Two events that met in several cells met in the same order in each of them."""
        for left, right in itertools.combinations(logs.values(), 2):
            both = set(left) & set(right)
            assert [n for n in left if n in both] == [n for n in right if n in both], logs

    def close(self) -> None:
        for engine in self.engines:
            self.loop.run_until_complete(engine.aclose())
        self.loop.close()


_worlds = itertools.count()
WRITES = st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a"), ("shared",), ("a", "shared"), ("shared", "b", "a")])


def machine(new_store: Callable[[], Store], processes: int) -> type[RuleBasedStateMachine]:
    """Random programs over one store."""

    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(new_store, processes)

        @rule(
            process=st.integers(0, 1),
            writes=WRITES,
            fails=st.sampled_from([False, False, False, True]),
            in_place=st.booleans(),
            pauses=st.integers(0, 5),
            cancel=st.sampled_from([False, False, False, True]),
        )
        def event(self, process: int, writes: Spec, fails: bool, in_place: bool, pauses: int, cancel: bool) -> None:
            self.world.event(process, writes, fails=fails, in_place=in_place, pauses=pauses, cancel=cancel)

        @rule(process=st.integers(0, 1), name=st.sampled_from(NAMES))
        def update(self, process: int, name: str) -> None:
            self.world.update(process, name)

        @rule(process=st.integers(0, 1), name=st.sampled_from(NAMES))
        def read(self, process: int, name: str) -> None:
            self.world.reader(process, name)

        @precondition(lambda self: self.world.jobs)
        @rule()
        def settle(self) -> None:
            self.world.check()

        @invariant()
        def bounded(self) -> None:
            if len(self.world.jobs) > 20:
                self.world.check()

        def teardown(self) -> None:
            self.world.check()
            self.world.close()

    return Histories


@pytest.mark.parametrize("processes", [1, 2])
def test_random_histories_are_serial(
    new_store: Callable[[], Store], store_url: str, rounds: Callable[[int], int], processes: int
) -> None:
    """R2.1-R2.5, R2.8, R7.1: events that write several cells, fail, are cancelled, and updates beside them."""
    if processes > 1 and store_url == "memory://":
        pytest.skip("memory belongs to one process")
    run_state_machine_as_test(
        machine(new_store, processes),
        settings=settings(
            max_examples=rounds(8),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=(Phase.generate,),  # what runs beside each other in processes does not shrink
        ),
    )


@pytest.mark.anyio
async def test_in_place_writers_of_an_input_are_kept_apart_or_refused(new_store: Callable[[], Store]) -> None:
    """R2.1, R2.3: an event that changes an input which it does not declare either counts whole or is refused."""
    engine = StateEngine(new_store(), options=StateOptions(keys=KEYS))
    await engine.start()
    spec = CellSpec(initial=[], key="quiet")
    spec.settle(1, watched=True)
    engine.bind([spec])
    owners, done, refused = Owners("s"), [], []

    async def run(number: int) -> None:
        try:
            async with engine.event(owners, (spec,), (), source="listener") as event:
                value = (await event.values())[spec]
                await asyncio.sleep(0)
                value.append(number)
                await event.commit({})
            done.append(number)
        except StateConflictError:
            refused.append(number)

    await asyncio.gather(*(run(number) for number in range(40)))
    await asyncio.gather(*(run(number) for number in range(40, 80)))
    assert sorted(await engine.get(spec, owners.session)) == sorted(done)
    assert not [number for number in refused if number >= 40], "it has learned that the listener writes"
    await engine.aclose()

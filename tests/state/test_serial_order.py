"""R2.3, R7.1: whatever happens at the same time, the outcome is that of some serial order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.state import CellSpec, Owners, StateConflictError, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import MemoryShelf, MemoryStore


@dataclass
class Plan:
    """One event: which cells it reads and writes, how, and with which pauses."""

    writes: frozenset[int]
    reads: frozenset[int]
    in_place: bool
    undeclared: bool
    """It changes a cell in place that is not among its outputs."""
    steps: int
    fails: bool
    pauses: list[int]
    engine: int = 0


@dataclass
class Outcome:
    plan: Plan
    name: str
    committed: int = 0
    seen: dict[int, list[str]] = field(default_factory=dict)
    wrote: list[int] = field(default_factory=list)


CELLS = st.frozensets(st.integers(0, 2), max_size=3)
PLANS = st.lists(
    st.builds(
        Plan,
        writes=CELLS,
        reads=CELLS,
        in_place=st.booleans(),
        undeclared=st.booleans(),
        steps=st.integers(1, 3),
        fails=st.booleans(),
        pauses=st.lists(st.integers(0, 3), min_size=4, max_size=4),
        engine=st.integers(0, 1),
    ),
    min_size=2,
    max_size=12,
)


def specs() -> list[CellSpec]:
    made = [CellSpec(initial=[], scope="session" if i else "app", key=f"cell{i}") for i in range(3)]
    for number, spec in enumerate(made):
        spec.settle(number, watched=number != 2)
    return made


async def pause(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def play(engine: StateEngine, cells: list[CellSpec], plan: Plan, name: str) -> Outcome:
    """Each step appends its name to the cells that it writes."""
    outcome = Outcome(plan, name)
    written = sorted(plan.writes)
    if plan.undeclared:
        written = sorted(plan.reads)
    read = sorted(plan.reads | plan.writes) if not plan.undeclared else written
    outputs = [] if plan.undeclared else written
    outcome.wrote = written
    async with engine.event(Owners("s"), [cells[i] for i in read], [cells[i] for i in outputs]) as event:
        await pause(plan.pauses[0])
        values = await event.values()
        outcome.seen = {i: list(values[cells[i]]) for i in read}
        current: dict[int, Any] = {i: values[cells[i]] for i in read}
        for step in range(plan.steps):
            await pause(plan.pauses[step + 1])
            token = f"{name}.{step}"
            for i in written:
                if plan.in_place or plan.undeclared:
                    current[i].append(token)
                else:
                    current[i] = [*current[i], token]
            if plan.fails and step == plan.steps - 1:
                await event.discard()
                return outcome
            try:
                await event.commit({cells[i]: current[i] for i in (() if plan.undeclared else written)})
            except StateConflictError:
                assert plan.undeclared
                return outcome
            outcome.committed += 1
    return outcome


def check(final: list[list[str]], outcomes: list[Outcome]) -> None:
    """Every commit is there once, whole, after exactly what its event had seen; failed steps are not there."""
    tokens = [[f"{o.name}.{step}" for step in range(o.committed)] for o in outcomes]
    for i, value in enumerate(final):
        expected = [token for o, mine in zip(outcomes, tokens, strict=True) if i in o.wrote for token in mine]
        assert sorted(value) == sorted(expected)
    for outcome, mine in zip(outcomes, tokens, strict=True):
        for i in outcome.wrote if mine else ():
            at = final[i].index(mine[0])
            assert final[i][:at] == outcome.seen[i], "it was based on something else than what came before it"
            assert final[i][at : at + len(mine)] == mine, "something came between its steps"
    order: dict[tuple[str, str], bool] = {}
    for value in final:
        names = list(dict.fromkeys(token.split(".")[0] for token in value))
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                assert order.setdefault((first, second), True)
                assert (second, first) not in order, "two cells tell different orders"


async def history(plans: list[Plan], *, durable: bool) -> None:
    shelf = MemoryShelf()
    options = StateOptions(keys=Keyring(["a key for the tests"]))
    engines = [
        StateEngine(MemoryStore(durable=durable, shelf=shelf), options=options) for _ in range(2 if durable else 1)
    ]
    cells = specs()
    for engine in engines:
        await engine.start()
        engine.bind(cells)
    jobs = [play(engines[plan.engine % len(engines)], cells, plan, f"e{number}") for number, plan in enumerate(plans)]
    outcomes = await asyncio.wait_for(asyncio.gather(*jobs), 30)
    for engine in engines:
        final = [await engine.get(spec, Owners("s").of(spec.scope)) for spec in cells]
        check(final, outcomes)
    for engine in engines:
        await engine.aclose()


@pytest.mark.parametrize("durable", [False, True], ids=["one process", "two processes"])
def test_random_histories_equal_some_serial_order(durable: bool) -> None:
    """R2.2, R2.3, R2.5, R7.1: atomic, isolated, nothing lost, nothing twice."""

    @settings(max_examples=300, deadline=None)
    @given(PLANS)
    def run(plans: list[Plan]) -> None:
        asyncio.run(history(plans, durable=durable))

    run()

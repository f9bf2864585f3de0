"""R4.4, R4.6: what sessions cost in memory, and that nothing of them stays."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from tests.state.conftest import cells_of, memory_only
from tests.state.steps import run, touch

from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.stores import MemoryStore

pytestmark = [pytest.mark.anyio, memory_only]


async def visit(engine: StateEngine, spec: CellSpec, name: str) -> None:
    """What a visitor does: open the page, fill a small State."""
    engine.open(name)
    await run(engine, Owners(name), spec, lambda value: {**value, "name": f"visitor {name}", "count": 1})


async def test_a_session_with_a_small_state_costs_less_than_a_kilobyte(engine: StateEngine) -> None:
    """R4.4: of the two kilobytes that a session may cost over the bare process, this library takes half at most."""
    spec = cells_of(engine)({})
    await visit(engine, spec, "first")
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1_000):
        await visit(engine, spec, f"s{number}")
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (after - before) / 1_000 < 1_400


async def test_a_long_sessions_own_churn_leaves_nothing(make_engine: Any) -> None:
    """R4.6: leak tests that only open and close sessions miss what grows inside one."""
    engine = await make_engine()
    spec, kept = cells_of(engine)([]), cells_of(engine)({}, history=5)
    engine.open("s1")
    owners = Owners("s1")

    async def use(times: int) -> None:
        for number in range(times):
            await run(engine, owners, spec, lambda _, number=number: [number])
            await touch(engine, owners, spec, lambda value: value.append(1), of="listener")
            await run(engine, owners, kept, lambda _, number=number: {"n": number})
            await engine.update(spec, owners.session, lambda value: value[:1])

    await use(200)
    gc.collect()
    tracemalloc.start()
    await use(200)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    await use(400)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 8_000


async def test_memory_is_flat_over_sessions_that_come_and_go(
    new_store: Callable[[], MemoryStore], rounds: Callable[[int], int]
) -> None:
    """R4.4, R4.6: under churn with a bound on the number of sessions, counted in blocks that the interpreter holds."""
    engine = StateEngine(new_store(), options=StateOptions(session_capacity=500))
    await engine.start()
    spec = cells_of(engine)({})

    async def come_and_go(first: int, count: int) -> int:
        for number in range(first, first + count):
            await visit(engine, spec, f"s{number}")
            engine.close(f"s{number}")
        assert engine.held().owners <= 500
        await engine.settled()
        gc.collect()
        return sys.getallocatedblocks()

    before = await come_and_go(0, 5_000)
    count = rounds(10_000)
    assert await come_and_go(5_000, count) - before < count // 10
    await engine.aclose()

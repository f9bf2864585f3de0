"""Engines for the tests of the state contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.stores import MemoryStore
from holdfast.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def engine(clock: ManualClock) -> AsyncIterator[StateEngine]:
    engine = StateEngine(MemoryStore(), clock=clock)
    await engine.start()
    yield engine
    await engine.aclose()


@pytest.fixture
async def make_engine(clock: ManualClock) -> AsyncIterator[Callable[..., Any]]:
    """Makes started engines with given options; they are closed at the end."""
    made: list[StateEngine] = []

    async def make(**options: Any) -> StateEngine:
        engine = StateEngine(MemoryStore(), clock=clock, options=StateOptions(**options))
        await engine.start()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.aclose()


@pytest.fixture
def visitor() -> Owners:
    return Owners("s1")


@pytest.fixture
def make_cell(engine: StateEngine) -> Callable[..., CellSpec]:
    return cells_of(engine)


def cells_of(engine: StateEngine) -> Callable[..., CellSpec]:
    """Makes cells that the engine holds; they are watched unless told otherwise."""

    def make(initial: Any = None, *, watched: bool = True, **options: Any) -> CellSpec:
        if callable(initial):
            options["factory"] = initial
            initial = None
        spec = CellSpec(initial=initial, **options)
        spec.settle(len(engine.specs) + 1, watched=watched)
        engine.bind([spec])
        return spec

    return make

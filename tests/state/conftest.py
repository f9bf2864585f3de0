"""Engines for the tests of the state contract; each test runs with every store unless it says otherwise."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.redis_server import own_redis_server, redis_server

from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import MemoryShelf, MemoryStore, Store
from holdfast.stores.redis.store import RedisStore
from holdfast.stores.sqlite.store import SqliteStore
from holdfast.testing.clock import ManualClock

__all__ = ["own_redis_server", "redis_server"]

STORES = ["memory", "shelf", "sqlite", "redis"]
memory_only = pytest.mark.parametrize("new_store", ["memory"], indirect=True)
durable_only = pytest.mark.parametrize("new_store", STORES[1:], indirect=True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=STORES)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes stores of one place."""
    if request.param == "memory":
        return MemoryStore
    if request.param == "shelf":
        shelf = MemoryShelf()
        return lambda: MemoryStore(durable=True, shelf=shelf)
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "state.db")
    url, prefix = request.getfixturevalue("redis_server").url, f"test-{uuid.uuid4()}"
    return lambda: RedisStore(url, prefix=prefix)


@pytest.fixture
async def make_engine(clock: ManualClock, new_store: Callable[[], Store]) -> AsyncIterator[Callable[..., Any]]:
    """Makes started engines with given options; they are closed at the end."""
    made: list[StateEngine] = []

    async def make(**options: Any) -> StateEngine:
        options.setdefault("keys", Keyring(["a key for the tests"]))
        engine = StateEngine(new_store(), clock=clock, options=StateOptions(**options))
        await engine.start()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.aclose()


@pytest.fixture
async def engine(make_engine: Callable[..., Any]) -> StateEngine:
    made: StateEngine = await make_engine()
    return made


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

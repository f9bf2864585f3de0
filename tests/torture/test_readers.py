"""R2.3, R5.5: readers beside a commit that is under way neither see it early nor disturb it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.stores import Store

pytestmark = pytest.mark.anyio
KEYS = Keyring(["a key for the tests of torture"])


async def engine_of(store: Store, spec: CellSpec) -> StateEngine:
    engine = StateEngine(store, options=StateOptions(keys=KEYS))
    await engine.start()
    engine.bind([spec])
    return engine


def shared(**options: object) -> CellSpec:
    spec = CellSpec(initial=[], key="log", scope="app", **options)  # type: ignore[arg-type]
    spec.settle(1, watched=True)
    return spec


async def test_a_reader_between_writing_and_returning_does_not_shift_versions(new_store: Callable[[], Store]) -> None:
    """R2.3: the reader meets bytes that its own process has just written; the next process loses nothing."""
    spec, owners = shared(), Owners("s")
    here, there = await engine_of(new_store(), spec), await engine_of(new_store(), spec)
    if not here.persistence.durable:
        await here.aclose()
        await there.aclose()
        pytest.skip("memory belongs to one process")
    original = here.store.commit

    async def commit(*arguments: object) -> None:
        await original(*arguments)  # type: ignore[arg-type]
        await here.get(spec, owners.app)

    here.store.commit = commit  # type: ignore[assignment, method-assign]
    for number in range(6):
        await (here, there)[number % 2].update(spec, owners.app, lambda log, number=number: [*log, number])
    assert await here.get(spec, owners.app) == await there.get(spec, owners.app) == list(range(6))
    await here.aclose()
    await there.aclose()


async def test_the_last_write_of_several_processes_is_what_all_read(new_store: Callable[[], Store]) -> None:
    """R2.4: `last_write` may lose updates, but no process goes on with a value that nobody else has."""
    spec, owners = shared(concurrency="last_write"), Owners("s")
    engines = [await engine_of(new_store(), spec) for _ in range(2)]
    if not engines[0].persistence.durable:
        for engine in engines:
            await engine.aclose()
        pytest.skip("memory belongs to one process")
    for number in range(20):
        updates = (engine.update(spec, owners.app, lambda _, n=n: [n]) for n in (number, -number) for engine in engines)
        await asyncio.gather(*updates)
    seen = [await engine.get(spec, owners.app) for engine in engines]
    assert seen[0] == seen[1]
    for engine in engines:
        await engine.aclose()


async def test_a_session_that_began_anew_elsewhere_is_not_taken_for_the_old_one(new_store: Callable[[], Store]) -> None:
    """R9.2: another process forgets the session and writes as often as before; nobody sees the old values again."""
    spec = CellSpec(initial="new", key="note")
    spec.settle(1, watched=True)
    owners = Owners("s")
    here, there = await engine_of(new_store(), spec), await engine_of(new_store(), spec)
    if not here.persistence.durable:
        await here.aclose()
        await there.aclose()
        pytest.skip("memory belongs to one process")
    await here.update(spec, owners.session, lambda _: "old")
    assert await there.get(spec, owners.session) == "old"
    there.forget("s")
    await there.settled()
    await there.update(spec, owners.session, lambda value: value + "er")
    assert await here.get(spec, owners.session) == "newer"
    assert await here.update(spec, owners.session, lambda value: value + "!") == "newer!"
    await here.aclose()
    await there.aclose()

"""Short ways to run events in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from holdfast.state import CellSpec, Owners, StateEngine


async def run(
    engine: StateEngine, owners: Owners, spec: CellSpec, fn: Callable[[Any], Any], *, pause: float | None = None
) -> tuple[CellSpec, ...]:
    """One event with a State as input and output: `fn` of its value is returned for it."""
    async with engine.event(owners, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        if pause is not None:
            await asyncio.sleep(pause)
        return await event.commit({spec: fn(value)})


async def touch(
    engine: StateEngine, owners: Owners, spec: CellSpec, fn: Callable[[Any], object] = lambda _: None, of: Any = None
) -> tuple[CellSpec, ...]:
    """One event with a State as input alone; `fn` may change its value in place."""
    async with engine.event(owners, (spec,), (), source=of) as event:
        fn((await event.values())[spec])
        return await event.commit({})


async def fail(engine: StateEngine, owners: Owners, spec: CellSpec, fn: Callable[[Any], object]) -> None:
    """One event that changes its value and fails."""
    async with engine.event(owners, (spec,), (spec,)) as event:
        fn((await event.values())[spec])
        await event.discard()


async def read(engine: StateEngine, owners: Owners, spec: CellSpec) -> Any:
    """A copy of the last commit."""
    return await engine.get(spec, owners.of(spec.scope))

"""A process that uses an engine; the tests of several processes start it and kill it.

python worker.py URL add COUNT            adds 1 to a counter COUNT times, through events and updates
python worker.py URL grow                 grows two cells together for ever, and prints each commit when it is done
"""

from __future__ import annotations

import asyncio
import itertools
import sys

from holdfast import stores
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring

KEYS = Keyring(["a key for the tests"])


def cells() -> list[CellSpec]:
    """The States of the program."""
    counter = CellSpec(initial=0, scope="app", key="counter")
    left = CellSpec(initial=[], scope="browser", key="left")
    right = CellSpec(initial={}, scope="app", key="right")
    for number, spec in enumerate((counter, left, right)):
        spec.settle(number, watched=True)
    return [counter, left, right]


async def started(url: str, specs: list[CellSpec]) -> StateEngine:
    """An engine on the store."""
    engine = StateEngine(stores.open(url), options=StateOptions(keys=KEYS))
    await engine.start()
    engine.bind(specs)
    return engine


async def add(engine: StateEngine, counter: CellSpec, count: int) -> None:
    """Half through events, half through updates."""
    owners = Owners("s")

    async def event() -> None:
        async with engine.event(owners, (counter,), (counter,)) as running:
            value = (await running.values())[counter]
            await asyncio.sleep(0)
            await running.commit({counter: value + 1})

    half = count // 2
    updates = [engine.update(counter, owners.app, lambda n: n + 1) for _ in range(count - half)]
    await asyncio.gather(*(event() for _ in range(half)), *updates)


async def grow(engine: StateEngine, left: CellSpec, right: CellSpec, name: str) -> None:
    """Writes two cells of two owners in each commit."""
    owners = Owners("s", browser="b1")
    for number in itertools.count():
        async with engine.event(owners, (left, right), (left, right)) as event:
            values = await event.values()
            mark = f"{name}-{number}"
            await event.commit({left: [*values[left], mark], right: {**values[right], mark: "x" * (number % 700)}})
        print(mark, flush=True)


async def main() -> None:
    """Do what the arguments say."""
    url, what, *rest = sys.argv[1:]
    counter, left, right = specs = cells()
    engine = await started(url, specs)
    if what == "add":
        await add(engine, counter, int(rest[0]))
    else:
        await grow(engine, left, right, rest[0])
    await engine.aclose()


if __name__ == "__main__":
    asyncio.run(main())

"""Programs that measure the memory of an engine, each in a process of its own: one line of JSON at the end."""

from __future__ import annotations

HEAD = """
import asyncio, gc, json, sys, tracemalloc
from holdfast import stores
from holdfast.clock import SystemClock
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring

def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def spec_of(engine, initial, key="cell", **options):
    spec = CellSpec(initial=initial, key=key, **options)
    spec.settle(1, watched=True)
    engine.bind([spec])
    return spec

async def add(engine, spec, owners, item):
    async with engine.event(owners, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        value["items"].append(item)
        await event.commit({spec: value})

async def started(url, **options):
    options.setdefault("keys", Keyring(["a key for the tests of torture"]))
    engine = StateEngine(stores.open(url), options=StateOptions(**options))
    await engine.start()
    return engine
"""

SESSIONS = (
    HEAD
    + """
async def main(url, count):
    engine = await started(url, session_capacity=2 * count)
    spec = spec_of(engine, {"items": [], "name": "somebody"})
    for number in range(200):
        engine.open(f"warm-{number}")
        await add(engine, spec, Owners(f"warm-{number}"), "tea")
    await engine.settled()
    gc.collect()
    tracing = sys.argv[3] == "trace"
    if tracing:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if tracing else rss()
    for number in range(count):
        session = f"{number:032x}"
        engine.open(session)
        await add(engine, spec, Owners(session), f"item {number}")
    await engine.settled()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] if tracing else rss()
    assert engine.held().owners == count + 200
    print(json.dumps((after - before) / count))
    await engine.aclose()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
)

CHURN = (
    HEAD
    + """
async def main(url, count, kind):
    engine = await started(url, session_capacity=500, memory_limit=2_000_000)
    spec = spec_of(engine, {"items": []}, time_to_live=3600, history=3)
    seen = []
    most = [0, 0]
    for number in range(count):
        if kind == "sessions":
            session = f"{number:032x}"
            engine.open(session)
            await add(engine, spec, Owners(session), "x" * (number % 7 * 100))
            engine.close(session)
            if number % 3 == 0:
                engine.forget(session)
        else:
            async with engine.event(Owners("one"), (spec,), (spec,)) as event:
                value = (await event.values())[spec]
                value["items"] = [*value["items"][-50:], str(number)]
                if number % 5 == 0:
                    await event.discard()
                else:
                    await event.commit({spec: value})
            if number % 11 == 0:
                await engine.update(spec, Owners("one").session, lambda value: {"items": []})
        held = engine.held()
        most = [max(most[0], held.owners), max(most[1], held.bytes)]
        if number % (count // 10) == count // 10 - 1:
            await engine.settled()
            gc.collect()
            seen.append([rss(), len(gc.get_objects()), engine.timers])
    print(json.dumps({"seen": seen, "owners": most[0], "bytes": most[1]}))
    await engine.aclose()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""
)

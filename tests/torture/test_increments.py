"""R2.3, R2.7, R7.1: no update is lost, whoever makes it and however."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.crowd import crowd
from tests.torture.conftest import Serve
from tests.torture.processes import all_found, start

import holdfast as gr
from holdfast.state.codec import Keyring

EACH = 50
"""Increments in each of four ways."""


def counting() -> gr.Blocks:
    """Two functions, each offered queued and not, over one State."""

    def plain(value: dict[str, int]) -> dict[str, int]:
        before = value["n"]
        time.sleep(0.001)
        value["n"] = before + 1
        return value

    async def asynchronous(value: dict[str, int]) -> dict[str, int]:
        before = value["n"]
        await asyncio.sleep(0.001)
        return {"n": before + 1}

    with gr.Blocks() as demo:
        cell = gr.State({"n": 0})
        shown = gr.Number()
        for name, fn in (("plain", plain), ("asynchronous", asynchronous)):
            for queue in (True, False):
                gr.Button().click(
                    fn, cell, cell, api_name=f"{name}_{queue}", queue=queue, concurrency_limit=None if queue else 1
                )
        gr.Button().click(lambda value: value["n"], cell, shown, api_name="total")
    return demo


@pytest.mark.anyio
async def test_of_200_increments_by_two_functions_200_are_kept(serve: Serve, store_url: str) -> None:
    """R2.3: sync and async, queued and not, at once in one session."""
    app = serve(counting(), state_store=store_url)
    async with crowd(app.url) as client:

        async def direct(name: str) -> None:
            answer = await client().post(f"/gradio_api/run/{name}", json={"data": [None], "session_hash": "one"})
            assert answer.status_code == 200, answer.text

        async def queued(name: str) -> None:
            http, body = client(), {"data": [None], "session_hash": "one"}
            event = (await http.post(f"/gradio_api/call/{name}", json=body)).json()["event_id"]
            answer = await http.get(f"/gradio_api/call/{name}/{event}")
            assert "event: complete" in answer.text, answer.text

        work: list[tuple[Callable[[str], Any], str]] = [(queued, "plain_True"), (direct, "plain_False")]
        work += [(queued, "asynchronous_True"), (direct, "asynchronous_False")]
        await asyncio.gather(*(how(name) for _ in range(EACH) for how, name in work))
        total = await client().post("/gradio_api/run/total", json={"data": [None], "session_hash": "one"})
    assert total.json()["data"] == [4 * EACH]


PROGRAM = """
import asyncio, json, sys
from holdfast import stores
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring

async def main(url, scope, times):
    engine = StateEngine(stores.open(url), options=StateOptions(keys=Keyring(["a key for the tests of torture"])))
    spec = CellSpec(initial={"n": 0}, scope=scope, key="count")
    spec.settle(1, watched=True)
    await engine.start()
    engine.bind([spec])
    owners = Owners("s", browser="b")

    async def as_event():
        async with engine.event(owners, (spec,), (spec,)) as event:
            value = (await event.values())[spec]
            await asyncio.sleep(0)
            value["n"] += 1
            await event.commit({spec: value})

    def add(value):
        return {"n": value["n"] + 1}

    ways = [as_event, lambda: engine.update(spec, owners.of(scope), add),
            lambda: asyncio.to_thread(engine_update)]

    def engine_update():
        from holdfast.state import access
        access.update(spec, owners.of(scope), add)

    await asyncio.wait_for(asyncio.gather(*(ways[i % 3]() for i in range(times))), 90)
    conflicts = engine.stats.conflicts
    await engine.aclose()
    print(json.dumps(conflicts))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""
READ = """
import asyncio, json, sys
from holdfast import stores
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions
from holdfast.state.codec import Keyring

async def main(url, scope):
    engine = StateEngine(stores.open(url), options=StateOptions(keys=Keyring(["a key for the tests of torture"])))
    spec = CellSpec(initial={"n": 0}, scope=scope, key="count")
    spec.settle(1, watched=True)
    await engine.start()
    engine.bind([spec])
    print(json.dumps((await engine.get(spec, Owners("s", browser="b").of(scope)))["n"]))
    await engine.aclose()

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@pytest.mark.parametrize("scope", ["browser", "app"])
def test_four_processes_lose_none_of_their_increments(durable_url: str, scope: str) -> None:
    """R7.1: events and updates, from tasks and threads."""
    all_found([start(PROGRAM, durable_url, scope, "50") for _ in range(4)])
    assert all_found([start(READ, durable_url, scope)]) == [200]


def test_processes_that_start_together_share_one_new_key(tmp_path: Path) -> None:
    """R6.4: nobody finds it half written; the one that is there first counts."""
    path = tmp_path / "keys" / "key"
    others: list[Keyring] = []

    def make() -> str:
        others.append(Keyring.kept_in(path))
        return "a key that comes too late"

    assert Keyring.kept_in(path, make).current == others[0].current == Keyring.kept_in(path).current
    assert [file.name for file in path.parent.iterdir()] == ["key"]

"""D1, D5, D6: what a Redis store does when Redis is slow, hangs, or is full, and when two processes take turns.

D1: siblings looked for: every use of redis-py's pool (`READ`, `CLAIM`, `RENEW`, `RELEASE`, `TOUCH`, large commits,
`ZADD`, `HKEYS`, `SCAN`); found: all took a connection each, and a full pool looked like a Redis that is gone.
D5: siblings looked for: other waits for a notification that may come before they begin; found: only that of a claim.
D6: siblings looked for: other time limits that are taken for an outage; found: reading and sending over the pipe.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.redis_server import RedisServer, opened

from holdfast.stores import Key, Record, StoreUnavailableError, Write
from holdfast.stores.redis.client import RedisLink
from holdfast.stores.redis.store import RedisStore
from holdfast.testing import ManualClock

pytestmark = pytest.mark.anyio
A = Key("session:a", "cart")


async def test_300_at_once_need_no_connection_each(redis_server: RedisServer, prefix: str) -> None:
    """D1: claims, reads, commits and times of 300 sessions at once, with a pool of two connections."""
    store = await opened(f"{redis_server.url}?max_connections=2", prefix)
    keys = [Key(f"session:{number}", "cell") for number in range(300)]

    async def first(key: Key) -> None:
        claim = await store.claim([key])
        assert claim is not None
        await store.commit([Write(key, 1, b"x" * (70_000 if key.owner.endswith("0") else 10), 0)], [claim])
        await store.touch(key.owner, 1e12)
        assert await store.names(key.owner) == ["cell"]
        await store.release(claim)

    await asyncio.gather(*map(first, keys))
    assert all(await store.read(keys))
    assert len([info async for info in store.owners()]) == 300
    async with Redis.from_url(redis_server.url) as client:
        assert len(await client.client_list()) <= 8
    await store.aclose()


async def test_an_answer_that_takes_long_is_waited_for(
    own_redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1: while Redis shows that it lives, a slow answer is no outage, whatever time limit the URL sets."""
    doubted = asyncio.Event()
    lives = RedisLink.lives

    async def noted(link: RedisLink) -> bool:
        found = await lives(link)
        doubted.set()
        return found

    monkeypatch.setattr(RedisLink, "lives", noted)
    store = await opened(f"{own_redis_server.url}?socket_timeout=0.5", prefix)
    await store.commit([Write(A, 1, b"x", 0)])
    async with Redis.from_url(own_redis_server.url) as client:
        await client.client_pause(60_000, all=False)
        commit = asyncio.create_task(store.commit([Write(A, 2, b"y", 1)]))
        await doubted.wait()
        assert not commit.done()
        await client.client_unpause()
        await commit
    assert await store.read([A]) == [Record(2, b"y")]
    await store.aclose()


async def test_a_redis_that_hangs_is_known_soon_and_used_again_after_it(
    own_redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D6: it takes connections and answers nothing; everything that waits learns of it together."""
    store = await opened(own_redis_server.url, prefix)
    await store.commit([Write(A, 1, b"x", 0)])
    monkeypatch.setattr("holdfast.stores.redis.client._PING", 0.1)
    os.kill(own_redis_server.pid, signal.SIGSTOP)
    try:
        asked = [store.read([A]), store.commit([Write(A, 2, b"y", 1)]), store.claim([A]), store.touch("session:a", 9.0)]
        outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
    finally:
        os.kill(own_redis_server.pid, signal.SIGCONT)
        monkeypatch.undo()
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailableError] * 4
    assert "does not answer" in str(outcomes[0])
    (record,) = await store.read([A])
    assert record is not None
    await store.commit([Write(A, 3, b"z")])
    assert await store.read([A]) == [Record(3, b"z")]
    await store.aclose()


async def test_a_redis_that_is_full_is_unavailable_and_keeps_what_it_has(
    own_redis_server: RedisServer, prefix: str
) -> None:
    """D6: writing fails, reading goes on, and nothing is half written."""
    store = await opened(own_redis_server.url, prefix)
    await store.commit([Write(A, 1, b"x", 0)])
    async with Redis.from_url(own_redis_server.url) as client:
        await client.config_set("maxmemory-policy", "noeviction")
        await client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailableError, match=r"OOM|maxmemory"):
            await store.commit([Write(A, 2, b"y", 1), Write(Key("session:a", "more"), 1, b"z", 0)])
        assert await store.read([A, Key("session:a", "more")]) == [Record(1, b"x"), None]
        await client.config_set("maxmemory", 0)
    await store.commit([Write(A, 2, b"y", 1)])
    await store.aclose()


async def test_a_claim_that_becomes_free_while_it_is_asked_for_is_heard_of(
    redis_server: RedisServer, prefix: str
) -> None:
    """D5: two processes that take turns look again only because they hear of it; the time for looking never comes."""
    clock = ManualClock()
    one, two = [await opened(redis_server.url, prefix, clock=clock) for _ in range(2)]

    async def turns(store: RedisStore) -> None:
        for _ in range(60):
            claim = await store.claim([A])
            assert claim is not None
            await store.release(claim)

    await asyncio.wait_for(asyncio.gather(turns(one), turns(two)), 60)
    await one.aclose()
    await two.aclose()


async def test_a_wish_that_is_heard_before_redis_has_answered_counts(
    redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D5: the lease is not kept when its claim ends. Answers and messages come over two connections."""
    store = await opened(redis_server.url, prefix)
    feed = await store.changes()
    original = RedisLink.do

    async def late(link: RedisLink, script: str, *arguments: Any, **options: Any) -> Any:
        answer = await original(link, script, *arguments, **options)
        if script == "CLAIM":
            link.feed.on_wanted(A.owner)
        return answer

    monkeypatch.setattr(RedisLink, "do", late)
    claim = await store.claim([A])
    assert claim is not None
    await store.release(claim)
    assert not await lease_of_a(redis_server, prefix)
    await feed.aclose()  # type: ignore[attr-defined]
    await store.aclose()


async def test_a_wish_from_before_the_store_could_hear_it_counts(redis_server: RedisServer, prefix: str) -> None:
    """D5: whatever is in use when the store begins to listen may be wanted."""
    store = await opened(redis_server.url, prefix)
    claim = await store.claim([A])
    assert claim is not None
    feed = await store.changes()
    await store.release(claim)
    assert not await lease_of_a(redis_server, prefix)
    await feed.aclose()  # type: ignore[attr-defined]
    await store.aclose()


async def lease_of_a(server: RedisServer, prefix: str) -> bytes | str | None:
    """What Redis knows of it."""
    async with Redis.from_url(server.url) as client:
        return await client.hget(f"{prefix}:{{{A.owner}}}", f"l{A.name}")

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
import statistics
import time

import pytest
from redis.asyncio import Redis
from tests.redis_server import RedisServer, opened

from holdfast.stores import Key, Record, StoreUnavailableError, Write
from holdfast.stores.redis import RedisStore

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


async def test_an_answer_that_takes_long_is_waited_for(own_redis_server: RedisServer, prefix: str) -> None:
    """D1: while Redis shows that it lives, a slow answer is no outage, whatever time limit the URL sets."""
    store = await opened(f"{own_redis_server.url}?socket_timeout=0.05", prefix)
    await store.commit([Write(A, 1, b"x", 0)])
    async with Redis.from_url(own_redis_server.url) as client:
        await client.client_pause(400, all=False)
        began = time.monotonic()
        await store.commit([Write(A, 2, b"y", 1)])
        assert time.monotonic() - began > 0.2
    assert await store.read([A]) == [Record(2, b"y")]
    await store.aclose()


async def test_a_redis_that_hangs_is_known_soon_and_used_again_after_it(
    own_redis_server: RedisServer, prefix: str
) -> None:
    """D6: it takes connections and answers nothing; everything that waits learns of it together."""
    store = await opened(own_redis_server.url, prefix)
    await store.commit([Write(A, 1, b"x", 0)])
    os.kill(own_redis_server.pid, signal.SIGSTOP)
    try:
        asked = [store.read([A]), store.commit([Write(A, 2, b"y", 1)]), store.claim([A]), store.touch("session:a", 9.0)]
        outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
    finally:
        os.kill(own_redis_server.pid, signal.SIGCONT)
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
    """D5: two processes that take turns do not wait for the quarter of a second after which they look again."""
    one, two = await opened(redis_server.url, prefix), await opened(redis_server.url, prefix)
    took: list[float] = []

    async def turns(store: RedisStore) -> None:
        for _ in range(60):
            began = time.monotonic()
            claim = await store.claim([A])
            took.append(time.monotonic() - began)
            assert claim is not None
            await store.release(claim)

    await asyncio.gather(turns(one), turns(two))
    late = [seconds for seconds in took if 0.24 < seconds < 0.27]
    assert len(late) <= len(took) // 20, statistics.quantiles(took, n=20)
    await one.aclose()
    await two.aclose()

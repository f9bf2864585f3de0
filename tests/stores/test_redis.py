"""R6: what the Redis store does when the server or the network lets it down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.asyncio import Redis
from tests.redis_server import RedisServer, opened
from tests.waiting import until
from typing_extensions import Self

from holdfast import stores
from holdfast.stores import (
    Change,
    FencedError,
    Gap,
    Key,
    Record,
    StoreDamagedError,
    StoreFormatError,
    StoreUnavailableError,
    StoreUrlError,
    VersionConflictError,
    Write,
)
from holdfast.stores.redis.store import RedisStore
from holdfast.testing import ManualClock

pytestmark = pytest.mark.anyio
A, B = Key("session:a", "cart"), Key("session:b", "cart")


class CuttingProxy:
    """Stands between a store and Redis, and can cut the connection when an answer comes: it was done, nobody knows.

    Args:
        server: Path of Redis's socket.
        path: Path of its own.
    """

    def __init__(self, server: Path, path: Path) -> None:
        self.url = f"unix://{path}"
        self.cuts = 0
        """Answers to commits that are still to be cut off."""
        self.before = False
        """Cut before Redis gets the question, too."""
        self._server = server
        self._path = path

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_unix_server(self._serve, self._path)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(self._server))
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                is_commit = b"EVALSHA" in data and b":changes" in data
                cut = is_commit and self.cuts > 0
                self.cuts -= cut
                if not (cut and self.before):
                    back.write(data)
                    answer = await there.read(1 << 16)
                if cut:
                    break
                writer.write(answer)
        back.close()
        writer.close()


@pytest.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[CuttingProxy]:
    path = redis_server.socket.with_name(f"{uuid.uuid4().hex[:8]}.sock")
    async with CuttingProxy(redis_server.socket, path) as proxy:
        yield proxy


@pytest.mark.parametrize("before", [False, True], ids=["after it was written", "before it was sent"])
async def test_a_connection_cut_in_mid_commit_writes_once(proxy: CuttingProxy, prefix: str, before: bool) -> None:
    """R6.1: the commit is done again, and versions tell whether it was there already."""
    store = await opened(proxy.url, prefix)
    proxy.before = before
    for version in range(1, 6):
        proxy.cuts = 1
        await store.commit([Write(A, version, str(version).encode(), version - 1), Write(B, version, b"b")])
        assert await store.read([A, B]) == [Record(version, str(version).encode()), Record(version, b"b")]
    assert proxy.cuts == 0
    await store.aclose()


async def test_a_connection_cut_in_mid_commit_does_not_hide_a_conflict(proxy: CuttingProxy, prefix: str) -> None:
    """R6.1: another's value at the same version is not taken for one's own."""
    store = await opened(proxy.url, prefix)
    await store.commit([Write(A, 1, b"theirs", 0)])
    proxy.cuts = 1
    with pytest.raises(VersionConflictError):
        await store.commit([Write(A, 1, b"mine", 0)])
    await store.aclose()


async def test_a_server_that_is_gone_is_unavailable_and_works_again_when_it_is_back(
    own_redis_server: RedisServer, prefix: str
) -> None:
    """R6.6: every call says so, and nothing waits for ever."""
    store = await opened(own_redis_server.url, prefix)
    feed = await store.changes()
    await store.commit([Write(A, 1, b"x", announce=True)])
    assert await asyncio.wait_for(anext(feed), 10) == Change(A, 1)
    own_redis_server.stop()
    for attempt in (
        store.read([A]),
        store.commit([Write(A, 2, b"y")]),
        store.claim([A], wait=5),
        store.drop("session:a"),
        store.touch("session:a", 1.0),
        store.expire(1.0),
        store.names("session:a"),
    ):
        with pytest.raises(StoreUnavailableError, match="cannot be used now"):
            await asyncio.wait_for(attempt, 20)
    own_redis_server.start()
    await store.commit([Write(A, 1, b"again", 0)])
    assert await asyncio.wait_for(anext(feed), 20) == Gap()
    await store.commit([Write(A, 2, b"more", 1, announce=True)])
    assert await asyncio.wait_for(anext(feed), 10) == Change(A, 2)
    await store.aclose()


async def overdue(url: str, prefix: str, count: int) -> tuple[RedisStore, list[Key]]:
    """A store with owners whose time is over."""
    store = await opened(url, prefix)
    keys = [Key(f"session:{number}", "cart") for number in range(count)]
    for key in keys:
        await store.commit([Write(key, 1, b"x", expires=10.0)])
    return store, keys


async def test_what_is_dropped_is_handed_back_although_another_owner_cannot_be(
    redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4.3: it is nowhere else any more."""
    store, keys = await overdue(redis_server.url, prefix, 3)
    drop = store._drop

    async def fail(owner: str, now: str) -> Any:
        if owner == keys[1].owner:
            raise StoreUnavailableError("cut off")
        return await drop(owner, now)

    monkeypatch.setattr(store, "_drop", fail)
    assert sorted(cell.key for cell in await store.expire(10.0)) == [keys[0], keys[2]]
    with pytest.raises(StoreUnavailableError, match="cut off"):
        await store.expire(10.0)
    monkeypatch.undo()
    assert [cell.key for cell in await store.expire(10.0)] == [keys[1]]
    await store.aclose()


async def test_a_cancel_while_owners_are_dropped_loses_none(
    redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4.3: a server that ends in the middle of it still calls back for what it has dropped."""
    store, keys = await overdue(redis_server.url, prefix, 3)
    drop, got, entered = store._drop, [], asyncio.Event()

    async def enter(owner: str, now: str) -> Any:
        entered.set()
        return await drop(owner, now)

    async def look() -> None:
        while part := await store.expire(10.0):
            got.extend(part)

    monkeypatch.setattr(store, "_drop", enter)
    looking = asyncio.create_task(look())
    await entered.wait()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert sorted(cell.key for cell in got) == keys
    await store.aclose()


async def test_a_server_that_is_not_there_is_said_at_the_start(tmp_path: Path, prefix: str) -> None:
    """R6.6"""
    with pytest.raises(StoreUnavailableError, match="cannot be used now"):
        await opened(f"unix://{tmp_path}/nobody.sock", prefix)


async def test_a_holder_that_is_not_heard_of_loses_its_claim_and_is_fenced(
    redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was paused overwrites nothing of its successor."""
    paused, other = await opened(redis_server.url, prefix, 0.2), await opened(redis_server.url, prefix)
    monkeypatch.setattr("holdfast.stores.redis.leases.RedisLeases._renew_owner", _no_renewal)
    slow = await paused.claim([A])
    assert slow is not None
    fast = await asyncio.wait_for(other.claim([A]), 10)
    assert fast is not None
    await other.commit([Write(A, 1, b"fast", 0)], [fast])
    await other.release(fast)
    with pytest.raises(FencedError):
        await paused.commit([Write(A, 1, b"slow")], [slow])
    assert await other.read([A]) == [Record(1, b"fast")]
    await paused.release(slow)
    await paused.aclose()
    await other.aclose()


async def _no_renewal(*_: object) -> None:
    """As if the process stood still."""


class Leases:
    """What Redis knows of the leases of cells: a lease can be ended there, as time does it."""

    def __init__(self, server: RedisServer, prefix: str) -> None:
        self._client: Any = redis.Redis.from_url(server.url, decode_responses=True)
        self._prefix = prefix

    def _field(self, key: Key, kind: str) -> str | None:
        found: str | None = self._client.hget(f"{self._prefix}:{{{key.owner}}}", f"{kind}{key.name}")
        return found

    def is_given(self, key: Key) -> bool:
        """Whether some process has it."""
        return self._field(key, "l") is not None

    def is_wanted(self, key: Key) -> bool:
        """Whether another process has asked for it in vain."""
        return self._field(key, "w") is not None

    def lapse(self, key: Key) -> None:
        """Let its time be over."""
        token = str(self._field(key, "l")).split()[0]
        self._client.hset(f"{self._prefix}:{{{key.owner}}}", f"l{key.name}", f"{token} 1")

    def has_lapsed(self, key: Key) -> bool:
        """Whether it was not renewed since."""
        return str(self._field(key, "l")).endswith(" 1")

    async def renewed(self, clock: ManualClock, *keys: Key) -> None:
        """Let the time of leases be over, and see that their holder renews them within a third of their length."""
        for key in keys:
            self.lapse(key)
        await clock.advance(LONG / 3)
        await until(lambda: not any(self.has_lapsed(key) for key in keys))

    def close(self) -> None:
        self._client.close()


LONG = 3_000.0
"""Seconds of a lease that ends in no test unless the test ends it."""


@pytest.fixture
def leases(redis_server: RedisServer, prefix: str) -> Iterator[Leases]:
    leases = Leases(redis_server, prefix)
    yield leases
    leases.close()


async def test_a_claim_in_use_is_renewed_for_as_long_as_it_takes(
    redis_server: RedisServer, prefix: str, leases: Leases
) -> None:
    """R2.4: a long generator keeps its lane."""
    clock = ManualClock()
    store, other = await opened(redis_server.url, prefix, LONG, clock), await opened(redis_server.url, prefix)
    claim = await store.claim([A])
    assert claim is not None
    for _ in range(4):
        await leases.renewed(clock, A)
    waiting = asyncio.create_task(other.claim([A]))
    await until(lambda: leases.is_wanted(A))
    await store.commit([Write(A, 1, b"done", 0)], [claim])
    assert not waiting.done()
    await store.release(claim)
    assert await waiting is not None
    await store.aclose()
    await other.aclose()


async def test_a_part_of_a_claim_is_renewed_while_the_rest_is_waited_for(
    redis_server: RedisServer, prefix: str, leases: Leases
) -> None:
    """R7.1: a claim over two owners that is granted late is held as a whole."""
    clock = ManualClock()
    one, two = await opened(redis_server.url, prefix, LONG, clock), await opened(redis_server.url, prefix)
    before = await two.claim([B])
    assert before is not None
    waiting = asyncio.create_task(one.claim([A, B]))
    await until(lambda: leases.is_given(A) and leases.is_wanted(B))
    await leases.renewed(clock, A)
    await two.release(before)
    claim = await waiting
    assert claim is not None
    await leases.renewed(clock, A, B)
    await one.commit([Write(A, 1, b"whole"), Write(B, 1, b"whole")], [claim])
    await one.aclose()
    await two.aclose()


async def test_a_claim_is_renewed_though_the_owners_other_one_ended_as_it_began(
    redis_server: RedisServer, prefix: str, leases: Leases
) -> None:
    """R7.1: two cells of one session."""
    clock = ManualClock()
    store = await opened(redis_server.url, prefix, LONG, clock)
    other = Key(A.owner, "other")
    first = await store.claim([A])
    assert first is not None
    claim, _ = await asyncio.gather(store.claim([other]), store.release(first))
    assert claim is not None
    for _ in range(2):
        await leases.renewed(clock, other)
    await store.commit([Write(other, 1, b"held")], [claim])
    await store.aclose()


async def test_an_idle_claim_is_kept_without_asking_redis_until_another_process_wants_it(
    redis_server: RedisServer, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that one process uses costs one round trip per commit."""
    one, two = await opened(redis_server.url, prefix), await opened(redis_server.url, prefix)
    asked: list[str] = []
    from holdfast.stores.redis.client import RedisLink

    original = RedisLink.do

    async def counting(self: RedisLink, script: str, *arguments: Any, **options: Any) -> object:
        asked.append(script)
        return await original(self, script, *arguments, **options)

    feed = await one.changes()
    monkeypatch.setattr(RedisLink, "do", counting)
    for version in range(1, 4):
        claim = await one.claim([A], known=[version - 1])
        assert claim is not None
        assert claim.records == ((None if version == 1 else Record(version - 1, None)),)
        await one.commit([Write(A, version, b"x", version - 1)], [claim])
        await one.release(claim)
    assert asked == ["CLAIM", "COMMIT", "COMMIT", "COMMIT"]
    theirs = await asyncio.wait_for(two.claim([A]), 5)
    assert theirs is not None
    assert theirs.records == (Record(3, b"x"),)
    await two.commit([Write(A, 4, b"y", 3)], [theirs])
    await two.release(theirs)
    mine = await asyncio.wait_for(one.claim([A], known=[3]), 5)
    assert mine is not None
    assert mine.records == (Record(4, b"y"),)
    await one.release(mine)
    await feed.aclose()  # type: ignore[attr-defined]
    await one.aclose()
    await two.aclose()


async def test_a_dropped_owner_is_noticed_by_whoever_keeps_its_claim(redis_server: RedisServer, prefix: str) -> None:
    """R9.2: nothing comes back that was forgotten elsewhere."""
    one, two = await opened(redis_server.url, prefix), await opened(redis_server.url, prefix)
    feed = await one.changes()
    claim = await one.claim([A])
    assert claim is not None
    await one.commit([Write(A, 1, b"x", 0)], [claim])
    await one.release(claim)
    await two.drop("session:a")
    await two.commit([Write(B, 1, b"x", announce=True)])
    assert await asyncio.wait_for(anext(feed), 10) == Change(B, 1)
    again = await one.claim([A], known=[1])
    assert again is not None
    assert again.records == (None,)
    await feed.aclose()  # type: ignore[attr-defined]
    await one.aclose()
    await two.aclose()


async def test_a_prefix_of_something_else_and_a_newer_release_are_refused(
    redis_server: RedisServer, prefix: str
) -> None:
    """R6.3: nothing is written over."""
    store = await opened(redis_server.url, prefix)

    client = Redis.from_url(redis_server.url)
    await client.set(f"{prefix}:format", "9")
    with pytest.raises(StoreFormatError, match="format 9"):
        await opened(redis_server.url, prefix)
    await client.set(f"{prefix}:format", "their own")
    with pytest.raises(StoreDamagedError, match="Choose another"):
        await opened(redis_server.url, prefix)
    await client.aclose()
    await store.aclose()


async def test_a_user_without_channels_is_told_at_the_start(redis_server: RedisServer, prefix: str) -> None:
    """R6.1: else a step would be written and said to have failed."""
    client: Any = redis.Redis.from_url(redis_server.url)
    client.execute_command("ACL", "SETUSER", prefix, "on", ">secret", "~*", "+@all", "resetchannels")
    url = redis_server.url.replace("unix://", f"unix://{prefix}:secret@")
    try:
        with pytest.raises(
            StoreUnavailableError, match=rf"does not allow this user to use channels.*&{prefix}:\*"
        ) as said:
            await RedisStore(url, prefix=prefix).open()
        assert "secret" not in str(said.value)
        client.execute_command("ACL", "SETUSER", prefix, f"&{prefix}:*")
        store = RedisStore(url, prefix=prefix)
        await store.open()
        client.execute_command("ACL", "SETUSER", prefix, "resetchannels")
        # Refused in the middle, it is whole all the same.
        await store.commit([Write(A, 1, b"one", 0, announce=True), Write(Key("session:a", "more"), 1, b"two", 0)])
        assert await store.read([A, Key("session:a", "more")]) == [Record(1, b"one"), Record(1, b"two")]
        await store.aclose()
    finally:
        client.execute_command("ACL", "DELUSER", prefix)
        client.close()


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://host/0?foo=bar", "redis://host/0?socket_timeout=long"])
async def test_a_url_that_redis_cannot_have_is_said(url: str) -> None:
    """R6.2"""
    with pytest.raises(StoreUrlError, match=r"is not a valid Redis URL .* Write redis://host:6379/0"):
        await stores.open(url).open()


async def test_keys_of_others_below_the_prefix_are_left_out(redis_server: RedisServer, prefix: str) -> None:
    """What goes through all owners does not stumble over them."""
    client = redis.Redis.from_url(redis_server.url)
    client.set(f"{prefix}:{{a text}}", "of another program")
    client.hset(f"{prefix}:{{".encode() + b"\xff\xfe}", mapping={"vx": "1", "dx": "z", "n": "1"})
    store = RedisStore(redis_server.url, prefix=prefix)
    await store.open()
    await store.commit([Write(A, 1, b"one")])
    assert [info.owner async for info in store.owners()] == ["session:a"]
    await store.aclose()
    client.close()


async def test_a_server_that_drops_live_keys_is_warned_of(
    own_redis_server: RedisServer, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """R4.3: State must not vanish without its callbacks."""
    import redis

    client = redis.Redis.from_url(own_redis_server.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.close()
    with caplog.at_level(logging.WARNING):
        await (await opened(own_redis_server.url, prefix)).aclose()
    assert "drops keys when its memory is full (maxmemory-policy allkeys-lru)" in caplog.text


async def test_a_store_that_is_emptied_is_not_called_another_process(redis_server: RedisServer, prefix: str) -> None:
    """R6.6: what is said tells what happened, and what to do."""
    store = await opened(redis_server.url, prefix)
    client = Redis.from_url(redis_server.url)
    claim = await store.claim([A, B])
    assert claim is not None
    await store.commit([Write(A, 1, b"one", 0)], [claim])
    await client.delete(f"{prefix}:{{session:a}}", f"{prefix}:{{session:b}}")
    with pytest.raises(
        FencedError, match=r"The store has lost all data of session:a.*Configure the store to keep its data"
    ):
        await store.commit([Write(A, 2, b"two", 1)], [claim])
    await store.release(claim)
    again = await store.claim([A])
    assert again is not None
    assert again.records == (None,)
    await client.delete(f"{prefix}:{{session:a}}")
    with pytest.raises(FencedError, match="lost to another process"):
        await store.commit([Write(A, 1, b"one", 0)], [again])
    await store.release(again)
    await store.aclose()
    await client.aclose()


async def test_an_owner_without_cells_leaves_no_key(redis_server: RedisServer, prefix: str) -> None:
    """R4.6: a claim alone goes with its lease."""

    store = await opened(redis_server.url, prefix, 0.05)
    client = Redis.from_url(redis_server.url)
    claim = await store.claim([A])
    assert claim is not None
    await store.release(claim)
    await store.aclose()
    deadline = asyncio.get_running_loop().time() + 10
    while await client.exists(f"{prefix}:{{session:a}}"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    await client.aclose()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:secret@host/0?prefix=app&slot=one", "redis://host/0"),
        ("rediss://ada:secret@host:7000", "rediss://ada@host:7000"),
        ("unix:///run/redis.sock?prefix=app", "unix:///run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    """R8.3: in the start message, the health page and the log."""
    assert stores.open(url).url == shown


async def test_commits_at_the_same_time_share_one_connection(redis_server: RedisServer, prefix: str) -> None:
    """R2.1: as many visitors as there are need no connection each, and one's refusal is not another's."""
    store = await opened(redis_server.url, prefix)
    keys = [Key(f"session:{i}", "cell") for i in range(20)]
    before = len(await connections(redis_server))
    await store.commit([Write(keys[0], 7, b"other")])
    outcomes = await asyncio.gather(
        *(store.commit([Write(key, 1, b"one", expected=0)]) for key in keys), return_exceptions=True
    )
    assert len(await connections(redis_server)) <= before + 1
    assert isinstance(outcomes[0], VersionConflictError)
    assert outcomes[1:] == [None] * 19
    assert await store.read(keys[:2]) == [Record(7, b"other"), Record(1, b"one")]
    await store.aclose()


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
async def test_a_cut_among_many_commits_writes_each_once(proxy: CuttingProxy, prefix: str, before: bool) -> None:
    """R6.2: whatever travelled together is done again together, and counts once."""
    store = await opened(proxy.url, prefix)
    proxy.before = before
    keys = [Key(f"session:{i}", "cell") for i in range(20)]
    for version in (1, 2):
        proxy.cuts = 1
        await asyncio.gather(*(store.commit([Write(key, version, b"%d" % version, version - 1)]) for key in keys))
        assert proxy.cuts == 0
        assert await store.read(keys) == [Record(version, b"%d" % version)] * 20
    await store.aclose()


async def connections(server: RedisServer) -> list[dict[str, str]]:
    """Who is connected to a Redis."""
    async with Redis.from_url(server.url) as client:
        found: list[dict[str, str]] = await client.client_list()
    return found

"""Every store under the one contract."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest
from tests.redis_server import RedisServer

from holdfast.stores import Key, MemoryShelf, MemoryStore, Record, Write
from holdfast.stores.redis.store import RedisStore
from holdfast.stores.sqlite.store import SqliteStore
from holdfast.testing.store_contract import NewStore, StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def new_store(self) -> NewStore:
        shelf = MemoryShelf()
        return lambda: MemoryStore(durable=True, shelf=shelf)


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def new_store(self, tmp_path: Path) -> NewStore:
        return lambda: SqliteStore(tmp_path / "state" / "state.db")


class TestRedisStore(StoreContract):
    @pytest.fixture
    def new_store(self, redis_server: RedisServer) -> NewStore:
        prefix = f"test-{uuid.uuid4()}"
        return lambda: RedisStore(redis_server.url, prefix=prefix)


class TestRedisStoreInOneSlot(StoreContract):
    @pytest.fixture
    def new_store(self, redis_server: RedisServer) -> NewStore:
        prefix = f"test-{uuid.uuid4()}"
        return lambda: RedisStore(redis_server.url, prefix=prefix, slot="app")


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_a_task_that_commits_again_and_again_can_be_cancelled(
    kind: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    """R2.5: the commit that was begun is finished, and no other begins; such as when a command is interrupted."""
    redis = RedisStore(redis_server.url, prefix=f"test-{uuid.uuid4()}")
    store = redis if kind == "redis" else SqliteStore(tmp_path / "state.db")
    await store.open()
    begun, several = 0, asyncio.Event()

    async def commit() -> None:
        nonlocal begun
        for begun in range(1, 5_000):
            if begun == 3:
                several.set()
            await store.commit([Write(Key("session:a", "cart"), begun, b"")])

    task = asyncio.create_task(commit())
    await several.wait()
    task.cancel()
    at = begun
    await asyncio.wait([task])
    assert task.cancelled()
    assert begun <= at + 1
    assert await store.read([Key("session:a", "cart")]) == [Record(at, b"")]
    await store.commit([Write(Key("session:a", "cart"), 9, b"")])
    await store.aclose()

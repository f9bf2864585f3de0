"""Every store under the one contract."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from tests.redis_server import RedisServer

from holdfast.stores import MemoryShelf, MemoryStore
from holdfast.stores.redis import RedisStore
from holdfast.stores.sqlite import SqliteStore
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

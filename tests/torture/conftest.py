"""What the torture tests share: stores that several processes use, each of its kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.redis_server import RedisServer, own_redis_server, redis_server
from tests.server.conftest import Serve, serve

from holdfast.stores import Store
from holdfast.stores import open as open_store

__all__ = ["RedisServer", "Serve", "own_redis_server", "redis_server", "serve"]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of store, empty."""
    return url_of(request, request.param, tmp_path)


@pytest.fixture(params=["sqlite", "redis"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of store that outlives a process, empty."""
    return url_of(request, request.param, tmp_path)


def url_of(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The URL of an empty store."""
    if kind == "memory":
        return "memory://"
    if kind == "sqlite":
        return f"sqlite:///{folder / 'state.db'}"
    server: RedisServer = request.getfixturevalue("redis_server")
    return f"{server.url}?prefix=torture-{uuid.uuid4()}"


@pytest.fixture
def new_store(store_url: str) -> Callable[[], Store]:
    """Makes stores of one place."""
    return lambda: open_store(store_url)

"""A real redis-server for the tests of stores."""

from __future__ import annotations

import uuid

import pytest

pytest.register_assert_rewrite("holdfast.testing.store_contract")

from tests.redis_server import RedisServer, own_redis_server, redis_server  # noqa: E402 # after the rewrite is asked for

__all__ = ["RedisServer", "own_redis_server", "redis_server"]


@pytest.fixture
def prefix() -> str:
    """Names that no other test has on the same server."""
    return f"test-{uuid.uuid4()}"

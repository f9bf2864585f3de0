"""The connection of a store to Redis: scripts, the names of keys, and Redis's errors as the stores' own."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from holdfast.stores import redis_scripts
from holdfast.stores.errors import StoreDamagedError, StoreFormatError, StoreUnavailableError, StoreUrlError
from holdfast.stores.redis_feed import RedisFeed
from holdfast.stores.redis_pipe import RedisPipe

log = logging.getLogger("holdfast.stores")

FORMAT = 1

_SCRIPTS = {
    name: (getattr(redis_scripts, name), hashlib.sha1(getattr(redis_scripts, name).encode()).hexdigest())  # noqa: S324 # Redis names scripts so
    for name in ("READ", "COMMIT", "CLAIM", "RENEW", "RELEASE", "TOUCH", "DROP", "EXPECT", "FORGET", "INFO")
}


class RedisLink:
    """Talks to one Redis.

    Args:
        url: As redis-py takes it.
        prefix: What all keys begin with.
        slot: A hash tag for all keys; by default each owner has its own.
    """

    def __init__(self, url: str, prefix: str, slot: str | None) -> None:
        from redis.asyncio import Redis
        from redis.exceptions import NoPermissionError, NoScriptError, RedisError, ResponseError

        self.url = without_password(url)
        self.prefix = prefix
        self._slot = slot
        try:
            # What the URL itself says of time limits counts.
            self.client: Any = Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=3.0)
            pool: Any = self.client.connection_pool
            pool.make_connection()  # nothing is connected yet; it shows whether the options are known
            # It waits for as long as nothing happens, so it has no time limit but looks whether the connection lives.
            self._listener: Any = Redis.from_url(url, socket_connect_timeout=3.0, health_check_interval=15)
        except (TypeError, ValueError) as error:
            raise StoreUrlError(
                f"{self.url} is no address of a Redis server ({error}). Write redis://host:6379/0, rediss://… for TLS, "
                "or unix:///path/to/redis.sock; options of redis-py may follow behind a question mark."
            ) from error
        self._pipe = RedisPipe(pool.make_connection)
        self.feed = RedisFeed(self._listener.pubsub, prefix)
        self._failures = (RedisError, OSError, asyncio.TimeoutError)
        self._no_script = NoScriptError
        self._not_allowed = NoPermissionError
        self._refused = ResponseError

    def key(self, owner: str) -> str:
        """The hash of an owner."""
        return f"{self.prefix}:{{{owner}}}" if self._slot is None else f"{self.prefix}:{{{self._slot}}}:{owner}"

    async def do(self, script: str, keys: Sequence[str], arguments: Sequence[Any], *, together: bool = False) -> Any:
        """Run a script.

        Args:
            script: Its name.
            keys: The hashes it touches.
            arguments: As it takes them.
            together: Whether it may wait for what others ask, and they for it: it is small, and may be done again.

        Raises:
            StoreUnavailableError: It cannot be run just now.
            StoreUrlError: Its keys are in different places of a cluster.
        """
        text, digest = _SCRIPTS[script]
        ask = self._pipe.ask if together else self.client.execute_command
        try:
            try:
                return await ask("EVALSHA", digest, len(keys), *keys, *arguments)
            except self._no_script:
                return await ask("EVAL", text, len(keys), *keys, *arguments)
        except self._failures as error:
            raise self._failure(error) from error

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn Redis's errors into the stores' own."""
        try:
            yield
        except self._failures as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> Exception:
        if "CROSSSLOT" in str(error):
            return StoreUrlError(
                "A step wrote cells of several owners, which Redis Cluster keeps in different places. "
                f"Add ?slot=app to the store's URL, so that all are kept in one: {self.url}?slot=app"
            )
        return StoreUnavailableError(f"{self.url} cannot be used just now ({type(error).__name__}: {error}).")

    async def check(self) -> None:
        """See that it answers and is ours.

        Raises:
            StoreUnavailableError: It does not answer, or does not allow what is needed.
            StoreDamagedError: The prefix is in use by something else.
            StoreFormatError: It was written by a newer release.
        """
        key = f"{self.prefix}:format"
        with self.translated():
            await self.client.set(key, FORMAT, nx=True)
            found = (await self.client.get(key)).decode()
            try:
                await self.client.publish(self.feed.free, "")
            except self._not_allowed as error:
                raise StoreUnavailableError(
                    f"{self.url} does not let this user use channels ({error}), by which processes hear of each "
                    f"other. Allow those of the prefix: ACL SETUSER … &{self.prefix}:*"
                ) from error
        if not found.isdigit():
            raise StoreDamagedError(f"The key {key!r} in {self.url} is not Holdfast's. Choose another ?prefix=….")
        if int(found) > FORMAT:
            raise StoreFormatError(
                f"{self.url} was written by a newer release of Holdfast (format {found}; this one reads {FORMAT}). "
                "Use that release, or choose another ?prefix=…."
            )
        try:
            policy = (await self.client.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        except self._refused:
            return  # managed services do not tell
        if str(policy).startswith("allkeys"):
            log.warning(
                "%s drops any key when its memory is full (maxmemory-policy %s), so State may vanish. "
                "Set it to noeviction.",
                self.url,
                policy,
            )

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self.feed.aclose()
        await self._listener.aclose()
        await self._pipe.aclose()
        await self.client.aclose()


def without_password(url: str) -> str:
    """A URL that may be shown."""
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    if not at:
        return url
    user = credentials.partition(":")[0]
    return f"{scheme}{separator}{user + '@' if user else ''}{place}"

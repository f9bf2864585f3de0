"""The connection of a store to Redis: scripts, key names, and translation of errors."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from holdfast.clock import Clock
from holdfast.stores.errors import StoreDamagedError, StoreFormatError, StoreUnavailableError, StoreUrlError
from holdfast.stores.redis import scripts
from holdfast.stores.redis.feed import RedisFeed
from holdfast.stores.redis.pipeline import RedisPipe
from holdfast.tasks import end

log = logging.getLogger("holdfast.stores")

FORMAT = 1

_PING = 1.0
"""Seconds within which a working Redis answers a ping."""
_REPEATABLE = frozenset({"READ", "CLAIM", "RENEW", "RELEASE", "TOUCH", "EXPECT", "FORGET", "INFO", "PRESENT"})
"""Scripts that can be repeated if their outcome is unknown. A commit must check versions first, and the cells of a drop
exist only in its answer."""

_SCRIPTS = {
    name: (getattr(scripts, name), hashlib.sha1(getattr(scripts, name).encode()).hexdigest())  # noqa: S324 # Redis names scripts so
    for name in ("READ", "COMMIT", "CLAIM", "RENEW", "RELEASE", "TOUCH", "DROP", "EXPECT", "FORGET", "INFO", "PRESENT")
}


class RedisLink:
    """The connections to one Redis.

    Args:
        url: URL in the format of redis-py.
        prefix: Prefix of all keys.
        slot: Hash tag of all keys; by default each owner has its own.
        clock: The feed's source of time.
    """

    def __init__(self, url: str, prefix: str, slot: str | None, clock: Clock) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import NoPermissionError, NoScriptError, RedisError, ResponseError

        self.url = without_password(url)
        self.prefix = prefix
        self._slot = slot
        try:
            # Timeouts in the URL take precedence. Only this class decides about retries.
            self._client: Any = Redis.from_url(
                url, socket_timeout=5.0, socket_connect_timeout=3.0, retry=Retry(NoBackoff(), 0)
            )
            pool: Any = self._client.connection_pool
            self._connect: Callable[[], Any] = pool.make_connection
            self._connect()  # connects to nothing yet, but rejects unknown options
            # It waits until something happens, so it has no timeout but checks the health of the connection.
            self._listener: Any = Redis.from_url(url, socket_connect_timeout=3.0, health_check_interval=15)
        except (TypeError, ValueError) as error:
            raise StoreUrlError(
                f"{self.url} is not a valid Redis URL ({error}). Write redis://host:6379/0, rediss://… for TLS, "
                "or unix:///path/to/redis.sock; options of redis-py can follow a question mark."
            ) from error
        self._pipe = RedisPipe(self._connect, self.lives)
        self._bulk = RedisPipe(self._connect, self.lives)
        """Connection for large commands."""
        self._pinging: asyncio.Task[bool] | None = None
        self._dead_until = 0.0
        """Time until which Redis is considered unreachable without another ping."""
        self.feed = RedisFeed(self._listener.pubsub, prefix, clock)
        self._failures = (RedisError, OSError, asyncio.TimeoutError)
        self._no_script = NoScriptError
        self._not_allowed = NoPermissionError
        self._refused = ResponseError

    def key(self, owner: str) -> str:
        """Return the key of an owner's hash."""
        return f"{self.prefix}:{{{owner}}}" if self._slot is None else f"{self.prefix}:{{{self._slot}}}:{owner}"

    async def do(self, script: str, keys: Sequence[str], arguments: Sequence[Any], *, large: bool = False) -> Any:
        """Run a script.

        Args:
            script: Name of the script.
            keys: Hashes that it accesses.
            arguments: Arguments of the script.
            large: Use another connection, because the command would delay others.

        Raises:
            StoreUnavailableError: The script cannot run now.
            StoreUrlError: The keys are in different slots of a cluster.
        """
        text, digest = _SCRIPTS[script]
        ask = self._bulk.ask if large else self._pipe.ask
        try:
            try:
                return await ask("EVALSHA", digest, len(keys), *keys, *arguments)
            except self._no_script:
                return await ask("EVAL", text, len(keys), *keys, *arguments)
        except self._failures as error:
            if script in _REPEATABLE and not isinstance(error, self._refused) and await self.lives():
                # The connection was lost but Redis answers: it has restarted, or another server has replaced it.
                with self.translated():
                    return await ask("EVAL", text, len(keys), *keys, *arguments)
            raise self._failure(error) from error

    async def call(self, *command: str | bytes | float) -> Any:
        """Run a Redis command and return its answer.

        Raises:
            StoreUnavailableError: The command cannot run now.
        """
        with self.translated():
            return await self._pipe.ask(*(repr(part) if isinstance(part, float) else part for part in command))

    async def lives(self) -> bool:
        """Return whether Redis answers over a new connection; concurrent calls share one check.

        A slow answer, or a delayed event loop, does not count as a failure.
        """
        if asyncio.get_running_loop().time() < self._dead_until:
            return False
        if self._pinging is None or self._pinging.done():
            self._pinging = asyncio.get_running_loop().create_task(self._ping_twice())
        return await asyncio.shield(self._pinging)

    async def _ping_twice(self) -> bool:
        if await self._ping() or await self._ping():
            return True
        self._dead_until = asyncio.get_running_loop().time() + _PING
        return False

    async def _ping(self) -> bool:
        connection = self._connect()
        try:
            await asyncio.wait_for(self._answers(connection), _PING)
        except self._refused:
            return True
        except self._failures:
            return False
        finally:
            await connection.disconnect(nowait=True)
        return True

    @staticmethod
    async def _answers(connection: Any) -> None:
        await connection.send_command("PING")
        await connection.read_response()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate Redis errors into store errors."""
        try:
            yield
        except self._failures as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> Exception:
        if "CROSSSLOT" in str(error):
            return StoreUrlError(
                "A step wrote cells of several owners, which Redis Cluster keeps in different slots. "
                f"Add ?slot=app to the store's URL to keep all of them in one: {self.url}?slot=app"
            )
        return StoreUnavailableError(f"{self.url} cannot be used now ({type(error).__name__}: {error}).")

    async def check(self) -> None:
        """Check that Redis answers and that the prefix belongs to Holdfast.

        Raises:
            StoreUnavailableError: Redis does not answer, or denies a required permission.
            StoreDamagedError: The prefix is in use by another program.
            StoreFormatError: The store was written by a newer release.
        """
        key = f"{self.prefix}:format"
        with self.translated():
            await self._client.set(key, FORMAT, nx=True)
            found = (await self._client.get(key)).decode()
            try:
                await self._client.publish(self.feed.free, "")
            except self._not_allowed as error:
                raise StoreUnavailableError(
                    f"{self.url} does not allow this user to use channels ({error}), through which processes notify "
                    f"each other. Allow the channels of the prefix: ACL SETUSER … &{self.prefix}:*"
                ) from error
        if not found.isdigit():
            raise StoreDamagedError(
                f"The key {key!r} in {self.url} does not belong to Holdfast. Choose another ?prefix=…."
            )
        if int(found) > FORMAT:
            raise StoreFormatError(
                f"{self.url} was written by a newer release of Holdfast (format {found}; this one reads {FORMAT}). "
                "Use that release, or choose another ?prefix=…."
            )
        try:
            policy = (await self._client.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        except self._refused:
            return  # managed services may refuse to answer
        if str(policy).startswith("allkeys"):
            log.warning(
                "%s drops keys when its memory is full (maxmemory-policy %s), so State can be lost. "
                "Set maxmemory-policy to noeviction.",
                self.url,
                policy,
            )

    async def aclose(self) -> None:
        """Close the connections."""
        await self.feed.aclose()
        await self._listener.aclose()
        await end(self._pinging)
        await self._pipe.aclose()
        await self._bulk.aclose()
        await self._client.aclose()


def without_password(url: str) -> str:
    """Return a URL without its password."""
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    if not at:
        return url
    user = credentials.partition(":")[0]
    return f"{scheme}{separator}{user + '@' if user else ''}{place}"

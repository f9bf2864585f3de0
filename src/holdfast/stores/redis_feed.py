"""The one connection of a store that listens: announced changes, and claims that became free."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from holdfast.stores.ending import end
from holdfast.stores.protocol import Change, Gap, Key

log = logging.getLogger("holdfast.stores")
_PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before the next attempt to connect again; the last one stays."""


class RedisFeed:
    """Listens while somebody follows or waits.

    Args:
        subscriber: Makes a redis-py PubSub.
        changes: Channel of announced changes.
        freed: Channel of the owners of claims that became free.
    """

    def __init__(self, subscriber: Callable[[], Any], changes: str, freed: str) -> None:
        self._subscriber = subscriber
        self._changes = changes
        self._freed = freed
        self._followers: list[asyncio.Queue[Change | Gap]] = []
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def follow(self) -> AsyncIterator[Change | Gap]:
        """Announced changes from now on."""
        queue: asyncio.Queue[Change | Gap] = asyncio.Queue()
        self._followers.append(queue)
        await self._listen()
        return self._read(queue)

    async def _read(self, queue: asyncio.Queue[Change | Gap]) -> AsyncIterator[Change | Gap]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._followers.remove(queue)

    async def freed(self, owner: str, seconds: float) -> None:
        """Wait until a claim of an owner has become free, or for so long."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault(owner, set())
        waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except (TimeoutError, asyncio.TimeoutError):
            return
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(owner, None)

    async def ready(self) -> None:
        """Be connected, so that nothing that becomes free from now on is missed."""
        await self._listen()

    async def _listen(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        await self._listening.wait()

    async def aclose(self) -> None:
        """Stop listening."""
        await end(self._task)
        self._task = None

    async def _run(self) -> None:
        failures = 0
        while True:
            subscriber = self._subscriber()
            try:
                await subscriber.subscribe(self._changes, self._freed)
                if failures:
                    self._missed()
                failures = 0
                while True:
                    message = await subscriber.get_message(timeout=None)
                    if message is not None:
                        self._take(message)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # redis-py raises its own and the system's errors when the connection is gone
                if failures == 0:
                    log.warning("The connection that listens to Redis is gone (%s); trying again.", error)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
            finally:
                await subscriber.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "subscribe":
            self._listening.set()
        elif kind == "message" and message["channel"] == self._changes.encode():
            owner, name, version = orjson.loads(message["data"])
            for queue in self._followers:
                queue.put_nowait(Change(Key(owner, name), version))
        elif kind == "message":
            for event in self._waiting.get(message["data"].decode(), ()):
                event.set()

    def _missed(self) -> None:
        for queue in self._followers:
            queue.put_nowait(Gap())
        for events in self._waiting.values():
            for event in events:
                event.set()

"""The listening connection of a store: announced changes, and claims that became free."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from holdfast.clock import Clock
from holdfast.stores.protocol import Change, Gap, Key
from holdfast.tasks import end

log = logging.getLogger("holdfast.stores")
_PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before each attempt to reconnect; the last pause repeats."""


class RedisFeed:
    """Listens to Redis while there are followers or waiting claims.

    Args:
        subscriber: Creates a redis-py PubSub.
        prefix: Prefix of the channel names.
        clock: Limits waits for messages.
    """

    def __init__(self, subscriber: Callable[[], Any], prefix: str, clock: Clock) -> None:
        self._subscriber = subscriber
        self._clock = clock
        self.changes = f"{prefix}:changes"
        """Channel of announced changes."""
        self.free = f"{prefix}:free"
        """Channel of the owners of leases that were released while a process waited."""
        self.wanted = f"{prefix}:wanted"
        """Channel of the owners of leases that a process waits for."""
        self.on_wanted: Callable[[str], None] = lambda _: None
        self.on_missed: Callable[[], None] = lambda: None
        """Callback for a lost connection and for a new one: messages in between were missed."""
        self._followers: list[asyncio.Queue[Change | Gap]] = []
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def follow(self) -> AsyncIterator[Change | Gap]:
        """Follow announced changes from now on."""
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

    @contextmanager
    def waiting(self, owner: str) -> Iterator[Callable[[float], Awaitable[None]]]:
        """Listen for claims of an owner that become free.

        Yields:
            A function that waits for a number of seconds, or until one has become free since its last call.
        """
        event = asyncio.Event()
        waiting = self._waiting.setdefault(owner, set())
        waiting.add(event)

        async def ring(seconds: float) -> None:
            await self._clock.sleep(seconds)
            event.set()

        async def freed(seconds: float) -> None:
            timer = asyncio.get_running_loop().create_task(ring(seconds))
            try:
                await event.wait()
            finally:
                timer.cancel()
            event.clear()

        try:
            yield freed
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(owner, None)

    async def ready(self) -> None:
        """Wait until connected, so that no claim that becomes free is missed."""
        await self._listen()

    @property
    def connected(self) -> bool:
        """True while all messages are received."""
        return self._listening.is_set()

    def start(self) -> None:
        """Start to listen, if not started yet."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _listen(self) -> None:
        self.start()
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
                await subscriber.subscribe(self.wanted, self.free, self.changes)
                if failures:
                    self._missed()
                failures = 0
                while True:
                    message = await subscriber.get_message(timeout=None)
                    if message is not None:
                        self._take(message)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # redis-py raises its own and the system's errors when the connection is lost
                if failures == 0:
                    log.info("The listening connection to Redis was lost (%s); trying again.", error)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
            finally:
                self._listening.clear()
                self.on_missed()
                await subscriber.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        kind, channel = message["type"], message["channel"].decode()
        if kind == "subscribe" and channel == self.changes:
            self._listening.set()
            self.on_missed()
        elif kind == "message" and channel == self.changes:
            owner, name, version = orjson.loads(message["data"])
            for queue in self._followers:
                queue.put_nowait(Change(Key(owner, name), version))
        elif kind == "message" and channel == self.wanted:
            self.on_wanted(message["data"].decode())
        elif kind == "message":
            for event in self._waiting.get(message["data"].decode(), ()):
                event.set()

    def _missed(self) -> None:
        for queue in self._followers:
            queue.put_nowait(Gap())
        for events in self._waiting.values():
            for event in events:
                event.set()

"""A store that is out of reach: what could not be written is kept, and written when it is back (R6.6)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import xxhash

from holdfast.clock import Clock
from holdfast.errors import StateError
from holdfast.logs import about
from holdfast.state.codec import CodecError
from holdfast.state.model import Cell
from holdfast.state.persistence.protocol import StoreHealth
from holdfast.stores import Record, StoreDamagedError, StoreUnavailableError, VersionConflictError, Write
from holdfast.tasks import end

log = logging.getLogger("holdfast.state")

UNKNOWN = -1
"""A stored version that no cell has: whatever the store has is taken over."""

_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Seconds before the next attempt; the last one stays."""


Sent = tuple[int, bytes]
"""Version and fingerprint of something written."""


def sent(version: int, data: bytes | None) -> Sent:
    """What a write, or a record, is known by."""
    return (0, b"") if data is None else (version, xxhash.xxh3_128_digest(data))


class Outage:
    """Knows whether the store is out of reach, and ends it.

    Args:
        clock: Paces the attempts.
        url: The store's, for the log.
        probe: Asks the store for something.
        save: Writes a cell.
        set_aside: Writes a cell that another process has written meanwhile to another place.
        takes_new: Whether a damaged store can still keep what a new session has.
        on_back: Called when the store is back and everything is written.
    """

    def __init__(
        self,
        clock: Clock,
        url: str,
        *,
        probe: Callable[[], Awaitable[object]],
        save: Callable[[Cell], Awaitable[None]],
        set_aside: Callable[[Cell], Awaitable[str]],
        takes_new: Callable[[], Awaitable[bool]],
        on_back: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._url = url
        self._probe = probe
        self._save = save
        self._set_aside = set_aside
        self._takes_new = takes_new
        self._unsaved: dict[Cell, None] = {}
        self._unheard: dict[Cell, set[Sent]] = {}
        self._lost: set[Cell] = set()
        """Cells that the store had and has lost."""
        self.count = 0
        """Outages so far."""
        self._reason = ""
        self._damage = ""
        self._damage_said = False
        self._on_back = on_back
        self._task: asyncio.Task[None] | None = None

    @property
    def now(self) -> bool:
        """The store is out of reach."""
        return self._task is not None

    def check(self) -> None:
        """See that the store can be asked for something.

        Raises:
            StoreUnavailableError: It is out of reach; the one probe tells when it is back.
        """
        if self.now:
            raise StoreUnavailableError(self._reason)

    @property
    def health(self) -> StoreHealth:
        """For the health page."""
        reason = self._reason if self.now else self._damage
        return StoreHealth(not self.now and not self._damage, reason, len(self._unsaved))

    @asynccontextmanager
    async def noticing_damage(self) -> AsyncIterator[None]:
        """See that the store is damaged: what it concerns fails, and health does when nothing new is kept (R6.6)."""
        try:
            yield
        except StoreDamagedError as error:
            if not self._damage_said:
                self._damage_said = True
                log.error("The store %s is damaged: %s", self._url, error)  # noqa: TRY400 # whoever asked has the traceback
            self._damage = "" if await self._takes_new() else str(error)
            raise

    async def look(self) -> None:
        """See at the start whether a store is so damaged that it keeps nothing of new sessions."""
        if not await self._takes_new():
            with suppress(StoreDamagedError):
                async with self.noticing_damage():
                    raise StoreDamagedError("Nothing of new sessions can be written to it.")

    def took_new(self) -> None:
        """The store keeps something that it did not have; what is damaged in it keeps no page from opening."""
        self._damage = ""

    def began(self, error: StoreUnavailableError) -> None:
        """The store did not answer."""
        self._reason = str(error)
        if self._task is None:
            log.error(
                "The store %s is out of reach: %s The app goes on from memory and writes what it holds later.",
                self._url,
                error,
            )
            self._begin()

    def hold(self, cell: Cell) -> None:
        """A cell's last commit is in memory alone."""
        self._unsaved[cell] = None
        self._reason = self._reason or "Values that are in memory are not written yet."
        if self._task is None:
            self._begin()

    def _begin(self) -> None:
        self.count += 1
        self._task = asyncio.get_running_loop().create_task(self._until_back())

    def emptied(self, lost: Sequence[Cell]) -> None:
        """The store has come back without anything: what is in memory is to be written again."""
        log.error(
            "The store %s has lost all that it had: it was emptied, or has started again without its data. %s values "
            "that are in memory are written to it again. Let it keep its data (for Redis: persistence, "
            "maxmemory-policy noeviction, no FLUSHALL).",
            self._url,
            len(lost),
        )
        self._lost.update(lost)
        for cell in lost:
            self.hold(cell)

    def was_lost(self, cell: Cell) -> bool:
        """Whether the store has lost a cell that it had."""
        return cell in self._lost

    def in_doubt(self, cell: Cell, write: Write) -> None:
        """A write was sent to the store, and nobody heard whether it was done."""
        self._unheard.setdefault(cell, set()).add(sent(write.version, write.data))

    def was_ours(self, cell: Cell, record: Record | None) -> bool:
        """Whether what the store has of a cell is such a write."""
        there = sent(0, None) if record is None else sent(record.version, record.data)
        return there in self._unheard.get(cell, ())

    async def _until_back(self) -> None:
        about.set(None)  # the task began in the event that noticed the outage, and is of no session
        attempt = 0
        while True:
            await self._clock.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1
            if await self.flush():
                break
        self._task = None
        self._unheard.clear()
        self._lost.clear()
        self._on_back()
        log.warning("The store %s is back; everything is written.", self._url)

    async def flush(self) -> bool:
        """Try to write what is held.

        Returns:
            Whether all of it is written.
        """
        try:
            await self._probe()
            while self._unsaved:
                cell = next(iter(self._unsaved))
                if cell.owner_cells.dropped:
                    # Its owner is gone; written now, nobody would ever take it out again.
                    cell.unsaved = False
                else:
                    await self._write(cell)
                if not cell.unsaved:
                    self._unsaved.pop(cell, None)
            if self._damage and await self._takes_new():  # it was repaired meanwhile
                self.took_new()
        except StateError as error:
            self._reason = str(error)
            return False
        return True

    async def _write(self, cell: Cell) -> None:
        try:
            async with self.noticing_damage():
                await self._save(cell)
        except StoreDamagedError:
            if self._damage:  # nothing can be stored, so it is tried again
                raise
            log.error(  # noqa: TRY400 # the damage is said already
                "%s of %s cannot be stored after the outage, where the store is damaged. It stays in this process.",
                cell.spec.label,
                cell.owner_cells.owner,
            )
            cell.unsaved = False
        except VersionConflictError:
            where = await self._set_aside(cell)
            log.error(  # noqa: TRY400 # the conflict's own traceback says nothing
                "While the store was out of reach, %s of %s was committed here and by another process. "
                "The other's value counts; the one from here was set aside as %s.",
                cell.spec.label,
                cell.owner_cells.owner,
                where,
            )
            cell.unsaved = False
            cell.stored = UNKNOWN
        except CodecError as error:
            log.error(  # noqa: TRY400 # the reason is the message
                "%s of %s cannot be stored after the outage: %s. It stays in this process.",
                cell.spec.label,
                cell.owner_cells.owner,
                error,
            )
            cell.unsaved = False

    async def aclose(self) -> None:
        """Try once more, and say what is lost."""
        await end(self._task)
        self._task = None
        if self._unsaved and not await self.flush():
            log.error("%s committed values could not be written to %s and are lost.", len(self._unsaved), self._url)

"""Outages of the store: commits are held in memory and written when the store is back (R6.6)."""

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
"""Stored version that no cell has, so that any version in the store is loaded."""

_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Seconds before each attempt; the last pause repeats."""


Sent = tuple[int, bytes]
"""Version and fingerprint of a write."""


def sent(version: int, data: bytes | None) -> Sent:
    """Return the identity of a write or a record."""
    return (0, b"") if data is None else (version, xxhash.xxh3_128_digest(data))


class Outage:
    """Tracks whether the store is unreachable, and writes what was held back when it returns.

    Args:
        clock: Paces the attempts.
        url: URL of the store, for the log.
        probe: Checks that the store answers.
        save: Writes a cell.
        set_aside: Writes a cell elsewhere because another process has written it too, and returns the place.
        takes_new: Returns whether a damaged store still keeps the cells of new sessions.
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
        self._in_doubt: dict[Cell, set[Sent]] = {}
        self._lost: set[Cell] = set()
        """Cells that the store has lost."""
        self.count = 0
        """Number of outages so far."""
        self._reason = ""
        self._damage = ""
        self._damage_said = False
        self._on_back = on_back
        self._task: asyncio.Task[None] | None = None

    @property
    def now(self) -> bool:
        """True while the store is unreachable."""
        return self._task is not None

    def check(self) -> None:
        """Check that no outage is known.

        Raises:
            StoreUnavailableError: The store is unreachable; only the probe finds out when it is back.
        """
        if self.now:
            raise StoreUnavailableError(self._reason)

    @property
    def health(self) -> StoreHealth:
        """Whether the store works, and how much is not written yet."""
        reason = self._reason if self.now else self._damage
        return StoreHealth(not self.now and not self._damage, reason, len(self._unsaved))

    @asynccontextmanager
    async def noticing_damage(self) -> AsyncIterator[None]:
        """Note damage of the store: the operation fails, and so does health if no new cells can be kept (R6.6)."""
        try:
            yield
        except StoreDamagedError as error:
            if not self._damage_said:
                self._damage_said = True
                log.error("The store %s is damaged: %s", self._url, error)  # noqa: TRY400 # the caller has the traceback
            self._damage = "" if await self._takes_new() else str(error)
            raise

    async def look(self) -> None:
        """Check at startup whether a damaged store still keeps the cells of new sessions."""
        if not await self._takes_new():
            with suppress(StoreDamagedError):
                async with self.noticing_damage():
                    raise StoreDamagedError("Cells of new sessions cannot be written to it.")

    def took_new(self) -> None:
        """Note that the store has kept a new cell, so that its damage does not prevent pages from opening."""
        self._damage = ""

    def began(self, error: StoreUnavailableError) -> None:
        """Begin an outage, because the store did not answer."""
        self._reason = str(error)
        if self._task is None:
            log.error(
                "Store %s is unreachable: %s Continuing in memory; pending writes will be flushed when it is back.",
                self._url,
                error,
            )
            self._begin()

    def hold(self, cell: Cell) -> None:
        """Hold a cell whose last commit is only in memory, and begin an outage if there is none."""
        self._unsaved[cell] = None
        self._reason = self._reason or "Values in memory are not written yet."
        if self._task is None:
            self._begin()

    def _begin(self) -> None:
        self.count += 1
        self._task = asyncio.get_running_loop().create_task(self._until_back())

    def emptied(self, lost: Sequence[Cell]) -> None:
        """Write lost cells again to a store that has come back without its data."""
        log.error(
            "Store %s has lost its data: it was emptied, or restarted without it. %s values in memory will be written "
            "again. Configure the store to keep its data (for Redis: persistence, maxmemory-policy noeviction, no "
            "FLUSHALL).",
            self._url,
            len(lost),
        )
        self._lost.update(lost)
        for cell in lost:
            self.hold(cell)

    def was_lost(self, cell: Cell) -> bool:
        """Return whether the store has lost a cell."""
        return cell in self._lost

    def in_doubt(self, cell: Cell, write: Write) -> None:
        """Remember a write that was sent to the store without an answer, so it may have been done or not."""
        self._in_doubt.setdefault(cell, set()).add(sent(write.version, write.data))

    def was_ours(self, cell: Cell, record: Record | None) -> bool:
        """Return whether a record in the store is a write of this process whose answer was lost."""
        there = sent(0, None) if record is None else sent(record.version, record.data)
        return there in self._in_doubt.get(cell, ())

    async def _until_back(self) -> None:
        about.set(None)  # the task was started by an event, but its log entries belong to no session
        attempt = 0
        while True:
            await self._clock.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1
            if await self.flush():
                break
        self._task = None
        self._in_doubt.clear()
        self._lost.clear()
        self._on_back()
        log.warning("Store %s is back; all pending writes are done.", self._url)

    async def flush(self) -> bool:
        """Try to write all held cells.

        Returns:
            Whether all of them are written.
        """
        try:
            await self._probe()
            while self._unsaved:
                cell = next(iter(self._unsaved))
                if cell.owner_cells.dropped:
                    # Its owner was dropped, so nothing would ever remove it from the store.
                    cell.unsaved = False
                else:
                    await self._write(cell)
                if not cell.unsaved:
                    self._unsaved.pop(cell, None)
            if self._damage and await self._takes_new():  # the store was repaired in the meantime
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
            if self._damage:  # nothing can be stored, so try again later
                raise
            log.error(  # noqa: TRY400 # the damage is in the log already
                "%s of %s cannot be stored after the outage, because the store is damaged. It stays in this process.",
                cell.spec.label,
                cell.owner_cells.owner,
            )
            cell.unsaved = False
        except VersionConflictError:
            where = await self._set_aside(cell)
            log.error(  # noqa: TRY400 # the conflict's traceback does not help
                "While the store was unreachable, %s of %s was committed by this process and by another one. "
                "The other value is kept; the value of this process was set aside as %s.",
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
        """Try once more, and log what is lost."""
        await end(self._task)
        self._task = None
        if self._unsaved and not await self.flush():
            log.error("%s committed values could not be written to %s and are lost.", len(self._unsaved), self._url)

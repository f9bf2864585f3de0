"""A store in one SQLite file, which several processes of one machine can share."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import anyio

from holdfast.files import private
from holdfast.stores.errors import FencedError, StoreUnavailableError
from holdfast.stores.protocol import Change, Claim, Dropped, Gap, Key, OwnerInfo, Record, Write
from holdfast.stores.sqlite import statements
from holdfast.stores.sqlite.database import connect, files_of, prepare, translated
from holdfast.stores.sqlite.locks import FileLocks
from holdfast.stores.sqlite.writer import Writer
from holdfast.stores.turns import Turns

_INLINE = 64 * 1024
"""Size in bytes up to which a value is read on the event loop; switching to a thread costs more."""
_SHORTEST, _LONGEST = 0.0005, 0.02
"""Shortest and longest pause between attempts to get a lock that another process holds, in seconds."""
_LOOK = 0.05
"""Seconds between two checks for changes of other processes."""
_LONG = 15.0
"""Maximum number of seconds that a read waits in a thread for a file that is being recovered."""


class SqliteStore:
    """Keeps cells in an SQLite file in WAL mode.

    Reads run in the calling thread. Writes run in one thread, which commits all waiting writes together. Lanes between
    processes are locks on bytes of a separate file, so a process that dies holds none.

    Args:
        path: The file; it and its folder are created if necessary.
        synchronous: With `"NORMAL"`, a commit survives any end of the process; with `"FULL"`, a power failure too.
    """

    durable = True

    def __init__(self, path: str | Path, *, synchronous: str = "NORMAL") -> None:
        self.path = Path(path)
        private.guard(*files_of(self.path))
        self.url = f"sqlite:///{self.path}"
        self.synchronous = synchronous
        self._turns = Turns()
        self._fences = itertools.count(1)
        self._parts: tuple[Writer, sqlite3.Connection, FileLocks] | None = None
        self._places: dict[int, int] = {}

    async def open(self) -> None:
        """See `Store.open`."""
        loop = asyncio.get_running_loop()
        # More connections are opened later, when the working directory may be another one.
        self.path = self.path.absolute()
        connection = await asyncio.to_thread(prepare, self.path, self.synchronous)
        with ExitStack() as undo:
            undo.callback(connection.close)
            with translated(self.path):
                locks = FileLocks(self.path.with_name(self.path.name + "-lanes"))
            undo.callback(locks.close)
            # This connection reads on the event loop, where it must not wait.
            reader = self._reader(patience=0)
            undo.pop_all()
        self._parts = Writer(self.path, connection, loop), reader, locks

    def _reader(self, patience: float = _LONG) -> sqlite3.Connection:
        with translated(self.path):
            return connect(self.path, patience=patience, reads=True)

    def _opened(self) -> tuple[Writer, sqlite3.Connection, FileLocks]:
        if self._parts is None:
            raise StoreUnavailableError(f"{self.path} is not open.")
        return self._parts

    async def aclose(self) -> None:
        """See `Store.aclose`."""
        if self._parts is not None:
            writer, reader, locks = self._parts
            self._parts = None
            await asyncio.to_thread(writer.close)
            reader.close()
            locks.close()

    async def fact(self, name: str, value: str | None = None, *, replace: bool = False) -> str | None:
        """See `Store.fact`."""
        found: str | None = await self._opened()[0].do(
            lambda connection: statements.fact(connection, name, value, replace=replace)
        )
        return found

    def alone(self) -> bool:
        """See `Store.alone`."""
        return self._parts is None or self._parts[2].alone()

    def holds(self, key: Key) -> bool:  # noqa: ARG002 # the last writer is unknown
        """See `Store.holds`."""
        return self.alone()

    # Reading

    async def read(self, keys: Sequence[Key], known: Sequence[int] = ()) -> list[Record | None]:
        """See `Store.read`."""
        if not keys:
            return []
        versions = [*known, *([0] * (len(keys) - len(known)))]
        reader = self._opened()[1]
        found = None
        with suppress(statements.LockedError):
            found = statements.select(self.path, reader, keys, versions, _INLINE)
        if found is None:
            found = await asyncio.to_thread(self._read_large, keys, versions)
        return found

    def _read_large(self, keys: Sequence[Key], versions: Sequence[int]) -> list[Record | None]:
        with closing(self._reader()) as reader:
            try:
                return statements.select(self.path, reader, keys, versions, 1 << 62) or []
            except statements.LockedError as error:
                raise StoreUnavailableError(f"{self.path} is locked by another process.") from error

    async def owners(self, prefix: str = "") -> AsyncIterator[OwnerInfo]:
        """See `Store.owners`."""
        last = ""
        while True:
            rows = await self._opened()[0].do(partial(statements.owners, prefix=prefix, last=last))
            for row in rows:
                yield row
            if not rows:
                return
            last = rows[-1].owner

    async def names(self, owner: str) -> list[str]:
        """See `Store.names`."""
        with translated(self.path):
            rows = self._opened()[1].execute("select name from cells where owner = ?", (owner,)).fetchall()
        return [name for (name,) in rows]

    # Writing

    async def commit(self, writes: Sequence[Write], claims: Sequence[Claim] = ()) -> None:
        """See `Store.commit`."""
        for claim in claims:
            for key in claim.keys:
                if not self._turns.holds(key, claim.fence):
                    raise FencedError(*key)
        if writes:
            await self._opened()[0].do(lambda connection: statements.commit(connection, writes))

    async def touch(self, owner: str, expires: float | None) -> None:
        """See `Store.touch`."""
        await self._opened()[0].do(lambda connection: statements.touch(connection, owner, expires))

    async def expire(self, now: float, limit: int = 100) -> list[Dropped]:
        """See `Store.expire`."""
        dropped: list[Dropped] = await self._opened()[0].do(
            lambda connection: statements.expire(connection, now, limit)
        )
        return dropped

    async def drop(self, owner: str, *, due: float | None = None) -> list[Dropped]:
        """See `Store.drop`."""
        work = (
            partial(statements.drop, owner=owner) if due is None else partial(statements.drop_due, owner=owner, due=due)
        )
        dropped: list[Dropped] = await self._opened()[0].do(work)
        return dropped

    # Claims

    async def claim(self, keys: Sequence[Key], *, known: Sequence[int] = (), wait: float | None = None) -> Claim | None:
        """See `Store.claim`."""
        fence = next(self._fences)
        wanted = tuple(keys)
        if not self._claim_now(wanted, fence) and not await self._claim_in_turn(wanted, fence, wait):
            return None
        try:
            return Claim(wanted, fence, tuple(await self.read(wanted, known)))
        except BaseException:
            self._free(wanted, fence)
            raise

    def _claim_now(self, keys: Sequence[Key], fence: int) -> bool:
        if not self._turns.try_take(keys, fence):
            return False
        locked: list[int] = []
        for key in keys:
            place = FileLocks.place(key)
            if not self._try_lock(place):
                for other in locked:
                    self._unlock(other)
                self._turns.free(keys, fence)
                return False
            locked.append(place)
        return True

    async def _claim_in_turn(self, keys: Sequence[Key], fence: int, wait: float | None) -> bool:
        taken: list[Key] = []
        try:
            with anyio.move_on_after(wait) as scope:
                for key in sorted(keys):
                    await self._turns.take(key, fence)
                    await self._lock(key, fence)
                    taken.append(key)
        except BaseException:
            self._free(taken, fence)
            raise
        if scope.cancelled_caught:
            self._free(taken, fence)
        return not scope.cancelled_caught

    async def _lock(self, key: Key, fence: int) -> None:
        """Lock the byte of a cell, which a claim holds in this process, against other processes."""
        place = FileLocks.place(key)
        pause = _SHORTEST
        try:
            while not self._try_lock(place):
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST)
        except BaseException:
            self._turns.free((key,), fence)
            raise

    def _try_lock(self, place: int) -> bool:
        count = self._places.get(place, 0)
        if not count and not self._opened()[2].try_lock(place):
            return False
        self._places[place] = count + 1
        return True

    def _unlock(self, place: int) -> None:
        self._places[place] -= 1
        if not self._places[place]:
            del self._places[place]
            if self._parts is not None:
                self._parts[2].unlock(place)

    def _free(self, keys: Sequence[Key], fence: int) -> None:
        for key in keys:
            self._unlock(FileLocks.place(key))
        self._turns.free(keys, fence)

    async def release(self, claim: Claim) -> None:
        """See `Store.release`."""
        self._free([key for key in claim.keys if self._turns.holds(key, claim.fence)], claim.fence)

    # Changes

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """See `Store.changes`."""
        reader = self._reader(patience=0)
        last = reader.execute("select coalesce(max(number), 0) from changes").fetchone()[0]
        return self._follow(reader, last)

    async def _follow(self, reader: sqlite3.Connection, last: int) -> AsyncIterator[Change | Gap]:
        with closing(reader):
            seen = -1
            while True:
                rows: list[tuple[int, str, str, int]] = []
                with suppress(statements.LockedError), statements.unless_locked(self.path):
                    version = reader.execute("pragma data_version").fetchone()[0]
                    rows = [] if version == seen else statements.changes(reader, last)
                    # After a full batch of changes, there may be more.
                    seen = -1 if rows else version
                if rows and rows[0][0] > last + 1:
                    yield Gap()
                for number, owner, name, cell_version in rows:
                    last = number
                    yield Change(Key(owner, name), cell_version)
                if not rows:
                    await asyncio.sleep(_LOOK)

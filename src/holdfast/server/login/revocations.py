"""Logins that were ended early: few, limited, and stored so that a restart finds them."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import anyio.to_thread
import msgspec

from holdfast.clock import Clock
from holdfast.files import private
from holdfast.ids import random_id
from holdfast.stores import Key, Store, StoreUnavailableError, VersionConflictError, Write

logger = logging.getLogger("holdfast.server")

OWNER = "logins"
"""Owner of the cell in a store, distinct from visitors' owners."""
MOST_OF_ONE = 64
"""Number of ended logins remembered per person; beyond it, all logins of that person end."""
TRIES = 8


class EndedLogins(msgspec.Struct, array_like=True):
    """Stored list of ended logins."""

    ids: dict[str, tuple[int, float]]
    """Start time in milliseconds and expiration time of ended logins, by person and login ID."""
    people: dict[str, tuple[int, float]]
    """Time in milliseconds up to which a person's logins have ended, and the last expiration time, by person."""
    floor: int
    """Time in milliseconds up to which all logins have ended."""


class Version(NamedTuple):
    """A version of a shelf's data."""

    number: int
    data: bytes | None


class Shelf(Protocol):
    """Storage for a few bytes that all processes of an app share."""

    async def read(self, known: int) -> Version | None:
        """Return the current version, or `None` if it is still `known`."""
        ...

    async def write(self, data: bytes, expected: int) -> int | None:
        """Replace the version `expected` and return the new number, or `None` if another process replaced it first."""
        ...


class StoreShelf:
    """A shelf in a cell of a durable store.

    Args:
        store: The store, which the engine opens.
        name: Name that distinguishes apps that share the store.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._key = Key(OWNER, name)

    async def read(self, known: int) -> Version | None:
        """Return the current version. See `Shelf`."""
        [record] = await self._store.read([self._key], [known])
        if record is None:
            return None if known == 0 else Version(0, None)
        return None if record.data is None or record.version == known else Version(record.version, record.data)

    async def write(self, data: bytes, expected: int) -> int | None:
        """Replace the expected version. See `Shelf`."""
        try:
            await self._store.commit([Write(self._key, expected + 1, data, expected=expected)])
        except VersionConflictError:
            return None
        return expected + 1


class FileShelf:
    """A shelf in a file next to the key that signs logins, for a store that is not durable.

    Args:
        path: Path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        private.guard(path)

    async def read(self, known: int) -> Version | None:
        """Return the current version. See `Shelf`."""
        return await anyio.to_thread.run_sync(self._read, known)

    async def write(self, data: bytes, expected: int) -> int | None:
        """Replace the expected version. See `Shelf`. A simultaneous write by another process is not detected."""
        return await anyio.to_thread.run_sync(self._write, data, expected)

    def _stamp(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def _read(self, known: int) -> Version | None:
        stamp = self._stamp()
        if stamp == known:
            return None
        try:
            return Version(stamp, self._path.read_bytes())
        except OSError:
            return Version(0, None)

    def _write(self, data: bytes, expected: int) -> int | None:
        if self._stamp() != expected:
            return None
        private.make_folder(self._path.parent)
        whole = self._path.with_name(f"{self._path.name}.{random_id()}")
        try:
            private.make_file(whole)
            whole.write_bytes(data)
            whole.replace(self._path)
        finally:
            with suppress(OSError):
                whole.unlink(missing_ok=True)
        return self._stamp()


class Revoked:
    """The ended logins.

    Args:
        clock: Source of time.
        limit: Maximum number of logins and of people to remember. Beyond it, older logins of everyone end too, so that
            no ended login becomes valid again.
        shelf: Shelf to store them on; `None` keeps them only in this process.
        sign: Function that returns the signature of the stored data.
        genuine: Function that returns whether the stored data has a valid signature.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limit: int,
        shelf: Shelf | None,
        sign: Callable[[str], str],
        genuine: Callable[[str, str], bool],
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._shelf = shelf
        self._sign = sign
        self._genuine = genuine
        self._ids: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._people: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._floor = 0
        self._version = 0
        self._unsaved = False
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._ids) + len(self._people)

    @property
    def latest(self) -> int:
        """Time in milliseconds up to which some logins have ended. A new login must start after it."""
        return max([self._floor, *(before for before, _ in self._people.values())])

    def has(self, id: str, person: str, began: int) -> bool:
        """Return whether a login has been ended.

        Args:
            id: ID of the login.
            person: Person that the login belongs to.
            began: Start time in milliseconds.
        """
        before, _ = self._people.get(person, (-1, 0.0))
        return f"{person}/{id}" in self._ids or began <= max(before, self._floor)

    def add(self, id: str, person: str, began: int, until: float) -> None:
        """End a single login.

        Args:
            id: ID of the login.
            person: Person that the login belongs to.
            began: Start time in milliseconds.
            until: Expiration time of the login.
        """
        _put(self._ids, f"{person}/{id}", (began, until))
        theirs = [name for name in self._ids if name.startswith(f"{person}/")]
        if len(theirs) > MOST_OF_ONE:
            ended = [self._ids.pop(name) for name in theirs]
            _put(self._people, person, (max(began for began, _ in ended), until))
        self._unsaved = True
        self._bound()

    def add_person(self, person: str, before: int, until: float) -> None:
        """End all logins of a person.

        Args:
            person: The person.
            before: Time in milliseconds up to which their start times are.
            until: Last expiration time of the logins.
        """
        _put(self._people, person, (before, until))
        self._unsaved = True
        self._bound()

    async def refresh(self) -> None:
        """Load logins ended by other processes, and store what could not be stored before."""
        if self._shelf is None:
            return
        async with self._lock:
            try:
                found = await self._shelf.read(self._version)
            except (StoreUnavailableError, OSError):
                return  # the engine reports the outage; known logins remain ended
            if found is not None:
                self._version = found.number
                self._take(found.data)
        if self._unsaved:
            await self.save()

    async def save(self) -> None:
        """Store the ended logins. If this fails, `refresh` tries again later."""
        if self._shelf is None:
            return
        async with self._lock:
            try:
                for _ in range(TRIES):
                    number = await self._shelf.write(self._dumped(), self._version)
                    if number is not None:
                        self._version, self._unsaved = number, False
                        return
                    found = await self._shelf.read(self._version)
                    if found is not None:
                        self._version = found.number
                        self._take(found.data)
            except (StoreUnavailableError, OSError) as error:
                logger.warning(
                    "A logout could not be stored (%s). It applies in this process and will be stored later.", error
                )

    def _dumped(self) -> bytes:
        data = msgspec.json.encode(EndedLogins(dict(self._ids), dict(self._people), self._floor))
        return self._sign(data.decode()).encode() + b"\n" + data

    def _take(self, kept: bytes | None) -> None:
        signature, _, data = (kept or b"").partition(b"\n")
        if not data:
            return
        try:
            genuine = self._genuine(data.decode(), signature.decode())
            found = msgspec.json.decode(data, type=EndedLogins)
        except (msgspec.DecodeError, UnicodeDecodeError):
            genuine = False
        if not genuine:
            logger.warning("The list of ended logins is damaged or signed with another key. Starting a new list.")
            return
        for mine, theirs in ((self._ids, found.ids), (self._people, found.people)):
            for name, entry in theirs.items():
                _put(mine, name, entry)
        self._floor = max(self._floor, found.floor)
        self._bound()

    def _bound(self) -> None:
        now = self._clock.time()
        for entries in (self._ids, self._people):
            for name in [name for name, (_, until) in entries.items() if until < now]:
                del entries[name]
            while len(entries) > self._limit:
                _, (began, _) = entries.popitem(last=False)
                self._floor = max(self._floor, began)


def _put(entries: OrderedDict[str, tuple[int, float]], name: str, entry: tuple[int, float]) -> None:
    before = entries.pop(name, entry)
    entries[name] = (max(before[0], entry[0]), max(before[1], entry[1]))

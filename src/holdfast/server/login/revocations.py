"""Logins that have been ended before their time: few, bounded, and kept where a restart finds them."""

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
"""Owner of the cell in a store; not one that belongs to a visitor."""
MOST_OF_ONE = 64
"""Logins of one person that are remembered singly; beyond it, all of that person's end."""
TRIES = 8


class Kept(msgspec.Struct, array_like=True):
    """What is kept."""

    ids: dict[str, tuple[int, float]]
    """Person and id of a login -> when it began, in milliseconds; when it would have ended by itself."""
    people: dict[str, tuple[int, float]]
    """Person -> end of the time in which the logins began that have ended; when the last would have ended by itself."""
    floor: int
    """All logins that began until then have ended."""


class Version(NamedTuple):
    """A state of a shelf."""

    number: int
    data: bytes | None


class Shelf(Protocol):
    """Keeps some bytes for all processes of an app."""

    async def read(self, known: int) -> Version | None:
        """Return what is kept, or `None` if it is still the version `known`."""
        ...

    async def write(self, data: bytes, expected: int) -> int | None:
        """Replace the version `expected`; return the new number, or `None` if another process was first."""
        ...


class StoreShelf:
    """A cell of a durable store.

    Args:
        store: The store; it is opened by the engine.
        name: Distinguishes apps that share the store.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._key = Key(OWNER, name)

    async def read(self, known: int) -> Version | None:
        """See `Shelf`."""
        [record] = await self._store.read([self._key], [known])
        if record is None:
            return None if known == 0 else Version(0, None)
        return None if record.data is None or record.version == known else Version(record.version, record.data)

    async def write(self, data: bytes, expected: int) -> int | None:
        """See `Shelf`."""
        try:
            await self._store.commit([Write(self._key, expected + 1, data, expected=expected)])
        except VersionConflictError:
            return None
        return expected + 1


class FileShelf:
    """A file, where the store keeps nothing: beside the key that signs the logins.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        private.guard(path)

    async def read(self, known: int) -> Version | None:
        """See `Shelf`."""
        return await anyio.to_thread.run_sync(self._read, known)

    async def write(self, data: bytes, expected: int) -> int | None:
        """See `Shelf`; another process that writes in the same moment is not noticed."""
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
    """The revocations.

    Args:
        clock: Where time comes from.
        limit: Most logins, and most people, that are remembered; beyond it, older logins of everyone end too, so that
            none that was ended comes back.
        shelf: Keeps them; `None` keeps them in this process alone.
        sign: Gives the signature of what is kept.
        genuine: Whether what is kept has a good signature.
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
        """The time until which some logins have ended, in milliseconds; a new one must begin after it."""
        return max([self._floor, *(before for before, _ in self._people.values())])

    def has(self, id: str, person: str, began: int) -> bool:
        """Whether a login has ended.

        Args:
            id: The login's id.
            person: Whose it is.
            began: When it began, in milliseconds.
        """
        before, _ = self._people.get(person, (-1, 0.0))
        return f"{person}/{id}" in self._ids or began <= max(before, self._floor)

    def add(self, id: str, person: str, began: int, until: float) -> None:
        """End one login.

        Args:
            id: The login's id.
            person: Whose it is.
            began: When it began, in milliseconds.
            until: When it would have ended by itself.
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
            person: Whose.
            before: The end of the time in which they began, in milliseconds.
            until: When the last would have ended by itself.
        """
        _put(self._people, person, (before, until))
        self._unsaved = True
        self._bound()

    async def refresh(self) -> None:
        """Take over what other processes have kept, and keep what could not be kept before."""
        if self._shelf is None:
            return
        async with self._lock:
            try:
                found = await self._shelf.read(self._version)
            except (StoreUnavailableError, OSError):
                return  # the engine tells of the outage; what is known here goes on to count
            if found is not None:
                self._version = found.number
                self._take(found.data)
        if self._unsaved:
            await self.save()

    async def save(self) -> None:
        """Keep everything; if that fails now, `refresh` does it later."""
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
                logger.warning("A logout cannot be kept now (%s). It counts in this process, and is kept later.", error)

    def _dumped(self) -> bytes:
        data = msgspec.json.encode(Kept(dict(self._ids), dict(self._people), self._floor))
        return self._sign(data.decode()).encode() + b"\n" + data

    def _take(self, kept: bytes | None) -> None:
        signature, _, data = (kept or b"").partition(b"\n")
        if not data:
            return
        try:
            genuine = self._genuine(data.decode(), signature.decode())
            found = msgspec.json.decode(data, type=Kept)
        except (msgspec.DecodeError, UnicodeDecodeError):
            genuine = False
        if not genuine:
            logger.warning("The list of ended logins was damaged or signed with another key; it begins again.")
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

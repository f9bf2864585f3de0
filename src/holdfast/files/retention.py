"""The files of one app: in one folder that no other app uses, bounded in age and in total size.

A file is as old as its last upload or its last output, by the modification time that it gets here. It is deleted when
it is older than the age, and the oldest first when all of them together exceed the total size; never while an event
that it belongs to waits or runs, and never when the app itself begins with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from holdfast.clock import Clock
from holdfast.errors import StorageFull
from holdfast.files.cache import PART, watch, whose
from holdfast.files.folders import FolderLock, is_free, root
from holdfast.programs import program_name

MOST_WAIT = 3600.0
"""Seconds between two sweeps unless the author says otherwise, or the age is shorter."""
ABANDONED = 3600.0
"""Seconds after which a file that was never finished belongs to an upload that has failed."""
LEAST = 4096
"""Bytes that a file counts at least, and as much for its folder: that is what a disk gives it."""
LONGEST_PATH = 4096
SPARE = 0.9
"""The part of the total size that is left when room is made, so that it is not made for each file."""
REST = 5.0
"""Seconds for which a folder that could not be made smaller counts as full without another look."""

logger = logging.getLogger("holdfast.files.rules")


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """How long files are kept and how many.

    Attributes:
        age: Seconds after which a file is deleted.
        total: Most bytes of all files together.
        per_visitor: Most bytes of those that were made for one visitor.
        frequency: Seconds between two sweeps.
        all_at_end: Whether all files are deleted when the app ends.
    """

    age: float = 24 * 3600.0
    total: int = 10 * 1024**3
    per_visitor: int = 5 * 1024**3
    frequency: float = MOST_WAIT
    all_at_end: bool = False


class Hold:
    """Files of one event, which are not deleted before it has ended.

    Args:
        keeper: Keeps them.
        paths: Those that are known already.
    """

    __slots__ = ("_keeper", "_paths")

    def __init__(self, keeper: FileKeeper, paths: Iterable[str] = ()) -> None:
        self._keeper = keeper
        self._paths: list[str] = []
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Hold one more file, if it is one of the app's. Its path is not looked up: a client may name very many."""
        named = os.path.normpath(path)
        if named.startswith(self._keeper.prefix):
            with self._keeper.counting:
                self._paths.append(named)
                self._keeper.held[named] += 1

    def release(self) -> None:
        """The event has ended."""
        with self._keeper.counting:
            for named in self._paths:
                self._keeper.held[named] -= 1
                if not self._keeper.held[named]:
                    del self._keeper.held[named]
            self._paths = []
        self._keeper.freed()


class FileKeeper:
    """Keeps the files of one app.

    Args:
        keeping: How long and how many.
        clock: Where time comes from.
    """

    def __init__(self, keeping: Keeping, clock: Clock) -> None:
        self.keeping = keeping
        self._clock = clock
        with _naming:
            self.folder = _free_folder()
            _live[self.folder] = self
        self.prefix = f"{self.folder}{os.sep}"
        self.held: Counter[str] = Counter()
        """How many events need a file."""
        self._pinned: set[str] = set()
        self.counting = threading.Lock()
        self._finished = 0
        """Bytes of the files that are whole, as far as is known since the last sweep."""
        self._unfinished = 0
        self._added = 0
        """Bytes of all files that were ever finished."""
        self._files_of: dict[str, dict[Path, int]] = {}
        """The files that were first made for a visitor, the oldest first, and their bytes. A restart forgets it; the
        total size bounds those files."""
        self._visitors: dict[Path, str] = {}
        self._by_visitor: Counter[str] = Counter()
        """Bytes of a visitor's files, finished or not."""
        self._making_room = threading.Lock()
        self._full_until = 0.0
        self._lock: FolderLock | None = None
        watch(self.folder, self)

    # What the code that writes files calls, from any thread ---------------------------------------------------------

    def wrote(self, size: int) -> None:
        """Count bytes that are written; a negative number counts those of a file that was given up.

        Raises:
            StorageFull: There is no room for them, even without the files that can be deleted.
        """
        visitor = whose.get()
        with self.counting:
            self._unfinished += size
            self._count(visitor, size)
        if size > 0 and visitor and self._by_visitor[visitor] > self.keeping.per_visitor:
            self._make_room_of(visitor)
        if size > 0 and self._used > self.keeping.total:
            self._make_room()

    def finished(self, path: Path, size: int) -> None:
        """A file is whole: its age begins.

        Args:
            path: Where it is.
            size: Its bytes.
        """
        with self.counting:
            self._unfinished -= size
            self._finished += _room(size)
            self._added += _room(size)
            self._belongs(path, size)
        self.shown(path)

    def _belongs(self, path: Path, size: int) -> None:
        """Count a whole file for the visitor for whom it was made first."""
        visitor = whose.get()
        self._count(visitor, -size)
        if visitor and path not in self._visitors:
            self._visitors[path] = visitor
            self._files_of.setdefault(visitor, {})[path] = _room(size)
            self._count(visitor, _room(size))

    def _gone(self, path: Path) -> None:
        """A file was deleted."""
        with self.counting:
            visitor = self._visitors.pop(path, "")
            if visitor:
                self._count(visitor, -self._files_of[visitor].pop(path))
                if not self._files_of[visitor]:
                    del self._files_of[visitor]

    def _count(self, visitor: str, size: int) -> None:
        if visitor and size:
            self._by_visitor[visitor] += size
            if self._by_visitor[visitor] <= 0:
                del self._by_visitor[visitor]

    def _make_room_of(self, visitor: str) -> None:
        """Delete the oldest files of a visitor who has too many.

        Raises:
            StorageFull: Those that are left are needed.
        """
        with self._making_room:
            for path in tuple(self._files_of.get(visitor, ())):
                if self._by_visitor[visitor] <= self.keeping.per_visitor * SPARE:
                    break
                try:
                    self._delete(path, path.stat().st_mtime)
                except FileNotFoundError:
                    self._gone(path)
            if self._by_visitor[visitor] > self.keeping.per_visitor:
                raise StorageFull(
                    f"There is no room for more of your files: this app keeps at most {self.keeping.per_visitor} bytes "
                    "of them for each visitor, and those that are there are in use. Try again later, or with smaller "
                    "files."
                )

    def shown(self, path: str | Path) -> None:
        """A file is an output: its age begins again."""
        now = self._clock.time()
        with suppress(OSError):
            os.utime(path, (now, now))

    @property
    def _used(self) -> int:
        return self._finished + self._unfinished

    def pin(self, path: str) -> None:
        """Keep a file as long as the app runs: a component begins with it."""
        self._pinned.add(os.path.realpath(path))

    def freed(self) -> None:
        """Files are not needed any more, so that there may be room."""
        self._full_until = 0.0

    def _make_room(self) -> None:
        with self._making_room:
            if self._used <= self.keeping.total:
                return
            # Uploads that may never be finished do not displace all that is there.
            if self._unfinished <= self.keeping.total / 2 and self._clock.monotonic() >= self._full_until:
                self.sweep()
                self._full_until = 0.0 if self._used <= self.keeping.total else self._clock.monotonic() + REST
            if self._used > self.keeping.total:
                raise StorageFull(
                    f"There is no room for more files: this app keeps at most {self.keeping.total} bytes of them, and "
                    "those that are there are in use. Try again later, or with smaller files."
                )

    # Deleting ---------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Delete what is too old, then the oldest until the rest fits. Slow: belongs in a thread."""
        now = self._clock.time()
        for pinned in tuple(self._pinned):  # other processes of this program see that it is in use
            with suppress(OSError):
                os.utime(pinned, (now, now))
        before = self._added
        kept: list[tuple[float, int, Path]] = []
        total = 0
        for path, modified, size in _files(self.folder):
            part = path.name.startswith(PART)
            old = now - modified > (ABANDONED if part else self.keeping.age)
            if not (old and self._delete(path, modified)) and not part:
                kept.append((modified, size, path))
                total += size
        if total + self._unfinished > self.keeping.total:
            for modified, size, path in sorted(kept):
                if total + self._unfinished <= self.keeping.total * SPARE:
                    break
                if self._delete(path, modified):
                    total -= size
        with self.counting:
            self._finished = total + self._added - before

    def _delete(self, path: Path, modified: float) -> bool:
        """Delete a file unless it is needed, or has been written again meanwhile. Returns whether it is gone."""
        real = str(path)
        if real in self._pinned or real in self.held:
            return False
        try:
            if path.stat().st_mtime != modified:
                return False
            path.unlink()
        except FileNotFoundError:
            self._gone(path)
            return True
        except OSError as error:
            logger.warning("The file %s is too old, but cannot be deleted: %s.", path, error.strerror)
            return False
        self._gone(path)
        if path.parent != self.folder:
            with suppress(OSError):  # the same content is there under another name
                path.parent.rmdir()
        return True

    def sweep_others(self) -> None:
        """Delete folders that no process uses any more, when nothing in them is younger than the age."""
        now = self._clock.time()
        for folder in _siblings(self.folder):
            if folder in _live:
                continue
            with is_free(folder) as free:
                young = (now - modified <= self.keeping.age for _, modified, _ in _files(folder))
                if free and not any(young):
                    shutil.rmtree(folder, ignore_errors=True)

    # Life -------------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Sweep now and then, until it is cancelled."""
        await asyncio.to_thread(self._open)
        while True:
            try:
                await asyncio.to_thread(self.sweep)
                await asyncio.to_thread(self.sweep_others)
            except Exception as error:  # files stay until the next sweep, which must come in any case
                if isinstance(error, RuntimeError) and "shutdown" in str(
                    error
                ):  # the process ends, and its threads first
                    return
                logger.exception("Old files in %s cannot be deleted now; the next sweep tries it again.", self.folder)
            await self._clock.sleep(self.keeping.frequency)

    def _open(self) -> None:
        if self._lock is None:
            self._lock = FolderLock(self.folder)

    def close(self) -> None:
        """Let go of the folder; delete it, if the author wants that and no other process uses it. Slow."""
        _live.pop(self.folder, None)
        alone = self._lock is None or self._lock.close()
        self._lock = None
        if self.keeping.all_at_end and alone:
            shutil.rmtree(self.folder, ignore_errors=True)


_live: WeakValueDictionary[Path, FileKeeper] = WeakValueDictionary()
_naming = threading.Lock()


def _free_folder() -> Path:
    """The first folder of this program that no other app of this process has."""
    base, name = root(), program_name()
    number = 1
    while (folder := base / (name if number == 1 else f"{name}.{number}")) in _live:
        number += 1
    return folder


def _siblings(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [other for other in folder.parent.iterdir() if other != folder and other.is_dir()]
    return []


def _files(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """Each file with its modification time and the room that it takes."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            with suppress(OSError):
                found = path.lstat()
                yield path, found.st_mtime, _room(found.st_size)


def _room(size: int) -> int:
    return max(size, LEAST) + LEAST


def paths_in(payload: Any) -> Iterator[str]:
    """The paths of the files in a client's JSON, however deep they are in it."""
    waiting = [payload]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and len(path) < LONGEST_PATH and "\0" not in path:
                yield path
            value = value.values()
        if not isinstance(value, str | int | float | None):
            waiting.extend(item for item in value if isinstance(item, dict | list | tuple))

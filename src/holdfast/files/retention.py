"""The files of one app: stored in a folder that no other app uses, and limited in age and total size.

A file's age is the time since its last upload or output, recorded as its modification time. Files above the maximum age
are deleted; if the total size is exceeded, the oldest files are deleted first. A file is never deleted while an event
that uses it is waiting or running, nor if a component of the app initially shows it.
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
"""Seconds between two sweeps by default, unless the maximum age is shorter."""
ABANDONED = 3600.0
"""Seconds after which an unfinished file belongs to a failed upload."""
LEAST = 4096
"""Minimum number of bytes counted for a file, and again for its folder, which is what a disk allocates."""
LONGEST_PATH = 4096
SPARE = 0.9
"""Fraction of the limit to which files are reduced, so that not every new file triggers a deletion."""
REST = 5.0
"""Seconds for which a folder that could not be reduced counts as full without another check."""

logger = logging.getLogger("holdfast.files.rules")


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """Retention policy for files.

    Attributes:
        age: Seconds after which a file is deleted.
        total: Maximum size of all files in bytes.
        per_visitor: Maximum size of the files created for one visitor, in bytes.
        frequency: Seconds between two sweeps.
        all_at_end: Whether to delete all files when the app ends.
    """

    age: float = 24 * 3600.0
    total: int = 10 * 1024**3
    per_visitor: int = 5 * 1024**3
    frequency: float = MOST_WAIT
    all_at_end: bool = False


class Hold:
    """Files of one event, which are not deleted before it has ended.

    Args:
        keeper: Keeper of the files.
        paths: Paths that are already known.
    """

    __slots__ = ("_keeper", "_paths")

    def __init__(self, keeper: FileKeeper, paths: Iterable[str] = ()) -> None:
        self._keeper = keeper
        self._paths: list[str] = []
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Hold another file, if it belongs to the app. Paths are not resolved: a client can name very many."""
        named = os.path.normpath(path)
        if named.startswith(self._keeper.prefix):
            with self._keeper.counting:
                self._paths.append(named)
                self._keeper.held[named] += 1

    def release(self) -> None:
        """Release the files, because the event has ended."""
        with self._keeper.counting:
            for named in self._paths:
                self._keeper.held[named] -= 1
                if not self._keeper.held[named]:
                    del self._keeper.held[named]
            self._paths = []
        self._keeper.freed()


class FileKeeper:
    """Stores and deletes the files of one app.

    Args:
        keeping: Retention policy.
        clock: Source of time.
    """

    def __init__(self, keeping: Keeping, clock: Clock) -> None:
        self.keeping = keeping
        self._clock = clock
        with _naming:
            self.folder = _free_folder()
            _live[self.folder] = self
        self.prefix = f"{self.folder}{os.sep}"
        self.held: Counter[str] = Counter()
        """Number of events that use a file, by path."""
        self._pinned: set[str] = set()
        self.counting = threading.Lock()
        self._finished = 0
        """Size of the completed files, as known since the last sweep, in bytes."""
        self._unfinished = 0
        self._added = 0
        """Total size of all files ever completed, in bytes."""
        self._files_of: dict[str, dict[Path, int]] = {}
        """Files first created for a visitor, oldest first, with their sizes. This is lost at a restart; the total size
        still limits those files."""
        self._visitors: dict[Path, str] = {}
        self._by_visitor: Counter[str] = Counter()
        """Size of a visitor's files, finished or not, in bytes."""
        self._making_room = threading.Lock()
        self._full_until = 0.0
        self._lock: FolderLock | None = None
        watch(self.folder, self)

    # Called by the code that writes files, from any thread ---------------------------------------------------------

    def wrote(self, size: int) -> None:
        """Count written bytes; a negative number undoes the count of an abandoned file.

        Raises:
            StorageFull: There is no space, even after deleting all files that can be deleted.
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
        """Record a completed file, whose age starts now.

        Args:
            path: Path of the file.
            size: Size in bytes.
        """
        with self.counting:
            self._unfinished -= size
            self._finished += _room(size)
            self._added += _room(size)
            self._belongs(path, size)
        self.shown(path)

    def _belongs(self, path: Path, size: int) -> None:
        """Count a completed file for the visitor for whom it was first created."""
        visitor = whose.get()
        self._count(visitor, -size)
        if visitor and path not in self._visitors:
            self._visitors[path] = visitor
            self._files_of.setdefault(visitor, {})[path] = _room(size)
            self._count(visitor, _room(size))

    def _gone(self, path: Path) -> None:
        """Record that a file was deleted."""
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
        """Delete the oldest files of a visitor who exceeds the limit.

        Raises:
            StorageFull: The remaining files are in use.
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
                    "per visitor, and the existing files are in use. Try again later, or with smaller files."
                )

    def shown(self, path: str | Path) -> None:
        """Restart a file's age, because it was output again."""
        now = self._clock.time()
        with suppress(OSError):
            os.utime(path, (now, now))

    @property
    def _used(self) -> int:
        return self._finished + self._unfinished

    def pin(self, path: str) -> None:
        """Keep a file as long as the app runs, because a component initially shows it."""
        self._pinned.add(os.path.realpath(path))

    def freed(self) -> None:
        """Record that files are no longer in use, so that there may be space."""
        self._full_until = 0.0

    def _make_room(self) -> None:
        with self._making_room:
            if self._used <= self.keeping.total:
                return
            # Unfinished uploads must not displace all existing files.
            if self._unfinished <= self.keeping.total / 2 and self._clock.monotonic() >= self._full_until:
                self.sweep()
                self._full_until = 0.0 if self._used <= self.keeping.total else self._clock.monotonic() + REST
            if self._used > self.keeping.total:
                raise StorageFull(
                    f"There is no room for more files: this app keeps at most {self.keeping.total} bytes, and "
                    "the existing files are in use. Try again later, or with smaller files."
                )

    # Deleting ---------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Delete files that are too old, then the oldest until the rest fits. Slow: run it in a thread."""
        now = self._clock.time()
        for pinned in tuple(self._pinned):  # tell other processes of this program that it is in use
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
        """Delete a file unless it is in use or was rewritten in the meantime; return whether it is gone."""
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
            with suppress(OSError):  # the folder has the same content under another name
                path.parent.rmdir()
        return True

    def sweep_others(self) -> None:
        """Delete folders that no process uses, if they contain no file younger than the maximum age."""
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
        """Sweep at intervals until canceled."""
        await asyncio.to_thread(self._open)
        while True:
            try:
                await asyncio.to_thread(self.sweep)
                await asyncio.to_thread(self.sweep_others)
            except Exception as error:  # keep sweeping: the next attempt may succeed
                if isinstance(error, RuntimeError) and "shutdown" in str(error):  # the process is exiting
                    return
                logger.exception("Old files in %s cannot be deleted now; the next sweep will retry.", self.folder)
            await self._clock.sleep(self.keeping.frequency)

    def _open(self) -> None:
        if self._lock is None:
            self._lock = FolderLock(self.folder)

    def close(self) -> None:
        """Release the folder, and delete it if configured and unused by other processes. Slow: run it in a thread."""
        _live.pop(self.folder, None)
        alone = self._lock is None or self._lock.close()
        self._lock = None
        if self.keeping.all_at_end and alone:
            shutil.rmtree(self.folder, ignore_errors=True)


_live: WeakValueDictionary[Path, FileKeeper] = WeakValueDictionary()
_naming = threading.Lock()


def _free_folder() -> Path:
    """Return the first folder of this program that no other app of this process uses."""
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
    """Yield each file with its modification time and allocated size."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            with suppress(OSError):
                found = path.lstat()
                yield path, found.st_mtime, _room(found.st_size)


def _room(size: int) -> int:
    return max(size, LEAST) + LEAST


def paths_in(payload: Any) -> Iterator[str]:
    """Yield the paths of the files in a client's JSON, at any depth."""
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

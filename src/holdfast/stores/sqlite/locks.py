"""Locks on single bytes of a file: lanes between processes of one machine, which the system frees when one dies."""

from __future__ import annotations

import functools
import hashlib
import os
import struct
import sys
import threading
from pathlib import Path

from holdfast.stores.protocol import Key

_FLOCK = struct.Struct("hhqqi4x")
_PRESENCE = 1 << 62
"""Byte beyond those of cells, on which every store that has the file open holds a shared lock."""
_PER_DESCRIPTION = sys.platform == "linux" and sys.maxsize > 1 << 32
"""True on Linux, where such a lock belongs to the open file, so that two stores in one process exclude each other."""


class FileLocks:
    """Exclusive locks on bytes of one file; the position of a byte represents a cell.

    Args:
        path: The file, which is created if necessary and always empty.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        self._path = os.path.realpath(path)
        _show(self._file)

    @staticmethod
    @functools.lru_cache(maxsize=512)
    def place(key: Key) -> int:
        """Return the byte of a cell. Two cells with the same byte exclude each other, which is harmless."""
        digest = hashlib.blake2b(f"{key.owner}\0{key.name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 2

    def try_lock(self, place: int) -> bool:
        """Lock a byte if it is free, and return whether it is locked now."""
        if not _PER_DESCRIPTION and not _claim_in_process(self._path, place):
            return False
        if _lock(self._file, place):
            return True
        _free_in_process(self._path, place)
        return False

    def unlock(self, place: int) -> None:
        """Free a byte."""
        _unlock(self._file, place)
        _free_in_process(self._path, place)

    def alone(self) -> bool:
        """Return whether no other store has the file open; `True` where the system cannot tell."""
        return _is_alone(self._file)

    def close(self) -> None:
        """Free all locks."""
        os.close(self._file)


_held: set[tuple[str, int]] = set()
_held_lock = threading.Lock()


def _claim_in_process(path: str, place: int) -> bool:
    with _held_lock:
        if (path, place) in _held:
            return False
        _held.add((path, place))
        return True


def _free_in_process(path: str, place: int) -> None:
    with _held_lock:
        _held.discard((path, place))


if sys.platform == "win32":
    import msvcrt

    def _show(file: int) -> None:
        pass

    def _is_alone(file: int) -> bool:  # noqa: ARG001 # other systems need it
        return True

    def _lock(file: int, place: int) -> bool:
        os.lseek(file, place, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _show(file: int) -> None:
        if _PER_DESCRIPTION:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, _PRESENCE, 1, 0))

    def _is_alone(file: int) -> bool:
        if not _PER_DESCRIPTION:
            return True
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _PRESENCE, 1, 0)
        kind: int = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))[0]
        return kind == fcntl.F_UNLCK

    def _lock(file: int, place: int) -> bool:
        try:
            _set(file, fcntl.F_WRLCK, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(file: int, place: int) -> None:
        _set(file, fcntl.F_UNLCK, place)

    def _set(file: int, kind: int, place: int) -> None:
        if _PER_DESCRIPTION:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _FLOCK.pack(kind, os.SEEK_SET, place, 1, 0))
        elif kind == fcntl.F_UNLCK:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, place)
        else:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

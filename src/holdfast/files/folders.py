"""Folders for files: below one root per user, one for each app and one for this process."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdfast import settings
from holdfast.errors import BuildError
from holdfast.files import private

APPS = "apps"
"""Name of the folder below the root; an app serves only its own folder inside it, whatever its author allows."""

_instead: dict[Path, Path] = {}
"""Replacement folders, used if another user owns the intended one."""
_process: dict[tuple[int, Path], tuple[Path, FolderLock]] = {}
_making = threading.Lock()


def root() -> Path:
    """Return the folder of all apps' files, creating it if missing.

    It is below `HOLDFAST_TEMP_DIR` or `GRADIO_TEMP_DIR`, or else in this user's folder below the system's temporary
    folder.

    Raises:
        BuildError: The chosen folder belongs to another user.
    """
    chosen = settings.read().temp_dir
    base = _chosen(Path(chosen)) if chosen else _temporary()
    folder = base.resolve() / APPS
    private.make_folder(folder)
    private.close_to_others(folder)
    return folder


def _chosen(folder: Path) -> Path:
    private.make_folder(folder)
    owner = private.stranger(folder)
    if owner is not None:
        raise BuildError(
            f"HOLDFAST_TEMP_DIR={str(folder)!r} belongs to another user (uid {owner}), who could read and modify "
            "visitors' files. Choose another folder, or make it this user's own with chown."
        )
    return folder


def _temporary() -> Path:
    """Return this user's folder; if another user already owns it, one with an unpredictable name."""
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"holdfast-{user}"
    with suppress(FileExistsError):
        folder.mkdir(private.FOLDER_MODE)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and private.is_mine(found):
        private.close_to_others(folder)
        return folder
    with _making:
        if folder not in _instead:
            made = _instead[folder] = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
            warnings.warn(
                f"Another user of this machine has made {folder}, where visitors' files would be stored. They are kept "
                f"in {made} while this process runs. Remove {folder}, or set HOLDFAST_TEMP_DIR.",
                stacklevel=2,
            )
        return _instead[folder]


def process_folder() -> Path:
    """Return the folder for files created outside of apps, such as while apps are built; deleted with the process."""
    base = root()
    key = (os.getpid(), base)  # a forked process gets a different one
    with _making:
        if key not in _process or not _process[key][0].is_dir():
            folder = Path(tempfile.mkdtemp(prefix="process-", dir=base))
            _process[key] = folder, FolderLock(folder)
            atexit.register(_remove, key[0], folder)
        return _process[key][0]


def process_folders() -> list[Path]:
    """Return the folders that `process_folder` has created in this process."""
    return [folder for (pid, _), (folder, _) in tuple(_process.items()) if pid == os.getpid()]


def _remove(pid: int, folder: Path) -> None:
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_file(folder).unlink(missing_ok=True)


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


class FolderLock:
    """Lock that marks a folder as used until the process ends in any way.

    Args:
        folder: Folder to lock; need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        _share(self._file)

    def close(self) -> bool:
        """Release the lock, and return whether no other process uses the folder."""
        try:
            return _alone(self._file)
        finally:
            os.close(self._file)


@contextmanager
def is_free(folder: Path) -> Iterator[bool]:
    """Yield whether no process uses a folder; none can start using it inside the `with` block."""
    handle = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        yield _alone(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":

    def _share(_: int) -> None:
        """Do nothing, because Windows does not delete open files."""

    def _alone(_: int) -> bool:
        return True

else:
    import fcntl

    def _share(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_SH)

    def _alone(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

"""Files of the framework itself, which are readable only by their owner and never served, whatever an author allows.

These are the key that signs State, the store next to it, TLS keys, password files, cached results of examples, and
flagged samples: reading them would allow forging cookies and cells, or reveal what visitors sent. The code that knows
each path registers it here (`guard`) for all apps of the process, and `holdfast.files.rules` calls `is_private` before
any allow rule.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

HOME = ".holdfast"
"""Default folder of the framework's own files; nothing in a folder with this name is ever served."""
FOLDER_MODE = 0o700
FILE_MODE = 0o600

_guarded: set[Path] = set()


def guard(*paths: str | os.PathLike[str]) -> None:
    """Never serve these files, nor anything in these folders. They need not exist yet.

    Args:
        paths: Absolute paths, or paths relative to the current working folder.
    """
    _guarded.update(Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100 - a link is guarded as a link too


def is_private(real: Path, *, cache: Path | None = None) -> bool:
    """Return whether a file belongs to the framework, by path or, under any other name, by inode.

    Args:
        real: Path of a file, with all links resolved.
        cache: Folder of files that are served; a private folder that contains it is ignored.
    """
    inside = cache is not None and cache in real.parents
    parts = real.relative_to(cache).parts if cache is not None and inside else real.parts
    if any(part.lower() == HOME for part in parts):
        return True
    found = _identity(real)
    if found is None:
        return False
    guarded = set(_identities(tuple(_guarded)))
    folders = real.parents[: len(parts) - 1] if inside else real.parents
    if not guarded.isdisjoint(_identities((real, *folders))):
        return True
    # A hard link into a guarded folder shares only the inode of the file, so each file of the folder is compared.
    return _links(real) > 1 and any(found == inner for folder in _folders() for inner in _inside(folder))


def _folders() -> Iterator[Path]:
    yield Path(HOME)
    yield from tuple(_guarded)


def _inside(folder: Path) -> Iterator[tuple[int, int]]:
    for place, _, names in os.walk(folder):
        yield from _identities(Path(place) / name for name in names)


def _identities(paths: Iterable[Path]) -> Iterator[tuple[int, int]]:
    for path in paths:
        if (identity := _identity(path)) is not None:
            yield identity


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _links(path: Path) -> int:
    try:
        return path.stat().st_nlink
    except OSError:
        return 1


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents with access for the owner only; an existing folder stays unchanged."""
    missing = [path]
    while not missing[-1].parent.exists() and missing[-1].parent != missing[-1]:
        missing.append(missing[-1].parent)
    for folder in reversed(missing):
        with suppress(FileExistsError):
            folder.mkdir(FOLDER_MODE)
    if not path.is_dir():
        raise NotADirectoryError(20, "it is not a folder", str(path))


def make_file(path: Path) -> None:
    """Create an empty file with access for the owner only; an existing file stays unchanged."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def close_to_others(path: Path) -> None:
    """Remove the permissions of group and others from a file or folder that belongs to this user."""
    with suppress(OSError):
        found = path.stat()
        mode = stat.S_IMODE(found.st_mode)
        ordinary = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)  # the superuser owns devices too
        if mode & ~FOLDER_MODE and ordinary and is_mine(found):
            path.chmod(mode & FOLDER_MODE)


def is_mine(found: os.stat_result) -> bool:
    """Return whether a file belongs to the user of this process."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def stranger(path: Path) -> int | None:
    """Return the id of the user that owns a file or folder, if that user is not trusted with it.

    Trusted are this process's user, the superuser, and the owner of the parent folder, unless all users can write
    there, as in the system's temporary folder.
    """
    if not hasattr(os, "getuid"):
        return None
    try:
        owner, around = path.stat().st_uid, path.absolute().parent.stat()
    except OSError:
        return None
    if owner in {os.getuid(), 0} or (owner == around.st_uid and not around.st_mode & stat.S_IWOTH):
        return None
    return owner

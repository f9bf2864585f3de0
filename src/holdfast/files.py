"""Files on their way between browser and handler: what describes one, where it is kept, which ones may be served.

Every file that a browser may fetch lies in the cache directory under the hash of its content, or in a folder that the
app's author allowed. A path that a client names is checked against the same rules before anything opens it.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from typing_extensions import Self

from holdfast import settings
from holdfast.errors import BadValue, InvalidPathError, TooLarge

MARK = {"_type": "gradio.FileData"}
"""The `meta` by which clients know a file."""
URL_PREFIX = "/gradio_api/file="
INLINE = frozenset({"application/json", "text/plain", "image/jpeg", "image/png", "image/gif", "image/webp"})
"""Types besides audio and video that a browser may show instead of saving: none of them can run a script."""
NAME_BYTES = 200
CHUNK = 1 << 20


class FileSize:
    """Sizes in bytes, for `max_file_size=5 * gr.FileSize.MB`."""

    B: ClassVar[int] = 1
    KB: ClassVar[int] = 1024
    MB: ClassVar[int] = 1024**2
    GB: ClassVar[int] = 1024**3
    TB: ClassVar[int] = 1024**4


class FileData(dict[str, Any]):
    """A file as the wire has it: a dict, whose entries are attributes too.

    Args:
        path: Where it is on the server, or a URL.
        url: Where a browser gets it.
        size: Bytes.
        orig_name: Its name where it came from.
        mime_type: Its type.
        is_stream: Whether it is a part of a stream.
        meta: The mark by which clients know a file.
    """

    __slots__ = ()

    def __init__(
        self,
        path: str | None = None,
        url: str | None = None,
        size: int | None = None,
        orig_name: str | None = None,
        mime_type: str | None = None,
        is_stream: bool = False,
        meta: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            path=path,
            url=url,
            size=size,
            orig_name=orig_name,
            mime_type=mime_type,
            is_stream=is_stream,
            meta=dict(meta or MARK),
        )

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"A FileData has no attribute {name!r}.") from None


def file_data(
    path: str | os.PathLike[str], *, orig_name: str | None = None, size: int | None = None, mime_type: str | None = None
) -> FileData:
    """The FileData of a path or URL; without a name given, it is the last part of a local path that exists."""
    text = os.fspath(path)
    if orig_name is None and not is_url(text) and os.path.exists(text):  # noqa: PTH110 - the path may be no path at all
        orig_name = Path(text).name
    return FileData(path=text, orig_name=orig_name, size=size, mime_type=mime_type)


def icon_data(icon: str | os.PathLike[str] | None) -> FileData | None:
    """The FileData of an icon that the author named by path or URL."""
    return None if icon is None else FileData(path=os.fspath(icon))


def is_url(text: object) -> bool:
    """Is it an http(s) URL?"""
    return isinstance(text, str) and text.lower().startswith(("http://", "https://"))


def is_file_data(value: object) -> bool:
    """Is it a dict with the mark of a FileData?"""
    return isinstance(value, dict) and value.get("meta") == MARK


def guess_type(path: str | os.PathLike[str]) -> str | None:
    """The MIME type that its ending says."""
    return mimetypes.guess_type(os.fspath(path))[0]


def sanitise(name: str) -> str:
    """A client's file name without anything that is more than a name: no folders, no control characters, 200 bytes.

    Args:
        name: The name as it was sent; either kind of slash divides folders.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isalnum() or c in "._-, ").strip(" ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or not stem:
        stem, ending = kept, ""
    ending = f".{ending}" if ending else ""
    while len((stem + ending).encode()) > NAME_BYTES:
        if len(stem) > 1:
            stem = stem[:-1]
        else:
            ending = ending[:-1]
    cleaned = stem + ending
    return cleaned if cleaned.strip(".") else "file"


def cache_dir() -> Path:
    """Where uploaded and produced files are kept, made when it is missing.

    `HOLDFAST_TEMP_DIR` or `GRADIO_TEMP_DIR`, else a folder of this user among the system's temporary ones.
    """
    chosen = settings.read().temp_dir
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    folder = Path(chosen) if chosen else Path(tempfile.gettempdir()) / f"holdfast-{user}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def save_bytes(data: bytes | bytearray | memoryview, name: str, *, directory: Path | None = None) -> str:
    """Keep `data` under the hash of its content.

    Returns:
        `<cache>/<sha256>/<name>`.
    """
    with SavedFile(name, directory=directory) as file:
        file.write(data)
    return file.path


def save_copy(source: str | os.PathLike[str], name: str | None = None, *, directory: Path | None = None) -> str:
    """Keep a copy of a file under the hash of its content."""
    with Path(source).open("rb") as stream, SavedFile(name or Path(source).name, directory=directory) as file:
        while chunk := stream.read(CHUNK):
            file.write(chunk)
    return file.path


class SavedFile:
    """A file that is being written into the cache, piece by piece: `with SavedFile(name) as file: file.write(...)`.

    It appears under its final path, whole, when the `with` ends; when that fails nothing stays.

    Args:
        name: The name that it came with; it is cleaned.
        directory: The cache, when it is not `cache_dir()`.
        max_size: Bytes above which writing raises `TooLarge`.
    """

    def __init__(self, name: str, *, directory: Path | None = None, max_size: int | None = None) -> None:
        self.name = sanitise(name)
        self.directory = directory or cache_dir()
        self.max_size = max_size
        self.size = 0
        self.path = ""
        """Where it is, once it is whole."""
        self._hash = hashlib.sha256()

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        handle, self._part = tempfile.mkstemp(prefix=".part-", dir=self.directory)
        self._stream = os.fdopen(handle, "wb")
        return self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add a piece.

        Raises:
            TooLarge: It is over the allowed size now.
        """
        self.size += len(data)
        if self.max_size is not None and self.size > self.max_size:
            raise TooLarge(f"{self.name} is over the maximum file size of {self.max_size} bytes.")
        self._hash.update(data)
        self._stream.write(data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        part = Path(self._part)
        if kind is not None:
            part.unlink(missing_ok=True)
            return
        folder = self.directory / self._hash.hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / self.name
        part.replace(target)
        self.path = str(target)


_static: list[Path] = []


def set_static_paths(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> None:
    """Serve these files and folders as they are, without a copy in the cache; for all apps of this process."""
    named = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    _static.extend(Path(path).resolve() for path in named)


@dataclass(frozen=True, kw_only=True)
class FileRules:
    """Which files an app may read for a client and serve to it."""

    upload_dir: Path = field(default_factory=cache_dir)
    allowed_paths: tuple[str, ...] = ()
    blocked_paths: tuple[str, ...] = ()
    max_size: int | None = None
    """Bytes of the largest file that may be uploaded."""

    def may_serve(self, path: str | os.PathLike[str]) -> Literal["inline", "attachment"] | None:
        """Whether a browser may have this file, and whether to show it or to save it.

        Blocked paths come first, then what the author allowed, then the cache. Links are followed before all that.
        """
        real = _real_file(path)
        if real is None or self._blocked(real):
            return None
        if _within(real, [*_static, *(Path(allowed).resolve() for allowed in self.allowed_paths)]):
            return "inline"
        if _within(real, [self.upload_dir.resolve()]):
            kind = guess_type(real) or ""
            return "inline" if kind in INLINE or kind.startswith(("audio/", "video/")) else "attachment"
        return None

    def may_publish(self, path: Path) -> bool:
        """Whether a handler's file may be copied into the cache: from the working or a temporary folder, or allowed."""
        real = path.resolve()
        if self._blocked(real):
            return False
        if _within(real, [*_static, *(Path(allowed).resolve() for allowed in self.allowed_paths), self.upload_dir]):
            return True
        for folder in (Path.cwd().resolve(), Path(tempfile.gettempdir()).resolve()):
            if _within(real, [folder]):
                return not any(part.startswith(".") for part in real.relative_to(folder).parts)
        return False

    def _blocked(self, real: Path) -> bool:
        lowered = Path(str(real).lower())
        return _within(lowered, [Path(str(Path(blocked).resolve()).lower()) for blocked in self.blocked_paths])


def publish(payload: Any, rules: FileRules) -> Any:
    """An output's JSON with every file in it put where a browser can fetch it.

    Args:
        payload: What `postprocess` gave; it is not changed.
        rules: The app's.

    Returns:
        The same with files copied into the cache and their `url` set, relative to the app's root.

    Raises:
        InvalidPathError: A handler gave a file from a folder that the app may not serve.
    """
    return _mapped(payload, is_file_data, lambda file: _published(file, rules))


def check(payload: Any, rules: FileRules) -> Any:
    """An input's JSON whose every path was found to be one that this client may name.

    Args:
        payload: What the client sent; it is not changed. Any dict with a `path` counts, marked as a file or not.
        rules: The app's.

    Returns:
        The same with each `url` set.

    Raises:
        InvalidPathError: A path is outside of the uploads and the allowed folders.
        BadValue: A path is no path, or its file is gone.
    """
    return _mapped(payload, lambda found: found.get("path") is not None, lambda file: _checked(file, rules))


def remote_urls(payload: Any) -> list[str]:
    """URLs that stand as `path` in an input's JSON: files that must be fetched before a handler can open them."""
    found: list[str] = []

    def note(file: dict[str, Any]) -> dict[str, Any]:
        found.append(file["path"])
        return file

    _mapped(payload, lambda value: is_url(value.get("path")), note)
    return found


def _published(file: dict[str, Any], rules: FileRules) -> dict[str, Any]:
    path = file.get("path")
    if not path or file.get("is_stream"):
        return file
    if is_url(path):
        return {**file, "url": path}
    local = Path(path)
    if not local.is_file():
        raise InvalidPathError(f"The file {path} cannot be shown, because it does not exist. Return a path that does.")
    if not rules.may_publish(local):
        raise InvalidPathError(
            f"The file {path} cannot be shown: it is neither in the working folder ({Path.cwd()}), nor in the "
            "temporary one, or its name or folder begins with a dot. Write it there, or name its folder in "
            "`allowed_paths` of `launch()`."
        )
    if not _within(local.resolve(), [rules.upload_dir.resolve(), *_static]):
        path = save_copy(local, directory=rules.upload_dir)
    return {**file, "path": path, "url": _url(path)}


def _checked(file: dict[str, Any], rules: FileRules) -> dict[str, Any]:
    path = file["path"]
    if not isinstance(path, str):
        raise BadValue(f"The path of a file is a text, but {path!r} (a {type(path).__name__}) was sent.")
    if is_url(path):
        return {**file, "url": file.get("url") or path}
    if rules.may_serve(path) is None:
        if _within(Path(os.path.abspath(path)), [rules.upload_dir.resolve()]):  # noqa: PTH100 - must not follow links
            raise BadValue("An uploaded file is not there any more. Upload it again.")
        raise InvalidPathError(f"The file {path} cannot be used, because it was not uploaded by a user.")
    return {**file, "url": _url(path)}


def _url(path: str) -> str:
    return URL_PREFIX + quote(path, safe="/:\\ ,@!$&'()*+;=~")


def _mapped(
    value: Any, wanted: Callable[[dict[str, Any]], bool], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Any:
    """`value` with every wanted dict changed; what holds none stays the same object."""
    if isinstance(value, dict):
        found = change(value) if wanted(value) else value
        changed = {key: _mapped(item, wanted, change) for key, item in found.items()}
        return changed if any(changed[key] is not item for key, item in found.items()) else found
    if isinstance(value, (list, tuple)):
        items = [_mapped(item, wanted, change) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _real_file(path: str | os.PathLike[str]) -> Path | None:
    try:
        real = Path(path).resolve(strict=True)
        return real if real.is_file() else None
    except (OSError, ValueError, RuntimeError):  # missing, a NUL in the name, links that go round
        return None


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)

"""Files on their way between browser and handler: what describes one, where it is kept, which ones may be served.

Every file that a browser may fetch lies in the cache directory under the hash of its content, or in a folder that the
app's author allowed. A path that a client names is checked against the same rules before anything opens it.
"""

from __future__ import annotations

import mimetypes
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from holdfast.errors import BadValue, InvalidPathError
from holdfast.files.cache import SavedFile, app_folder, cache_dir, sanitise, save_bytes, save_copy, whose
from holdfast.files.fetch import Fetcher
from holdfast.files.folders import APPS, process_folders
from holdfast.files.private import is_private
from holdfast.files.retention import FileKeeper, Hold
from holdfast.links import is_safe_link
from holdfast.seals import Seal

__all__ = [
    "FileData",
    "FileRules",
    "FileSize",
    "SavedFile",
    "adopt",
    "cache_dir",
    "check",
    "check_local",
    "enter",
    "file_data",
    "guess_type",
    "icon_data",
    "is_file_data",
    "is_url",
    "publish",
    "sanitise",
    "save_bytes",
    "save_copy",
    "set_static_paths",
]

MARK = {"_type": "gradio.FileData"}
"""The `meta` by which clients know a file."""
URL_PREFIX = "/gradio_api/file="
INLINE = frozenset({"application/json", "text/plain", "image/jpeg", "image/png", "image/gif", "image/webp"})
"""Types besides audio and video that a browser may show instead of saving: none of them can run a script."""
ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})
"""Types that can run a script when a browser shows them."""
Way = Literal["inline", "sandboxed", "attachment"]
"""How a browser may have a file: shown, shown without scripts and with no origin, or saved."""


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
    sandbox: bool = True
    """Whether HTML and SVG of allowed folders are shown without scripts and with no origin."""
    keeper: FileKeeper | None = None
    """Bounds what is in the cache."""
    fetcher: Fetcher = field(default_factory=Fetcher)
    """Gets files that a client names by URL."""
    seal: Seal = field(default_factory=Seal, compare=False, repr=False)
    """Recognizes the parts that this server issued when a client sends them back."""

    def may_serve(self, path: str | os.PathLike[str]) -> Way | None:
        """Whether a browser may have this file, and how.

        Links are followed first. Then blocked paths and the framework's own files count, then the cache, which may lie
        in a folder that the author allowed and holds what visitors have uploaded, then what the author allowed.
        """
        real = _real_file(path)
        if real is None or self._blocked(real):
            return None
        kind = guess_type(real) or ""
        cache = self.upload_dir.resolve()
        if _within(real, [cache]):
            if real.relative_to(cache).parts[0].startswith("."):  # unfinished, or the framework's own
                return None
            return "inline" if kind in INLINE or kind.startswith(("audio/", "video/")) else "attachment"
        if not _within(real, self._allowed()):
            return None
        return "sandboxed" if self.sandbox and (kind in ACTIVE or kind.endswith("+xml")) else "inline"

    def _allowed(self) -> list[Path]:
        return [*_static, *(Path(allowed).resolve() for allowed in self.allowed_paths)]

    def may_publish(self, path: Path) -> bool:
        """Whether a handler's file may be copied into the cache: from the working or a temporary folder, or allowed."""
        real = path.resolve()
        if self._blocked(real):
            return False
        if _within(real, [*self._allowed(), self.upload_dir.resolve(), *process_folders()]):
            return True
        for folder in (Path.cwd().resolve(), Path(tempfile.gettempdir()).resolve()):
            if _within(real, [folder]):
                return not any(part.startswith(".") for part in real.relative_to(folder).parts)
        return False

    def blocks(self, path: Path) -> bool:
        """Whether the file at a path is one that nothing else allows to be served."""
        return self._blocked(path.resolve())

    def _blocked(self, real: Path) -> bool:
        """Whether nothing that the author allows can open it; asked before any allow rule."""
        cache = self.upload_dir.resolve()
        if is_private(real, cache=cache):
            return True
        if cache.parent.name == APPS and _within(real, [cache.parent]):
            return not _within(real, [cache, *process_folders()])  # another app's
        lowered = Path(str(real).lower())
        return _within(lowered, [Path(str(Path(blocked).resolve()).lower()) for blocked in self.blocked_paths])


serving: ContextVar[FileRules | None] = ContextVar("holdfast_file_rules", default=None)
"""The rules of the app whose event runs."""
holding: ContextVar[Hold | None] = ContextVar("holdfast_file_hold", default=None)
"""The files that the event needs."""


def enter(rules: FileRules, hold: Hold | None = None, visitor: str = "") -> None:
    """Keep files that are made in this context in the app's folder, and judge paths by its rules.

    Args:
        rules: The app's.
        hold: Takes the files that the event gets and gives.
        visitor: For whom the files are made.
    """
    serving.set(rules)
    whose.set(visitor)
    holding.set(hold)
    app_folder.set(rules.upload_dir)


def check_local(path: str) -> None:
    """Check that a handler's file may be read on behalf of the visitor whose event runs.

    Raises:
        InvalidPathError: It is in a folder that the app may not serve.
    """
    rules = serving.get()
    if rules is not None:
        _check_publishable(path, rules)


def adopt(payload: Any) -> Any:
    """Return JSON of the framework's own with every file in it copied to where the app keeps its files."""

    def copied(file: dict[str, Any]) -> dict[str, Any]:
        path = file.get("path")
        return file if not path or is_url(path) else {**file, "path": save_copy(path)}

    return _mapped(payload, is_file_data, copied)


def publish(payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
    """An output's JSON with every file in it put where a browser can fetch it.

    Args:
        payload: What `postprocess` gave; it is not changed.
        rules: The app's.
        keep: The files are not deleted as long as the app runs.

    Returns:
        The same with files copied into the cache and their `url` set, relative to the app's root.

    Raises:
        InvalidPathError: A handler gave a file from a folder that the app may not serve.
    """
    return _mapped(payload, is_file_data, lambda file: _published(file, rules, keep))


def check(payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
    """An input's JSON whose every path was found to be one that this client may name.

    Args:
        payload: What the client sent; it is not changed. Any dict with a `path` counts, marked as a file or not.
        rules: The app's.
        fetch: Whether files that are named by URL are fetched, which blocks; else they stay URLs.

    Returns:
        The same with each `url` set.

    Raises:
        InvalidPathError: A path is outside of the uploads and the allowed folders.
        BadValue: A path is no path, or its file is gone, or its address would run a script.
    """
    return _mapped(payload, lambda found: "path" in found or is_file_data(found), lambda f: _checked(f, rules, fetch))


def _published(file: dict[str, Any], rules: FileRules, keep: bool) -> dict[str, Any]:
    path = file.get("path")
    if not path or file.get("is_stream"):
        url = file.get("url")
        return {**file, "url": None} if isinstance(url, str) and not is_safe_link(url) else file
    if is_url(path):
        return {**file, "url": path}
    _check_publishable(path, rules)
    local = Path(path)
    if not _within(local.resolve(), [rules.upload_dir.resolve(), *_static]):
        path = save_copy(local, directory=rules.upload_dir)
    elif rules.keeper is not None and _within(local.resolve(), [rules.upload_dir.resolve()]):
        rules.keeper.shown(path)
    if keep and rules.keeper is not None:
        rules.keeper.pin(path)
    if (hold := holding.get()) is not None:
        hold.add(path)
    return {**file, "path": path, "url": _url(path)}


def _check_publishable(path: str, rules: FileRules) -> None:
    local = Path(path)
    if not local.is_file():
        raise InvalidPathError(f"The file {path} cannot be shown, because it does not exist. Return a path that does.")
    if rules.blocks(local):
        raise InvalidPathError(
            f"The file {path} cannot be shown: it is one of the framework's own files, which are never served, or "
            "named in `blocked_paths`. Write what visitors shall see to another file."
        )
    if not rules.may_publish(local):
        raise InvalidPathError(
            f"The file {path} cannot be shown: it is neither in the working folder ({Path.cwd()}), nor in the "
            "temporary one, or its name or folder begins with a dot. Write it there, or name its folder in "
            "`allowed_paths` of `launch()`."
        )


def _checked(file: dict[str, Any], rules: FileRules, fetch: bool) -> dict[str, Any]:
    path = file.get("path")
    if path is None:
        url = file.get("url")
        if url is not None and not (isinstance(url, str) and is_safe_link(url)):
            raise BadValue(f"The address of a file cannot be {url!r:.80}. Send one with http or https.")
        return file
    if not isinstance(path, str):
        raise BadValue(f"The path of a file is a text, but {path!r} (a {type(path).__name__}) was sent.")
    if is_url(path):
        if not fetch:
            return {**file, "url": path}
        path = rules.fetcher.fetch(path, rules.upload_dir, max_size=rules.max_size)
        return {**file, "path": path, "url": _url(path)}
    if rules.may_serve(path) is None:
        if _within(Path(os.path.abspath(path)), [rules.upload_dir.resolve()]):  # noqa: PTH100 - must not follow links
            raise BadValue("An uploaded file no longer exists. Upload it again.")
        raise InvalidPathError(f"The file {path} cannot be used, because it was not uploaded by a user.")
    if (hold := holding.get()) is not None:
        hold.add(path)
    return {**file, "url": _url(path)}


def _url(path: str) -> str:
    return URL_PREFIX + quote(path, safe="/:\\ ,@!$&'()*+;=~")


def _mapped(
    value: Any, wanted: Callable[[dict[str, Any]], bool], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Any:
    """`value` with every wanted dict changed; what holds none stays the same object."""
    found: Any = value
    if isinstance(value, dict):
        if wanted(value):
            found = change(value)
        entries: Iterable[tuple[Any, Any]] = found.items()
    elif isinstance(value, (list, tuple)):
        entries = enumerate(value)
    else:
        return value
    changed = {}
    for key, item in entries:
        if isinstance(item, (dict, list, tuple)):
            new = _mapped(item, wanted, change)
            if new is not item:
                changed[key] = new
    if not changed:
        return found
    if isinstance(found, dict):
        return {**found, **changed}
    return [changed.get(place, item) for place, item in enumerate(found)]


def _real_file(path: str | os.PathLike[str]) -> Path | None:
    try:
        real = Path(path).resolve(strict=True)
        return real if real.is_file() else None
    except (OSError, ValueError, RuntimeError):  # missing, a NUL in the name, links that go round
        return None


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)

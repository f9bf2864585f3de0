"""Files passing between browser and handler: their description, their storage, and which of them may be served.

Every file that a browser may download is in the cache folder under the hash of its content, or in a folder that the
app's author allowed. A path from a client is checked against the same rules before the file is opened.
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
from holdfast.files.cache import SavedFile, app_folder, cache_dir, sanitize, save_bytes, save_copy, whose
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
    "sanitize",
    "save_bytes",
    "save_copy",
    "set_static_paths",
]

MARK = {"_type": "gradio.FileData"}
"""Value of `meta` by which clients recognize a file."""
URL_PREFIX = "/gradio_api/file="
INLINE = frozenset({"application/json", "text/plain", "image/jpeg", "image/png", "image/gif", "image/webp"})
"""Types other than audio and video that a browser may display, because they cannot run scripts."""
ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})
"""Types that can run a script when a browser displays them."""
Way = Literal["inline", "sandboxed", "attachment"]
"""How a browser may receive a file: displayed, displayed without scripts and origin, or saved."""


class FileSize:
    """Sizes in bytes, for `max_file_size=5 * gr.FileSize.MB`."""

    B: ClassVar[int] = 1
    KB: ClassVar[int] = 1024
    MB: ClassVar[int] = 1024**2
    GB: ClassVar[int] = 1024**3
    TB: ClassVar[int] = 1024**4


class FileData(dict[str, Any]):
    """A file in the wire format: a dict whose entries are also attributes.

    Args:
        path: Path on the server, or a URL.
        url: URL for browsers.
        size: Size in bytes.
        orig_name: Original file name.
        mime_type: MIME type.
        is_stream: Whether the file is part of a stream.
        meta: Marker by which clients recognize a file.
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
    """Return the FileData of a path or URL; by default the name is the last part of an existing local path."""
    text = os.fspath(path)
    if orig_name is None and not is_url(text) and os.path.exists(text):  # noqa: PTH110 - the path may not be valid
        orig_name = Path(text).name
    return FileData(path=text, orig_name=orig_name, size=size, mime_type=mime_type)


def icon_data(icon: str | os.PathLike[str] | None) -> FileData | None:
    """Return the FileData of an icon that the author passed as a path or URL."""
    return None if icon is None else FileData(path=os.fspath(icon))


def is_url(text: object) -> bool:
    """Return whether a value is an http(s) URL."""
    return isinstance(text, str) and text.lower().startswith(("http://", "https://"))


def is_file_data(value: object) -> bool:
    """Return whether a value is a dict with the marker of a FileData."""
    return isinstance(value, dict) and value.get("meta") == MARK


def guess_type(path: str | os.PathLike[str]) -> str | None:
    """Return the MIME type of a file extension."""
    return mimetypes.guess_type(os.fspath(path))[0]


_static: list[Path] = []


def set_static_paths(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> None:
    """Serve files and folders directly, without copying them into the cache, for all apps of this process."""
    named = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    _static.extend(Path(path).resolve() for path in named)


@dataclass(frozen=True, kw_only=True)
class FileRules:
    """Rules for files that an app may read for a client and serve to it."""

    upload_dir: Path = field(default_factory=cache_dir)
    allowed_paths: tuple[str, ...] = ()
    blocked_paths: tuple[str, ...] = ()
    max_size: int | None = None
    """Maximum size of an uploaded file in bytes."""
    sandbox: bool = True
    """Whether to display HTML and SVG from allowed folders without scripts and origin."""
    keeper: FileKeeper | None = None
    """Keeper that limits the files in the cache."""
    fetcher: Fetcher = field(default_factory=Fetcher)
    """Downloader of files that a client names by URL."""
    seal: Seal = field(default_factory=Seal, compare=False, repr=False)
    """Seal that recognizes parts issued by this server when a client sends them back."""

    def may_serve(self, path: str | os.PathLike[str]) -> Way | None:
        """Return whether a browser may receive a file, and how.

        Links are resolved first. Blocked paths and the framework's own files take precedence, then the cache, which may
        be inside a folder that the author allowed and contains visitors' uploads, then the author's allowed paths.
        """
        real = _real_file(path)
        if real is None or self._blocked(real):
            return None
        kind = guess_type(real) or ""
        cache = self.upload_dir.resolve()
        if _within(real, [cache]):
            if real.relative_to(cache).parts[0].startswith("."):  # unfinished, or internal
                return None
            return "inline" if kind in INLINE or kind.startswith(("audio/", "video/")) else "attachment"
        if not _within(real, self._allowed()):
            return None
        return "sandboxed" if self.sandbox and (kind in ACTIVE or kind.endswith("+xml")) else "inline"

    def _allowed(self) -> list[Path]:
        return [*_static, *(Path(allowed).resolve() for allowed in self.allowed_paths)]

    def may_publish(self, path: Path) -> bool:
        """Return whether a handler's file may be cached: it is in the working, temporary, or an allowed folder."""
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
        """Return whether the file at a path must not be served, whatever else allows it."""
        return self._blocked(path.resolve())

    def _blocked(self, real: Path) -> bool:
        """Return whether a file must not be served, whatever the author allows; checked before any allow rule."""
        cache = self.upload_dir.resolve()
        if is_private(real, cache=cache):
            return True
        if cache.parent.name == APPS and _within(real, [cache.parent]):
            return not _within(real, [cache, *process_folders()])  # belongs to another app
        lowered = Path(str(real).lower())
        return _within(lowered, [Path(str(Path(blocked).resolve()).lower()) for blocked in self.blocked_paths])


serving: ContextVar[FileRules | None] = ContextVar("holdfast_file_rules", default=None)
"""Rules of the app whose event is running."""
holding: ContextVar[Hold | None] = ContextVar("holdfast_file_hold", default=None)
"""Files that the running event uses."""


def enter(rules: FileRules, hold: Hold | None = None, visitor: str = "") -> None:
    """Store files created in this context in the app's folder, and apply the app's rules to paths.

    Args:
        rules: Rules of the app.
        hold: Hold for the files that the event receives and returns.
        visitor: Visitor for whom files are created.
    """
    serving.set(rules)
    whose.set(visitor)
    holding.set(hold)
    app_folder.set(rules.upload_dir)


def check_local(path: str) -> None:
    """Check that a handler's file may be read on behalf of the visitor whose event is running.

    Raises:
        InvalidPathError: The file is in a folder that the app may not serve.
    """
    rules = serving.get()
    if rules is not None:
        _check_publishable(path, rules)


def adopt(payload: Any) -> Any:
    """Return the framework's own JSON with each file in it copied to the app's file folder."""

    def copied(file: dict[str, Any]) -> dict[str, Any]:
        path = file.get("path")
        return file if not path or is_url(path) else {**file, "path": save_copy(path)}

    return _mapped(payload, is_file_data, copied)


def publish(payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
    """Make each file in an output's JSON available to browsers.

    Args:
        payload: Result of `postprocess`; not modified.
        rules: Rules of the app.
        keep: Whether to keep the files as long as the app runs.

    Returns:
        Payload with files copied into the cache and their `url` set, relative to the app's root.

    Raises:
        InvalidPathError: A handler returned a file from a folder that the app may not serve.
    """
    return _mapped(payload, is_file_data, lambda file: _published(file, rules, keep))


def check(payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
    """Check that every path in an input's JSON is one that this client may name.

    Args:
        payload: JSON from the client; not modified. Any dict with a `path` is checked, marked as a file or not.
        rules: Rules of the app.
        fetch: Whether to download files given by URL, which blocks; otherwise they stay URLs.

    Returns:
        Payload with each `url` set.

    Raises:
        InvalidPathError: A path is outside of the uploads and the allowed folders.
        BadValue: A path is not valid, its file no longer exists, or its URL would run a script.
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
            "listed in `blocked_paths`. Write what visitors should see to another file."
        )
    if not rules.may_publish(local):
        raise InvalidPathError(
            f"The file {path} cannot be shown: it is neither in the working folder ({Path.cwd()}), nor in the "
            "temporary folder, or its name or folder starts with a dot. Write it there, or add its folder to "
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
        raise BadValue(f"The path of a file must be a string, but {path!r} (a {type(path).__name__}) was sent.")
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
    """Return `value` with `change` applied to every wanted dict; values without one stay the same object."""
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
    except (OSError, ValueError, RuntimeError):  # missing, a NUL in the name, circular links
        return None


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)

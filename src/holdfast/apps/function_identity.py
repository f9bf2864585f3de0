"""A hash of what a function computes: the same for the same code with the same values, also after a restart.

Two functions of one factory have the same name and code, but different values in their closures, defaults, `self` or
partial arguments. Some values, such as a lock or a connection, have no content to compare: a result computed with one
of them is only valid in one process and one place.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import sys
import sysconfig
import types
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

from holdfast.graph.block import Block
from holdfast.ids import random_id
from holdfast.state.codec import encode

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), range)
_CONSTANTS = (type(None), bool, int, float, complex, str, bytes, tuple, frozenset)
"""Types of global values that identify a function; values of other types change while a program runs."""
_CONTAINERS = (list, tuple, dict, set, frozenset, types.CodeType, types.MappingProxyType)
_BUILTINS = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
_BUILT_IN: tuple[type[Any], ...] = (dict, list, tuple, set, frozenset, str, bytes, int, float)
"""Types whose content is not in their attributes."""
_DEEPEST = 100
_MOST = 200_000
"""Number of values above which content is treated as not comparable."""
_HASHED_FILE = 64 * 1024 * 1024
"""Size in bytes up to which a file is identified by its content instead of its modification time."""


class Identity:
    """Accumulates everything that a result depends on.

    Attributes:
        stable: Whether everything so far has content that is the same in another process.
    """

    def __init__(self) -> None:
        self.stable = True
        self._hash = hashlib.sha256()
        self._seen: dict[int, int] = {}
        """Functions, classes and objects already described, with their numbers."""
        self._kept: list[Any] = []
        """Objects with an entry in `_seen`, kept alive so that their ids are not reused."""
        self._inside: set[int] = set()
        """Containers being described, to stop at one that contains itself."""
        self._left = _MOST

    def add(self, value: Any) -> None:
        """Add something that the result depends on."""
        self._value(value, 0)

    def digest(self) -> str:
        """Return the hash; if there is unstable content, one that no other identity has."""
        if not self.stable:
            self._write("only", random_id())
        return self._hash.hexdigest()[:32]

    def _write(self, kind: str, text: str | bytes = b"") -> None:
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        self._hash.update(f"{kind}:{len(raw)}:".encode())
        self._hash.update(raw)

    def _value(self, value: Any, depth: int) -> None:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            self.stable = False
            return
        if type(value) in _PLAIN:
            self._write(type(value).__name__, value if isinstance(value, bytes) else repr(value))
            return
        known = self._seen.get(id(value))
        if known is not None or id(value) in self._inside:
            self._write("again", str(known))
            return
        # Equal containers, such as constants, can be one object in one process and two in another.
        if isinstance(value, _CONTAINERS):
            self._inside.add(id(value))
            self._compound(value, depth + 1)
            self._inside.discard(id(value))
        else:
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)
            self._compound(value, depth + 1)

    def _compound(self, value: Any, depth: int) -> None:
        if isinstance(value, types.CodeType):
            self._code(value, depth)
        elif isinstance(value, types.FunctionType):
            self._function(value, depth)
        elif isinstance(value, types.MethodType):
            self._several("method", (value.__func__, value.__self__), depth)
        elif isinstance(value, functools.partial):
            self._several("partial", (value.func, value.args, value.keywords), depth)
        elif isinstance(value, _BUILTINS):
            self._builtin(value, depth)
        elif isinstance(value, type):
            self._class(value, depth)
        elif isinstance(value, types.ModuleType):
            self._write("module", value.__name__)
        elif isinstance(value, Block):
            self._write("block", f"{value.NAME} {getattr(value, 'label', '')} {getattr(value, 'elem_id', '')}")
        elif not self._container(value, depth):
            self._object(value, depth)

    def _several(self, kind: str, values: Iterable[Any], depth: int) -> None:
        listed = list(values)
        self._write(kind, str(len(listed)))
        for value in listed:
            self._value(value, depth)

    def _code(self, code: types.CodeType, depth: int) -> None:
        self._write("code", code.co_code)
        self._several("names", (code.co_names, code.co_varnames, code.co_freevars), depth)
        self._several("constants", code.co_consts, depth)

    def _function(self, fn: types.FunctionType, depth: int) -> None:
        self._write("function", f"{fn.__module__}.{fn.__qualname__}")
        self._value(fn.__code__, depth)
        self._several("defaults", (fn.__defaults__, fn.__kwdefaults__), depth)
        self._several("closure", [_content(cell) for cell in fn.__closure__ or ()], depth)
        for name in _names(fn.__code__) if _is_own(fn.__module__) else ():
            found = fn.__globals__.get(name)
            own = isinstance(found, types.FunctionType | type) and found.__module__ == fn.__module__
            if own or (name in fn.__globals__ and isinstance(found, _CONSTANTS)):
                self._write("global", name)
                self._value(found, depth)

    def _builtin(self, fn: Any, depth: int) -> None:
        self._write("builtin", f"{getattr(fn, '__module__', '')}.{fn.__qualname__}")  # such as str.upper
        owner = getattr(fn, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            self._value(owner, depth)

    def _class(self, kind: type, depth: int) -> None:
        self._write("class", f"{kind.__module__}.{kind.__qualname__}")
        for base in kind.__mro__[:-1]:
            for name, member in vars(base).items() if _is_own(base.__module__) else ():
                if not name.startswith(("__", "_abc_")) or isinstance(member, types.FunctionType):
                    self._write("member", name)
                    self._value(_bare(member), depth)

    def _container(self, value: Any, depth: int) -> bool:
        if isinstance(value, enum.Enum):
            self._write("enum", f"{type(value).__module__}.{type(value).__qualname__}.{value.name}")
        elif type(value) in {list, tuple}:
            self._several(type(value).__name__, value, depth)
        elif type(value) in {dict, types.MappingProxyType}:
            self._several("dict", [part for item in value.items() for part in item], depth)
        elif type(value) in {set, frozenset}:
            self._set(value, depth)
        elif isinstance(value, PurePath):
            self._write("path", str(value))
        elif isinstance(value, types.CellType):
            self._value(_content(value), depth)
        else:
            return False
        return True

    def _set(self, value: Iterable[Any], depth: int) -> None:
        """Describe a set by the sorted hashes of its items, because its own order differs between processes."""
        digests = []
        for item in value:
            inner = Identity()
            inner._left = self._left
            inner._value(item, depth)
            self._left = inner._left
            self.stable &= inner.stable
            digests.append(inner._hash.hexdigest())
        self._write("set", ",".join(sorted(digests)))

    def _object(self, value: Any, depth: int) -> None:
        if _is_python(value):
            base = next((kind for kind in _BUILT_IN if isinstance(value, kind)), None)
            content = None if base is None else base(value)
            self._several("object", (type(value), _attributes(value), content), depth)
            return
        try:
            encoded = encode(value)
        except Exception:  # objects of other packages can raise anything
            wrapped = getattr(value, "__wrapped__", None)  # such as functools.lru_cache
            if wrapped is None:
                self.stable = False
            else:
                self._several("wrapped", (wrapped,), depth)
            return
        self._write("encoded", encoded)

    def add_file(self, path: str) -> None:
        """Add a file that the result depends on, by its content, or by size and time if it is large."""
        try:
            found = Path(path).stat()
            if found.st_size > _HASHED_FILE:
                self._write("large file", f"{found.st_size} {found.st_mtime_ns}")
            else:
                self._write("file", hashlib.sha256(Path(path).read_bytes()).digest())
        except (OSError, ValueError):
            self._write("no file")


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # still empty, as in a function that refers to itself
        return "(empty)"


def _attributes(value: Any) -> dict[str, Any]:
    found = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"} and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def _names(code: types.CodeType) -> list[str]:
    """Return the names that a function's code looks up, including nested functions."""
    inner = [name for constant in code.co_consts if isinstance(constant, types.CodeType) for name in _names(constant)]
    return sorted({*code.co_names, *inner})


def _is_python(value: Any) -> bool:
    """Return whether an object of the program has no state hidden in C code, unlike a lock or a file."""
    if not _is_own(type(value).__module__):
        return dataclasses.is_dataclass(value)
    try:
        object.__reduce_ex__(value, 2)
    except Exception:  # pickling can run the program's code
        return False
    return True


def _is_own(module: str | None) -> bool:
    """Return whether a module belongs to the program, and not to Python or an installed package."""
    file = getattr(sys.modules.get(module or ""), "__file__", None)
    if file is None:
        return module == "__main__"
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return not file.startswith((*folders, str(Path(__file__).parent))) and "site-packages" not in file


def _bare(member: Any) -> Any:
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    if isinstance(member, functools.cached_property):
        return member.func
    if isinstance(member, property):
        return (member.fget, member.fset)
    if isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType):
        return "(slot)"
    return member


def identity_of(*parts: Any, files: Iterable[str] = ()) -> Identity:
    """Return the identity of a result.

    Args:
        parts: Functions and values that the result depends on.
        files: Paths of files that the result depends on.
    """
    found = Identity()
    for part in parts:
        found.add(part)
    for path in files:
        found.add_file(path)
    return found

"""Names under which classes are stored: stable where a class moves, and never a reason to import anything."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from holdfast.errors import StateError
from holdfast.state.codec.errors import EncodeError, MissingClassError

_Class = TypeVar("_Class", bound=type)


class Names:
    """Which class a stored name means."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        self._names: dict[type, str] = {}
        self._lock = threading.Lock()

    def register(self, cls: type, name: str | None = None, aliases: Iterable[str] = ()) -> None:
        """Store instances of a class under a name of its own.

        Args:
            cls: The class.
            name: Its name; `module:Class` by default.
            aliases: Names under which older releases of the program stored it.

        Raises:
            StateError: The name stands for another class.
        """
        name = name or full_name(cls)
        with self._lock:
            for known in (name, *aliases):
                other = self._classes.setdefault(known, cls)
                if other is not cls and full_name(other) != full_name(cls):
                    raise StateError(
                        f"The name {known!r} already stands for {full_name(other)}; give {full_name(cls)} another one."
                    )
                self._classes[known] = cls
            self._names[cls] = name

    def forget(self, name: str) -> None:
        """Let a name mean nothing any more."""
        with self._lock:
            cls = self._classes.pop(name, None)
            if cls is not None and self._names.get(cls) == name:
                del self._names[cls]

    def name_of(self, cls: type) -> str:
        """The name to store.

        Raises:
            EncodeError: The class is made inside a function and not registered, so no later process could find it.
        """
        name = self._names.get(cls)
        if name is not None:
            return name
        name = full_name(cls)
        if "<locals>" in name:
            raise EncodeError(
                f"the class {cls.__qualname__} is defined inside a function, so it cannot be found again; "
                "define it at the top of its module, or register it with holdfast.state.register"
            )
        if find_loaded(name) is not cls:
            raise EncodeError(
                f"{name} is another class than the value's; register the value's with holdfast.state.register"
            )
        return name

    def class_of(self, name: str) -> type:
        """The class of a stored name: a registered one, or one of a module that the program has loaded.

        Raises:
            MissingClassError: There is none.
        """
        found = self._classes.get(name) or find_loaded(name)
        if found is None:
            raise MissingClassError(
                f"the class {name!r} is not there: its module is not loaded or does not have it any more; if it has "
                f"moved, register it with holdfast.state.register(…, aliases=[{name!r}])"
            )
        return found


def full_name(cls: type) -> str:
    """`module:Class`; the program that was started counts by its file's name, as when it is imported."""
    module = cls.__module__
    return f"{_main_name() if module == '__main__' else module}:{cls.__qualname__}"


def _main_name() -> str:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(file).stem if file else "__main__"


def find_loaded(name: str) -> type | None:
    """A class of a module that is already loaded; looks into dictionaries alone, so nothing is run."""
    module_name, _, path = name.partition(":")
    module = sys.modules.get(module_name)
    if module is None and module_name == _main_name():
        module = sys.modules.get("__main__")
    found: Any = module
    for part in path.split("."):
        if found is None:
            return None
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return found if isinstance(found, type) else None


NAMES = Names()
"""The process's own."""


def register(
    cls: _Class | None = None, *, name: str | None = None, aliases: Iterable[str] = ()
) -> _Class | Callable[[_Class], _Class]:
    """Say under which name instances of a class are stored; also usable as a decorator.

    Args:
        cls: The class.
        name: Its name in the store; `module:Class` by default.
        aliases: Names under which older releases of the program stored it, such as `"shop.models:Cart"`.
    """

    def note(cls: _Class) -> _Class:
        NAMES.register(cls, name, aliases)
        return cls

    return note if cls is None else note(cls)

"""Names under which classes are stored: stable when a class moves, and resolved without importing anything."""

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
    """Maps stored names to classes."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        self._names: dict[type, str] = {}
        self._lock = threading.Lock()

    def register(self, cls: type, name: str | None = None, aliases: Iterable[str] = ()) -> None:
        """Store instances of a class under a given name.

        Args:
            cls: The class.
            name: Its name; `module:Class` by default.
            aliases: Names under which older releases of the program stored it.

        Raises:
            StateError: The name belongs to another class.
        """
        name = name or full_name(cls)
        with self._lock:
            for known in (name, *aliases):
                other = self._classes.setdefault(known, cls)
                if other is not cls and full_name(other) != full_name(cls):
                    raise StateError(
                        f"The name {known!r} already belongs to {full_name(other)}. Give {full_name(cls)} another one."
                    )
                self._classes[known] = cls
            self._names[cls] = name

    def forget(self, name: str) -> None:
        """Remove a name."""
        with self._lock:
            cls = self._classes.pop(name, None)
            if cls is not None and self._names.get(cls) == name:
                del self._names[cls]

    def name_of(self, cls: type) -> str:
        """Return the name under which a class is stored.

        Raises:
            EncodeError: The class is defined inside a function and not registered, so later processes cannot find it.
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
                f"{name} is a different class from the value's; register the value's class with holdfast.state.register"
            )
        return name

    def class_of(self, name: str) -> type:
        """Return the class of a stored name: a registered one, or one in a module that the program has loaded.

        Raises:
            MissingClassError: There is no such class.
        """
        found = self._classes.get(name) or find_loaded(name)
        if found is None:
            raise MissingClassError(
                f"the class {name!r} does not exist: its module is not loaded or no longer has it; if the class has "
                f"moved, register it with holdfast.state.register(…, aliases=[{name!r}])"
            )
        return found


def full_name(cls: type) -> str:
    """Return `module:Class`; the main program gets the name of its file, as when it is imported."""
    module = cls.__module__
    return f"{_main_name() if module == '__main__' else module}:{cls.__qualname__}"


def _main_name() -> str:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(file).stem if file else "__main__"


def find_loaded(name: str) -> type | None:
    """Return a class of a loaded module, or `None`. Only dictionaries are searched, so no code runs."""
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
"""Names of this process."""


def register(
    cls: _Class | None = None, *, name: str | None = None, aliases: Iterable[str] = ()
) -> _Class | Callable[[_Class], _Class]:
    """Set the name under which instances of a class are stored. Can be used as a decorator.

    Args:
        cls: The class.
        name: Name in the store; `module:Class` by default.
        aliases: Names under which older releases of the program stored it, such as `"shop.models:Cart"`.
    """

    def note(cls: _Class) -> _Class:
        NAMES.register(cls, name, aliases)
        return cls

    return note if cls is None else note(cls)

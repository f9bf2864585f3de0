"""Names that are imported when they are first used, so that importing a package costs nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def load(where: str) -> Any:
    """The thing at `"module:name"`, imported now."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def attach(package: str, table: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package.

    Args:
        package: Its name.
        table: For each public name the module that holds it, `"module"` or `"module:name there"`; a module that is
            itself the public name ends in a colon.
    """

    def getattribute(name: str) -> Any:
        where = table.get(name)
        if where is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, colon, original = where.partition(":")
        try:
            loaded = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise AttributeError(f"{package}.{name} is not in this version of Holdfast (no {module})") from error
        value = loaded if colon and not original else getattr(loaded, original or name)
        setattr(sys.modules[package], name, value)
        return value

    def directory() -> list[str]:
        return sorted({*vars(sys.modules[package]), *table})

    return getattribute, directory

"""Names that are imported on first use, to keep the import of a package cheap."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def load(where: str) -> Any:
    """Import and return the object at `"module:name"`."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def attach(package: str, table: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package.

    Args:
        package: Name of the package.
        table: Module of each public name, as `"module"` or `"module:name there"`; a module that is the public name
            itself ends with a colon.
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

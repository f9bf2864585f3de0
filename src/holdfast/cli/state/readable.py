"""Convert any value to a form that people and scripts can read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

from holdfast import exact
from holdfast.wire.encode import encode_value

DEEPEST = 50
WHOLE = frozenset({"numpy", "pandas", "polars", "PIL", "torch", "pathlib", "decimal", "fractions", "zoneinfo"})
"""Packages whose objects are shown by their string representation instead of their fields."""
SCALARS = (str, int, float, bool, type(None))


def type_name(value: Any) -> str:
    """Return `list`, or `shop.Cart` for a class that is not built in."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def readable(value: Any, most: int | None, above: tuple[int, ...] = ()) -> Any:
    """Convert a value to JSON types, with objects as their fields.

    Args:
        value: The value.
        most: Maximum number of a container's items, and related limit for a string; `None` for no limit.
        above: IDs of the containers around the value.
    """
    if isinstance(value, SCALARS):
        return _short(value, most) if isinstance(value, str) else value
    if id(value) in above:
        return "… (contains itself)"
    if len(above) >= DEEPEST:
        return "…"
    return _readable_container(value, most, (*above, id(value)))


def _readable_container(value: Any, most: int | None, inside: tuple[int, ...]) -> Any:
    if isinstance(value, Mapping):
        items = list(value.items())
        shown: dict[str, Any] = {_name(k): readable(v, most, inside) for k, v in items[:most]}
        if most is not None and len(items) > most:
            shown["…"] = f"{len(items) - most} more"
        return shown
    if isinstance(value, list | tuple | set | frozenset):
        found = [readable(item, most, inside) for item in list(value)[:most]]
        return [*found, f"… {len(value) - most} more"] if most is not None and len(value) > most else found
    fields = _fields(value)
    if fields is not None:
        return {name: readable(item, most, inside) for name, item in fields.items()}
    return _short(str(value), most) if most is not None else _whole(value)


def _fields(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Enum) or type(value).__module__.partition(".")[0] in WHOLE:
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return getattr(value, "__dict__", None)


def _name(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)


def _short(text: str, most: int | None) -> str:
    limit = None if most is None else 20 * most
    return text if limit is None or len(text) <= limit else f"{text[:limit]}… {len(text) - limit} more characters"


def _whole(value: Any) -> Any:
    return exact.loads(encode_value(value))

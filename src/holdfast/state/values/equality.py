"""Content equality of values, by the rules of R3.2.

Built-in containers element by element and by type; arrays, frames, images and tensors by their data; dataclasses,
pydantic and attrs objects by their fields; objects with their own `__hash__` by it; any other object by its attributes.
"""

from __future__ import annotations

import dataclasses
import decimal
import enum
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import starmap
from typing import Any

from holdfast.state.values.atoms import BY_REFERENCE, PLAIN, VALUES
from holdfast.state.values.libraries import foreign_same

_Seen = dict[tuple[int, int], tuple[Any, Any]]
"""Pairs that have been compared, by their ids. The objects are kept too, because the id of a deleted one, such as a
part that was created for a comparison, may be reused."""


def same(left: Any, right: Any) -> bool:
    """Return whether two values have the same content."""
    return _same(left, right, {})


def _same(left: Any, right: Any, seen: _Seen) -> bool:
    kind = type(left)
    if left is right or kind is not type(right):
        return left is right
    if kind in VALUES:
        return _same_scalar(left, right)
    if isinstance(left, (enum.Enum, *BY_REFERENCE)):
        return False
    pair = (id(left), id(right))
    if pair in seen:
        return True
    seen[pair] = (left, right)
    for family, compare in _CONTAINERS:
        if isinstance(left, family):
            return compare(left, right, seen) and _same_attributes(left, right, seen)
    return _same_object(left, right, seen)


def _same_scalar(left: Any, right: Any) -> bool:
    if type(left) is decimal.Decimal and (left.is_snan() or right.is_snan()):
        return str(left) == str(right)  # comparing them raises
    if left == right:
        return type(left) not in {float, complex} or repr(left) == repr(right)
    return bool(left != left and right != right)  # noqa: PLR0124 # NaN is NaN


def _same_sequence(left: Any, right: Any, seen: _Seen) -> bool:
    if len(left) != len(right):
        return False
    kinds = set(map(type, left))
    if kinds <= PLAIN - {float, complex}:
        # One pass in C instead of a Python call for each element.
        return bool(left == right) and ((len(kinds) < 2 and set(map(type, right)) == kinds) or _same_types(left, right))
    return all(_same(mine, theirs, seen) for mine, theirs in zip(left, right, strict=True))


def _same_types(left: Iterable[Any], right: Iterable[Any]) -> bool:
    return all(mine is theirs for mine, theirs in zip(map(type, left), map(type, right), strict=True))


def _same_dict(left: dict[Any, Any], right: dict[Any, Any], seen: _Seen) -> bool:
    if len(left) != len(right):
        return False
    if set(map(type, left)) != {str} and _typed(left) != _typed(right):
        return False
    missing = object()
    for key, mine in left.items():
        theirs = dict.get(right, key, missing)
        if theirs is missing or not _same(mine, theirs, seen):
            return False
    return True


def _same_set(left: Any, right: Any, _seen: _Seen) -> bool:
    return len(left) == len(right) and _typed(left) == _typed(right)


_CONTAINERS: tuple[tuple[type | tuple[type, ...], Callable[[Any, Any, _Seen], bool]], ...] = (
    ((list, tuple), _same_sequence),
    (dict, _same_dict),
    ((set, frozenset), _same_set),
)


def _typed(items: Iterable[Any]) -> set[tuple[type, Any]]:
    return {(type(item), repr(item) if type(item) is float else item) for item in items}


def _same_object(left: Any, right: Any, seen: _Seen) -> bool:
    verdict = foreign_same(left, right, same)
    if verdict is not None:
        return verdict
    fields = field_names(type(left))
    if fields is not None:
        pairs = ((getattr(left, name, None), getattr(right, name, None)) for name in fields)
        return all(_same(mine, theirs, seen) for mine, theirs in pairs)
    if has_own_hash(type(left)):
        return hash(left) == hash(right)
    if type(left).__module__ in sys.stdlib_module_names:
        return _same_parts(left, right, seen)
    return _same_attributes(left, right, seen)


def _same_attributes(left: Any, right: Any, seen: _Seen) -> bool:
    if type(left) in {list, dict, set, tuple, frozenset}:
        return True
    if getattr(left, "default_factory", None) is not getattr(right, "default_factory", None):
        return False
    mine, theirs = attributes(left), attributes(right)
    return mine.keys() == theirs.keys() and all(_same(value, theirs[name], seen) for name, value in mine.items())


def _same_parts(left: Any, right: Any, seen: _Seen) -> bool:
    """Compare objects of the standard library (deque, array, bytearray, …) by what they are rebuilt from."""
    mine, theirs = _parts(left), _parts(right)
    return len(mine) == len(theirs) and all(starmap(lambda a, b: _same(a, b, seen), zip(mine, theirs, strict=True)))


def _parts(value: Any) -> list[Any]:
    try:
        reduced = value.__reduce_ex__(4)
    except TypeError:
        return [attributes(value)]
    if isinstance(reduced, str):
        return [reduced]
    parts: list[Any] = [*reduced[:2], (reduced[2] if len(reduced) > 2 else None) or {}]
    parts += [list(iterator) for iterator in reduced[3:5] if iterator is not None]
    return parts


def field_names(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a dataclass, pydantic model, or attrs class; `None` for other classes."""
    if dataclasses.is_dataclass(kind):
        return tuple(item.name for item in dataclasses.fields(kind))
    attrs_fields = getattr(kind, "__attrs_attrs__", None)
    if attrs_fields is not None:
        return tuple(item.name for item in attrs_fields)
    model = model_fields(kind)
    return None if model is None else (*model, "__pydantic_extra__", "__pydantic_private__")


def model_fields(kind: Any) -> Mapping[str, Any] | None:
    """Return the fields of a pydantic model by name; `None` for other classes."""
    if not hasattr(kind, "__pydantic_core_schema__"):
        return None
    fields: Mapping[str, Any] | None = getattr(kind, "__pydantic_fields__", None)
    return kind.model_fields if fields is None else fields  # before pydantic 2.10


def has_own_hash(kind: type) -> bool:
    """Return whether a class outside the standard library defines its own hash."""
    own: Any = kind.__hash__
    return own is not object.__hash__ and own is not None and kind.__module__ not in sys.stdlib_module_names


def attributes(value: Any) -> dict[str, Any]:
    """Return an object's attributes: those in its `__dict__` and in the slots of its bases."""
    found: dict[str, Any] = dict(getattr(value, "__dict__", ()))
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            mangled = f"_{base.__name__.lstrip('_')}{name}" if name.startswith("__") and name[-2:] != "__" else name
            if mangled not in {"__dict__", "__weakref__"} and hasattr(value, mangled):
                found[mangled] = getattr(value, mangled)
    return found

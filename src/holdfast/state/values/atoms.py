"""Atoms: values that cannot change in place. They are compared directly and need no copy."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import types
import uuid
from typing import Any

PLAIN: frozenset[type] = frozenset({type(None), bool, int, float, complex, str, bytes})
"""Types whose equality is decided by type and value alone, quickly."""

VALUES: frozenset[type] = PLAIN | {
    dt.date,
    dt.datetime,
    dt.time,
    dt.timedelta,
    dt.timezone,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
    range,
    type(...),
}

BY_REFERENCE: tuple[type, ...] = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
"""Types whose objects are used by reference within a process; `copy.deepcopy` does not copy them either."""

SHORT = 64
"""Length up to which a tuple is searched for mutable items; a longer one is encoded like a list."""


def is_atom(value: Any) -> bool:
    """Return whether nothing reachable from a value can change in place."""
    kind = type(value)
    if kind in VALUES:
        return True
    if kind is tuple or kind is frozenset:
        return len(value) <= SHORT and all(map(is_atom, value))
    return isinstance(value, (enum.Enum, *BY_REFERENCE))


def size_of(value: Any) -> int:
    """Return the number of bytes that an atom counts for in the memory limit."""
    kind = type(value)
    if kind is str or kind is bytes:
        return 48 + len(value)
    if kind is tuple or kind is frozenset:
        return 48 + sum(map(size_of, value))
    return 32

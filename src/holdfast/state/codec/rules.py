"""Decomposition of each kind of value into a function of `rebuild` and plain parts."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import types
import uuid
import weakref
import zoneinfo
from collections.abc import Callable
from typing import Any

from holdfast.received import Received
from holdfast.seals import Issued
from holdfast.state.codec import rebuild
from holdfast.state.codec.errors import EncodeError
from holdfast.state.codec.foreign import foreign_rule
from holdfast.state.codec.names import NAMES
from holdfast.state.values.equality import attributes, field_names, model_fields

Parts = tuple[Any, ...]
"""Like the result of `__reduce__`: a function and its arguments; for a value that can contain itself, also a filler and
its argument."""

_BY_TYPE: dict[type, Callable[[Any], Parts]] = {
    complex: lambda v: (rebuild.complex_, (v.real, v.imag)),
    decimal.Decimal: lambda v: (rebuild.decimal_, (str(v),)),
    fractions.Fraction: lambda v: (rebuild.fraction, (v.numerator, v.denominator)),
    uuid.UUID: lambda v: (rebuild.uuid_, (v.bytes,)),
    Received: lambda v: (rebuild.received_, (str(v),)),
    Issued: lambda v: (rebuild.issued, (str(v),)),
    range: lambda v: (rebuild.range_, (v.start, v.stop, v.step)),
    slice: lambda v: (rebuild.slice_, (v.start, v.stop, v.step)),
    dt.date: lambda v: (rebuild.date, (v.year, v.month, v.day)),
    dt.time: lambda v: (rebuild.time, (v.hour, v.minute, v.second, v.microsecond, v.tzinfo, v.fold)),
    dt.datetime: lambda v: (rebuild.datetime, ((*v.timetuple()[:6], v.microsecond), v.tzinfo, v.fold)),
    dt.timedelta: lambda v: (rebuild.timedelta, (v.days, v.seconds, v.microseconds)),
    dt.timezone: lambda v: (rebuild.timezone, (v.utcoffset(None), _zone_name(v))),
    zoneinfo.ZoneInfo: lambda v: (rebuild.zone, (_zone_key(v),)),
    re.Pattern: lambda v: (rebuild.pattern, (v.pattern, v.flags)),
    array.array: lambda v: (rebuild.array_, (v.typecode, v.tobytes())),
    collections.deque: lambda v: (rebuild.deque, (v.maxlen,), rebuild.fill_deque, list(v)),
    collections.OrderedDict: lambda v: (rebuild.ordered, (), rebuild.fill_dict, dict(v)),
    collections.Counter: lambda v: (rebuild.counter, (), rebuild.fill_dict, dict(v)),
    collections.defaultdict: lambda v: (rebuild.default_dict, (_factory(v),), rebuild.fill_dict, dict(v)),
    types.SimpleNamespace: lambda v: (rebuild.namespace, (), rebuild.fill, dict(vars(v))),
    pathlib.PosixPath: lambda v: (rebuild.path, ("concrete", str(v))),
    pathlib.WindowsPath: lambda v: (rebuild.path, ("concrete", str(v))),
    pathlib.PurePosixPath: lambda v: (rebuild.path, ("posix", str(v))),
    pathlib.PureWindowsPath: lambda v: (rebuild.path, ("windows", str(v))),
}

_NOT_PLAIN = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__")
"""Methods that show that the attributes of a class are not all of its state."""


def take_apart(value: Any) -> Parts:
    """Take apart a value that is not a built-in container or scalar.

    Raises:
        EncodeError: It cannot be written.
    """
    kind = type(value)
    rule = _BY_TYPE.get(kind) or foreign_rule(kind)
    if rule is not None:
        return rule(value)
    for family, take in _FAMILIES:
        if isinstance(value, family):
            return take(value)
    if field_names(kind) is not None:
        return _fields(value)
    return _plain(value)


def _zone_name(zone: dt.timezone) -> str | None:
    name = zone.tzname(None)
    return None if name == dt.timezone(zone.utcoffset(None)).tzname(None) else name


def _zone_key(zone: zoneinfo.ZoneInfo) -> str:
    if zone.key is None:
        raise EncodeError("a ZoneInfo that was not made by its key cannot be stored")
    return zone.key


def _factory(value: collections.defaultdict[Any, Any]) -> str | None:
    factory = value.default_factory
    if factory is None:
        return None
    name = getattr(factory, "__name__", "")
    if rebuild.FACTORIES.get(name) is not factory:
        raise EncodeError(f"a defaultdict with the factory {factory!r} cannot be stored; use one such as list or int")
    return name


def _enum(value: enum.Enum) -> Parts:
    if isinstance(value, enum.Flag) and value.name not in type(value).__members__:
        members = [name for name, member in type(value).__members__.items() if member in value and member.value]
        if not members:
            raise _unknown(value, "has no flag set and no name for that")
        return rebuild.flags, (NAMES.name_of(type(value)), members)
    return rebuild.enum_, (NAMES.name_of(type(value)), value.name)


def _tuple(value: tuple[Any, ...]) -> Parts:
    if not hasattr(type(value), "_fields") or type(value).__bases__ != (tuple,):
        raise _unknown(value, "is a tuple with a class of its own")
    return rebuild.named_tuple, (NAMES.name_of(type(value)), tuple(value))


def _list(value: list[Any]) -> Parts:
    return rebuild.empty, (_plain_name(value),), rebuild.fill_list, (list(value), attributes(value))


def _mapping(value: dict[Any, Any]) -> Parts:
    if type(value).__module__ == "collections" or isinstance(value, (collections.defaultdict, collections.OrderedDict)):
        raise _unknown(value, "is a dictionary with a class of its own")
    return rebuild.empty, (_plain_name(value),), rebuild.fill_mapping, (dict(value), attributes(value))


def _set(value: set[Any]) -> Parts:
    return rebuild.empty, (_plain_name(value),), rebuild.fill_set, (list(value), attributes(value))


def _scalar(value: Any) -> Parts:
    raise _unknown(value, f"is a {type(value).__mro__[1].__name__} with a class of its own")


def _exception(value: BaseException) -> Parts:
    if any("__new__" in base.__dict__ for base in type(value).__mro__ if base.__module__ != "builtins"):
        raise _unknown(value, "has its own __new__")
    attributes_of = {name: part for name, part in vars(value).items() if name != "__notes__"}
    return rebuild.exception, (NAMES.name_of(type(value)), value.args), rebuild.fill, attributes_of


_FAMILIES: tuple[tuple[Any, Callable[[Any], Parts]], ...] = (
    (enum.Enum, _enum),
    (tuple, _tuple),
    (list, _list),
    (dict, _mapping),
    (set, _set),
    ((int, float, str, bytes, complex, frozenset, bytearray), _scalar),
    (BaseException, _exception),
)


def _fields(value: Any) -> Parts:
    kind = type(value)
    name = NAMES.name_of(kind)
    if model_fields(kind) is not None and not dataclasses.is_dataclass(kind):
        parts = (
            dict(vars(value)),
            set(value.__pydantic_fields_set__),
            value.__pydantic_extra__,
            value.__pydantic_private__,
        )
        return rebuild.empty, (name,), rebuild.fill_model, parts
    names = field_names(kind) or ()
    return rebuild.empty, (name,), rebuild.fill_fields, {n: getattr(value, n) for n in names if hasattr(value, n)}


def _plain(value: Any) -> Parts:
    return rebuild.empty, (_plain_name(value),), rebuild.fill, attributes(value)


def _plain_name(value: Any) -> str:
    kind = type(value)
    if not _is_python(value):
        raise _unknown(value, "is not written in Python")
    for name in _NOT_PLAIN:
        if getattr(kind, name, None) is not getattr(_base(kind), name, None):
            raise _unknown(value, f"has its own {name}")
    return NAMES.name_of(kind)


_PYTHON: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()
"""Types seen so far, and whether the attributes of their objects are all of their state."""


def _is_python(value: Any) -> bool:
    kind = type(value)
    if isinstance(value, (list, dict, set)):
        return True
    if kind not in _PYTHON:
        try:
            # Rejects objects with data in C, such as locks and files.
            object.__reduce_ex__(value, 2)
        except TypeError:
            _PYTHON[kind] = False
        else:
            _PYTHON[kind] = True
    return _PYTHON[kind]


def _base(kind: type) -> type:
    return next((base for base in (list, dict, set) if issubclass(kind, base)), object)


def _unknown(value: Any, why: str) -> EncodeError:
    kind = type(value)
    return EncodeError(f"an object of {kind.__module__}.{kind.__qualname__}, which {why}, cannot be stored")

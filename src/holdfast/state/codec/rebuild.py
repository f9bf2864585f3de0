"""The only functions that decoding can call: each rebuilds one kind of value from plain parts.

None takes a class or a function; classes come by name from `names`. Every one checks what it is given, since the parts
may be anything that a signer wrote.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import operator
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from holdfast.received import received
from holdfast.seals import Issued
from holdfast.state.codec.errors import DecodeError
from holdfast.state.codec.names import NAMES
from holdfast.state.values.equality import model_fields

Function = TypeVar("Function", bound=Callable[..., Any])

TABLE: dict[str, Callable[..., Any]] = {}
"""Functions by tag."""

lenient: ContextVar[bool] = ContextVar("holdfast_codec_lenient", default=False)
"""True to omit fields without a value and default, for `migrate` to fill."""


def tag(function: Function) -> Function:
    """Allow decoding to call a function."""
    TABLE[function.__name__] = function
    return function


FACTORIES: dict[str, Callable[[], Any]] = {
    kind.__name__: kind for kind in (list, dict, set, int, float, str, tuple, bool, bytes, frozenset)
}
"""Factories that a `defaultdict` can have."""


@tag
def complex_(real: float, imag: float) -> complex:
    """Rebuild a complex number."""
    return complex(real, imag)


@tag
def decimal_(text: str) -> decimal.Decimal:
    """Rebuild a decimal number, to its last digit."""
    return decimal.Decimal(text)


@tag
def fraction(numerator: int, denominator: int) -> fractions.Fraction:
    """Rebuild a fraction."""
    return fractions.Fraction(numerator, denominator)


@tag
def uuid_(data: bytes) -> uuid.UUID:
    """Rebuild a UUID."""
    return uuid.UUID(bytes=data)


@tag
def path(flavour: str, text: str) -> pathlib.PurePath:
    """Rebuild a path; one of the other operating system becomes a pure path."""
    if flavour == "concrete":
        return pathlib.Path(text)
    return pathlib.PureWindowsPath(text) if flavour == "windows" else pathlib.PurePosixPath(text)


@tag
def received_(kind: str) -> str:
    """Rebuild the mark of a dict that a client sent."""
    return received(kind)


@tag
def issued(seal: str) -> str:
    """Rebuild the seal of a part that the app has put into a message."""
    return Issued(seal)


@tag
def range_(start: int, stop: int, step: int) -> range:
    """Rebuild a range."""
    return range(start, stop, step)


@tag
def slice_(start: Any, stop: Any, step: Any) -> slice:
    """Rebuild a slice."""
    return slice(start, stop, step)


@tag
def date(year: int, month: int, day: int) -> dt.date:
    """Rebuild a date."""
    return dt.date(year, month, day)


@tag
def time(hour: int, minute: int, second: int, microsecond: int, zone: Any, fold: int) -> dt.time:
    """Rebuild a time of day."""
    return dt.time(hour, minute, second, microsecond, zone, fold=fold)


@tag
def datetime(parts: tuple[int, ...], zone: Any, fold: int) -> dt.datetime:
    """Rebuild a date and time."""
    return dt.datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[misc, arg-type]


@tag
def timedelta(days: int, seconds: int, microseconds: int) -> dt.timedelta:
    """Rebuild a duration."""
    return dt.timedelta(days, seconds, microseconds)


@tag
def timezone(offset: dt.timedelta, name: str | None) -> dt.timezone:
    """Rebuild a fixed offset from UTC."""
    if name is None:
        return dt.timezone.utc if not offset else dt.timezone(offset)
    return dt.timezone(offset, name)


@tag
def zone(key: str) -> zoneinfo.ZoneInfo:
    """Rebuild a time zone by its name."""
    return zoneinfo.ZoneInfo(key)


@tag
def pattern(source: str | bytes, flags: int) -> re.Pattern[Any]:
    """Rebuild a compiled regular expression."""
    return re.compile(source, flags)


@tag
def array_(code: str, data: bytes) -> array.array[Any]:
    """Rebuild an `array.array`."""
    made: array.array[Any] = array.array(code)
    made.frombytes(data)
    return made


@tag
def deque(limit: int | None) -> collections.deque[Any]:
    """Rebuild an empty deque; its items follow."""
    return collections.deque(maxlen=limit)


@tag
def fill_deque(made: collections.deque[Any], items: list[Any]) -> None:
    """Give a deque its items."""
    collections.deque.extend(made, items)


@tag
def ordered() -> collections.OrderedDict[Any, Any]:
    """Rebuild an empty `OrderedDict`; its items follow."""
    return collections.OrderedDict()


@tag
def counter() -> collections.Counter[Any]:
    """Rebuild an empty `Counter`; its items follow."""
    return collections.Counter()


@tag
def default_dict(factory: str | None) -> collections.defaultdict[Any, Any]:
    """Rebuild an empty `defaultdict`; its items follow."""
    return collections.defaultdict(None if factory is None else FACTORIES[factory])


@tag
def fill_dict(made: dict[Any, Any], items: dict[Any, Any]) -> None:
    """Give a dictionary of another class its items."""
    if isinstance(made, collections.OrderedDict):
        for key, value in items.items():
            collections.OrderedDict.__setitem__(made, key, value)
    else:
        dict.update(made, items)


@tag
def enum_(name: str, member: str) -> enum.Enum:
    """Rebuild a member of an enumeration, or a combination of flags."""
    members: Mapping[str, enum.Enum] = _class(name, enum.Enum).__members__
    if member in members:
        return members[member]
    raise DecodeError(f"{name} no longer has a member {member!r}")


@tag
def flags(name: str, members: list[str]) -> enum.Flag:
    """Rebuild a combination of flags."""
    made: Any = functools.reduce(operator.or_, (enum_(name, member) for member in members))
    return made  # type: ignore[no-any-return]


@tag
def named_tuple(name: str, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Rebuild an instance of a `namedtuple` class."""
    made: tuple[Any, ...] = tuple.__new__(_class(name, tuple), items)
    return made


@tag
def empty(name: str) -> Any:
    """Rebuild an object of a class, without its `__init__`; its attributes follow."""
    cls = _class(name, object)
    for base in (dict, list, set, BaseException):
        if issubclass(cls, base):
            return base.__new__(cls)
    return object.__new__(cls)


@tag
def fill(made: Any, attributes: dict[str, Any]) -> None:
    """Give a plain object its attributes, without calling anything of its class."""
    for name, value in attributes.items():
        object.__setattr__(made, name, value)


@tag
def fill_list(made: list[Any], parts: tuple[list[Any], dict[str, Any]]) -> None:
    """Give a list of a class of its own its items and attributes."""
    list.extend(made, parts[0])
    fill(made, parts[1])


@tag
def fill_mapping(made: dict[Any, Any], parts: tuple[dict[Any, Any], dict[str, Any]]) -> None:
    """Give a dict of a class of its own its items and attributes."""
    dict.update(made, parts[0])
    fill(made, parts[1])


@tag
def fill_set(made: set[Any], parts: tuple[list[Any], dict[str, Any]]) -> None:
    """Give a set of a class of its own its items and attributes."""
    set.update(made, parts[0])
    fill(made, parts[1])


@tag
def fill_fields(made: Any, values: dict[str, Any]) -> None:
    """Give a dataclass or attrs object its fields: new ones get their default, removed ones are left out (R6.3)."""
    for name, default in _defaults(type(made)).items():
        if name in values:
            object.__setattr__(made, name, values[name])
        elif default is not None:
            object.__setattr__(made, name, default(made))
        elif not lenient.get():
            raise DecodeError(
                f"the stored {type(made).__qualname__} has no field {name!r}, and the class has no default for it; "
                "give it one, or give the State a version and a migrate function"
            )


def _defaults(cls: type) -> Mapping[str, Callable[[Any], Any] | None]:
    if dataclasses.is_dataclass(cls):
        return {item.name: _dataclass_default(item) for item in dataclasses.fields(cls)}
    return {item.name: _attrs_default(item.default) for item in getattr(cls, "__attrs_attrs__", ())}


def _dataclass_default(item: dataclasses.Field[Any]) -> Callable[[Any], Any] | None:
    if item.default is not dataclasses.MISSING:
        value = item.default
        return lambda _: value
    factory = item.default_factory
    return None if factory is dataclasses.MISSING else lambda _: factory()


def _attrs_default(default: Any) -> Callable[[Any], Any] | None:
    if type(default).__name__ == "_Nothing" or repr(default) == "NOTHING":
        return None
    if hasattr(default, "takes_self"):
        return lambda made: default.factory(made) if default.takes_self else default.factory()
    return lambda _: default


@tag
def fill_model(made: Any, parts: tuple[dict[str, Any], set[str], Any, Any]) -> None:
    """Give a pydantic model its fields, without validation; new ones get their default, removed ones are left out."""
    values, given, extra, private = parts
    fields = model_fields(type(made)) or {}
    kept = {name: value for name, value in values.items() if name in fields}
    for name, item in fields.items():
        if name in kept:
            continue
        if not item.is_required():
            kept[name] = model_default(item)
        elif not lenient.get():
            raise DecodeError(
                f"the stored {type(made).__qualname__} has no field {name!r}, and the model has no default for it; "
                "give it one, or give the State a version and a migrate function"
            )
    object.__setattr__(made, "__dict__", kept)
    object.__setattr__(made, "__pydantic_fields_set__", {name for name in given if name in fields})
    object.__setattr__(made, "__pydantic_extra__", extra)
    object.__setattr__(made, "__pydantic_private__", private)


def model_default(item: Any) -> Any:
    """Return the default of a pydantic model's field that has one."""
    try:
        return item.get_default(call_default_factory=True, validated_data={})
    except TypeError:  # before pydantic 2.10 no factory takes the other fields
        return item.get_default(call_default_factory=True)


@tag
def namespace() -> types.SimpleNamespace:
    """Rebuild an empty `SimpleNamespace`; its attributes follow."""
    return types.SimpleNamespace()


@tag
def exception(name: str, arguments: tuple[Any, ...]) -> BaseException:
    """Rebuild an exception as a value."""
    cls = _class(name, BaseException)
    built_in = next(base for base in cls.__mro__ if base.__module__ == "builtins")
    made: BaseException = built_in.__new__(cls)
    made.args = arguments
    return made


def _class(name: str, base: Any) -> Any:
    cls = NAMES.class_of(name)
    if not issubclass(cls, base):
        raise DecodeError(f"{name} is no longer a kind of {base.__name__}")
    return cls

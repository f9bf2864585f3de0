"""The mark of what a client sent: a dict that looks like an update of Gradio's is only data when a client wrote it.

Gradio knows an update by an entry of an ordinary dict, `"__type__": "update"`. An author may write such a dict, and so
may a client. A client's is told apart by the value of that entry: decoding replaces the string by an equal one of a
class that only this module makes. The mark stays with copies of the dict (`copy`, `deepcopy`, `dict(…)`, `{**…}`), in
memory and in a store. Text that a program decodes itself, from a value, a file, or a part of a message, has no mark.
But the string of an update that is written in a program is the interpreter's own object, as are all strings in code
that could be names (`sys.intern`), and one that was decoded at run time is not. `Sources` also recognizes a dict by its
content.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from typing_extensions import Self

KINDS = ("update", "validate")
"""The values of `__type__` that mean something to the framework."""
KEY = "__type__"


class Received(str):
    """A `__type__` that a client sent. There is one object for each of `KINDS`."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return received, (str(self),)


_MARKS = {kind: Received(kind) for kind in KINDS}


def received(kind: str) -> str:
    """The mark for a kind; any other string is returned as it is."""
    return _MARKS.get(kind, kind)


def is_received(value: Any) -> bool:
    """Whether `value` is a dict that only looks like one of the framework's: a client sent it, or it was decoded."""
    if not isinstance(value, dict):
        return False
    kind = value.get(KEY)
    return isinstance(kind, Received) or (type(kind) is str and kind in KINDS and kind is not sys.intern(kind))


def mark(payload: Any) -> Any:
    """Mark what a client sent, in place.

    Args:
        payload: Decoded JSON that only the caller has.

    Returns:
        The same object.
    """
    kind = type(payload)
    if kind is dict:
        if payload.get(KEY) in KINDS:
            payload[KEY] = _MARKS[payload[KEY]]
        for item in payload.values():
            if type(item) is dict or type(item) is list:
                mark(item)
    elif kind is list:
        for item in payload:
            if type(item) is dict or type(item) is list:
                mark(item)
    return payload


class Sources:
    """What an event's function was given: dicts that it returns and that come from there are values, not updates.

    Looked through only when a function returns an ordinary dict with a `__type__`.

    Args:
        given: The request's values, and those of State.
    """

    __slots__ = ("_found", "_given")

    def __init__(self, *given: Any) -> None:
        self._given = given
        self._found: list[dict[Any, Any]] | None = None

    def hold(self, value: dict[Any, Any]) -> bool:
        """Whether a returned dict is marked, or is equal to one in the values or in JSON text among them."""
        if is_received(value):
            return True
        if self._found is None:
            self._found = list(_typed(self._given, set()))
        return any(value is found or value == found for found in self._found)


def _typed(value: Any, seen: set[int]) -> Iterator[dict[Any, Any]]:
    """Dicts with a `__type__`, at any depth; text is looked into when it is JSON."""
    if isinstance(value, str):
        if KEY in value or "\\u" in value:
            yield from _in_text(value)
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        if KEY in value:
            yield value
        parts: Iterable[Any] = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        parts = value
    else:
        parts = getattr(value, "__dict__", {}).values() if _is_record(type(value)) else ()
    for part in parts:
        yield from _typed(part, seen)


def _in_text(text: str) -> Iterator[dict[Any, Any]]:
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(decoded, dict | list):
        # Not by its id: once it is dropped, another object may have it.
        yield from _typed(decoded, set())


def _is_record(kind: type) -> bool:
    """Whether objects of a class are data: dataclasses, attrs classes, pydantic models."""
    return any(hasattr(kind, name) for name in ("__dataclass_fields__", "__attrs_attrs__", "model_fields"))

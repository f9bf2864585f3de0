"""Marks data from clients, in which a dict that looks like a Gradio update is only data.

Gradio recognizes an update by an entry of an ordinary dict, `"__type__": "update"`. A program can create such a dict,
and so can a client. A client's dict is distinguished by the value of that entry: decoding replaces the string with an
equal one of a class that only this module instantiates. The mark stays with copies of the dict (`copy`, `deepcopy`,
`dict(…)`, `{**…}`), in memory and in a store. Text that a program decodes itself, from a value, a file, or a part of a
message, has no mark. But the string of an update written in a program is interned, like all strings in code that could
be names (`sys.intern`), and a string decoded at run time is not. `Sources` also recognizes a dict by its content.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from typing_extensions import Self

KINDS = ("update", "validate")
"""Values of `__type__` that have a meaning in the framework."""
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
    """Return the mark for a kind; any other string is returned unchanged."""
    return _MARKS.get(kind, kind)


def is_received(value: Any) -> bool:
    """Return whether `value` is a dict from a client, or decoded from text, that only looks like an update."""
    if not isinstance(value, dict):
        return False
    kind = value.get(KEY)
    return isinstance(kind, Received) or (type(kind) is str and kind in KINDS and kind is not sys.intern(kind))


def mark(payload: Any) -> Any:
    """Mark data from a client, in place.

    Args:
        payload: Decoded JSON that only the caller references.

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
    """Values that an event's function received; dicts that it returns from there are values, not updates.

    Searched only if a function returns an ordinary dict with a `__type__`.

    Args:
        given: Values of the request and of State.
    """

    __slots__ = ("_found", "_given")

    def __init__(self, *given: Any) -> None:
        self._given = given
        self._found: list[dict[Any, Any]] | None = None

    def hold(self, value: dict[Any, Any]) -> bool:
        """Return whether a returned dict is marked, or equals one in the values or in JSON text among them."""
        if is_received(value):
            return True
        if self._found is None:
            self._found = list(_typed(self._given, set()))
        return any(value is found or value == found for found in self._found)


def _typed(value: Any, seen: set[int]) -> Iterator[dict[Any, Any]]:
    """Yield dicts with a `__type__` at any depth, including those in JSON strings."""
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
        # Start with an empty set: the decoded object is temporary, so its id can be reused.
        yield from _typed(decoded, set())


def _is_record(kind: type) -> bool:
    """Return whether objects of a class are data: dataclasses, attrs classes, pydantic models."""
    return any(hasattr(kind, name) for name in ("__dataclass_fields__", "__attrs_attrs__", "model_fields"))

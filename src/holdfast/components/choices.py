"""Behavior shared by components with a list of choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from holdfast.components.base import Component, one_of
from holdfast.errors import BadValue, did_you_mean
from holdfast.graph.callsite import warn

Choices = Iterable[Any]
"""Values, or (label, value) pairs."""


def choice_pairs(choices: Choices | None) -> list[list[Any]]:
    """Return choices in the page's form, `[label, value]` each; a plain value is labeled with its `str`.

    Raises:
        TypeError: The choices are not a collection.
        ValueError: A choice is a tuple or list but not a pair.
    """
    if choices is not None and not isinstance(choices, Iterable):
        raise TypeError(f"`choices` is a list of values or of (label, value) pairs, but {choices!r} was given.")
    pairs = [list(c) if isinstance(c, (tuple, list)) else [str(c), c] for c in choices or ()]
    for pair in pairs:
        if len(pair) != 2:
            raise ValueError(f"A choice is a value or a (label, value) pair, but {tuple(pair)} has {len(pair)} items.")
    return pairs


class Chooser(Component):
    """A component whose value is one or several of its choices."""

    choices: list[list[Any]]
    type: str

    def report_mistakes(self) -> None:
        """Warn also about an initial value that is not one of the choices."""
        super().report_mistakes()
        self.report_value(self.given.get("value"), "begins with")

    def report_value(self, value: Any, how: str) -> None:
        """Warn about a value that is not one of the choices."""
        if not self.choices or callable(value) or getattr(self, "allow_custom_value", False):
            return
        strange = [one for one in several(value) if one not in self.values]
        if strange:
            shown = ", ".join(map(repr, self.values[:20]))
            warn(
                f"{self.called} {how} {strange[0]!r}, which is not in the list of choices: {shown}."
                f"{did_you_mean(str(strange[0]), self.values)}"
            )

    def set_choices(self, choices: Choices | None, type: Literal["value", "index"]) -> None:
        """Set the two options that all components with choices share."""
        if type not in {"value", "index"}:
            raise one_of("type", type, ["value", "index"])
        self.choices = choice_pairs(choices)
        self.type = type

    @property
    def values(self) -> list[Any]:
        """Values of the choices, in order."""
        return [value for _, value in self.choices]

    def chosen(self, payload: Any) -> Any:
        """Return one chosen value, as the value itself or as its index.

        Raises:
            BadValue: The value is not one of the choices.
        """
        values = self.values
        return self.at_place(payload, values.index(payload) if payload in values else None)

    def all_chosen(self, payload: list[Any]) -> list[Any]:
        """Return several chosen values, each as `chosen` returns it."""
        place_of = finder(self.values)
        return [self.at_place(item, place_of(item)) for item in payload]

    def at_place(self, payload: Any, place: int | None) -> Any:
        """Return a chosen value or its index; *place* is its index among the choices, or `None`."""
        if place is None:
            raise BadValue(f"Value: {payload!r} (type: {type(payload)}) is not in the list of choices: {self.values}")
        return place if self.type == "index" else payload


def finder(values: list[Any]) -> Callable[[Any], int | None]:
    """Return a constant-time lookup of a value's index, since a client may send any number of values."""
    try:
        places = {value: place for place, value in reversed(list(enumerate(values)))}
    except TypeError:  # some of them are lists or dicts
        return lambda value: values.index(value) if value in values else None
    return lambda value: None if isinstance(value, (list, dict)) else places.get(value)


def several(value: Any) -> list[Any]:
    """Return what a handler returned for several choices as a list; anything but a list, tuple or set is one choice."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]

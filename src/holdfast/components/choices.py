"""What components with a list of choices share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from holdfast.components.base import Component, one_of
from holdfast.errors import BadValue

Choices = Iterable[Any]
"""Values, or (label, value) pairs."""


def choice_pairs(choices: Choices | None) -> list[list[Any]]:
    """Choices as the page takes them: `[label, value]` each; a plain value is labelled with its `str`.

    Raises:
        TypeError: They are no collection.
        ValueError: One is a tuple or list, and no pair.
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

    def set_choices(self, choices: Choices | None, type: Literal["value", "index"]) -> None:
        """Take over the two options that every chooser has."""
        if type not in {"value", "index"}:
            raise one_of("type", type, ["value", "index"])
        self.choices = choice_pairs(choices)
        self.type = type

    @property
    def values(self) -> list[Any]:
        """The choices' values, in order."""
        return [value for _, value in self.choices]

    def chosen(self, payload: Any) -> Any:
        """One chosen value, as the value itself or as its position.

        Raises:
            BadValue: It is none of the choices.
        """
        values = self.values
        if payload not in values:
            raise BadValue(f"Value: {payload!r} (type: {type(payload)}) is not in the list of choices: {values}")
        return values.index(payload) if self.type == "index" else payload


def several(value: Any) -> list[Any]:
    """What a handler returned for several choices as a list: a tuple or a set is one too, anything else one choice."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]

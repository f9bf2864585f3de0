"""Classes whose objects the codec's tests store."""

from __future__ import annotations

import collections
import dataclasses
import enum
from typing import Any, NamedTuple

import attrs
import pydantic


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


@dataclasses.dataclass
class Item:
    name: str
    price: float = 0.0
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    key: str
    inner: dict[str, int] = dataclasses.field(default_factory=dict)


class Profile(pydantic.BaseModel):
    name: str
    age: int = 3
    items: list[Item] = pydantic.Field(default_factory=list)


@attrs.define
class Box:
    size: int
    content: list[Any] = attrs.field(factory=list)


class Plain:
    """Its `__init__` must not run on reading."""

    made = 0

    def __init__(self, *parts: Any) -> None:
        type(self).made += 1
        self.parts = list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]


class Slots:
    __slots__ = ("left", "right")

    def __init__(self) -> None:
        self.left = [1]


class Words(list[str]):
    """A list with an attribute."""

    language = "en"


class Ages(dict[str, int]):
    pass


class Tags(set[str]):
    pass


class Pair(NamedTuple):
    left: int
    right: list[int]


class Refusing:
    def __getstate__(self) -> None:
        return None


class Broken(Exception):  # a name like users give
    pass


Point = collections.namedtuple("Point", "x y")  # noqa: PYI024 # this kind is stored too

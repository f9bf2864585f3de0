"""R3: when a change is seen, and what counts as one."""

from __future__ import annotations

import asyncio
import collections
import datetime as dt
import decimal
import enum
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.state.conftest import memory_only
from tests.state.steps import fail, read, run, touch

from holdfast.state import CellSpec, Owner, Owners, StateEngine
from holdfast.state.values import capture
from holdfast.state.values.equality import field_names, same
from holdfast.state.values.fingerprint import fingerprint
from holdfast.state.values.snapshot import Snapshot, snapshot
from holdfast.state.values.weight import weigh

pytestmark = pytest.mark.anyio
MakeCell = Callable[..., CellSpec]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Point:
    x: float
    tags: list[str] = field(default_factory=list)


class Model(pydantic.BaseModel):
    name: str
    words: list[str] = []


@attrs.define
class Slotted:
    size: int
    parts: list[int] = attrs.field(factory=list)


class Plain:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Hashed:
    def __init__(self, key: int, noise: int) -> None:
        self.key = key
        self.noise = noise

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hashed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class MyList(list[Any]):
    pass


Pair = collections.namedtuple("Pair", "left right")  # noqa: PYI024 # this is what is tested
NAN = float("nan")

EQUAL: list[tuple[Any, Any]] = [
    (NAN, float("nan")),
    ([1, 2.5, NAN], [1, 2.5, float("nan")]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({3, 1, 2}, {1, 2, 3}),
    ([["x" * 3], str(b"xxx", "ascii")], [["xxx"], "xxx"]),
    (Colour.RED, Colour.RED),
    (Point(1.0, ["a"]), Point(1.0, ["a"])),
    (Model(name="a"), Model(name="a", words=[])),
    (Slotted(1), Slotted(1, [])),
    (Plain(a=[1]), Plain(a=[1])),
    (Hashed(1, 2), Hashed(1, 3)),
    (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3)),
    (np.array([NAN, 1.0]), np.array([NAN, 1.0])),
    (np.array([1, "a"], dtype=object), np.array([1, "a"], dtype=object)),
    (np.float32(1), np.float32(1)),
    (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), pd.DataFrame({"a": [1, 2], "b": ["x", None]})),
    (pd.Series([1, 2], name="s"), pd.Series([1, 2], name="s")),
    (pl.DataFrame({"a": [1, None]}), pl.DataFrame({"a": [1, None]})),
    (Image.new("RGB", (2, 2), "red"), Image.new("RGB", (2, 2), "red")),
    (decimal.Decimal("1.0"), decimal.Decimal("1.0")),
    (collections.deque([1]), collections.deque([1])),
    (bytearray(b"a"), bytearray(b"a")),
    (MyList([1]), MyList([1])),
    (dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)),
]

DIFFERENT: list[tuple[Any, Any]] = [
    ([], {}),
    ([], ()),
    (set(), frozenset()),
    (1, 1.0),
    (1, True),
    ("1", 1),
    (0.0, -0.0),
    (None, 0),
    ([1], [1.0]),
    ([1, 2], [True, 2]),
    ({1: "a"}, {1.0: "a"}),
    ({1}, {True}),
    ({"a": 1}, {"a": 1, "b": None}),
    ([1, 2], [2, 1]),
    ([1, 2, [3]], [1, 2, [3, 4]]),
    (Colour.RED, Colour.BLUE),
    (Point(1.0, ["a"]), Point(1.0, ["b"])),
    (Model(name="a"), Model(name="a", words=["b"])),
    (Slotted(1), Slotted(1, [2])),
    (Plain(a=[1]), Plain(a=[1, 2])),
    (Plain(a=1), Plain(b=1)),
    (Hashed(1, 2), Hashed(2, 2)),
    (np.array([1, 2]), np.array([1, 3])),
    (np.array([1, 2], dtype="i4"), np.array([1, 2], dtype="i8")),
    (np.zeros((2, 3)), np.zeros((3, 2))),
    (np.array([[1]], dtype=object), np.array([["1"]], dtype=object)),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]})),
    (pd.Series([1], name="s"), pd.Series([1], name="t")),
    (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})),
    (pl.Series("a", [1]), pl.Series("b", [1])),
    (Image.new("RGB", (2, 2), "red"), Image.new("RGB", (2, 2), "blue")),
    (Image.new("RGB", (2, 2)), Image.new("RGB", (4, 1))),
    (decimal.Decimal(-1), decimal.Decimal(-2)),
    (collections.deque([1]), collections.deque([2])),
    (collections.deque([1]), collections.deque([1], maxlen=3)),
    ([collections.deque([n]) for n in (1, 1, 1, 1)], [collections.deque([n]) for n in (1, 1, 1, 2)]),
    ({n: bytearray(b"a") for n in range(4)}, {n: bytearray(b"a" if n < 3 else b"b") for n in range(4)}),
    (collections.defaultdict(list), collections.defaultdict(set)),
    (bytearray(b"a"), bytearray(b"b")),
    (MyList([1]), MyList([2])),
    (Pair(1, 2), Pair(1, 3)),
    (Pair(1, 2), (1, 2)),
]


def nested_values() -> st.SearchStrategy[Any]:
    """Values of built-in containers and scalars, without NaN."""
    keys = st.text() | st.integers() | st.booleans() | st.none()
    scalars = keys | st.floats(allow_nan=False) | st.binary()
    return st.recursive(
        scalars | st.sets(st.integers()) | st.frozensets(st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.tuples(inner, inner),
        max_leaves=40,
    )


def shuffled(value: Any, random: Random) -> Any:
    """An equal value with its keys in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    if isinstance(value, (list, tuple)):
        return type(value)(shuffled(item, random) for item in value)
    if isinstance(value, (set, frozenset)):
        return type(value)(random.sample(list(value), len(value)))
    return value


def named(values: list[tuple[Any, Any]]) -> list[Any]:
    return [pytest.param(*pair, id=f"{i}-{type(pair[0]).__name__}") for i, pair in enumerate(values)]


@pytest.mark.parametrize(("left", "right"), named(EQUAL))
def test_equal_content_is_the_same(left: Any, right: Any) -> None:
    """R3.2: an equal copy is no change, whatever it shares with the original."""
    assert same(left, right)
    assert same([left], [right])
    assert same({"k": left}, {"k": right})


@pytest.mark.parametrize(("left", "right"), named(DIFFERENT))
def test_other_content_or_type_is_not_the_same(left: Any, right: Any) -> None:
    """R3.2: by element and by type."""
    assert not same(left, right)
    assert not same(right, left)
    assert not same([left], [right])


@pytest.mark.parametrize(("left", "right"), named(EQUAL))
def test_equal_content_has_one_weight(left: Any, right: Any) -> None:
    """R3.2: a weight never tells apart what is equal."""
    assert weigh([left]) == weigh([right])


@given(nested_values(), st.randoms())
def test_no_order_of_keys_and_no_sharing_weighs(value: Any, random: Random) -> None:
    """R3.2: so that two weights are two contents."""
    other = shuffled(value, random)
    assert same([value, value], [other, shuffled(value, random)])
    assert weigh([value, value]) == weigh([other, shuffled(value, random)])


def test_what_has_no_single_encoding_is_not_weighed() -> None:
    """R3.2: objects, NaN and cycles are compared piece by piece."""
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    for value in (cyclic, Point(1.0), Plain(a=1), NAN, {"a": -NAN}, lambda: 0, Pair(1, 2), MyList([1])):
        assert weigh([value]) is None
    assert weigh({"a": [1]}) != weigh({"a": [2]}) != weigh({"a": []})


async def test_a_dict_that_changes_again_is_not_made_again_to_be_compared(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3.6: after the first change, what the older content was is known by its weight."""
    spec = make_cell({"a": [1], "b": {"c": 2}}, watched=True)
    for number in range(3):
        assert await touch(engine, visitor, spec, lambda value, n=number: value["a"].append(n)) == (spec,)
        monkeypatch.setattr(capture, "same", None)
        monkeypatch.setattr(Snapshot, "unequal", None)
    monkeypatch.undo()
    assert await touch(engine, visitor, spec, lambda value: value["a"].reverse()) == (spec,)
    moved = {"b": {"c": 2}, "a": [2, 1, 0, 1]}
    assert await run(engine, visitor, spec, lambda _: moved) == ()


def test_cyclic_values_are_compared_to_their_end() -> None:
    """R3.2: a value that contains itself has content like others."""
    left: list[Any] = [1]
    left.append(left)
    right: list[Any] = [1]
    right.append(right)
    assert same(left, right)
    right.append(2)
    assert not same(left, right)


@pytest.mark.parametrize(("left", "right"), named([p for p in EQUAL if type(p[0]) not in {set, dict}]))
def test_equal_content_has_one_fingerprint(left: Any, right: Any) -> None:
    """R3.2 for values that are too large to be kept."""
    assert fingerprint([left]) == fingerprint([right]) is not None


@pytest.mark.parametrize(("left", "right"), named(DIFFERENT))
def test_other_content_has_another_fingerprint(left: Any, right: Any) -> None:
    """R3.2 for values that are too large to be kept."""
    assert fingerprint([left]) != fingerprint([right])


def test_a_fingerprint_of_a_cycle_ends() -> None:
    """R3.2: what the fast encoding cannot follow is encoded in full."""
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    assert fingerprint(cyclic) is not None
    assert fingerprint([lambda: 0]) is not None


MUTATIONS: list[Any] = [
    pytest.param(lambda: [1], lambda v: v.append(2), id="list"),
    pytest.param(lambda: {"a": {"b": 1}}, lambda v: v["a"].update(b=2), id="nested dict"),
    pytest.param(lambda: Point(1.0), lambda v: v.tags.append("x"), id="dataclass"),
    pytest.param(lambda: Model(name="a"), lambda v: v.words.append("x"), id="pydantic"),
    pytest.param(lambda: Slotted(1), lambda v: v.parts.append(1), id="attrs"),
    pytest.param(lambda: Plain(a=1), lambda v: setattr(v, "a", 2), id="attributes"),
    pytest.param(lambda: np.zeros(4), lambda v: v.__setitem__(2, 7), id="numpy"),
    pytest.param(lambda: pd.DataFrame({"a": [1, 2]}), lambda v: v.__setitem__("b", [3, 4]), id="pandas"),
    pytest.param(lambda: Image.new("L", (2, 2)), lambda v: v.putpixel((0, 0), 9), id="PIL"),
    pytest.param(lambda: bytearray(b"ab"), lambda v: v.extend(b"c"), id="bytearray"),
    pytest.param(lambda: {1}, lambda v: v.add(2), id="set"),
]


@pytest.mark.parametrize(("make", "mutate"), MUTATIONS)
@pytest.mark.parametrize("limit", [1 << 24, 8], ids=["kept", "fingerprint"])
async def test_a_change_in_place_is_seen_and_an_equal_copy_is_none(
    make_engine: Any, visitor: Owners, make: Any, mutate: Any, limit: int
) -> None:
    """R3.2, R3.3: also of an input alone, of arrays, frames and objects, with a copy kept or a fingerprint alone."""
    engine = await make_engine(rollback_limit=limit)
    spec = CellSpec(factory=make)
    spec.settle(1, watched=True)
    assert await touch(engine, visitor, spec) == ()
    assert await touch(engine, visitor, spec, mutate) == (spec,)
    assert await touch(engine, visitor, spec) == ()
    async with engine.event(visitor, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        equal = snapshot(value, 1 << 24).restore()
        assert await event.commit({spec: equal}) == ()


async def test_nothing_changes_when_a_cell_is_created(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R3.3: the first access is no change; what a first event makes of it is."""
    spec = make_cell(lambda: [1])
    assert await touch(engine, visitor, spec) == ()
    assert await run(engine, Owners("s2"), spec, lambda _: [1]) == ()
    async with engine.event(Owners("s3"), (), (spec,)) as event:
        assert await event.commit({spec: [1]}) == ()
        assert await event.commit({spec: [2]}) == (spec,)


async def test_each_yield_that_changes_something_is_a_change(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R3.3"""
    spec = make_cell([])
    async with engine.event(visitor, (spec,), (spec,)) as event:
        value = (await event.values())[spec]
        seen = []
        for item in (1, None, 2):
            if item:
                value.append(item)
            seen.append(await event.commit({spec: value}))
    assert seen == [(spec,), (), (spec,)]


async def test_a_failed_event_is_no_change(engine: StateEngine, make_cell: MakeCell, visitor: Owners) -> None:
    """R3.3: neither then nor at the next event."""
    spec = make_cell([])
    await fail(engine, visitor, spec, lambda value: value.append(1))
    assert await touch(engine, visitor, spec) == ()


async def test_states_that_nobody_watches_are_not_reported(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R3.1"""
    watched, other = make_cell(0), make_cell(0, watched=False)
    async with engine.event(visitor, (), (watched, other)) as event:
        assert await event.commit({other: 1, watched: 1}) == (watched,)


async def test_an_immutable_value_is_never_encoded(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3.6: not at all when nothing needs it."""
    spec = make_cell(0)
    monkeypatch.setattr(capture, "snapshot", None)
    for value in (1, "text", None, (1, (2, b"x")), frozenset({1}), dt.date(2024, 1, 1)):
        await run(engine, visitor, spec, lambda _, value=value: value)
        assert await read(engine, visitor, spec) == value


async def test_a_touched_cell_is_encoded_once_per_step(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3.6: one encoding serves rollback, comparison and the store."""
    made: list[Any] = []
    encoder = "encode_counted" if engine.store.durable else "snapshot"
    original: Any = vars(capture)[encoder]

    def counting(*args: Any, **options: Any) -> Any:
        made.append(args[0])
        return original(*args, **options)

    spec = make_cell({"a": [1]})
    await touch(engine, visitor, spec)
    monkeypatch.setattr(capture, encoder, counting)
    await run(engine, visitor, spec, lambda value: {**value, "b": 1})
    assert len(made) == 1
    await touch(engine, visitor, spec)
    assert len(made) == 2


@memory_only
async def test_a_large_value_is_encoded_away_from_the_event_loop(
    make_engine: Any, visitor: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R3.6: one visitor's large State does not stop the others."""
    engine = await make_engine(inline_limit=1000)
    spec = CellSpec(initial=None)
    spec.settle(1, watched=True)
    threads: set[bool] = set()
    original: Any = vars(capture)["image_of"]

    def seen(*args: Any, **options: Any) -> Any:
        import threading

        threads.add(threading.current_thread() is threading.main_thread())
        return original(*args, **options)

    monkeypatch.setattr(capture, "image_of", seen)
    assert await run(engine, visitor, spec, lambda _: list(range(10_000))) == (spec,)
    assert await run(engine, visitor, spec, lambda value: [*value, 1]) == (spec,)
    assert threads == {False}
    assert len(await read(engine, visitor, spec)) == 10_001


async def test_subscribers_hear_of_shared_cells_and_of_updates(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R3.3, R7.2: changes that are not the answer to a session's own event, with the session whose event did it."""
    own, shared = make_cell(0), make_cell(0, scope="app", key="shared")
    heard: list[tuple[Owner, frozenset[CellSpec], str | None]] = []
    stop = engine.subscribe(lambda owner, specs, origin: heard.append((owner, specs, origin)))
    await run(engine, visitor, own, lambda n: n + 1)
    assert heard == []
    await run(engine, visitor, shared, lambda n: n + 1)
    await engine.update(own, visitor.session, lambda n: n + 1)
    await engine.update(shared, visitor.app, lambda n: n + 1)
    await engine.update(shared, visitor.app, lambda n: n)
    assert heard == [
        (visitor.app, frozenset({shared}), "s1"),
        (visitor.session, frozenset({own}), None),
        (visitor.app, frozenset({shared}), None),
    ]
    stop()
    await engine.update(own, visitor.session, lambda n: n + 1)
    assert len(heard) == 3


async def test_a_million_numbers_do_not_slow_another_visitors_click(make_engine: Any) -> None:
    """R3.6: while a large State is encoded, small events go on."""
    engine = await make_engine()
    large, small = CellSpec(initial=None), CellSpec(initial=0)
    large.settle(1, watched=True)
    small.settle(2, watched=True)
    await run(engine, Owners("a"), large, lambda _: list(range(1_000_000)))
    clicks = 0
    job = asyncio.create_task(run(engine, Owners("a"), large, lambda value: [*value, 1]))
    while not job.done():
        await run(engine, Owners("b"), small, lambda n: n + 1)
        clicks += 1
        await asyncio.sleep(0)
    assert await job == (large,)
    assert clicks >= 10


def test_comparing_loads_no_package_that_the_program_does_not_use() -> None:
    """R3.2: arrays and frames are known by name; nothing heavy is imported for them."""
    heavy = {"numpy", "pandas", "polars", "PIL", "torch"}
    source = sys.modules["holdfast.state.values.libraries"].__dict__
    assert heavy.isdisjoint(source)


def test_models_of_an_older_pydantic_are_known_by_their_fields() -> None:
    """R3.2, R6.3: before 2.10 the class has them under another name."""

    class Old:
        __pydantic_core_schema__ = object()
        model_fields = {"name": object(), "words": object()}  # noqa: RUF012 # as pydantic has it

    assert field_names(Old) == ("name", "words", "__pydantic_extra__", "__pydantic_private__")
    assert field_names(object) is None

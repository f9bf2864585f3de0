"""R1: what a State's value may be, and where the first one comes from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.state.steps import fail, read, run, touch
from tests.waiting import until

from holdfast.errors import BuildError
from holdfast.state import CellSpec, Owners, StateEngine

pytestmark = pytest.mark.anyio
MakeCell = Callable[..., CellSpec]


@dataclass
class Cart:
    items: list[str] = field(default_factory=list)
    prices: dict[str, float] = field(default_factory=dict)


async def test_each_owner_gets_a_deep_copy_of_the_initial_value(engine: StateEngine, make_cell: MakeCell) -> None:
    """R1.2: the initial value is deep-copied when the State is made and again for each owner."""
    initial: dict[str, list[int]] = {"seen": []}
    spec = make_cell(initial)
    initial["seen"].append(99)
    await touch(engine, Owners("a"), spec, lambda value: value["seen"].append(1))
    assert await read(engine, Owners("a"), spec) == {"seen": [1]}
    assert await read(engine, Owners("b"), spec) == {"seen": []}


async def test_an_initial_object_of_an_own_class_is_copied_too(engine: StateEngine, make_cell: MakeCell) -> None:
    """R1.2: deep copies for objects, as `copy.deepcopy` makes them."""
    spec = make_cell(Cart())
    await touch(engine, Owners("a"), spec, lambda cart: cart.items.append("tea"))
    assert (await read(engine, Owners("b"), spec)).items == []


def test_an_initial_value_that_cannot_be_copied_is_refused_where_the_state_is_made() -> None:
    """R1.2: a TypeError that names the type and the remedy."""
    with pytest.raises(TypeError, match=r"type lock, cannot be deep-copied.*Pass a function that creates it"):
        CellSpec(initial=threading.Lock())


def test_an_initial_value_with_its_own_deepcopy_is_copied_by_it() -> None:
    """R1.2: a class decides how it is copied."""

    class Shared:
        def __deepcopy__(self, memo: Any) -> Shared:
            return self

    shared = Shared()
    assert CellSpec(initial=shared).fresh() is shared
    assert CellSpec(initial=[shared]).fresh()[0] is shared


async def test_a_factory_runs_once_per_owner_before_the_first_reader(engine: StateEngine, make_cell: MakeCell) -> None:
    """R1.3: exactly once per owner, whoever comes first, also when many come at once."""
    made: list[str] = []

    def factory() -> list[str]:
        made.append(threading.current_thread().name)
        return []

    spec = make_cell(factory)
    assert made == []
    await asyncio.gather(*(touch(engine, Owners("a"), spec) for _ in range(20)), read(engine, Owners("a"), spec))
    assert len(made) == 1
    await read(engine, Owners("b"), spec)
    assert len(made) == 2
    assert threading.main_thread().name not in made


async def test_a_factory_runs_once_though_some_who_wait_for_it_are_cancelled(
    engine: StateEngine, make_cell: MakeCell
) -> None:
    """R1.3: neither the one that came first nor another takes it from the others."""
    made: list[int] = []
    go = threading.Event()

    def factory() -> list[str]:
        made.append(1)
        go.wait(10)
        return ["made"]

    spec = make_cell(factory)
    first, second, third = (asyncio.create_task(read(engine, Owners("a"), spec)) for _ in range(3))
    await until(lambda: bool(made))
    second.cancel()
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await third == ["made"]
    await asyncio.wait([first, second])
    assert len(made) == 1


async def test_a_factory_that_raises_is_asked_again_by_the_next_reader(
    engine: StateEngine, make_cell: MakeCell
) -> None:
    """R1.3: a value that could not be made does not count as made."""
    attempts: list[int] = []

    def factory() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("no model yet")
        return 7

    spec = make_cell(factory)
    results = await asyncio.gather(*(read(engine, Owners("a"), spec) for _ in range(3)), return_exceptions=True)
    assert sorted(map(str, results)) == ["7", "7", "no model yet"]


@pytest.mark.parametrize(
    "value", [None, False, 0, "", [], {}, (), b"", 1.5, "text", {"a": [1, {2}]}, Cart(["x"], {"y": 1.0}), len, Cart]
)
async def test_any_object_is_a_legal_value(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners, value: Any
) -> None:
    """R1.4: any Python object, None and other falsy ones too."""
    spec = make_cell("before")
    assert await run(engine, visitor, spec, lambda _: value) == (spec,)
    assert await read(engine, visitor, spec) == value


async def test_classes_made_inside_functions_keep_their_identity(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R1.4: local classes, lambdas and closures are values like others, and are undone like others."""

    class Local:
        def __init__(self) -> None:
            self.words = ["a"]
            self.call = lambda: self.words

    spec = make_cell()
    await run(engine, visitor, spec, lambda _: Local())
    await fail(engine, visitor, spec, lambda value: value.words.append("b"))
    value = await read(engine, visitor, spec)
    assert type(value) is Local
    assert value.words == ["a"]


async def test_a_value_with_a_cycle_comes_back_with_it(
    engine: StateEngine, make_cell: MakeCell, visitor: Owners
) -> None:
    """R1.4: cycles and shared parts survive a rollback."""
    spec = make_cell([])
    await touch(engine, visitor, spec, lambda value: value.extend([value, (part := [1]), part]))
    await fail(engine, visitor, spec, list.clear)
    value = await read(engine, visitor, spec)
    assert value[0] is value
    assert value[1] is value[2]


def test_fresh_values_are_the_initial_one_again_and_again() -> None:
    """R1.7: any number of times; a factory runs again."""
    spec = CellSpec(initial=[1])
    spec.fresh().append(2)
    assert spec.fresh() == [1]
    counter = iter(range(10))
    made = CellSpec(factory=lambda: next(counter))
    assert [made.fresh(), made.fresh()] == [0, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scope": "tab"}, r"scope='tab'\) is not a valid scope. Use one of 'session', 'browser', 'user', 'app'"),
        ({"scope": "app"}, r"scope='app'\) needs a key"),
        ({"key": ""}, r"key=''\) is not a valid key"),
        ({"key": 3}, r"key=3\) is not a valid key"),
        ({"version": 0}, r"version=0\) is out of range. Use an integer of 1 or more"),
        ({"history": -1}, r"history=-1\) is out of range"),
        ({"history": True}, r"history=True\) is out of range"),
        ({"time_to_live": -1}, r"time_to_live=-1\) is out of range"),
        ({"time_to_live": "1h"}, r"time_to_live='1h'\) is out of range. Use a number of seconds"),
        ({"concurrency": "parallel"}, r"concurrency='parallel'\) is unknown"),
        ({"delete_callback": 5}, r"delete_callback=5\) is not a function"),
        ({"migrate": "x"}, r"migrate='x'\) is not a function"),
    ],
)
def test_options_out_of_range_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    """R1.1: a mistake in a State is reported where it is made."""
    with pytest.raises(BuildError, match=message):
        CellSpec(**options)


async def test_one_key_for_two_states_is_refused(engine: StateEngine, make_cell: MakeCell) -> None:
    """R5.1: a key names one State."""
    make_cell(0, key="cart")
    with pytest.raises(BuildError, match=r"Two States have scope='session' and key='cart'"):
        make_cell(0, key="cart")

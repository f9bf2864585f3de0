"""Time and chance are passed in, so that tests control them.

No parameter has a clock as its default, no code sleeps except through a `Clock`, and no random number comes from
anywhere but `holdfast.ids`. Each list of exceptions must match the code exactly, so that it can only shrink.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from tests.house.source import modules, place, tree

CLOCKS = frozenset(
    {
        "time.time",
        "time.monotonic",
        "time.perf_counter",
        "time.sleep",
        "asyncio.sleep",
        "anyio.sleep",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "holdfast.clock.SystemClock",
    }
)
SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep", "time.sleep"})
DICE = ("secrets.", "random.", "uuid.uuid1", "uuid.uuid4", "os.urandom", "numpy.random.")

Check: TypeAlias = Callable[[ast.Module], Iterator[int]]
"""Function that yields the lines of what it looks for."""

SLEEPERS = {
    "holdfast.clock": "implements the system's clock",
    "holdfast.stores.redis.feed": "does not receive a clock yet",
    "holdfast.stores.redis.pipeline": "does not receive a clock yet",
    "holdfast.stores.sqlite.database": "does not receive a clock yet",
    "holdfast.stores.sqlite.store": "does not receive a clock yet",
    "holdfast.testing.store_contract": "does not receive a clock yet",
}
"""Modules that sleep in real time."""
THROWERS = {
    "holdfast.ids": "is the source of random numbers",
    "holdfast.components.slider": "keeps its generator in a class attribute that tests replace",
    "holdfast.state.codec.envelope": "receives its source of random bytes as a parameter",
    "holdfast.state.codec.keys": "receives its source of secrets as a parameter",
    "holdfast.state.persistence.backing": "does not use `holdfast.ids` yet",
    "holdfast.stores.redis.leases": "does not use `holdfast.ids` yet",
}
"""Modules that use a source of random numbers."""


def imported(root: ast.Module) -> dict[str, str]:
    """Return the full names of what a module imports, by the names in its code."""
    found: dict[str, str] = {}
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name.partition(".")[0]
                found[name.asname or top] = name.name if name.asname else top
        elif isinstance(node, ast.ImportFrom):
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return found


def full_name(node: ast.AST, names: dict[str, str]) -> str:
    """Return the full name of an expression such as `asyncio.sleep`; empty for any other expression."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = full_name(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def defaults(root: ast.Module) -> Iterator[ast.expr]:
    """Yield the defaults of all parameters."""
    for node in ast.walk(root):
        if isinstance(node, ast.arguments):
            yield from node.defaults
            yield from (default for default in node.kw_defaults if default is not None)


def clocks_as_defaults(root: ast.Module) -> Iterator[int]:
    """Yield the lines with a parameter whose default is a clock or made by one."""
    names = imported(root)
    for default in defaults(root):
        inner = ast.walk(default.body) if isinstance(default, ast.Lambda) else ast.walk(default)
        if any(full_name(node, names) in CLOCKS for node in inner):
            yield default.lineno


def sleeps(root: ast.Module) -> Iterator[int]:
    """Yield the lines that sleep for real time, unlike `asyncio.sleep(0)`, which only lets others run."""
    names = imported(root)
    for node in ast.walk(root):
        if isinstance(node, ast.Call) and full_name(node.func, names) in SLEEPS:
            seconds = node.args[0] if node.args else None
            if not (isinstance(seconds, ast.Constant) and seconds.value == 0):
                yield node.lineno


def throws(root: ast.Module) -> Iterator[int]:
    """Yield the lines that use a source of random numbers, also as a default or under another name."""
    names = imported(root)
    for node in ast.walk(root):
        if isinstance(node, ast.Name | ast.Attribute) and full_name(node, names).startswith(DICE):
            yield node.lineno


def found_by(check: Check, allowed: dict[str, str]) -> tuple[list[str], set[str]]:
    """Return the places where a check finds something in other modules, and the allowed modules without any."""
    others: list[str] = []
    unused = set(allowed)
    for module, file in modules().items():
        lines = sorted(set(check(tree(file))))
        if lines and module not in allowed:
            others += [place(file, line) for line in lines]
        elif lines:
            unused.discard(module)
    return others, unused


def test_no_parameter_has_a_clock_as_its_default() -> None:
    assert found_by(clocks_as_defaults, {}) == ([], set())


def test_only_the_clock_sleeps() -> None:
    assert found_by(sleeps, SLEEPERS) == ([], set())


def test_random_numbers_come_from_the_ids_module() -> None:
    assert found_by(throws, THROWERS) == ([], set())


def test_the_checks_find_what_they_look_for() -> None:
    def lines(check: Check, code: str) -> list[int]:
        return list(check(ast.parse(code)))

    assert lines(clocks_as_defaults, "from time import monotonic\ndef f(now=monotonic): ...") == [2]
    assert lines(clocks_as_defaults, "import time\ndef f(*, now=lambda: time.time()): ...") == [2]
    assert lines(clocks_as_defaults, "from holdfast.clock import SystemClock as S\ndef f(clock=S()): ...") == [2]
    assert lines(clocks_as_defaults, "from holdfast.clock import SystemClock\ndef f(clock=None): ...") == []
    assert lines(sleeps, "import asyncio\nasync def f(): await asyncio.sleep(0)") == []
    assert lines(sleeps, "import asyncio as a\nasync def f(s): await a.sleep(s)") == [2]
    assert lines(sleeps, "from time import sleep\nsleep(0.1)") == [2]
    assert lines(sleeps, "async def f(self): await self.clock.sleep(1)") == []
    assert lines(throws, "import secrets\nx = secrets.randbits(12)") == [2]
    assert lines(throws, "from secrets import token_hex as t\nx = t(8)") == [2]
    assert lines(throws, "import os\ndef f(source=os.urandom): ...") == [2]
    assert lines(throws, "def f(secrets, random): return secrets.pop(), random(8)") == []

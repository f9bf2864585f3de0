"""A5, R6.4: bytes that a holder of the key has signed run nothing of the program's classes, and import nothing.

A5: siblings looked for: each opcode that calls something of what is on the stack (BUILD, NEWOBJ, NEWOBJ_EX, OBJ, INST,
REDUCE, APPEND, APPENDS, SETITEM, SETITEMS, ADDITEMS), and each way to a callable (GLOBAL, STACK_GLOBAL, extensions,
persistent ids); found: all but INST, OBJ, and extensions reached code.
"""

from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import Self

from holdfast.state.codec import DecodeError, decode, encode, register

RAN: list[str] = []


class Trap:
    """Every method that loading could call says so."""

    def __call__(self, *_: Any) -> NoReturn:
        self._ran("called")

    def __setstate__(self, _: Any) -> NoReturn:
        self._ran("__setstate__")

    def append(self, _: Any) -> NoReturn:
        self._ran("append")

    def extend(self, _: Any) -> NoReturn:
        self._ran("extend")

    def add(self, _: Any) -> NoReturn:
        self._ran("add")

    def update(self, _: Any) -> NoReturn:
        self._ran("update")

    def __setitem__(self, *_: Any) -> NoReturn:
        self._ran("__setitem__")

    def __new__(cls, *_: Any) -> Self:
        RAN.append("__new__")
        return object.__new__(cls)

    def __init__(self, *_: Any) -> None:
        RAN.append("__init__")

    @staticmethod
    def _ran(what: str) -> NoReturn:
        RAN.append(what)
        raise AssertionError(what)


register(Trap, name="tests:Trap")


def text(value: str) -> bytes:
    return pickle.SHORT_BINUNICODE + bytes([len(value)]) + value.encode()


def tag(name: str) -> bytes:
    return text("holdfast.state.codec.rebuild") + text(name) + pickle.STACK_GLOBAL


BEGIN = pickle.PROTO + b"\x05"
TRAP = tag("empty") + text("tests:Trap") + pickle.TUPLE1 + pickle.REDUCE
ONE = pickle.BININT1 + b"\x01"


@pytest.mark.parametrize(
    "attack",
    [
        TRAP + pickle.EMPTY_DICT + pickle.BUILD,
        TRAP + text("this") + pickle.TUPLE1 + pickle.REDUCE,
        TRAP + ONE + pickle.APPEND,
        TRAP + pickle.MARK + ONE + pickle.APPENDS,
        TRAP + pickle.MARK + ONE + pickle.ADDITEMS,
        TRAP + ONE + ONE + pickle.SETITEM,
        TRAP + pickle.MARK + ONE + ONE + pickle.SETITEMS,
        TRAP + pickle.EMPTY_TUPLE + pickle.NEWOBJ,
        TRAP + pickle.EMPTY_TUPLE + pickle.EMPTY_DICT + pickle.NEWOBJ_EX,
        TRAP + pickle.MEMOIZE + pickle.POP + pickle.BINGET + b"\x00" + pickle.EMPTY_TUPLE + pickle.REDUCE,
        pickle.GLOBAL + b"this\ns\n",
        text("this") + text("s") + pickle.STACK_GLOBAL,
        pickle.MARK + pickle.INST + b"this\ns\n",
        pickle.MARK + TRAP + pickle.OBJ,
        text("x") + pickle.BINPERSID,
        pickle.EXT1 + b"\x01",
    ],
)
def test_nothing_of_a_class_runs(attack: bytes) -> None:
    """A5, R6.4"""
    RAN.clear()
    with pytest.raises(DecodeError):
        decode(BEGIN + attack + pickle.STOP)
    assert RAN == []
    assert "this" not in sys.modules


PIECES = [
    TRAP, ONE, tag("empty"), tag("fill"), tag("fill_list"), tag("fill_mapping"), text("tests:Trap"), text("this"),
    *(getattr(pickle, name) for name in (
        "MARK", "POP", "POP_MARK", "DUP", "REDUCE", "BUILD", "NEWOBJ", "NEWOBJ_EX", "OBJ", "APPEND", "APPENDS",
        "SETITEM", "SETITEMS", "ADDITEMS", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET", "EMPTY_TUPLE", "TUPLE",
        "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET", "MEMOIZE", "STACK_GLOBAL", "NONE",
    )),
    *(pickle.BINGET + bytes([n]) for n in range(4)),
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_no_order_of_opcodes_runs_anything(pieces: list[bytes]) -> None:
    """A5, R6.4: whatever a signer has written, it is read as a value or refused."""
    RAN.clear()
    with suppress(DecodeError):
        decode(BEGIN + b"".join(pieces) + pickle.STOP)
    assert RAN == []
    assert "this" not in sys.modules


def test_what_the_encoder_writes_is_read() -> None:
    """R6.4: containers within themselves, shared parts, an Ellipsis, long texts and numbers."""
    loop: list[Any] = [1]
    loop.append((loop, {"x": loop}))
    assert decode(encode(loop))[1][1]["x"][0] == 1
    shared = {"a": b"x" * 70_000, "b": bytearray(b"y"), "c": {1, 2}, "d": frozenset({3}), "e": 1 << 4000}
    assert decode(encode([shared, shared, ..., 1.5, None, -1, True, 70_000])) == [
        shared, shared, ..., 1.5, None, -1, True, 70_000
    ]  # fmt: skip
    assert decode(encode(...)) is ...
    assert len(decode(encode(list(range(100_000))))) == 100_000

"""Check of payloads: only the opcodes that the encoder writes are allowed, each on the operands it uses (R6.4).

Pickle's other opcodes call methods of whatever is on its stack: BUILD calls `__setstate__`, REDUCE any instance that
can be called, APPENDS `extend`. So the payload is gone through before it is loaded, with the kind of each thing on the
stack.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from struct import Struct
from typing import Final

from holdfast.state.codec.errors import DecodeError

_PLAIN, _TEXT, _TUPLE, _LIST, _DICT, _SET, _TAG, _MARK = range(8)
"""Kinds of stack items; a tag is a function of `rebuild`."""


def _code(opcode: bytes) -> int:
    return opcode[0]


_FIXED: Final = {
    _code(opcode): (size, kind)
    for kind, size, opcodes in (
        (_PLAIN, 0, (pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE)),
        (_PLAIN, 1, (pickle.BININT1,)),
        (_PLAIN, 2, (pickle.BININT2,)),
        (_PLAIN, 4, (pickle.BININT,)),
        (_PLAIN, 8, (pickle.BINFLOAT,)),
        (_LIST, 0, (pickle.EMPTY_LIST,)),
        (_DICT, 0, (pickle.EMPTY_DICT,)),
        (_SET, 0, (pickle.EMPTY_SET,)),
        (_TUPLE, 0, (pickle.EMPTY_TUPLE,)),
        (_MARK, 0, (pickle.MARK,)),
    )
    for opcode in opcodes
}
"""Number of bytes that follow an opcode, and the kind that it pushes on the stack."""
_ONE, _FOUR, _EIGHT = Struct("<B"), Struct("<I"), Struct("<Q")
_COUNTED: Final = {
    _code(opcode): (count, kind)
    for count, kind, opcodes in (
        (_ONE, _TEXT, (pickle.SHORT_BINUNICODE,)),
        (_FOUR, _TEXT, (pickle.BINUNICODE,)),
        (_EIGHT, _TEXT, (pickle.BINUNICODE8,)),
        (_ONE, _PLAIN, (pickle.SHORT_BINBYTES, pickle.LONG1)),
        (_FOUR, _PLAIN, (pickle.BINBYTES, pickle.LONG4)),
        (_EIGHT, _PLAIN, (pickle.BINBYTES8, pickle.BYTEARRAY8)),
    )
    for opcode in opcodes
}
"""Size of the length field of an opcode with a variable number of bytes, and the kind that it pushes."""
_TUPLES: Final = {_code(pickle.TUPLE1): 1, _code(pickle.TUPLE2): 2, _code(pickle.TUPLE3): 3}
_INTO: Final = {
    _code(pickle.APPEND): (1, _LIST),
    _code(pickle.APPENDS): (None, _LIST),
    _code(pickle.SETITEM): (2, _DICT),
    _code(pickle.SETITEMS): (None, _DICT),
    _code(pickle.ADDITEMS): (None, _SET),
}
"""Number of items that an opcode pops (`None`: down to the mark), and the kind of its container."""
_GETS: Final = {_code(pickle.BINGET): _ONE, _code(pickle.LONG_BINGET): _FOUR}


class _Scan:
    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0
        self._stack: list[int] = []
        self._memo: list[int] = []

    def run(self) -> None:
        payload, stack, end = self._payload, self._stack, len(self._payload)
        if payload[:2] != pickle.PROTO + b"\x05":
            raise _refused("its beginning is not valid")
        self._at = 2
        while self._at < end:
            opcode = payload[self._at]
            self._at += 1
            if opcode in _FIXED:
                size, kind = _FIXED[opcode]
                self._at += size
                stack.append(kind)
            elif opcode in _COUNTED:
                count, kind = _COUNTED[opcode]
                size = self._number(count)
                self._at += size
                stack.append(kind)
            elif opcode == _MEMOIZE:
                self._memo.append(stack[-1])
            elif opcode == _STOP:
                if self._at != end or stack != [stack[-1]] or stack[-1] == _MARK:
                    raise _refused("its end is not valid")
                return
            else:
                self._change(opcode)
        raise _refused("it has no end")

    def _number(self, count: Struct) -> int:
        (number,) = count.unpack_from(self._payload, self._at)
        self._at += count.size
        return int(number)

    def _change(self, opcode: int) -> None:
        """Apply an opcode that uses the stack or the memo."""
        stack = self._stack
        if opcode in _INTO:
            many, kind = _INTO[opcode]
            self._take(many)
            if stack[-1] != kind:
                raise _refused(f"{bytes([opcode])!r} on what is not a plain container")
        elif opcode in _TUPLES:
            self._take(_TUPLES[opcode])
            stack.append(_TUPLE)
        elif opcode in _GETS:
            stack.append(self._memo[self._number(_GETS[opcode])])
        elif opcode in {_TUPLE_TO_MARK, _FROZENSET}:
            self._take(None)
            stack.append(_TUPLE if opcode == _TUPLE_TO_MARK else _PLAIN)
        elif opcode == _STACK_GLOBAL:
            self._global()
        elif opcode == _REDUCE:
            if stack.pop() != _TUPLE or stack.pop() != _TAG:
                raise _refused("a call of something that is not a tag")
            stack.append(_PLAIN)
        elif opcode == _FRAME:
            self._at += 8
        elif opcode == _POP:
            stack.pop()
        elif opcode == _POP_MARK:
            self._take(None)
        else:
            raise _refused(f"the opcode {bytes([opcode])!r}")

    def _global(self) -> None:
        """Replace a module and a name with a tag, which `find_class` checks. An Ellipsis is written in this way too."""
        if self._stack.pop() != _TEXT or self._stack.pop() != _TEXT:
            raise _refused("a name that is not a string")
        self._stack.append(_TAG)

    def _take(self, many: int | None) -> Sequence[int]:
        """Pop a number of items from the stack, or all down to the mark together with it."""
        stack = self._stack
        at = len(stack) - many if many is not None else len(stack) - 1 - stack[::-1].index(_MARK)
        if at < 0:
            raise _refused("the stack is too short")
        taken = stack[at:] if many is not None else stack[at + 1 :]
        del stack[at:]
        if _MARK in taken:
            raise _refused("a mark in a value")
        return taken


_MEMOIZE, _STOP, _FRAME = _code(pickle.MEMOIZE), _code(pickle.STOP), _code(pickle.FRAME)
_STACK_GLOBAL, _REDUCE = _code(pickle.STACK_GLOBAL), _code(pickle.REDUCE)
_TUPLE_TO_MARK, _FROZENSET = _code(pickle.TUPLE), _code(pickle.FROZENSET)
_POP, _POP_MARK = _code(pickle.POP), _code(pickle.POP_MARK)


def _refused(what: str) -> DecodeError:
    return DecodeError(f"this app does not write such bytes: {what}")


def check(payload: bytes) -> None:
    """Check that a payload has only what the encoder writes, without loading any of it.

    Raises:
        DecodeError: It has something else.
    """
    try:
        _Scan(payload).run()
    except DecodeError:
        raise
    except Exception as error:  # the payload ends too early, or uses a missing operand
        raise _refused(f"{type(error).__name__}: {error}") from error

"""Log output: one line per record, with its session and event, for people (`text`) or programs (`json`).

A library must not take over its user's logging, so `configure` gives handlers only to the loggers of Holdfast and its
server, and only where the program has not configured logging itself. A program that has can use `TextFormatter` and
`JsonFormatter` in its own handlers.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import sysconfig
import time
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path
from traceback import StackSummary, TracebackException, walk_tb
from typing import Any, Literal, TextIO, TypeAlias

from holdfast.errors import BuildError, HoldfastError

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Format: TypeAlias = Literal["text", "json"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
FORMATS: tuple[Format, ...] = ("text", "json")

LONGEST = 10_000
"""Maximum number of characters shown per message; clients control the length of some messages."""
PACKAGE = str(Path(__file__).resolve().parent) + os.sep
SERVERS = ("starlette", "uvicorn", "fastapi", "anyio", "uvloop", "asyncio", "mcp")
"""Packages that call a program's functions on behalf of Holdfast."""

CONFIGURED: tuple[tuple[str, str], ...] = (
    ("holdfast", "info"),
    ("uvicorn", "warning"),
    ("python_multipart", "error"),
    ("mcp", "warning"),
    ("mcp.server.sse", "critical"),
    ("sse_starlette", "warning"),
)
"""Loggers of Holdfast and its server, and the least level that each shows by default.

Two of them report a client's mistakes, one of these with a traceback that quotes the client. The client gets a 400 for
it, so the log does not need it.
"""

about: ContextVar[tuple[str, str | None] | None] = ContextVar("holdfast_about", default=None)
"""Session and event that the executing code works for; threads that run an event inherit it."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escaped(text: str) -> str:
    """Return a string on one line, escaping control characters, which could forge lines or control a terminal."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _NAMED.get(found[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


# Tracebacks -----------------------------------------------------------------------------------------------------------


def program_traceback(error: BaseException) -> str:
    """Return the traceback of an error and its causes, each starting at the program's line.

    Frames before the program are omitted, and for Holdfast's own errors also the frames after it. A traceback that does
    not pass through the program is shown completely, because its origin is needed to fix the cause.
    """
    whole = TracebackException.from_exception(error)
    _trim(whole, error)
    return "".join(whole.format()).rstrip("\n")


def begin_in_program(error: BaseException) -> BaseException:
    """Return an error whose traceback, like those of its causes, starts in the program, for handlers of any kind."""
    for each in _chain(error):
        trace = each.__traceback__
        while trace is not None and not _is_program(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        if trace is not None:
            each.__traceback__ = trace
    return error


def has_program(error: BaseException) -> bool:
    """Return whether an error passed through the program."""
    return any(_is_program(frame.f_code.co_filename) for frame, _ in walk_tb(error.__traceback__))


def _chain(error: BaseException) -> Iterable[BaseException]:
    seen: dict[int, BaseException] = {}
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen[id(each)] = each
            left += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return seen.values()


def _trim(shown: TracebackException | None, error: BaseException | None) -> None:
    """Remove frames outside the program from an error and the errors shown with it."""
    if shown is None or error is None:
        return
    theirs = [number for number, frame in enumerate(shown.stack) if _is_program(frame.filename)]
    if theirs:
        last = theirs[-1] + 1 if isinstance(error, HoldfastError) else len(shown.stack)
        shown.stack = StackSummary.from_list(list(shown.stack)[theirs[0] : last])
    _trim(shown.__cause__, error.__cause__)
    _trim(shown.__context__, error.__context__)
    for one, inner in zip(getattr(shown, "exceptions", None) or (), getattr(error, "exceptions", ()), strict=False):
        _trim(one, inner)


def _is_program(filename: str) -> bool:
    return not filename.startswith((PACKAGE, *_libraries())) and not filename.endswith(".pyx")


_found: tuple[str, ...] = ()


def _libraries() -> tuple[str, ...]:
    """Return the folders that do not belong to the program: installed packages and Python's library."""
    global _found  # noqa: PLW0603 -- looked up once, when the first error is logged
    if not _found:
        paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        places = [getattr(sys.modules.get(name), "__file__", None) for name in SERVERS]
        paths |= {str(Path(place).parent) for place in places if place}
        _found = (*(f"{path}{os.sep}" for path in paths if path), "<frozen ")
    return _found


# Formats --------------------------------------------------------------------------------------------------------------


class TextFormatter(logging.Formatter):
    """Formats records for people: time, level, session, event, logger, and the message on one line.

    A traceback follows on indented lines, so that no part of it looks like a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        session, event = _about(record)
        line = (
            f"{_time(record)} {record.levelname:<7} session={escaped(session or '-')} event={escaped(event or '-')} "
            f"{record.name}: {escaped(_message(record))}"
        )
        below = _traceback(record)
        return "\n".join([line, *(f"  {escaped(each)}" for each in below.split("\n") if each)]) if below else line


class JsonFormatter(logging.Formatter):
    """Formats records for programs: one JSON object per line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        session, event = _about(record)
        shown: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "session": session,
            "event": event,
            "logger": record.name,
            "message": escaped(_message(record)),
            **getattr(record, "fields", {}),
        }
        below = _traceback(record)
        if below:
            shown["traceback"] = below
        return json.dumps(shown, default=str)


def _about(record: logging.LogRecord) -> tuple[str | None, str | None]:
    """Return the session and event of a record: its own, or else those of the code that logged it."""
    session, event = about.get() or (None, None)
    return getattr(record, "session", session), getattr(record, "event", event)


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage().strip()
    except Exception:  # a format error must not hide the record
        return f"{record.msg!s} {record.args!r}"


def _traceback(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        return program_traceback(error)
    return record.exc_text or record.stack_info or ""


# Configuration --------------------------------------------------------------------------------------------------------


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to the current `sys.stderr`, like logging's handler of last resort."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str | None = None, format: str | None = None) -> None:
    """Show the log of Holdfast and its server, unless the program has configured logging itself.

    Args:
        level: Minimum level; by default `info`.
        format: `text` (the default) or `json`. An explicit format is used even if the program has configured logging.

    Raises:
        BuildError: `level` or `format` is not valid.
    """
    chosen = _checked("log_level", level, LEVELS), _checked("log_format", format, FORMATS)
    for name, usual in CONFIGURED:
        _configure(logging.getLogger(name), usual, *chosen)


def _configure(logger: logging.Logger, usual: str, level: str | None, format: str | None) -> None:
    ours = next((handler for handler in logger.handlers if isinstance(handler, _Stderr)), None)
    theirs = [handler for handler in logger.handlers if handler is not ours]
    if ours is None and not theirs and (format is not None or not logging.root.handlers):
        ours = _Stderr()
        ours.setFormatter(TextFormatter())
        logger.addHandler(ours)
        logger.propagate = False
        if logger.level == logging.NOTSET:
            logger.setLevel(usual.upper())
    if ours is not None and format is not None:
        ours.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    if level is not None:
        logger.setLevel(max(logging.getLevelName(level.upper()), _least(usual, level)))


def _least(usual: str, level: str) -> int:
    """Return the minimum level of a logger: the server's own records below it rarely matter to programs."""
    least: int = logging.getLevelName(usual.upper())
    return logging.DEBUG if level == "debug" else least


def _checked(name: str, given: str | None, known: tuple[str, ...]) -> str | None:
    if given is None:
        return None
    text = str(given).lower()
    if text not in known:
        raise BuildError(f"{name}={given!r} is not one of {', '.join(known)}. Use one of them, or omit it.")
    return text


__all__ = [
    "FORMATS",
    "LEVELS",
    "JsonFormatter",
    "TextFormatter",
    "about",
    "begin_in_program",
    "configure",
    "escaped",
    "has_program",
    "program_traceback",
]

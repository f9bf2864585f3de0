"""Format errors of a program with the lines of the program."""

from __future__ import annotations

from traceback import FrameSummary, StackSummary, TracebackException, extract_tb, format_list

from holdfast.errors import AddressError, HoldfastError
from holdfast.graph.callsite import is_ours


def error_text(error: Exception) -> str:
    """Return the text of an error that ended a program, for the program's author.

    The stack frames before the program are omitted, and for an error that Holdfast raises on purpose also those after
    the program's line. An unexpected error is shown completely, because its source is needed to fix it.

    Args:
        error: Error raised by the program.
    """
    frames = list(extract_tb(error.__traceback__))
    intended = isinstance(error, HoldfastError) or (
        isinstance(error, (TypeError, ValueError)) and bool(frames) and (frames[-1].line or "").startswith("raise ")
    )
    frames = _from_the_program(frames, intended=intended)
    if isinstance(error, AddressError):  # not caused by a line of the program
        return f"holdfast: {error}\n"
    if isinstance(error, HoldfastError):
        return "".join([*format_list(frames[-1:]), f"holdfast: {error}\n"])
    whole = TracebackException.from_exception(error)
    whole.stack = StackSummary.from_list(frames)
    return "".join(whole.format())


def _from_the_program(frames: list[FrameSummary], *, intended: bool) -> list[FrameSummary]:
    theirs = [index for index, frame in enumerate(frames) if not is_ours(frame.filename)]
    if not theirs:
        return []
    return frames[theirs[0] : theirs[-1] + 1] if intended else frames[theirs[0] :]

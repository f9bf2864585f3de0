"""A program's mistakes, told at the lines of the program."""

from __future__ import annotations

from traceback import FrameSummary, StackSummary, TracebackException, extract_tb, format_list

from holdfast.errors import AddressError, HoldfastError
from holdfast.graph.callsite import is_ours


def told(error: Exception) -> str:
    """What the one who wrote a program is told of an error that ended it.

    The way to the program is left out, and for a refusal of ours the way from its line to ours too. An error that
    nobody meant is shown whole: whoever mends it needs to see where it comes from.

    Args:
        error: What the program has raised.
    """
    frames = list(extract_tb(error.__traceback__))
    meant = isinstance(error, HoldfastError) or (
        isinstance(error, (TypeError, ValueError)) and bool(frames) and (frames[-1].line or "").startswith("raise ")
    )
    frames = _from_the_program(frames, refused=meant)
    if isinstance(error, AddressError):  # no line of the program is at fault
        return f"holdfast: {error}\n"
    if isinstance(error, HoldfastError):
        return "".join([*format_list(frames[-1:]), f"holdfast: {error}\n"])
    whole = TracebackException.from_exception(error)
    whole.stack = StackSummary.from_list(frames)
    return "".join(whole.format())


def _from_the_program(frames: list[FrameSummary], *, refused: bool) -> list[FrameSummary]:
    theirs = [index for index, frame in enumerate(frames) if not is_ours(frame.filename)]
    if not theirs:
        return []
    return frames[theirs[0] : theirs[-1] + 1] if refused else frames[theirs[0] :]

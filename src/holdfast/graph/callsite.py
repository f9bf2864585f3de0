"""Location of a call in the user's program, for messages and warnings."""

from __future__ import annotations

import dis
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType

_PACKAGE = str(Path(__file__).resolve().parent.parent)


def is_ours(filename: str) -> bool:
    """Return whether a source file belongs to Holdfast."""
    return filename.startswith(_PACKAGE)


def call_site() -> str:
    """Return `file:line` of the nearest frame outside Holdfast, or "" if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


def assigned_to() -> str:
    """Return the variable or attribute that the program's current call is assigned to, or "" if there is none.

    Determined from the byte code: the instruction after the call stores its result, as in `count = gr.State(0)`.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return ""
    name = _stored_after(frame.f_code, frame.f_lasti)
    inside = "" if frame.f_code.co_name == "<module>" else f"{frame.f_code.co_name}."
    return f"{inside}{name}" if name else ""


@lru_cache(maxsize=1024)
def _stored_after(code: CodeType, offset: int) -> str:
    following = [one for one in dis.get_instructions(code) if one.offset > offset and one.opname != "CACHE"][:2]
    if following and following[0].opname.startswith("LOAD_") and len(following) == 2:
        following = following[1:] if following[1].opname == "STORE_ATTR" else []  # self.count = …
    stores = following and following[0].opname.startswith("STORE_") and isinstance(following[0].argval, str)
    return str(following[0].argval) if stores else ""


def warn(message: str, kind: type[Warning] = UserWarning) -> None:
    """Issue a warning that points at the user's own line."""
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
        level += 1
    warnings.warn(message, kind, stacklevel=level)

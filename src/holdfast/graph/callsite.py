"""Where in the user's program a call was made, for messages and warnings."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import FrameType

_PACKAGE = str(Path(__file__).resolve().parent.parent)


def is_ours(filename: str) -> bool:
    """Whether code of this file is Holdfast's own."""
    return filename.startswith(_PACKAGE)


def call_site() -> str:
    """`file:line` of the nearest frame that is not Holdfast's own; "" when there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""


def warn(message: str, kind: type[Warning] = UserWarning) -> None:
    """Warn at the user's own line."""
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
        level += 1
    warnings.warn(message, kind, stacklevel=level)

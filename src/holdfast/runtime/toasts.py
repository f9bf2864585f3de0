"""`gr.Info`, `gr.Warning` and `gr.Success`: messages that a handler shows while it runs."""

from __future__ import annotations

import sys
from typing import Literal

from holdfast.runtime import current
from holdfast.wire.messages import Log


def Info(  # noqa: N802 - Gradio's name
    message: str = "Info issued.", duration: float | None = 10, visible: bool = True, title: str = "Info"
) -> None:
    """Show the visitor a note. Outside the queue it is printed.

    Args:
        message: What the visitor reads; HTML is allowed.
        duration: Seconds until it goes; `None` keeps it until it is closed.
        visible: Whether it is shown at all.
        title: Its heading.
    """
    _toast("info", message, duration, visible, title)


def Warning(  # noqa: N802 - Gradio's name
    message: str = "Warning issued.", duration: float | None = 10, visible: bool = True, title: str = "Warning"
) -> None:
    """Warn the visitor. Outside the queue it is printed.

    Args:
        message: What the visitor reads; HTML is allowed.
        duration: Seconds until it goes; `None` keeps it until it is closed.
        visible: Whether it is shown at all.
        title: Its heading.
    """
    _toast("warning", message, duration, visible, title)


def Success(  # noqa: N802 - Gradio's name
    message: str = "Success.", duration: float | None = 10, visible: bool = True, title: str = "Success"
) -> None:
    """Tell the visitor that something went well. Outside the queue it is printed.

    Args:
        message: What the visitor reads; HTML is allowed.
        duration: Seconds until it goes; `None` keeps it until it is closed.
        visible: Whether it is shown at all.
        title: Its heading.
    """
    _toast("success", message, duration, visible, title)


def _toast(
    level: Literal["info", "warning", "success"], message: str, duration: float | None, visible: bool, title: str
) -> None:
    job = current.job.get()
    if job is None or job.feed is None:
        sys.stdout.write(f"{title}: {message}\n")
        return
    job.log(Log(event_id=job.id, log=str(message), level=level, duration=duration, visible=visible, title=str(title)))

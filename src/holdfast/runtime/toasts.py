"""`gr.Info`, `gr.Warning`, and `gr.Success`: messages that a handler shows while it runs."""

from __future__ import annotations

import sys
from typing import Literal

from holdfast.runtime import current
from holdfast.wire.messages import Log


def Info(  # noqa: N802 - Gradio's name
    message: str = "Info issued.", duration: float | None = 10, visible: bool = True, title: str = "Info"
) -> None:
    """Show the visitor a message. Outside the queue, print it.

    Args:
        message: Text of the message; HTML is allowed.
        duration: Seconds until the message disappears; `None` keeps it until the visitor closes it.
        visible: Show the message.
        title: Heading of the message.
    """
    _toast("info", message, duration, visible, title)


def Warning(  # noqa: N802 - Gradio's name
    message: str = "Warning issued.", duration: float | None = 10, visible: bool = True, title: str = "Warning"
) -> None:
    """Show the visitor a warning. Outside the queue, print it.

    Args:
        message: Text of the warning; HTML is allowed.
        duration: Seconds until the warning disappears; `None` keeps it until the visitor closes it.
        visible: Show the warning.
        title: Heading of the warning.
    """
    _toast("warning", message, duration, visible, title)


def Success(  # noqa: N802 - Gradio's name
    message: str = "Success.", duration: float | None = 10, visible: bool = True, title: str = "Success"
) -> None:
    """Show the visitor a success message. Outside the queue, print it.

    Args:
        message: Text of the message; HTML is allowed.
        duration: Seconds until the message disappears; `None` keeps it until the visitor closes it.
        visible: Show the message.
        title: Heading of the message.
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

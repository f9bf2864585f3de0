"""Progress of a call as the protocol requires it: numbers that grow with every notification."""

from __future__ import annotations

from typing import NamedTuple

from holdfast.wire.messages import Estimation, FeedMessage, Generating, Log, Progress, ProgressUnit, Streaming

STEP = 0.001
"""Increment for a number that would not grow: the protocol requires growth, but `gr.Progress` accepts any number."""
MAX_TEXT = 500
"""Maximum length of a notification's text."""


class Report(NamedTuple):
    """A progress notification."""

    progress: float
    total: float | None
    message: str | None


class Meter:
    """Converts an event's messages to growing numbers."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._steps = 0

    def report(self, message: FeedMessage, value: str | None = None) -> Report | None:
        """Return the notification for a message, or `None` for most messages.

        Args:
            message: Message of the event.
            value: First value of a generator's step, as a string.
        """
        if isinstance(message, Progress) and message.progress_data:
            return self._unit(message.progress_data[-1])
        if isinstance(message, Generating | Streaming):
            self._steps += 1
            return self._grown(float(self._steps), None, value)
        if isinstance(message, Log):
            return self._grown(0.0, None, f"{message.level}: {message.log}")
        if isinstance(message, Estimation):
            ahead = message.rank or 0
            why = "an earlier call of this session" if message.waiting_for == "state" else f"{ahead} before this call"
            return self._grown(0.0, None, f"Waiting: {why}.") if ahead or message.waiting_for == "state" else None
        return None

    def _unit(self, unit: ProgressUnit) -> Report:
        if unit.index is not None:
            return self._grown(float(unit.index), unit.length, unit.desc)
        return self._grown(float(unit.progress or 0), None if unit.progress is None else 1.0, unit.desc)

    def _grown(self, number: float, total: float | None, message: str | None) -> Report:
        if self._last is not None and number <= self._last:
            number = self._last + STEP
        self._last = number
        return Report(number, total, message[:MAX_TEXT] if message else None)

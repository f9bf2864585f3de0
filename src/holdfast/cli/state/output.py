"""Output of a command: results to standard output, progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

from holdfast import exact

EVERY = 0.1
"""Minimum number of seconds between progress updates."""


class Output:
    """Writes text or JSON.

    Args:
        as_json: Write JSON, one object per line.
        action: Name of the action, for the progress.
        clock: Clock for the interval between progress updates.
    """

    def __init__(self, *, as_json: bool, action: str, clock: Callable[[], float]) -> None:
        self.as_json = as_json
        self._action = action
        self._clock = clock
        self._shows = _is_terminal(sys.stderr)
        self._count = 0
        self._next = 0.0
        self._shown = 0

    def write(self, text: str, facts: Mapping[str, Any] | None) -> None:
        """Write a line of text, or the facts as JSON (nothing if they are `None`)."""
        self._wipe()
        if not self.as_json:
            sys.stdout.write(f"{text}\n")
        elif facts is not None:
            sys.stdout.write(f"{exact.dumps(facts)}\n")

    def step(self) -> None:
        """Count a processed cell."""
        self._count += 1
        if self._shows and self._clock() >= self._next:
            self._next = self._clock() + EVERY
            text = f"{self._action}: {plural(self._count, 'cell')}"
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
            self._shown = len(text)

    def _wipe(self) -> None:
        if self._shown:
            sys.stderr.write(f"\r{' ' * self._shown}\r")
            sys.stderr.flush()
            self._shown = 0

    def end(self) -> None:
        """Clear the progress."""
        self._wipe()


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()


def plural(count: int, what: str) -> str:
    """Return a number with a noun in singular or plural: `1 cell`, `2 cells`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def size_text(size: int) -> str:
    """Return a size in a human-readable format."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return ""


def moment(seconds: float | None) -> str | None:
    """Return a time in ISO 8601 format, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def left(expires: float | None, now: float) -> str:
    """Return a human-readable time until expiration."""
    if expires is None:
        return "does not expire"
    seconds = expires - now
    if seconds <= 0:
        return "expired"
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"expires in {plural(int(seconds // size), unit)}"
    return f"expires in {plural(int(seconds), 'second')}"

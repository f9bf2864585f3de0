"""Signals to programs that tests start."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import wait_until


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process handles a signal: before that, the signal ends it at once."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


def send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal as soon as the process handles it: it says its address a little earlier."""
    if sys.platform == "linux":
        wait_until(lambda: catches(process.pid, signal.SIGTERM))
    process.send_signal(number)

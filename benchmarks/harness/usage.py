"""What a process has used so far, as the kernel's scheduler knows it."""

from __future__ import annotations

import time
from pathlib import Path

CPUCLOCK_SCHED = 2
"""Which of a process's clocks: what the scheduler gave it, in nanoseconds (a tick of 10 ms would be too coarse)."""


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended since
                continue
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for each in found:
        found.extend(parents.get(each, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU of a process's tree, user and system, threads that have ended included."""
    return sum(_clock(each) for each in tree(pid))


def _clock(pid: int) -> float:
    try:
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)  # Linux: clock_getcpuclockid(3)
    except OSError:  # it has ended since
        return 0.0


def resident_bytes(pid: int) -> int:
    """Memory that a process's tree keeps to itself or has touched (RSS)."""
    total = 0
    for each in tree(pid):
        try:
            lines = (Path("/proc") / str(each) / "status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return total

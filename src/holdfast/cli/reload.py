"""`--reload`: the app runs in a process of its own, which is started again when a file changes.

The new process listens on the same port, so that open pages reconnect to it by themselves.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from types import FrameType
from typing import NoReturn

PAUSE = 0.3
"""Seconds between two looks at the files."""
PATIENCE = 5.0
"""Seconds that the old process has for ending."""
FIRST_PORT = 7860
NOT_WATCHED = frozenset({"__pycache__", "node_modules", "site-packages"})

Look = Callable[[], dict[Path, float]]


def supervise(folder: Path, own: list[str], program: list[str], *, host: str | None, port: int | None) -> int:
    """Run the command without `--reload` in a process of its own, again after every change in `folder`.

    Args:
        folder: Whose Python files are watched.
        own: The command line.
        program: The program's own arguments.
        host: The address that it asks for.
        port: The port that it asks for; a free one is chosen once when it is `None`.
    """
    chosen = port if port is not None else free_port(host or "127.0.0.1")
    command = [sys.executable, "-m", "holdfast", *again(own, program, chosen if port is None else None)]
    signal.signal(signal.SIGTERM, _interrupt)
    return watch(lambda: subprocess.Popen(command), lambda: changes(folder))  # noqa: S603 -- our own command line


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 -- a signal handler's signature
    """A terminated command ends its process first, as at Ctrl+C."""
    raise KeyboardInterrupt


def watch(start: Callable[[], subprocess.Popen[bytes]], look: Look, pause: Callable[[float], None] = sleep) -> int:
    """Keep a process running, a new one after every change.

    A process that ends with an error waits for the next change; one that ends well ends the command.

    Args:
        start: Starts the process.
        look: The files with the times of their last change.
        pause: Waits between two looks.

    Returns:
        The exit status of a process that ended well.
    """
    seen = look()
    process = start()
    told = False
    try:
        while True:
            pause(PAUSE)
            now = look()
            if now != seen:
                changed = sorted(file.name for file in {**seen, **now} if seen.get(file) != now.get(file))
                print(f"Changed: {', '.join(changed)}. Starting again.", file=sys.stderr)
                seen, told = now, False
                stop(process)
                process = start()
            elif process.poll() == 0:
                return 0
            elif process.poll() is not None and not told:
                told = True
                print("The program ended with an error. It starts again at the next change.", file=sys.stderr)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process: kindly, then firmly."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def changes(folder: Path) -> dict[Path, float]:
    """The Python files below a folder with the times of their last change."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_WATCHED and not name.startswith(".")]
        for name in files:
            if name.endswith(".py"):
                file = Path(place, name)
                try:
                    found[file] = file.stat().st_mtime
                except FileNotFoundError:  # it went between the two calls
                    continue
    return found


def again(own: list[str], program: list[str], port: int | None) -> list[str]:
    """The command line for the process: no `--reload`, and a port that stays.

    Args:
        own: The command line.
        program: The program's own arguments.
        port: The port to add; `None` when it has one.
    """
    added = [] if port is None else ["--port", str(port)]
    return [*(argument for argument in own if argument != "--reload"), *added, "--", *program]


def free_port(host: str) -> int:
    """The first free port from 7860, or any free one."""
    for port in (*range(FIRST_PORT, FIRST_PORT + 100), 0):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return 0

"""`--reload`: the app runs in a process of its own, which is started again when a file changes.

The new process listens on the same port, so that open pages reconnect to it by themselves, and load themselves again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from types import FrameType
from typing import NoReturn, Protocol

from holdfast.cli.failure_page import Broken
from holdfast.errors import HoldfastError
from holdfast.server.uvicorn_server import Certificate

PAUSE = 0.3
"""Seconds between two looks at the files."""
PATIENCE = 5.0
"""Seconds that the old process has for ending."""
FIRST_PORT = 7860
NOT_WATCHED = frozenset({"__pycache__", "node_modules", "site-packages"})

Look = Callable[[], dict[Path, float]]


class Shown(Protocol):
    """Something that stands at the program's address."""

    def close(self) -> None:
        """Leave the address."""


def supervise(
    folder: Path,
    own: list[str],
    program: list[str],
    *,
    host: str | None,
    port: int | None,
    certificate: Certificate | None = None,
) -> int:
    """Run the command without `--reload` in a process of its own, again after every change in `folder`.

    While the program does not start, its address shows why.

    Args:
        folder: Whose Python files are watched.
        own: The command line.
        program: The program's own arguments.
        host: The address that it asks for.
        port: The port that it asks for; a free one is chosen once when it is `None`.
        certificate: What it serves https with.
    """
    address = host or "127.0.0.1"
    chosen = port if port is not None else free_port(address)
    signal.signal(signal.SIGTERM, _interrupt)
    with TemporaryDirectory(prefix="holdfast-") as place:
        report = Path(place, "error.txt")
        arguments = again(own, program, chosen if port is None else None, report)
        command = [sys.executable, "-m", "holdfast", *arguments]

        def start() -> subprocess.Popen[bytes]:
            report.unlink(missing_ok=True)
            return subprocess.Popen(command)  # noqa: S603 -- our own command line

        def show(status: int) -> Shown | None:
            return _show(report, status, address, chosen, certificate)

        return watch(start, lambda: changes(folder), show=show)


def _show(report: Path, status: int, host: str, port: int, certificate: Certificate | None) -> Shown | None:
    """Serve why the program has ended at its address."""
    try:
        error = report.read_text("utf-8")
    except FileNotFoundError:
        error = f"The program ended with status {status}. The terminal says why."
    try:
        return Broken(error, host, port, certificate)
    except (OSError, HoldfastError) as refused:  # the address is taken, which may be why the program does not start
        print(f"The error cannot be shown in the browser: {refused}", file=sys.stderr)
        return None


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 -- a signal handler's signature
    """A terminated command ends its process first, as at Ctrl+C."""
    raise KeyboardInterrupt


def watch(
    start: Callable[[], subprocess.Popen[bytes]],
    look: Look,
    pause: Callable[[float], None] = sleep,
    show: Callable[[int], Shown | None] = lambda _: None,
) -> int:
    """Keep a process running, a new one after every change.

    A process that ends with an error waits for the next change; one that ends well ends the command.

    Args:
        start: Starts the process.
        look: The files with the times of their last change.
        pause: Waits between two looks.
        show: Shows where the program is expected that it ended, with this exit status.

    Returns:
        The exit status of a process that ended well.
    """
    seen = look()
    process = start()
    told = False
    shown: Shown | None = None
    try:
        while True:
            pause(PAUSE)
            now = look()
            if now != seen:
                changed = sorted(file.name for file in {**seen, **now} if seen.get(file) != now.get(file))
                print(f"Changed: {', '.join(changed)}. Starting again.", file=sys.stderr)
                seen, told = now, False
                stop(process)
                if shown is not None:
                    shown.close()
                    shown = None
                process = start()
            elif process.poll() == 0:
                return 0
            elif process.poll() is not None and not told:
                told = True
                print("The program ended with an error. It starts again at the next change.", file=sys.stderr)
                shown = show(process.poll() or 0)
    finally:
        stop(process)
        if shown is not None:
            shown.close()


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


def again(own: list[str], program: list[str], port: int | None, report: Path) -> list[str]:
    """The command line for the process: no `--reload`, and a port that stays.

    Args:
        own: The command line.
        program: The program's own arguments.
        port: The port to add; `None` when it has one.
        report: Where the process writes why it does not start.
    """
    added = ["--reloads", str(report), *([] if port is None else ["--port", str(port)])]
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

"""`--reload`: run the app in a separate process, which is restarted when a file changes.

The new process listens on the same port, so open pages reconnect to it automatically and reload.
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
"""Seconds between checks of the files."""
PATIENCE = 5.0
"""Seconds that the old process has to end."""
FIRST_PORT = 7860
NOT_WATCHED = frozenset({"__pycache__", "node_modules", "site-packages"})

Look = Callable[[], dict[Path, float]]


class Shown(Protocol):
    """A server at the program's URL."""

    def close(self) -> None:
        """Stop serving."""


def supervise(
    folder: Path,
    own: list[str],
    program: list[str],
    *,
    host: str | None,
    port: int | None,
    certificate: Certificate | None = None,
) -> int:
    """Run the command without `--reload` in a separate process, and restart it after every change in `folder`.

    While the program does not start, its URL shows the error.

    Args:
        folder: Folder with the Python files to watch.
        own: Arguments of the command.
        program: Arguments of the program.
        host: Requested host.
        port: Requested port; `None` chooses a free one once.
        certificate: Certificate for https.
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

        return watch(start, lambda: changes(folder), sleep, show)


def _show(report: Path, status: int, host: str, port: int, certificate: Certificate | None) -> Shown | None:
    """Serve the error that ended the program at its URL."""
    try:
        error = report.read_text("utf-8")
    except FileNotFoundError:
        error = f"The program ended with status {status}. See the terminal for details."
    try:
        return Broken(error, host, port, certificate)
    except (OSError, HoldfastError) as refused:  # the port is in use, which may be why the program does not start
        print(f"The error cannot be shown in the browser: {refused}", file=sys.stderr)
        return None


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 -- a signal handler's signature
    """Raise `KeyboardInterrupt`, so that a terminated command first ends its process, as with Ctrl+C."""
    raise KeyboardInterrupt


def watch(
    start: Callable[[], subprocess.Popen[bytes]],
    look: Look,
    pause: Callable[[float], None],
    show: Callable[[int], Shown | None] = lambda _: None,
) -> int:
    """Keep a process running, and replace it after every change.

    After a process has ended with an error, wait for the next change. If it ends successfully, return.

    Args:
        start: Function that starts the process.
        look: Function that returns the files with their modification times.
        pause: Function that waits between checks.
        show: Function that serves the error of a program that ended with a given exit status.

    Returns:
        The exit status of a process that ended successfully.
    """
    seen = look()
    process = start()
    reported = False
    shown: Shown | None = None
    try:
        while True:
            pause(PAUSE)
            now = look()
            if now != seen:
                changed = sorted(file.name for file in {**seen, **now} if seen.get(file) != now.get(file))
                print(f"Changed: {', '.join(changed)}. Restarting.", file=sys.stderr)
                seen, reported = now, False
                stop(process)
                if shown is not None:
                    shown.close()
                    shown = None
                process = start()
            elif process.poll() == 0:
                return 0
            elif process.poll() is not None and not reported:
                reported = True
                print("The program ended with an error. It will restart after the next change.", file=sys.stderr)
                shown = show(process.poll() or 0)
    finally:
        stop(process)
        if shown is not None:
            shown.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, and kill it if it does not end in time."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def changes(folder: Path) -> dict[Path, float]:
    """Return the Python files in a folder with their modification times."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_WATCHED and not name.startswith(".")]
        for name in files:
            if name.endswith(".py"):
                file = Path(place, name)
                try:
                    found[file] = file.stat().st_mtime
                except FileNotFoundError:  # deleted between the two calls
                    continue
    return found


def again(own: list[str], program: list[str], port: int | None, report: Path) -> list[str]:
    """Return the command line of the process: without `--reload`, and with a fixed port.

    Args:
        own: Arguments of the command.
        program: Arguments of the program.
        port: Port to add; `None` if the command has one.
        report: File for the error that prevents the program from starting.
    """
    added = ["--reloads", str(report), *([] if port is None else ["--port", str(port)])]
    return [*(argument for argument in own if argument != "--reload"), *added, "--", *program]


def free_port(host: str) -> int:
    """Return the first free port from 7860, or any free port."""
    for port in (*range(FIRST_PORT, FIRST_PORT + 100), 0):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return 0

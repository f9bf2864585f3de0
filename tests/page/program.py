"""A program that is served by a process of its own, which a test can kill."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from tests.ports import free_port

SOURCE = Path(__file__).resolve().parents[2] / "src"


class Program:
    """`holdfast run` on a program, at one address however often it is started.

    Args:
        code: The program.
        folder: Where it is written and run.
        arguments: More of the command line.
    """

    def __init__(self, code: str, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self.write(code)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self.said = ""
        """What it printed at its last start."""
        self._command = [sys.executable, "-m", "holdfast", "run", "app.py", "--port", str(port), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def write(self, code: str) -> None:
        """Write the program, or another version of it."""
        (self._folder / "app.py").write_text(dedent(code))

    def start(self) -> None:
        """Start it, and wait until it serves."""
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if re.search(r"https?://\S+", line):
                break
        else:
            raise AssertionError(f"it ended with {self._process.wait()}:\n{''.join(lines)}")
        self.said = "".join(lines)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def stop(self) -> None:
        """End it as a service manager does, with the processes that it has started."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None

    def wait_for_restart(self) -> None:
        """Wait until it says again that it serves (`--reload`)."""
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if re.search(r"https?://\S+", line):
                return

    def rest(self) -> str:
        """What it has printed since; ends it."""
        assert self._process is not None
        self._process.kill()
        said = self._process.communicate()[0]
        self._process = None
        return said

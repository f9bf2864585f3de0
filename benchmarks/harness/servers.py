"""A server of each kind in a process of its own, on a free port."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness.http import Connection
from benchmarks.harness.sheet import FLOOR, GRADIO, OURS
from benchmarks.harness.usage import cpu_seconds, resident_bytes

ROOT = Path(__file__).resolve().parents[2]
SERVE = ROOT / "benchmarks" / "serve.py"
START_WITHIN = 90.0


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(kind: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a server's process: this one's, without settings of either framework."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRADIO_", "HOLDFAST_", "PYTHON"))}
    if kind == GRADIO:
        kept["GRADIO_ANALYTICS_ENABLED"] = "False"  # it would call its makers' servers; costs it nothing here
        kept["HF_HUB_OFFLINE"] = "1"
    else:
        kept["PYTHONPATH"] = str(ROOT / "src")
    return {**kept, **(more or {})}


class Server:
    """A running server.

    Args:
        kind: Whose.
        python: The interpreter of its environment.
        program: Name of a program in `benchmarks/programs.py`.
        more: For its environment.
    """

    def __init__(self, kind: str, python: str, program: str, more: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-benchmark-", ignore_cleanup_errors=True)
        self.log = Path(self.folder.name) / "log.txt"
        self._config: dict[str, Any] = {}
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [python, str(SERVE), kind, program, str(self.port)],
                env=environment(kind, more),
                cwd=self.folder.name,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def ready(self) -> float:
        """Wait for its first answer; seconds from its start."""
        while time.monotonic() - self.began < START_WITHIN:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.kind} did not start:\n{self.log.read_text()[-2000:]}")
            try:
                async with Connection(self.port) as connection:
                    status, _ = await connection.request("GET", "/")
                    if status == 200:
                        return time.monotonic() - self.began
            except (OSError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.01)
        raise RuntimeError(
            f"{self.kind} did not answer within {START_WITHIN:g} seconds:\n{self.log.read_text()[-2000:]}"
        )

    async def config(self) -> dict[str, Any]:
        """Its config, asked once."""
        if not self._config:
            async with Connection(self.port) as connection:
                self._config = await connection.json("GET", "/config")
        return self._config

    async def fn(self, name: str) -> int:
        """The number of an endpoint."""
        for dependency in (await self.config())["dependencies"]:
            if dependency["api_name"] == name:
                return int(dependency["id"])
        raise LookupError(f"{self.kind} has no endpoint {name!r}")

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """Bytes resident now."""
        return resident_bytes(self.process.pid)

    def stop(self) -> None:
        """End it and all that it started."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, how)
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        self.folder.cleanup()


def interpreters() -> dict[str, str]:
    """The Python of each kind: ours runs the floor too; Gradio has an environment of its own."""
    found = {OURS: sys.executable, FLOOR: sys.executable}
    gradio = Path(os.environ.get("HOLDFAST_BENCH_GRADIO", ROOT / "benchmarks" / ".venv-gradio" / "bin" / "python"))
    if gradio.exists():
        found[GRADIO] = str(gradio)
    return found

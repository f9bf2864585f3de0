"""An app in a process of its own, which a test kills."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
from tests.ports import free_port
from tests.torture.processes import ENVIRONMENT

PROGRAM = """
import sys, time, asyncio
import holdfast as gr

def both(a, b):
    a["n"] += 1
    time.sleep(0.001)
    return a, {"n": b["n"] + 1}, a["n"]

async def steps(a, b):
    for _ in range(3):
        await asyncio.sleep(0.001)
        a["n"] += 1
        b = {"n": b["n"] + 1}
        yield a, b, a["n"]

def share(left, right):
    return left + 1, right + 1, left + 1

with gr.Blocks() as demo:
    a, b = gr.State({"n": 0}), gr.State({"n": 0})
    left = gr.State(0, scope="app", key="left")
    right = gr.State(0, scope="app", key="right")
    shown, other = gr.Number(), gr.Number()
    gr.Button().click(both, [a, b], [a, b, shown], api_name="both", concurrency_limit=None)
    gr.Button().click(both, [a, b], [a, b, shown], api_name="direct", queue=False)
    gr.Button().click(steps, [a, b], [a, b, shown], api_name="steps", concurrency_limit=None)
    gr.Button().click(share, [left, right], [left, right, shown], api_name="share", concurrency_limit=None)
    gr.Button().click(lambda a, b: (a["n"], b["n"]), [a, b], [shown, other], api_name="look", queue=False)
    gr.Button().click(lambda a, b: (a, b), [left, right], [shown, other], api_name="look_shared", queue=False)

demo.launch(server_port=int(sys.argv[1]), state_store=sys.argv[2], quiet=True)
"""


class Server:
    """The app on one address, however often it is started.

    Args:
        folder: Where the program is written and run.
        store: Where its State is kept.
    """

    def __init__(self, folder: Path, store: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "program.py").write_text(PROGRAM)
        self._folder = folder
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 60) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "said.txt").open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "program.py", str(self.port), self._store],
                cwd=self._folder, env=ENVIRONMENT, stdout=said, stderr=said,
            )  # fmt: skip
        end = time.monotonic() + patience
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(self.said())
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/gradio_api/health", timeout=5, verify=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def said(self) -> str:
        """Everything that it has printed."""
        return (self._folder / "said.txt").read_text("utf-8", "replace")

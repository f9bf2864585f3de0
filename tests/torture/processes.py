"""Python programs in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    "HOLDFAST_SECRET_KEY": "a key for the tests of torture",
}


def start(program: str, *arguments: str, folder: Path | None = None) -> subprocess.Popen[str]:
    """Start a program that says what it found as JSON."""
    return subprocess.Popen(
        [sys.executable, "-c", dedent(program), *arguments],
        env=ENVIRONMENT,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def found_by(process: subprocess.Popen[str], seconds: float = 100) -> Any:
    """What the program said last."""
    try:
        said, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 0, errors
    return json.loads(said.splitlines()[-1])


def all_found(processes: Sequence[subprocess.Popen[str]], seconds: float = 100) -> list[Any]:
    """What several programs said; none is left running."""
    try:
        return [found_by(process, seconds) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()

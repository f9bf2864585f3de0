"""Gradio's official clients with apps on a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from tests.server.conftest import Serve, Served, serve

__all__ = ["Connect", "RunJS", "Serve", "Served", "serve"]

JS = Path(__file__).parent / "js"
Connect = Callable[..., Client]
RunJS = Callable[[Served, str], list[Any]]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that creates Python clients, which are closed when the test ends."""
    clients: list[Client] = []

    def make(app: Served, **options: Any) -> Client:
        clients.append(Client(app.url, verbose=False, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def run_js() -> RunJS:
    """Return a function that runs a scenario with the JavaScript client and returns its output."""
    if not (JS / "node_modules" / "@gradio" / "client").is_dir() or shutil.which("node") is None:
        pytest.fail("The JavaScript client is missing. Install it: npm ci --ignore-scripts --prefix tests/clients/js")

    def run(app: Served, scenario: str) -> list[Any]:
        done = subprocess.run(
            ["node", str(JS / "harness.mjs"), app.url],
            input=scenario, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run

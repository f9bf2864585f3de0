"""What all tests share."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import hypothesis
import pytest

# Whether a property holds does not depend on how fast the machine is.
hypothesis.settings.register_profile("holdfast", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("holdfast")

# A background job of a shell ignores Ctrl+C, and the programs that tests start would, too.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CALM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Flags that keep the browser from talking to anybody but the test's server."""


@contextmanager
def _free_of_suspended_loops() -> Iterator[None]:
    """Set Playwright's loop aside.

    It keeps one of its own in this thread, suspended, for as long as the session lasts; asyncio would take it for a
    running one and refuse to start another.
    """
    suspended = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(suspended)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds",
        type=int,
        default=None,
        help="How often each random or repeated thing is done where a test asks for `rounds`; a few times by default.",
    )


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How often to do something: what `--rounds` says, else the test's own modest number."""
    given: int | None = request.config.getoption("--rounds")
    return lambda modest: modest if given is None else given


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _may_start_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that drive no browser may start a loop of their own, whichever test ran before them."""
    with nullcontext() if "playwright" in request.fixturenames else _free_of_suspended_loops():
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's own Chromium."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError(f"No browser is installed: {', '.join(BROWSERS)}. Run scripts/setup.")
    return {**browser_type_launch_args, "executable_path": found, "args": list(CALM)}

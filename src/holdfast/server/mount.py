"""Serve an app inside another ASGI app, such as FastAPI or Starlette."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from holdfast.server.app import lifespan


def has_cors(parent: Starlette) -> bool:
    """Return whether the parent app sends CORS headers itself."""
    return any(
        isinstance(one.cls, type) and issubclass(one.cls, CORSMiddleware)
        for one in getattr(parent, "user_middleware", ())
    )


def mount(parent: Any, child: Starlette, path: str) -> None:
    """Mount a served app in a parent and include its lifespan in the parent's.

    Args:
        parent: A FastAPI or Starlette app that has not started.
        child: App returned by `create_app`.
        path: Path of the app, such as `/gradio`; empty for the parent's root.
    """
    parent.mount(path.rstrip("/"), child)
    around = parent.router.lifespan_context

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Any]:
        async with around(app) as state, lifespan(child):
            with stop_on_signals(child.state.context.streams.stop):
                yield state

    parent.router.lifespan_context = both


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` when a signal ends the server.

    A server that is not Holdfast's own first waits for open streams and then ends the app's lifespan, so streams that
    wait for the lifespan would block it indefinitely. The server's own signal handlers are called as before.

    Args:
        stop: Function to call on the event loop.
        stop: Called on the event loop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def pass_on(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    # Without a server's handler, a signal ends the process, so nothing needs to be done.
    handled = [n for n, handler in before.items() if callable(handler) and handler is not signal.default_int_handler]
    for number in handled:
        signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number in handled:
            if signal.getsignal(number) is pass_on:
                signal.signal(number, before[number])

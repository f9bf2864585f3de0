"""Work that must not be interrupted by cancellation, and tasks that must end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar
from weakref import WeakSet

_Result = TypeVar("_Result")


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task and wait until it has ended.

    Retries if a cancellation is lost, as in `asyncio.wait_for` before Python 3.12 when a result arrives at the same
    time.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)


async def ended(task: asyncio.Future[Any]) -> None:
    """Wait until a task has ended in any way; cancellation of the caller does not cancel it."""
    if not task.done():
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda _: None if waiter.done() else waiter.set_result(None))
        await waiter


async def outlast(work: Awaitable[_Result]) -> _Result:
    """Await work to its end; a cancellation in the meantime takes effect at the next `await` after it."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await ended(task)
        except asyncio.CancelledError:  # noqa: PERF203 # can be raised more than once
            cancelled = True
    if cancelled:
        cancel_again()
    return task.result()


class Stubborn(asyncio.Future[Any]):
    """A future that a canceled task keeps waiting for."""

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 # a future's signature
        """Refuse; the task is canceled when the result is available."""
        return False

    async def outlast(self) -> Any:
        """Return the result; a cancellation in the meantime takes effect at the next `await` after it."""
        try:
            return await self
        except asyncio.CancelledError:
            if not self.done():
                raise
            cancel_again()
            return self.result()


_cancelled: WeakSet[asyncio.Task[Any]] = WeakSet()
"""Tasks whose cancellation was deferred."""


async def heed_cancel() -> None:
    """Let a deferred cancellation take effect before other work defers it again."""
    task = asyncio.current_task() if _cancelled else None
    if task is not None and task in _cancelled:
        _cancelled.discard(task)
        await asyncio.sleep(0)


def cancel_again() -> None:
    """Let a caught cancellation take effect at the next `await`."""
    task = asyncio.current_task()
    if task is not None:
        _cancelled.add(task)
        if hasattr(task, "uncancel"):
            task.uncancel()
        task.cancel()

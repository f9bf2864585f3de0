"""Work that a cancel must not cut in two, and tasks that must end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar
from weakref import WeakSet

_Result = TypeVar("_Result")


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task and wait until it has ended.

    Asks again where a cancel gets lost, as happens in `asyncio.wait_for` before Python 3.12 when it meets a result.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)


async def ended(task: asyncio.Future[Any]) -> None:
    """Return when a task has ended, however it did; a cancel of the caller does not reach it."""
    if not task.done():
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda _: None if waiter.done() else waiter.set_result(None))
        await waiter


async def outlast(work: Awaitable[_Result]) -> _Result:
    """Await something to its end; a cancel that comes meanwhile takes effect at the next `await` after it."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await ended(task)
        except asyncio.CancelledError:  # noqa: PERF203 # it may come more than once
            cancelled = True
    if cancelled:
        cancel_again()
    return task.result()


class Stubborn(asyncio.Future[Any]):
    """A future that a cancelled task goes on waiting for."""

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 # a future's signature
        """Refuse; the task is cancelled when the result is there."""
        return False

    async def outlast(self) -> Any:
        """The result; a cancel that comes meanwhile takes effect at the next `await` after it."""
        try:
            return await self
        except asyncio.CancelledError:
            if not self.done():
                raise
            cancel_again()
            return self.result()


_cancelled: WeakSet[asyncio.Task[Any]] = WeakSet()
"""Tasks whose cancel was put off."""


async def heed_cancel() -> None:
    """Let a cancel that was put off take effect before something else begins that puts it off."""
    task = asyncio.current_task() if _cancelled else None
    if task is not None and task in _cancelled:
        _cancelled.discard(task)
        await asyncio.sleep(0)


def cancel_again() -> None:
    """Let a cancel that was caught take effect at the next `await`."""
    task = asyncio.current_task()
    if task is not None:
        _cancelled.add(task)
        if hasattr(task, "uncancel"):
            task.uncancel()
        task.cancel()

"""Lanes: the queue of events that write one cell."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from holdfast.state.errors import StateDeadlockError

if TYPE_CHECKING:
    from holdfast.state.cells import Cell
    from holdfast.state.event import StateEvent


async def take(cell: Cell, event: StateEvent) -> bool:
    """Wait until `event` holds the lane of `cell`.

    Returns:
        Whether it had to wait.

    Raises:
        StateDeadlockError: The lane's holder waits for a lane that `event` holds.
    """
    if cell.holder is None:
        cell.holder = event
        return False
    if would_deadlock(cell, event):
        raise StateDeadlockError(cell.spec.label)
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if cell.waiters is None:
        cell.waiters = deque()
    entry = (event, future)
    cell.waiters.append(entry)
    event.waits_for = cell
    try:
        await future
    except asyncio.CancelledError:
        if cell.holder is event:
            free(cell)
        else:
            _leave_queue(cell, entry)
        raise
    finally:
        event.waits_for = None
    return True


def _leave_queue(cell: Cell, entry: tuple[StateEvent, asyncio.Future[None]]) -> None:
    if cell.waiters and entry in cell.waiters:
        cell.waiters.remove(entry)


def free(cell: Cell) -> None:
    """Give the lane to the event that waits for it longest."""
    waiters = cell.waiters
    while waiters:
        event, future = waiters.popleft()
        if not future.done():
            cell.holder = event
            future.set_result(None)
            return
    cell.holder = None
    cell.waiters = None


def would_deadlock(cell: Cell, event: StateEvent) -> bool:
    """Whether waiting for `cell` closes a circle: its holder waits, over others or not, for `event`."""
    closing = {event, event.outer}
    seen: set[StateEvent] = set()
    look = [cell.holder]
    while look:
        holder = look.pop()
        if holder is None or holder in seen:
            continue
        if holder in closing:
            return True
        seen.add(holder)
        look += [inner.waits_for.holder for inner in (holder, *holder.inner) if inner.waits_for is not None]
    return False


def queue_length(cell: Cell) -> int:
    """Events before one that would come now."""
    return (cell.holder is not None) + len(cell.waiters or ())

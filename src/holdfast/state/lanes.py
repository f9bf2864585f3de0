"""Lanes: the queue of events that write one cell."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from holdfast.state.errors import StateDeadlockError

if TYPE_CHECKING:
    from holdfast.state.model import Cell, LaneHolder

    Waiter: TypeAlias = tuple[LaneHolder, asyncio.Future[None]]


async def take(cell: Cell, event: LaneHolder) -> bool:
    """Wait until `event` holds the lane of `cell`.

    Returns:
        Whether it had to wait.

    Raises:
        StateDeadlockError: The lane's holder waits for a lane that `event` holds, or for another process and `event`,
            which is an update inside another event, has waited for it long enough.
    """
    if cell.holder is None:
        cell.holder = event
        return False
    if event.is_update and cell.holder.parked:
        _overtake(cell, event)
        return False
    if would_deadlock(cell, event):
        raise StateDeadlockError(cell.spec.label)
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if cell.waiters is None:
        cell.waiters = deque()
    entry = (event, future)
    cell.waiters.append(entry)
    event.waits_for = cell
    _give_up_later(cell, event, future)
    try:
        await future
    except (asyncio.CancelledError, StateDeadlockError):
        if cell.holder is event:
            free(cell)
        else:
            _leave_queue(cell, entry)
        raise
    finally:
        event.waits_for = None
    return True


def _give_up_later(cell: Cell, event: LaneHolder, future: asyncio.Future[None]) -> None:
    """See that an update inside an event does not wait for ever for one that waits for another process.

    What that process holds back may itself wait for what the event around the update holds: nobody sees that circle.
    """
    patience = event.patience
    if patience is None:
        return

    def look() -> None:
        if not future.done() and any(each.claiming for each in _awaited(cell)):
            future.set_exception(StateDeadlockError(cell.spec.label))
        else:
            _give_up_later(cell, event, future)

    alarm = asyncio.get_running_loop().call_later(patience, look)
    future.add_done_callback(lambda _: alarm.cancel())


def _leave_queue(cell: Cell, entry: tuple[LaneHolder, asyncio.Future[None]]) -> None:
    if cell.waiters and entry in cell.waiters:
        cell.waiters.remove(entry)


def free(cell: Cell) -> None:
    """Give the lane to the event that waits for it longest."""
    waiters = cell.waiters
    while waiters:
        event, future = _next_of(waiters)
        if not future.done():
            cell.holder = event
            future.set_result(None)
            return
    cell.holder = None
    cell.waiters = None


def _next_of(waiters: deque[Waiter]) -> Waiter:
    """The event that waits longest; an update where that one is not ready to begin anyway."""
    if waiters[0][0].parked:
        for entry in waiters:
            if entry[0].is_update and not entry[1].done():
                waiters.remove(entry)
                return entry
    return waiters.popleft()


def _overtake(cell: Cell, update: LaneHolder) -> None:
    """An update goes before the holder, which is parked; the holder comes next after it."""
    holder = cell.holder
    if holder is not None:
        future = asyncio.get_running_loop().create_future()
        if cell.waiters is None:
            cell.waiters = deque()
        cell.waiters.appendleft((holder, future))
        holder.lanes_lent_out[cell] = future
    cell.holder = update


def let_update_pass(cell: Cell) -> None:
    """The holder is parked: an update that waits for the lane goes before it."""
    for entry in cell.waiters or ():
        if entry[0].is_update and not entry[1].done():
            _leave_queue(cell, entry)
            _overtake(cell, entry[0])
            entry[1].set_result(None)
            return


async def regain(cell: Cell, event: LaneHolder) -> None:
    """Wait until a lane that an update has taken is back."""
    event.waits_for = cell
    try:
        await event.lanes_lent_out[cell]
    finally:
        event.waits_for = None


def give_up(cell: Cell, event: LaneHolder) -> None:
    """An event leaves: free its lane, or its claim to it where an update has it."""
    if cell.holder is event:
        free(cell)
    elif cell in event.lanes_lent_out:
        _leave_queue(cell, (event, event.lanes_lent_out[cell]))


def would_deadlock(cell: Cell, event: LaneHolder) -> bool:
    """Whether waiting for `cell` closes a circle: its holder waits, over others or not, for `event`."""
    closing = set(event.around())
    return any(each in closing for each in _awaited(cell))


def _awaited(cell: Cell) -> Iterator[LaneHolder]:
    """Who holds the lane of `cell`, the updates inside of it, and all whom these wait for in their turn."""
    seen: set[LaneHolder] = set()
    look = [cell.holder]
    while look:
        holder = look.pop()
        if holder is not None and holder not in seen:
            seen.add(holder)
            for each in holder.within_it():
                yield each
                if each.waits_for is not None:
                    look.append(each.waits_for.holder)


def queue_length(cell: Cell) -> int:
    """Events before one that would come now."""
    return (cell.holder is not None) + len(cell.waiters or ())

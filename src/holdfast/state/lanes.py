"""Lanes: each cell has a queue of the transactions that write it."""

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
    """Wait until a transaction holds the lane of a cell.

    Returns:
        Whether there was a wait.

    Raises:
        StateDeadlockError: The lane's holder waits for a lane that `event` holds; or `event` is an update inside
            another event, and after `patience` seconds the holder is still waiting for another process.
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
    """Limit the wait of an update inside an event for a transaction that waits for another process.

    That process may be waiting, in turn, for a lane that the outer event holds. No process can see such a cycle, so
    the update gives up after `patience` seconds.
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
    """Give the lane to the transaction that has waited longest."""
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
    """Remove and return the transaction that has waited longest, or an update if that one is parked."""
    if waiters[0][0].parked:
        for entry in waiters:
            if entry[0].is_update and not entry[1].done():
                waiters.remove(entry)
                return entry
    return waiters.popleft()


def _overtake(cell: Cell, update: LaneHolder) -> None:
    """Give the lane of a parked holder to an update; the holder gets it back next."""
    holder = cell.holder
    if holder is not None:
        future = asyncio.get_running_loop().create_future()
        if cell.waiters is None:
            cell.waiters = deque()
        cell.waiters.appendleft((holder, future))
        holder.lanes_lent_out[cell] = future
    cell.holder = update


def let_update_pass(cell: Cell) -> None:
    """Let a waiting update go before the holder, which is parked."""
    for entry in cell.waiters or ():
        if entry[0].is_update and not entry[1].done():
            _leave_queue(cell, entry)
            _overtake(cell, entry[0])
            entry[1].set_result(None)
            return


async def regain(cell: Cell, event: LaneHolder) -> None:
    """Wait until an update gives a lane back."""
    event.waits_for = cell
    try:
        await event.lanes_lent_out[cell]
    finally:
        event.waits_for = None


def give_up(cell: Cell, event: LaneHolder) -> None:
    """Free the lane of a transaction that ends, or its place in the queue while an update has the lane."""
    if cell.holder is event:
        free(cell)
    elif cell in event.lanes_lent_out:
        _leave_queue(cell, (event, event.lanes_lent_out[cell]))


def would_deadlock(cell: Cell, event: LaneHolder) -> bool:
    """Return whether waiting for a cell would close a cycle: its holder waits, directly or not, for `event`."""
    closing = set(event.around())
    return any(each in closing for each in _awaited(cell))


def _awaited(cell: Cell) -> Iterator[LaneHolder]:
    """Yield the holder of a lane, the updates inside it, and all transactions that these wait for in turn."""
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
    """Return the number of transactions ahead of a new one."""
    return (cell.holder is not None) + len(cell.waiters or ())

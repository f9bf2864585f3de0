"""Reads and writes of cells outside a session's own events: each write is an event of one cell (R2.8)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from holdfast.state.errors import UpdateError
from holdfast.state.owners import Owner, Owners, only
from holdfast.state.transaction import Engine, Transaction, current_event
from holdfast.state.values.snapshot import Snapshot, Uncaptured

if TYPE_CHECKING:
    from holdfast.state.history import Move
    from holdfast.state.spec import CellSpec


class Put:
    """Returned by an update function to set any value, including `None`."""

    def __init__(self, value: Any) -> None:
        self.value = value


def checked_result(spec: CellSpec, fn: Callable[[Any], Any], old: Any, new: Any) -> Any:
    """Return the value that an update function has returned.

    Raises:
        UpdateError: The function returned nothing, although the State had a value.
    """
    if isinstance(new, Put):
        return new.value
    if new is None and old is not None:
        raise UpdateError(
            f"The function {getattr(fn, '__qualname__', fn)!r} that updates {spec.label} returned nothing, so the "
            "State is unchanged. Return the new value, even if you change it in place; "
            "to make it None, use set(None)."
        )
    return new


def one_cell(engine: Engine, spec: CellSpec, owner: Owner) -> Transaction:
    """Return a transaction for one cell, nested in the current one if there is one."""
    return engine.event(only(owner), (spec,), (spec,)).within(current_event.get())


async def update(engine: Engine, spec: CellSpec, owner: Owner, fn: Callable[[Any], Any]) -> Any:
    """Set a cell to what `fn` makes of its value, as an event of its own (R2.8).

    Inside the event that holds the cell's lane, the update is part of that event's step.

    Args:
        engine: The engine that holds the cell.
        spec: The State.
        owner: The cell's owner.
        fn: Takes the value and returns the new one; may be async.

    Returns:
        The new value.

    Raises:
        UpdateError: `fn` returned nothing.
    """
    present = current_event.get()
    inside = present.holder(owner, spec) if present is not None and present.engine is engine else None
    if inside is not None:
        new = inside.working[spec] = await _applied(spec, fn, await inside.value_of(spec))
        return new
    async with one_cell(engine, spec, owner) as event:
        new = await _applied(spec, fn, (await event.values())[spec])
        await event.commit({spec: new})
    return new


async def _applied(spec: CellSpec, fn: Callable[[Any], Any], value: Any) -> Any:
    new = fn(value)
    if inspect.isawaitable(new):
        new = await new
    return checked_result(spec, fn, value, new)


async def move(engine: Engine, spec: CellSpec, owner: Owner, move: Move) -> Any:
    """Move a cell back or forward in its history, as an event of its own.

    Args:
        engine: The engine that holds the cell.
        spec: The State.
        owner: The cell's owner.
        move: The direction.

    Returns:
        The value after the move.
    """
    async with one_cell(engine, spec, owner) as event:
        await event.values()
        value = event.move(spec, move)
        await event.commit({})
    return value


async def begin(engine: Engine, spec: CellSpec, owner: Owner) -> tuple[Transaction, Any]:
    """Begin an update whose function runs in another thread.

    Returns:
        The transaction, which holds the cell's lane, and the cell's value.
    """
    event = one_cell(engine, spec, owner)
    await event.__aenter__()
    try:
        return event, (await event.values())[spec]
    except BaseException as error:
        await event.__aexit__(type(error), error, None)
        raise


async def end(event: Transaction, spec: CellSpec, value: Any) -> None:
    """Commit the value from the other thread, and end the update."""
    try:
        await event.commit({spec: value})
    finally:
        await event.__aexit__(None, None, None)


async def get(engine: Engine, spec: CellSpec, owner: Owner) -> Any:
    """Return a copy of a cell's last committed value (R5.5)."""
    owner_cells = engine.lifetime.use(owner)
    try:
        cell = owner_cells.cell(spec)
        if cell.claim is None:
            await engine.persistence.refresh([cell])
        if not cell.created:
            await engine.create(cell)
        return await engine.capturer.restored(cell.image) if isinstance(cell.image, Snapshot) else cell.value
    finally:
        engine.lifetime.release(owner_cells)


async def copy_session(engine: Engine, source: str, target: str, more: Iterable[CellSpec] = ()) -> None:
    """Give a session copies of another session's values and their history, as a duplicated tab gets them (R5.2).

    Args:
        engine: The engine that holds the sessions.
        source: Id of the session to copy; its values are left unchanged.
        target: Id of the copy.
        more: States besides the bound ones: those that the session's renders have made.
    """
    owner = Owner("session", source)
    owner_cells = engine.lifetime.use(owner)
    try:
        for spec in dict.fromkeys((*engine.specs, *more)):
            if spec.scope != "session":
                continue
            cell = owner_cells.cell(spec)
            if cell.claim is None:
                await engine.persistence.refresh([cell])
            if not cell.created or isinstance(cell.image, Uncaptured):
                continue
            history = cell.history
            async with engine.event(Owners(target), (), (spec,)) as event:
                if history is not None:
                    event.inherits[spec] = history.copy()
                await event.commit({spec: await get(engine, spec, owner)})
    finally:
        engine.lifetime.release(owner_cells)

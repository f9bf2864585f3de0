"""Access to a State from a program's own code: in a handler, a thread, or a task."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any

from holdfast.errors import StateError
from holdfast.state import operations
from holdfast.state.engine import StateEngine
from holdfast.state.errors import NotBoundError
from holdfast.state.history import Move
from holdfast.state.owners import Owner, Owners
from holdfast.state.spec import CellSpec
from holdfast.state.transaction import Engine, Transaction, current_event

log = logging.getLogger("holdfast.state")

PATIENCE = 10.0
"""Seconds that a thread waits for its turn before a warning is logged."""

blocked: ContextVar[Callable[[], AbstractContextManager[None]] | None] = ContextVar("holdfast_blocked", default=None)
"""Context entered while a thread waits for its turn, so that its pool can run another function meanwhile."""

acting: ContextVar[tuple[StateEngine, Owners] | None] = ContextVar("holdfast_acting", default=None)
"""Engine and visitor of the running listener, which has no transaction if it uses no State."""


def update(spec: CellSpec, owner: str | Owner | None, fn: Callable[[Any], Any]) -> Any:
    """Set a cell to what `fn` makes of its value; see `State.update`.

    In a thread, block until the commit, and run `fn` in that thread. On an event loop, return an awaitable.
    """
    event = _event(spec)
    engine = _engine(spec) if event is None else event.engine
    whose = _owner(spec, owner, event)
    here = _running_loop()
    inside = event.holder(whose, spec) if event is not None else None
    if inside is not None and (spec in inside.working or spec in inside.given):
        old = inside.working[spec] if spec in inside.working else inside.given[spec].value
        return _inside(inside, spec, fn, old, here)
    if here is None:
        return _blocking_update(engine, spec, whose, fn)
    return _on_loop(engine, here, operations.update(engine, spec, whose, fn))


def put(spec: CellSpec, owner: str | Owner | None, value: Any) -> Any:
    """Set a cell to a value; see `State.set`."""
    return update(spec, owner, lambda _: operations.Put(value))


def get(spec: CellSpec, owner: str | Owner | None) -> Any:
    """Return a copy of a cell's last commit; see `State.get`."""
    event = _event(spec)
    engine = _engine(spec) if event is None else event.engine
    work = operations.get(engine, spec, _owner(spec, owner, event))
    here = _running_loop()
    return _blocking(engine, work) if here is None else _on_loop(engine, here, work)


def move(spec: CellSpec, owner: str | Owner | None, move: Move) -> Any:
    """Move a cell back or forward in its history; see `State.undo`."""
    if not spec.history:
        raise StateError(
            f"{spec.label} keeps no history, so nothing can be undone. Declare it with State(…, history=20)."
        )
    event = _event(spec)
    engine = _engine(spec) if event is None else event.engine
    whose = _owner(spec, owner, event)
    here = _running_loop()
    inside = event.holder(whose, spec) if event is not None else None
    if inside is not None:
        return inside.move(spec, move)
    work = operations.move(engine, spec, whose, move)
    return _blocking(engine, work) if here is None else _on_loop(engine, here, work)


def _inside(
    event: Transaction, spec: CellSpec, fn: Callable[[Any], Any], old: Any, here: asyncio.AbstractEventLoop | None
) -> Any:
    new = fn(old)
    if inspect.isawaitable(new):
        work = _finished(event, spec, fn, old, new)
        return _blocking(event.engine, work) if here is None else here.create_task(work)
    new = event.working[spec] = operations.checked_result(spec, fn, old, new)
    if here is None:
        return new
    done = here.create_future()
    done.set_result(new)
    return done


async def _finished(
    event: Transaction, spec: CellSpec, fn: Callable[[Any], Any], old: Any, work: Awaitable[Any]
) -> Any:
    new = event.working[spec] = operations.checked_result(spec, fn, old, await work)
    return new


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


def _blocking_update(engine: Engine, spec: CellSpec, owner: Owner, fn: Callable[[Any], Any]) -> Any:
    event, value = _blocking(engine, operations.begin(engine, spec, owner), waits_for=spec.label)
    token = current_event.set(event)
    try:
        new = fn(value)
        if inspect.isawaitable(new):
            new = _blocking(engine, _awaited(new))
        new = operations.checked_result(spec, fn, value, new)
    except BaseException as error:
        _blocking(engine, event.__aexit__(type(error), error, None))
        raise
    finally:
        current_event.reset(token)
    _blocking(engine, operations.end(event, spec, new))
    return new


def _event(spec: CellSpec) -> Transaction | None:
    event = current_event.get()
    return event if event is not None and (not spec.engines or event.engine in spec.engines) else None


def _visitor(spec: CellSpec) -> tuple[StateEngine, Owners] | None:
    found = acting.get()
    return found if found is not None and found[0] in spec.engines else None


def _engine(spec: CellSpec) -> Engine:
    visitor = _visitor(spec)
    if visitor is not None:
        return visitor[0]
    if len(spec.engines) == 1:
        engine: StateEngine = spec.engines[0]
        return engine
    if not spec.engines:
        raise NotBoundError(f"{spec.label} does not belong to a running app. Launch the app before you use its State.")
    raise NotBoundError(
        f"{spec.label} belongs to {len(spec.engines)} running apps, so the app is ambiguous. "
        "Use it inside an event, or through one app's engine: engine.update(spec, owner, fn)."
    )


def _owner(spec: CellSpec, owner: str | Owner | None, event: Transaction | None) -> Owner:
    if isinstance(owner, Owner):
        return owner
    if owner is not None:
        return Owner(spec.scope, owner)
    if event is not None:
        *_, first = event.around()
        if not first.is_update:
            return first.owners.of(spec.scope)
        # An update that no event has started knows only the owner of its own cell.
        of_update: Owner | None = getattr(first.owners, spec.scope)
        if of_update is not None and of_update.id:
            return of_update
    visitor = _visitor(spec)
    if visitor is not None:
        return visitor[1].of(spec.scope)
    if spec.scope == "app":
        return Owner("app", "app")
    named = {"session": "owner=request.session_hash", "user": "owner=request.username", "browser": "owner=…"}
    raise StateError(
        f"{spec.label} has scope={spec.scope!r}, and outside an event its owner is unknown. Pass {named[spec.scope]}."
    )


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _blocking(engine: Engine, work: Coroutine[Any, Any, Any], waits_for: str | None = None) -> Any:
    if engine.loop is None:
        work.close()
        raise NotBoundError("The app that holds this State has stopped. Launch it again before you use its State.")
    with (blocked.get() or nullcontext)():
        future = asyncio.run_coroutine_threadsafe(work, engine.loop)
        try:
            return future.result(PATIENCE if waits_for else None)
        except FutureTimeoutError:
            if not future.done():
                log.warning(
                    "An update of %s has waited %g s for its turn, in the thread %r. If the event that holds the State "
                    "waits for this thread, neither can continue: start the thread with "
                    "contextvars.copy_context().run, so that its updates are part of that event.",
                    waits_for,
                    PATIENCE,
                    threading.current_thread().name,
                )
        return future.result()


def _on_loop(engine: Engine, here: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    if engine.loop is here:
        return engine.spawn(work)
    if engine.loop is None:
        work.close()
        raise NotBoundError("The app that holds this State has stopped. Launch it again before you use its State.")
    return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, engine.loop))

"""`batch=True`: waiting events of one listener run as one call; each keeps its own session, State, and lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.errors import BadValue, HandlerError
from holdfast.runtime.inputs import describe
from holdfast.runtime.threads import Threads, failure_from, outlast

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job
    from holdfast.runtime.plan import Plan


class Seat:
    """One event's part of a batch."""

    __slots__ = ("batch", "job", "outcome", "prepared")

    def __init__(self, job: Job, batch: Batch, loop: asyncio.AbstractEventLoop) -> None:
        self.job = job
        self.batch = batch
        self.prepared: asyncio.Future[list[Any]] = loop.create_future()
        """Converted inputs; canceled if the event leaves the batch."""
        self.outcome: asyncio.Future[Sequence[Any]] = loop.create_future()
        """One value per output of the event."""

    def leave(self) -> None:
        """Handle the cancellation of the seat's event."""
        self.batch.cancel_if_unused()


class Batch:
    """A call of a batch function.

    Args:
            plan: The listener's plan.
            threads: Threads that run synchronous functions.
            done: Callback for when the call has ended.
    """

    def __init__(self, plan: Plan, threads: Threads, done: Callable[[], None]) -> None:
        self.plan = plan
        self.threads = threads
        self._done = done
        self.seats: list[Seat] = []
        self.task: asyncio.Task[None] | None = None

    def add(self, job: Job) -> None:
        """Add an event to the batch."""
        job.seat = Seat(job, self, asyncio.get_running_loop())
        self.seats.append(job.seat)

    def start(self) -> None:
        """Call the function once the inputs of every event are converted or the event has left the batch."""
        self.task = asyncio.get_running_loop().create_task(self._run())

    def cancel_if_unused(self) -> None:
        """Cancel an async function once all of its events are canceled. A function in a thread cannot be stopped."""
        if self.task is not None and self.plan.kind == "async" and all(seat.job.cancelled for seat in self.seats):
            self.task.cancel()

    async def _run(self) -> None:
        try:
            await asyncio.wait([seat.prepared for seat in self.seats])
            ready = [seat for seat in self.seats if not seat.prepared.cancelled()]
            if ready:
                await self._call(ready)
        finally:
            self._done()
            for seat in self.seats:
                if not seat.outcome.done():
                    seat.outcome.cancel()

    async def _call(self, seats: list[Seat]) -> None:
        columns = [list(column) for column in zip(*(seat.prepared.result() for seat in seats), strict=True)]
        try:
            returned = await call_batch(self.plan, self.threads, columns, seats[0].job)
            rows = rows_of(self.plan, returned, len(seats))
        except (Exception, SystemExit) as error:
            for seat in seats:
                if not seat.outcome.done():
                    seat.outcome.set_exception(failure_from(error))
                    seat.outcome.exception()
            return
        for seat, row in zip(seats, rows, strict=True):
            if not seat.outcome.done():
                seat.outcome.set_result(row)


async def call_batch(plan: Plan, threads: Threads, columns: list[Any], job: Job) -> Any:
    """Call a batch function.

    Args:
            plan: The listener's plan.
            threads: Threads that run synchronous functions.
            columns: One list per input, with one item per sample.
            job: Event whose request and progress the function receives.
    """
    args, kwargs = plan.arguments(columns, job)
    if plan.kind == "async":
        return await plan.fn(*args, **kwargs)  # type: ignore[misc]
    returned = await outlast(threads.run(_called, plan, args, kwargs))
    return await returned if isinstance(returned, Coroutine) else returned


def _called(plan: Plan, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return plan.fn(*args, **kwargs)  # type: ignore[misc]


def samples_of(plan: Plan, data: Sequence[Any]) -> int:
    """Return the number of samples in a call with `batched` set.

    Raises:
        BadValue: The inputs are not lists of equal length, one per input (State inputs have no list).
    """
    lengths: list[int] = []
    for place, port in enumerate(plan.inputs):
        if port.cell is not None:
            continue
        column = data[place] if place < len(data) else None
        if not isinstance(column, list):
            raise BadValue(
                f"A batched call of {plan.name!r} takes a list of values for each input, but the value for "
                f'{describe(port)} is of type {type(column).__name__}. Send `"data": [[…], …]`, or leave `batched` out.'
            )
        lengths.append(len(column))
    if not lengths or not lengths[0] or len(set(lengths)) > 1:
        raise BadValue(
            f"A batched call of {plan.name!r} has lists of {', '.join(map(str, lengths)) or 'no'} values. "
            "Send lists of equal length, with at least one value each."
        )
    return lengths[0]


def rows_of(plan: Plan, returned: Any, samples: int) -> list[tuple[Any, ...]]:
    """Turn the lists that a batch function returned into one tuple of outputs per sample.

    Raises:
        HandlerError: A list does not have one item per sample, or there is not one list per output.
    """
    outputs = len(plan.outputs)
    if outputs == 0:
        return [()] * samples
    if not isinstance(returned, tuple | list) or len(returned) < outputs:
        given = len(returned) if isinstance(returned, tuple | list) else type(returned).__name__
        raise HandlerError(
            f"The batch function {plan.name!r} must return one list per output ({outputs}), even for a single output; "
            f"it returned {given}. Write `return [results]` for a single output."
        )
    columns = returned[:outputs]
    for index, column in enumerate(columns):
        if not hasattr(column, "__len__") or len(column) != samples:
            count = len(column) if hasattr(column, "__len__") else type(column).__name__
            raise HandlerError(
                f"The batch function {plan.name!r} received {samples} samples and returned {count} for output "
                f"{index}. Return one item per sample, in order."
            )
    return list(zip(*columns, strict=True))

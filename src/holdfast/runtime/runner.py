"""Run an event, from acquiring its lanes to its last message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from holdfast import logs
from holdfast.clock import Clock
from holdfast.files import rules as file_rules
from holdfast.graph.updates import skip
from holdfast.runtime import current
from holdfast.runtime.batch import Batch, call_batch, rows_of, samples_of
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.outputs import ConvertedStep, convert_values
from holdfast.runtime.render import Renders
from holdfast.runtime.report import Reporter
from holdfast.runtime.scheduler import Scheduler
from holdfast.runtime.settings import RuntimeOptions
from holdfast.runtime.steps import run_plain, steps
from holdfast.runtime.threads import Threads, failure_from, outlast
from holdfast.state.access import acting, blocked
from holdfast.wire.messages import Log

if TYPE_CHECKING:
    from holdfast.runtime.jobs import EventRequest, Job
    from holdfast.runtime.session import Session
    from holdfast.state import CellSpec, StateEngine, Transaction

NO_CELLS: Mapping[CellSpec, Any] = {}
RENDERED = ConvertedStep([skip()], {}, [], 0)
GENERATORS = frozenset({"generator", "async generator"})


UNSAVED = (
    "The result cannot be stored right now. It will be saved when the store is reachable again, unless the server "
    "stops."
)


class Runner:
    """Runs events: acquires lanes, waits for a slot in the queue, then runs step by step.

    Args:
        engine: State engine.
        queue: Scheduler that admits events.
        clock: Clock for time limits.
        options: Settings for threads and files.
        on_updates: Callback for when updates have changed a session's view of the app.
    """

    def __init__(
        self,
        *,
        engine: StateEngine,
        queue: Scheduler,
        clock: Clock,
        options: RuntimeOptions,
        on_updates: Callable[[Session], None],
    ) -> None:
        self.on_updates = on_updates
        self.engine = engine
        self.queue = queue
        self.clock = clock
        self.options = options
        self.threads = Threads(options.max_threads, "holdfast")
        self.generators = Threads(None, "holdfast-generator")
        self.renders = Renders(self.threads, engine, options)

    async def run(self, job: Job, reporter: Reporter, *, queued: bool) -> None:
        """Run an event to its end and report its progress.

        Args:
            job: The event.
            reporter: Receives the event's progress.
            queued: The event was admitted to the queue. Otherwise, it runs immediately, regardless of limits.

        Raises:
            asyncio.CancelledError: The event was canceled and has released everything that it held.
        """
        current.job.set(job)
        file_rules.enter(self.options.file_rules, job.hold, job.session.visitor)
        logs.about.set((job.session.id, job.id))
        blocked.set(self.threads.lend)
        # A batch runs events of several visitors, so there is no single visitor whose State a function could access.
        acting.set(None if job.listener.batch else (self.engine, job.session.owners))
        try:
            if not job.plan.cells:
                await self._in_queue(job, reporter, None, queued=queued)
                return
            plan = job.plan
            async with self.engine.event(
                job.session.owners,
                plan.reads,
                plan.writes,
                on_wait=lambda ahead: self.queue.estimate(job, ahead, "state"),
                source=plan if job.listener.rendered_in is None else None,
            ) as event:
                await self._in_queue(job, reporter, event, queued=queued)
        except (Exception, SystemExit) as error:
            reporter.failed(failure_from(error))

    async def _in_queue(self, job: Job, reporter: Reporter, event: Transaction | None, *, queued: bool) -> None:
        if queued:
            await self.queue.enter(job, None if event is None else event.park)
        try:
            if event is not None and event.parked:
                await event.resume()
            if job.listener.batch and job.seat is None and not job.call.batched:
                self._fill_batch(job, queued=queued)
            self.queue.leave(job)
            reporter.started()
            cells = NO_CELLS if event is None else await event.values()
            if job.listener.render is not None:
                config = await self.renders.run(job, cells)
                reporter.step(RENDERED, await self._commit(job, event, None), last=True)
                reporter.ended((), config)
                return
            if job.listener.batch:
                await self._run_sample(job, reporter, event, cells)
            elif job.chunks is not None:
                await self._run_stream(job, reporter, event, cells)
            else:
                await self._run_steps(job, job.call, reporter, event, cells)
            late = event is not None and job.plan.kind in GENERATORS and not reporter.is_satisfied
            reporter.ended(await self._commit(job, event, None) if late else ())
        finally:
            if job.seat is not None:
                job.seat.prepared.cancel()
            elif queued:
                self.queue.done(job.group)

    async def _run_steps(
        self, job: Job, call: EventRequest, reporter: Reporter, event: Transaction | None, cells: Mapping[CellSpec, Any]
    ) -> None:
        invocation = Invocation(job, call.data, cells, self.options.file_rules, self.threads)
        if job.plan.kind not in GENERATORS:
            step = await run_plain(invocation, self.threads)
            reporter.step(step, await self._commit(job, event, step), last=job.chunks is None)
            return
        async with aclosing(steps(invocation, self.generators)) as run:  # type: ignore[type-var]
            async for step in run:
                reporter.step(step, await self._commit(job, event, step))
                if reporter.is_satisfied:
                    return

    async def _commit(self, job: Job, event: Transaction | None, step: ConvertedStep | None) -> Sequence[int]:
        """Commit a step, or (without a step) the changes that a generator made in place after its last `yield`."""
        changed: Sequence[int] = ()
        if event is not None:
            changed = [spec.id for spec in await event.commit({} if step is None else step.cells)]
            if event.unsaved and not job.unsaved:
                self._mark_unsaved(job)
        if step is not None and step.updates:
            for block_id, props in step.updates:
                job.session.view.update_props(block_id, props)
            self.on_updates(job.session)
        return changed

    def _mark_unsaved(self, job: Job) -> None:
        """Mark the event's result as not yet stored, and show this on the page once per outage."""
        job.unsaved = True
        if job.session.outage_reported != self.engine.outages:
            job.session.outage_reported = self.engine.outages
            job.log(Log(event_id=job.id, log=UNSAVED, level="warning", title="Not saved yet"))

    # Batches --------------------------------------------------------------------------------------------------------

    def _fill_batch(self, job: Job, *, queued: bool) -> None:
        """Fill the batch of an admitted event with the events that wait for the same function."""
        group = job.group if queued else None
        batch = Batch(job.plan, self.threads, lambda: self.queue.done(group))
        batch.add(job)
        if queued:
            self.queue.take_companions(job, job.listener.max_batch_size - 1, batch.add)
        batch.start()

    async def _run_sample(
        self, job: Job, reporter: Reporter, event: Transaction | None, cells: Mapping[CellSpec, Any]
    ) -> None:
        seat = job.seat
        if seat is None:
            await self._run_samples(job, reporter, event, cells)
            return
        invocation = Invocation(job, job.call.data, cells, self.options.file_rules, self.threads)
        heavy = job.plan.heavy
        seat.prepared.set_result(await self.threads.run(invocation.inputs) if heavy else invocation.inputs())
        row = await outlast(seat.outcome)
        step = await self.threads.run(self._converted, invocation, row) if heavy else self._converted(invocation, row)
        reporter.step(step, await self._commit(job, event, step), last=True)

    @staticmethod
    def _converted(invocation: Invocation, row: Sequence[Any]) -> ConvertedStep:
        made = invocation
        return convert_values(made.plan, made.listener, made.view, row, made.rules, made.sources)

    async def _run_samples(
        self, job: Job, reporter: Reporter, event: Transaction | None, cells: Mapping[CellSpec, Any]
    ) -> None:
        """Run a call that contains a whole batch for its own session: `data` has one list per input."""
        samples = samples_of(job.plan, job.call.data)
        rows = [[column[i] if isinstance(column, list) else column for column in job.call.data] for i in range(samples)]
        made = [Invocation(job, row, cells, self.options.file_rules, self.threads) for row in rows]
        columns = [list(column) for column in zip(*(each.inputs() for each in made), strict=True)]
        returned = await call_batch(job.plan, self.threads, columns, job)
        parts = [
            self._converted(each, row) for each, row in zip(made, rows_of(job.plan, returned, samples), strict=True)
        ]
        step = ConvertedStep(
            [list(column) for column in zip(*(part.data for part in parts), strict=True)],
            {cell: value for part in parts for cell, value in part.cells.items()},
            [update for part in parts for update in part.updates],
            sum(part.weight for part in parts),
        )
        reporter.step(step, await self._commit(job, event, step), last=True)

    # Streams ----------------------------------------------------------------------------------------------------------

    async def _run_stream(
        self, job: Job, reporter: Reporter, event: Transaction | None, cells: Mapping[CellSpec, Any]
    ) -> None:
        """Run a `stream` event: call the function for each chunk until the page ends it or its time limit expires."""
        limit = job.listener.time_limit
        end = None if limit is None else self.clock.monotonic() + limit
        call: EventRequest | None = job.call
        while call is not None:
            await self._run_steps(job, call, reporter, event, cells)
            call = None if reporter.is_satisfied else await self._next_chunk(job, end)
            if event is not None and call is not None:
                cells = await event.values()

    async def _next_chunk(self, job: Job, end: float | None) -> EventRequest | None:
        chunks = job.chunks
        if chunks is None:
            return None
        if end is None:
            return await chunks.get()
        left = end - self.clock.monotonic()
        if left <= 0:
            return None
        chunk = asyncio.ensure_future(chunks.get())
        alarm = asyncio.ensure_future(self.clock.sleep(left))
        try:
            await asyncio.wait({chunk, alarm}, return_when=asyncio.FIRST_COMPLETED)
            return chunk.result() if chunk.done() else None
        finally:
            chunk.cancel()
            alarm.cancel()

    async def aclose(self) -> None:
        """Stop waiting for threads that are still running."""
        self.threads.close()
        self.generators.close()

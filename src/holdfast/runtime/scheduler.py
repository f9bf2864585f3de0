"""Decide which events run and which wait: groups of listeners share a limit, first come, first served.

An event first acquires the lanes of the States that it writes, then a slot in its group. This cannot deadlock: lanes
are acquired in a fixed order, and an event with a slot already holds all of its lanes and waits for nothing else, so it
ends and frees its slot. (A `state.update` in a function does wait for a lane, but it goes before an event that holds
the lane and only waits for a slot, so the two never wait for each other.) A waiting event cannot starve others either:
an event that waits for a lane holds no slot, and an event that waits for a slot only blocks events that must run after
it anyway.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from holdfast.clock import Clock
from holdfast.errors import Busy
from holdfast.runtime.settings import RuntimeOptions
from holdfast.wire.messages import Estimation

if TYPE_CHECKING:
    from holdfast.graph.listener import Listener
    from holdfast.runtime.jobs import Job


class Ticket:
    """A job's place in the queue of its group."""

    __slots__ = ("admitted", "job")

    def __init__(self, job: Job, admitted: asyncio.Future[None]) -> None:
        self.job = job
        self.admitted = admitted


class ConcurrencyGroup:
    """Listeners that share a concurrency limit."""

    __slots__ = ("id", "limit", "reporting", "running", "waiting")

    def __init__(self, id: str, limit: int | None) -> None:
        self.id = id
        self.limit = limit
        self.running = 0
        self.waiting: deque[Ticket] = deque()
        self.reporting: asyncio.Task[None] | None = None

    @property
    def free(self) -> bool:
        """Whether another event can run."""
        return self.limit is None or self.running < self.limit


def _group_id(listener: Listener) -> str:
    """Return a listener's `concurrency_id`, or an ID of the object, since rendered listeners share numbers."""
    return listener.concurrency_id or f"listener {id(listener)}"


class Scheduler:
    """Schedules the events of an app's concurrency groups.

    Args:
        listeners: Listeners of the app that are known from the start.
        options: Settings with limits and intervals.
        clock: Clock for the interval between reports.
    """

    def __init__(self, listeners: list[Listener], options: RuntimeOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self._accepted: set[Job] = set()
        self.stopped = False
        self._groups: dict[str, ConcurrencyGroup] = {}
        for listener in listeners:
            self._join(listener)
        self._fixed = frozenset(self._groups)

    @property
    def waiting(self) -> int:
        """Number of accepted events that are not running yet, over all groups."""
        return len(self._accepted)

    def _join(self, listener: Listener) -> ConcurrencyGroup:
        limit = listener.concurrency_limit
        if limit == "default":
            limit = self.options.default_concurrency_limit
        id = _group_id(listener)
        group = self._groups.get(id)
        if group is None:
            group = self._groups[id] = ConcurrencyGroup(id, limit)
        elif limit is not None:
            group.limit = limit if group.limit is None else min(group.limit, limit)
        return group

    def group_of(self, listener: Listener) -> ConcurrencyGroup:
        """Return a listener's group. A listener that `gr.render` built has its own group while it runs."""
        group = self._groups.get(_group_id(listener))
        return group if group is not None else self._join(listener)

    async def admit(self, job: Job) -> None:
        """Count a job as waiting.

        Raises:
            Busy: The queue is full or stopped.
        """
        if self.stopped:
            raise Busy("Queue is stopped.")
        bound = self.options.max_queue_size
        if bound is not None and self.waiting >= bound:
            await asyncio.sleep(0)  # let events start that can run immediately
            if self.waiting >= bound:
                raise Busy(f"Queue is full. Max size is {bound} and size is {self.waiting}.")
        if job.has_ended:  # canceled meanwhile
            return
        self._accepted.add(job)
        job.group = self.group_of(job.listener)

    def leave(self, job: Job) -> None:
        """Stop counting a job as waiting, because it runs now or never will."""
        self._accepted.discard(job)

    async def enter(self, job: Job, on_wait: Callable[[], None] | None = None) -> None:
        """Wait for a slot in the job's group. The caller must call `done` afterward.

        Args:
            job: The job.
            on_wait: Callback for when the job must wait.
        """
        group = job.group
        if group is None:
            return
        if group.free and not group.waiting:
            group.running += 1
            return
        if on_wait is not None:
            on_wait()
        await self._wait_for_slot(group, job)

    async def _wait_for_slot(self, group: ConcurrencyGroup, job: Job) -> None:
        ticket = Ticket(job, asyncio.get_running_loop().create_future())
        group.waiting.append(ticket)
        self.estimate(job, len(group.waiting) - 1)
        try:
            await ticket.admitted
        except asyncio.CancelledError:
            if job.seat is not None:
                job.seat.prepared.cancel()
            elif ticket.admitted.done() and not ticket.admitted.cancelled():
                self.done(group)  # admitted and canceled at the same time: pass the slot on
            elif ticket in group.waiting:
                group.waiting.remove(ticket)
                self._report_soon(group)
            raise

    def done(self, group: ConcurrencyGroup | None) -> None:
        """Release a slot and admit waiting jobs."""
        if group is None:
            return
        group.running -= 1
        while group.free and group.waiting:
            ticket = group.waiting.popleft()
            if not ticket.admitted.done():
                group.running += 1
                ticket.admitted.set_result(None)
        if group.waiting:
            self._report_soon(group)
        elif not group.running and group.id not in self._fixed:
            self._groups.pop(group.id, None)

    def take_companions(self, job: Job, most: int, take: Callable[[Job], None]) -> None:
        """Pass up to `most` waiting jobs of the same listener to `take`, to run in this job's batch and slot."""
        group = job.group
        if group is None or most <= 0:
            return
        stay: deque[Ticket] = deque()
        taken = 0
        for ticket in group.waiting:
            if taken < most and ticket.job.listener is job.listener and not ticket.admitted.done():
                taken += 1
                take(ticket.job)
                ticket.admitted.set_result(None)
            else:
                stay.append(ticket)
        group.waiting = stay

    # Reports ------------------------------------------------------------------------------------------------------

    def estimate(self, job: Job, rank: int, waiting_for: Literal["queue", "state"] = "queue") -> None:
        """Report a waiting job's position and estimated time."""
        job.rank = rank
        group = job.group
        average = job.plan.average
        eta = None
        if average is not None and group is not None:
            eta = average * (rank // (group.limit or rank + 1) + 1)
        size = len(group.waiting) if group is not None else 0
        job.publish(Estimation(event_id=job.id, rank=rank, queue_size=size, rank_eta=eta, waiting_for=waiting_for))

    def _report_soon(self, group: ConcurrencyGroup) -> None:
        """Schedule a report to the jobs whose rank has changed. At most one report is sent per interval."""
        if group.reporting is None or group.reporting.done():
            group.reporting = asyncio.get_running_loop().create_task(self._report(group))

    async def _report(self, group: ConcurrencyGroup) -> None:
        await self.clock.sleep(self.options.estimation_interval)
        for rank, ticket in enumerate(group.waiting):
            if ticket.job.rank != rank:
                self.estimate(ticket.job, rank)

    def stop(self) -> None:
        """Reject new events and stop reporting."""
        self.stopped = True
        for group in self._groups.values():
            if group.reporting is not None:
                group.reporting.cancel()

"""Who runs now and who waits: groups of listeners that share a limit, first come first served.

An event takes the lanes of the States that it writes first and its place in the group after that. It cannot deadlock:
lanes are taken in one fixed order, and whoever holds a place in a group holds all of its lanes already and waits for
nothing more, so it ends and lets the next one in. (A `state.update` in a function does wait for a lane; it goes before
an event that holds the lane and only waits for its place, so the two never wait for each other.) Nor can a waiting
event starve others: one that waits for a lane holds no place, and one that waits for a place blocks only events that
would have to come after it anyway.
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
    """A job's place in the line of its group."""

    __slots__ = ("admitted", "job")

    def __init__(self, job: Job, admitted: asyncio.Future[None]) -> None:
        self.job = job
        self.admitted = admitted


class ConcurrencyGroup:
    """Listeners that share a limit."""

    __slots__ = ("id", "limit", "reporting", "running", "waiting")

    def __init__(self, id: str, limit: int | None) -> None:
        self.id = id
        self.limit = limit
        self.running = 0
        self.waiting: deque[Ticket] = deque()
        self.reporting: asyncio.Task[None] | None = None

    @property
    def free(self) -> bool:
        """Whether one more may run."""
        return self.limit is None or self.running < self.limit


def _group_id(listener: Listener) -> str:
    """Its `concurrency_id`, else its own: not its number, which what `gr.render` builds for two visitors shares."""
    return listener.concurrency_id or f"listener {id(listener)}"


class Scheduler:
    """All groups of an app.

    Args:
        listeners: The app's listeners, whose limits are known from the start.
        options: Limits and intervals.
        clock: Time between reports.
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
        """Events that are accepted and do not run yet, over all groups."""
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
        """The group of a listener; one that a `gr.render` built has its own while it runs."""
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
            await asyncio.sleep(0)  # those that can start right away are not waiting
            if self.waiting >= bound:
                raise Busy(f"Queue is full. Max size is {bound} and size is {self.waiting}.")
        if job.over:  # cancelled meanwhile
            return
        self._accepted.add(job)
        job.group = self.group_of(job.listener)

    def leave(self, job: Job) -> None:
        """A job runs now, or never will: it does not count as waiting any more, if it did."""
        self._accepted.discard(job)

    async def enter(self, job: Job, on_wait: Callable[[], None] | None = None) -> None:
        """Wait for a place in the job's group. Whoever entered must call `done`.

        Args:
            job: The job.
            on_wait: Called when it must wait.
        """
        group = job.group
        if group is None:
            return
        if group.free and not group.waiting:
            group.running += 1
            return
        if on_wait is not None:
            on_wait()
        await self._line_up(group, job)

    async def _line_up(self, group: ConcurrencyGroup, job: Job) -> None:
        ticket = Ticket(job, asyncio.get_running_loop().create_future())
        group.waiting.append(ticket)
        self.estimate(job, len(group.waiting) - 1)
        try:
            await ticket.admitted
        except asyncio.CancelledError:
            if job.seat is not None:
                job.seat.prepared.cancel()
            elif ticket.admitted.done() and not ticket.admitted.cancelled():
                self.done(group)  # admitted and cancelled in the same instant: the place goes on to the next
            elif ticket in group.waiting:
                group.waiting.remove(ticket)
                self._report_soon(group)
            raise

    def done(self, group: ConcurrencyGroup | None) -> None:
        """Somebody of the group has ended: let the next ones in."""
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

    def companions(self, job: Job, most: int, take: Callable[[Job], None]) -> None:
        """Give up to `most` waiting jobs of the same listener to `take`; they run in this job's batch, in its place."""
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
        """Tell a waiting job where it stands."""
        job.rank = rank
        group = job.group
        average = job.plan.average
        eta = None
        if average is not None and group is not None:
            eta = average * (rank // (group.limit or rank + 1) + 1)
        size = len(group.waiting) if group is not None else 0
        job.publish(Estimation(event_id=job.id, rank=rank, queue_size=size, rank_eta=eta, waiting_for=waiting_for))

    def _report_soon(self, group: ConcurrencyGroup) -> None:
        """Tell those whose rank has changed; at most once per interval, however many come and go."""
        if group.reporting is None or group.reporting.done():
            group.reporting = asyncio.get_running_loop().create_task(self._report(group))

    async def _report(self, group: ConcurrencyGroup) -> None:
        await self.clock.sleep(self.options.estimation_interval)
        for rank, ticket in enumerate(group.waiting):
            if ticket.job.rank != rank:
                self.estimate(ticket.job, rank)

    def stop(self) -> None:
        """Accept nothing any more and stop reporting."""
        self.stopped = True
        for group in self._groups.values():
            if group.reporting is not None:
                group.reporting.cancel()

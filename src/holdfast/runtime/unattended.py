"""Unattended jobs: ending the events of a visitor who has left for good (R4.7).

A lost connection alone does not mean that its visitor has left. How long a visitor has to return depends on how the
connection ended:

- The page announced that it closes (with a beacon): no time, because this page cannot return.
- The page closed its connection (a refresh or a closed tab with `session="tab"`, the back-forward cache), or the last
  stream of an API client ended: 15 seconds.
- The connection was lost: one minute. With `session="tab"`, which promises that events survive sleep, the session's
  grace period.

After that time, the policy of each event applies. Its time starts at the same moment, so if a policy gives an event
more time than the visitor has, the two times do not add up.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

from holdfast.clock import Clock
from holdfast.settings import OnLeave

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job

SECONDS = 15.0
"""Seconds that an event that can be stopped has to end, and that a page or client has to return after disconnecting."""
LOST_WITHIN = 60.0
"""Seconds that a page has to return after a lost connection. It retries every few seconds."""

logger = logging.getLogger("holdfast.runtime")


class Unattended:
    """Ends the events that a visitor has left behind.

    An *audience* waits for events: a session for those of its feed, and a single call for its own.

    Args:
        clock: Source of time.
        policy: The app's policy; `None` for the default.
    """

    def __init__(self, clock: Clock, policy: OnLeave | None) -> None:
        self._clock = clock
        self._policy = policy
        self._departed: dict[Hashable, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._departed)

    def leave(self, audience: Hashable, jobs: Callable[[], Iterable[Job]], *, within: float) -> None:
        """Schedule the end of an audience's events, unless it returns in time.

        Args:
            audience: Audience that has left.
            jobs: Function that returns the audience's events.
            within: Seconds that the audience has to return.
        """
        self.keep(audience)
        if any(not job.has_ended for job in jobs()):
            task = asyncio.get_running_loop().create_task(self._end(jobs, within))
            self._departed[audience] = task
            task.add_done_callback(lambda done: self._ended(audience, done))

    def keep(self, audience: Hashable) -> None:
        """Keep the events of an audience that has returned."""
        task = self._departed.pop(audience, None)
        if task is not None:
            task.cancel()

    def _ended(self, audience: Hashable, task: asyncio.Task[None]) -> None:
        if self._departed.get(audience) is task:
            del self._departed[audience]

    async def _end(self, jobs: Callable[[], Iterable[Job]], within: float) -> None:
        left = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            due = math.inf
            for job in tuple(jobs()):
                if job.has_ended:
                    continue
                end = left + max(within, self.grace_for(job))
                if end <= now:
                    about = {"session": job.session.id, "event": job.id}
                    logger.info("%r was canceled because its visitor has left.", job.plan.name, extra=about)
                    job.cancel()
                else:
                    due = min(due, end)
            if due == math.inf:
                return
            await self._clock.sleep(due - now)

    def grace_for(self, job: Job) -> float:
        """Return the seconds that an event has after its visitor has left; infinity if it runs to its end."""
        policy = self._policy if job.listener.on_leave is None else job.listener.on_leave
        if job.is_unload or policy == "finish":
            return math.inf
        if policy == "cancel" or (policy is None and job.state == "waiting"):
            return 0.0
        if policy is not None:
            return float(policy)
        return math.inf if job.plan.kind == "plain" and job.chunks is None else SECONDS

    def close(self) -> None:
        """Cancel the timers."""
        for task in self._departed.values():
            task.cancel()

"""What is asked of the runtime (a call) and what comes of it (a job)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from holdfast.runtime.feed import Feed
from holdfast.runtime.request import Request
from holdfast.tasks import ended
from holdfast.wire.messages import Completed, Failure, FeedMessage, Log, Output, Progress, ProgressUnit

if TYPE_CHECKING:
    from holdfast.files.retention import Hold
    from holdfast.graph.listener import Listener
    from holdfast.runtime.batch import Seat
    from holdfast.runtime.holdings import Account
    from holdfast.runtime.plan import Plan
    from holdfast.runtime.scheduler import ConcurrencyGroup
    from holdfast.runtime.session import Session


@dataclass(slots=True, kw_only=True)
class EventRequest:
    """One wish to run a listener.

    Args:
        fn: The listener's id, or its `api_name` (with or without the slash).
        data: One value per input, in order; a State's are ignored.
        event_data: What the page knows about the event.
        trigger: Id of the block whose event it was.
        event_id: The caller's id for it; one is made when there is none.
        round: How many State changes in a row led here.
        request: The HTTP request behind it.
        batched: `data` holds lists, one item per sample, for a listener with `batch=True`.
        origin: Our own page, or a client.
        feed: Where its messages go; the session's by default.
        stream: More values follow through `Runtime.feed_chunk`, for a listener of a `stream` event.
        weight: Bytes that `data` takes in memory, about.
        diffs: Whether steps after the first are sent as edits; `False` sends whole values always.
    """

    fn: int | str
    data: list[Any]
    event_data: Any = None
    trigger: int | None = None
    event_id: str | None = None
    round: int = 0
    request: Request | None = None
    batched: bool = False
    origin: Literal["page", "api"] = "api"
    feed: Feed | None = None
    stream: bool = False
    weight: int = 0
    diffs: bool = True


class Chunks(asyncio.Queue["EventRequest | None"]):
    """What a `stream` event is fed with, counted as held for its session.

    Args:
        account: The session's.
        most: Most chunks.
    """

    def __init__(self, account: Account, most: int) -> None:
        self._account = account
        super().__init__(most)

    def _put(self, item: EventRequest | None) -> None:
        super()._put(item)
        if item is not None:
            self._account.add(item.weight)

    def _get(self) -> EventRequest | None:
        item = super()._get()
        if item is not None:
            self._account.add(-item.weight)
        return item

    def drop(self) -> None:
        """The event has ended: forget what it has not taken."""
        while not self.empty():
            self.get_nowait()


class Job:
    """One event: accepted, then waiting, running and ended. Made by `Runtime.submit`.

    Args:
        id: The event's id, unique within its session.
        call: What was asked.
        session: Whose it is.
        listener: What runs.
        plan: How it runs.
        feed: Where its messages go; `None` for a direct call, whose caller takes the result itself.
        loop: The loop that all of this happens on.
    """

    __slots__ = (
        "__weakref__",
        "_answer",
        "_progress",
        "_progress_asked",
        "_progress_due",
        "_progress_told",
        "call",
        "cancelled",
        "chunks",
        "farewell",
        "feed",
        "group",
        "hold",
        "id",
        "listener",
        "loop",
        "plan",
        "progress_interval",
        "rank",
        "readers",
        "seat",
        "session",
        "started",
        "state",
        "task",
        "unsaved",
        "weight",
        "why",
    )

    def __init__(
        self,
        id: str,
        call: EventRequest,
        session: Session,
        listener: Listener,
        plan: Plan,
        feed: Feed | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.id = id
        self.call = call
        self.session = session
        self.listener = listener
        self.plan = plan
        self.feed = feed
        self.loop = loop
        self.state: Literal["waiting", "running", "ended"] = "waiting"
        self.cancelled = False
        self.why: str | None = None
        """What the visitor learns of a cancel that was not the visitor's wish."""
        self._answer: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self.group: ConcurrencyGroup | None = None
        self.rank: int | None = None
        """The rank that was last told."""
        self.hold: Hold | None = None
        """Its files, which are not deleted before it has ended."""
        self.seat: Seat | None = None
        """Its part of a batch."""
        self.started: float | None = None
        self.readers = 0
        """Calls that wait for it, if it has an audience besides its session's."""
        self.unsaved = False
        """Something that it has committed is in memory alone, since the store is out of reach (R6.6)."""
        self.farewell = False
        """It runs because its visitor has left (`unload`)."""
        self.weight = 0
        """Bytes that count as held for it."""
        self.chunks: Chunks | None = None
        """What a `stream` event is fed with; `None` ends it."""
        self.progress_interval = 0.02
        self._progress: list[ProgressUnit] | None = None
        """The latest report; written by the function's thread alone."""
        self._progress_told: list[ProgressUnit] | None = None
        self._progress_asked = False
        """The loop has been asked to send it soon."""
        self._progress_due: asyncio.TimerHandle | None = None

    @property
    def over(self) -> bool:
        """Its last message is published."""
        return self.state == "ended"

    def publish(
        self,
        message: FeedMessage,
        *,
        weight: int = 100,
        full: tuple[list[Any], int] | None = None,
        at_once: bool = True,
    ) -> None:
        """Tell those who wait for it, unless it has ended."""
        if self.feed is not None and self.state != "ended":
            self.feed.publish(message, weight=weight, full=full, at_once=at_once)

    def complete(self, message: Completed, *, weight: int = 100) -> None:
        """Publish its one last message; what comes after it is dropped."""
        if self.state == "ended":
            return
        self.flush_progress()
        self.publish(message, weight=weight)
        self.state = "ended"
        if self.feed is not None:
            self.feed.ended(self.id)

    def cancel(self, why: str | None = None) -> None:
        """Cancel the event. It is reported at once; what it was given is free when its function has let go.

        Args:
            why: What the visitor learns if it was not the visitor's wish; the event is then reported as failed.
        """
        if self.cancelled or self.state == "ended":
            return
        self.cancelled, self.why = True, why
        end = Completed(event_id=self.id, output=Output(data=[]), success=True, cancelled=True)
        if why is not None:
            end = Completed(event_id=self.id, output=Failure(error=why), success=False, title="Error")
        self.complete(end)
        self._answered()
        if self.task is not None:
            self.task.cancel()
        if self.seat is not None:
            self.seat.left()

    def answer(self, task: asyncio.Task[None]) -> asyncio.Future[None]:
        """Return what is done when a direct call can be answered: at the end of `task`, or when it is canceled.

        A cancel is answered at once, because a function in a thread may go on for as long as it likes.
        """
        self._answer = self.loop.create_future()
        task.add_done_callback(self._answered)
        return self._answer

    def _answered(self, _: object = None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    async def wait(self) -> None:
        """Return when it has ended and let go of everything it held."""
        if self.task is not None:
            await ended(self.task)

    # From any thread ----------------------------------------------------------------------------------------------

    def log(self, message: Log) -> None:
        """Show a toast; from any thread."""
        self._on_loop(self.publish, message)

    def report(self, units: list[ProgressUnit]) -> None:
        """Show how far it is; from any thread. Only the latest report within an interval is sent."""
        self._progress = units
        if not self._progress_asked:
            self._progress_asked = True
            self._on_loop(self._schedule_progress)

    def _on_loop(self, fn: Any, *args: Any) -> None:
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            here = False
        if here:
            fn(*args)
        else:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self.loop.call_soon_threadsafe(fn, *args)

    def _schedule_progress(self) -> None:
        if self._progress_due is None and self.state != "ended":
            self._progress_due = self.loop.call_later(self.progress_interval, self.flush_progress)

    @property
    def reported(self) -> list[ProgressUnit] | None:
        """Its latest progress report."""
        return self._progress

    def flush_before(self, units: list[ProgressUnit] | None) -> None:
        """Send what was reported before a step; a later report is about what comes after it, so it is sent later.

        Args:
            units: The latest report when the step was made.
        """
        if units is None or units is self._progress_told:
            return
        if units is self._progress:
            self.flush_progress()
        elif self._progress is not self._progress_told:
            self._progress_told = units
            self.publish(Progress(event_id=self.id, progress_data=units), weight=80 * len(units))

    def flush_progress(self) -> None:
        """Send the latest progress report, if one waits."""
        self._progress_asked = False  # before the report is read: a thread that brings another one now asks again
        if self._progress_due is not None:
            self._progress_due.cancel()
            self._progress_due = None
        units = self._progress
        if units is not None and units is not self._progress_told:
            self._progress_told = units
            self.publish(Progress(event_id=self.id, progress_data=units), weight=80 * len(units))

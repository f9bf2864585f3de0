"""The runtime of an app: accepts calls, runs them as jobs, and keeps the sessions they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from holdfast import limits
from holdfast.clock import Clock, SystemClock
from holdfast.errors import BadRequest, Busy, NotFound, RequestError
from holdfast.files.retention import Hold, paths_in
from holdfast.graph.identity import state_names
from holdfast.ids import random_id, random_token
from holdfast.runtime.changes import Changes
from holdfast.runtime.jobs import Chunks, EventRequest, Job
from holdfast.runtime.plan import has_files, plan_of
from holdfast.runtime.report import DirectReporter, FeedReporter, Reporter, failure_of
from holdfast.runtime.resume import SessionResumption
from holdfast.runtime.runner import Runner
from holdfast.runtime.scheduler import Scheduler
from holdfast.runtime.server_methods import call_server_method
from holdfast.runtime.session import Session
from holdfast.runtime.sessions import Sessions
from holdfast.runtime.settings import RuntimeOptions
from holdfast.runtime.tokens import Tokens
from holdfast.runtime.unattended import LOST_WITHIN, SECONDS, Unattended
from holdfast.runtime.validate import validate
from holdfast.state.codec import Keyring
from holdfast.tasks import ended
from holdfast.wire.messages import Completed, Failure, Output
from holdfast.wire.page import MAX_ID

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec
    from holdfast.graph.listener import Listener
    from holdfast.state import CellSpec, StateEngine


WATCHED_AFTER = 1.0
"""Seconds after which a running direct call is watched, so that its leave policy applies if its caller disconnects."""
EVENT = 4_000
"""Approximate overhead of an event in bytes, not counting its values."""


class Runtime:
    """Runs an app's events on one event loop.

    Args:
        app: The app.
        engine: State engine. The runtime binds it to the app's States; the caller starts and closes it.
        clock: Source of time.
        new_id: Function that generates IDs of sessions and events.
        options: Settings of the runtime.
        tokens: Secrets of page sessions; by default, they are valid only in this process.
    """

    def __init__(
        self,
        app: AppSpec,
        *,
        engine: StateEngine,
        clock: Clock | None = None,
        new_id: Callable[[], str] = random_id,
        options: RuntimeOptions | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.app = app
        self.engine = engine
        self.clock: Clock = clock or SystemClock()
        self.new_id = new_id
        self.options = options or RuntimeOptions()
        self.queue = Scheduler(list(app.listeners.values()), self.options, self.clock)
        self.sessions = Sessions(
            app,
            engine=engine,
            clock=self.clock,
            new_id=new_id,
            options=self.options,
            on_gone=self._unload,
            tokens=tokens or Tokens(Keyring([random_token()])),
        )
        self.resumption = SessionResumption(app, self.sessions, engine)
        self.runner = Runner(
            engine=engine,
            queue=self.queue,
            clock=self.clock,
            options=self.options,
            on_updates=self.resumption.changed,
        )
        self.changes = Changes(app, self.sessions, engine)
        self.unattended = Unattended(self.clock, app.options.on_leave)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind the app's States to the engine."""
        cells: list[CellSpec] = [state.cell for state in self.app.states]  # type: ignore[attr-defined]
        if self.engine.store.durable:
            name_lasting_cells(self.app)
        self.engine.bind([*cells, self.resumption.record] if self.resumption.lasting else cells)

    async def aclose(self) -> None:
        """Stop: reject new events, cancel running ones and give them time to end, and close all feeds."""
        self.queue.stop()
        self.changes.close()
        self.unattended.close()
        for session in self.sessions:
            for job in tuple(session.jobs.values()):
                job.cancel()
        await self.sessions.aclose()
        await self.resumption.aclose()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.options.shutdown_grace)
        await self.runner.aclose()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.options.shutdown_grace)

    # Events -----------------------------------------------------------------------------------------------------------

    async def submit(self, session: Session, call: EventRequest) -> Job:
        """Accept an event. Its progress and result are published in its feed.

        A call whose `event_id` the session already knows does not run again, because a page resends calls that may not
        have arrived.

        Raises:
            NotFound: The listener does not exist.
            BadRequest: The call cannot run, or its chain of State changes does not settle (R3.5).
            Busy: The queue is full, or the session has too many events.
            Malformed: A validator rejected an input.
        """
        try:
            return await self._accept(session, call)
        finally:
            self._drop_if_unused(session)

    async def _accept(self, session: Session, call: EventRequest) -> Job:
        listener = self.listener(session, call.fn)
        known = self._known(session, call, listener)
        if known is not None:
            return known
        self._check_chain(listener, call.round)
        self._check_room(session, call)
        self.sessions.touch(session)
        job = self._job(session, call, listener, direct=False)
        if listener.fn is None:
            self._finish_without_function(job)
            return job
        await self._admit(job, queued=listener.queue)
        if job.has_ended:  # canceled during validation
            self._forget(job)
            return job
        if call.stream and listener.connection == "stream":
            job.chunks = Chunks(session.account, self.options.limits.stream_chunks)
        self._stop_cancelled_by(job)
        if call.origin == "api" and listener.queue:
            self.queue.estimate(job, len(job.group.waiting) if job.group else 0)
        reporter = FeedReporter(job, self.clock, show_error=self.options.show_error)
        self._start(job, reporter, queued=listener.queue)
        if call.origin == "page" and session.connected_once and not session.attended:  # its page left during validation
            self._schedule_leave(session, within=SECONDS)
        return job

    def _check_room(self, session: Session, call: EventRequest) -> None:
        """Reject an event if its session, its visitor, or the server has no room for it (R4.6).

        Raises:
            Busy: There is no room.
        """
        most = self.options.limits.session_jobs
        if len(session.jobs) >= most:
            raise Busy(
                f"This session has {len(session.jobs)} events that have not ended; {most} are allowed. "
                "Wait until some have ended."
            )
        self.sessions.admit(session, EVENT + call.weight)

    async def _admit(self, job: Job, *, queued: bool) -> None:
        """Validate an event's inputs, count it toward its session, and admit it to the queue.

        Raises:
            Busy: The queue is full or stopped.
            Malformed: A validator rejected an input.
        """
        limits.apply(self.options.limits)
        self._hold(job)
        try:
            if job.listener.validator is not None:
                await validate(job, self.engine, self.runner.threads, self.options.file_rules)
            if queued:
                await self.queue.admit(job)
        except BaseException:
            self._release(job)
            raise

    @staticmethod
    def _hold(job: Job) -> None:
        job.session.jobs[job.id] = job
        if not job.weight:
            job.weight = EVENT + job.call.weight
            job.session.account.add(job.weight)

    @staticmethod
    def _release(job: Job) -> None:
        job.session.jobs.pop(job.id, None)
        job.session.account.add(-job.weight)
        job.weight = 0
        if job.chunks is not None:
            job.chunks.drop()

    async def run(
        self, session: Session, call: EventRequest, *, gone: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> Output:
        """Run an event, scheduled like any other, and return its result or a generator's first step.

        Args:
            session: Session of the event.
            call: Listener to run and its inputs.
            gone: Coroutine function that returns when the caller has disconnected; by default, the call continues
                regardless.

        Raises:
            RequestError: For the same reasons as in `submit`.
            Exception: Any error that the event failed with. Use `failure` to get the part that the caller is allowed to
                see.
        """
        try:
            return await self._answer(session, call, gone)
        finally:
            self._drop_if_unused(session)

    async def _answer(
        self, session: Session, call: EventRequest, gone: Callable[[], Coroutine[Any, Any, None]] | None
    ) -> Output:
        listener = self.listener(session, call.fn)
        self._check_room(session, call)
        self.sessions.touch(session)
        job = self._job(session, call, listener, direct=True)
        if listener.fn is None:
            raise BadRequest(f"The listener {call.fn!r} runs only in the browser and cannot be called.")
        queued = listener.queue and self.options.run_in_queue
        await self._admit(job, queued=queued)
        if job.has_ended:  # canceled while it was validated
            self._forget(job)
            raise _canceled(job)
        self._stop_cancelled_by(job)
        reporter = DirectReporter(job, self.clock)
        answer = job.answer(self._start(job, reporter, queued=queued))
        if gone is not None:
            await self._watch(job, answer, gone)
        await ended(answer)
        if reporter.error is not None:
            raise reporter.error
        if reporter.output is None:
            raise _canceled(job)
        return reporter.output

    async def _watch(
        self, job: Job, answer: asyncio.Future[None], gone: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Apply the leave policy if a call's caller disconnects. Most calls end before watching them is worthwhile."""
        if (await asyncio.wait({answer}, timeout=WATCHED_AFTER))[0]:
            return
        leave = self.follow(job)
        caller = asyncio.ensure_future(gone())
        caller.add_done_callback(lambda _: leave())
        try:
            await ended(answer)
        finally:
            caller.cancel()

    def failure(self, error: BaseException) -> Failure:
        """Return the part of an error raised by `run` that the caller is allowed to see."""
        return failure_of(error, show_error=self.options.show_error)

    def feed_chunk(
        self, session: Session, event_id: str, data: list[Any] | None, event_data: Any = None, *, weight: int = 0
    ) -> None:
        """Pass the next values to a running `stream` event, or end it.

        Args:
            session: Session of the event.
            event_id: ID of the event.
            data: Input values; `None` ends the event.
            event_data: The page's details of the values.
            weight: Approximate size of the values in memory, in bytes.

        Raises:
            NotFound: The session does not have this event, or it has ended.
        """
        job = session.jobs.get(event_id)
        if job is None or job.chunks is None or job.has_ended:
            raise NotFound(f"No stream event {event_id!r} is running in this session. Start one first.")
        self.sessions.admit(session, weight)
        if job.chunks.full() and data is not None:
            job.chunks.get_nowait()  # the function is slower than the source, so drop the oldest chunk
        chunk = None
        if data is not None:
            chunk = EventRequest(
                fn=job.call.fn, data=data, event_data=event_data, request=job.call.request, weight=weight
            )
        elif job.chunks.full():
            job.chunks.get_nowait()
        job.chunks.put_nowait(chunk)

    def cancel(self, session: Session, event_ids: Sequence[str]) -> None:
        """Cancel events of a session. IDs that the session does not know are ignored."""
        for event_id in event_ids:
            job = session.jobs.get(event_id)
            if job is not None:
                job.cancel()

    async def component_server(
        self, session: Session, block_id: int, method: str, data: Any, *, request: Any = None, weight: int = 0
    ) -> Any:
        """Call a component method for the page (a method marked with `server`).

        Args:
            session: Session of the page.
            block_id: ID of the component.
            method: Name of the method.
            data: Argument of the method.
            request: Request of the call.
            weight: Size of `data` in bytes, counted as held until the method has ended.

        Raises:
            NotFound: The block or the method does not exist.
            Busy: The session, its visitor, or the server has too much waiting.
        """
        view = session.own_view or self.app
        self.sessions.admit(session, EVENT + weight)
        session.account.add(EVENT + weight)
        try:
            return await call_server_method(view, block_id, method, data, request, self.runner.threads)
        finally:
            session.account.add(-EVENT - weight)

    # Connections ------------------------------------------------------------------------------------------------------

    def connect(self, session: Session) -> None:
        """Register a connection of a page or of a client's heartbeat."""
        self.unattended.keep(session)
        self.sessions.connect(session)

    def disconnect(self, session: Session, *, gone: bool, closed: bool = False) -> None:
        """Unregister a connection that has ended.

        Args:
            session: Session of the connection.
            gone: The page announced that it closes, or the client's heartbeat ended; otherwise, it may reconnect.
            closed: The page closed the connection itself; otherwise, the connection was lost.
        """
        self.sessions.disconnect(session, gone=gone)
        if session.token is None or (closed and not gone):
            self._schedule_leave(session, within=SECONDS)
        elif gone:
            self._schedule_leave(session, within=0)
        else:
            tab = self.app.options.session == "tab"
            self._schedule_leave(session, within=self.options.session_grace if tab else LOST_WITHIN)

    def goodbye(self, session: Session) -> None:
        """Handle the announcement of an already disconnected page that it is closed."""
        self.sessions.goodbye(session)
        self._schedule_leave(session, within=0)

    def listen(self, session: Session) -> None:
        """Register an opened stream of an API client."""
        session.readers += 1
        self.unattended.keep(session)

    def unlisten(self, session: Session) -> None:
        """Unregister a stream of an API client that has ended."""
        session.readers -= 1
        self._schedule_leave(session, within=SECONDS)

    def _schedule_leave(self, session: Session, *, within: float) -> None:
        if not session.attended and not session.closed:
            self.unattended.leave(session, session.followed, within=within)

    def follow(self, job: Job | None) -> Callable[[], None]:
        """Register a reader of an event besides its session, and return a function that unregisters it.

        Args:
            job: The event; `None` if it has ended.
        """
        if job is None:
            return lambda: None
        job.readers += 1
        self.unattended.keep(job)
        reading = [job]

        def unfollow() -> None:
            if reading:
                reading.clear()
                job.readers -= 1
                if not job.readers:
                    self.unattended.leave(job, lambda: (job,), within=SECONDS)

        return unfollow

    async def _unload(self, session: Session) -> None:
        """Run the unload listeners of a closed session."""
        view = session.own_view or self.app
        for listener in view.triggered_by(None, "unload"):
            if listener.fn is None:
                continue
            data = [None] * len(listener.inputs)
            call = EventRequest(fn=listener.id, data=data, request=session.request, origin="page")
            job = self._job(session, call, listener, direct=True)
            job.is_unload = True
            await ended(self._start(job, DirectReporter(job, self.clock), queued=False))

    # Inside -----------------------------------------------------------------------------------------------------------

    def listener(self, session: Session, fn: int | str) -> Listener:
        """Return the listener that a call refers to.

        Raises:
            NotFound: The session's app has no listener with this ID or name.
        """
        view = session.own_view or self.app
        if isinstance(fn, str):
            found = view.by_api_name(fn)
        elif session.own_view is not None:
            try:
                found = session.own_view.listener(fn)
            except KeyError:
                found = None
        else:
            found = self.app.listeners.get(fn)
        if found is None:
            raise NotFound(f"There is no function {fn!r} in this app, or a later render has removed it.")
        return found

    def named(self, session: Session, event: str) -> Listener | None:
        """Return the listener of an event as a page names it, or `None` if this session's app does not have it."""
        return (session.own_view or self.app).by_identity(event)

    def _known(self, session: Session, call: EventRequest, listener: Listener) -> Job | None:
        """Return the job of an event that was submitted before, if any."""
        id = call.event_id
        if id is None:
            return None
        if not id or len(id) > MAX_ID:
            raise BadRequest(f"An event ID has {len(id)} characters; use between 1 and {MAX_ID} characters.")
        job = session.jobs.get(id)
        if job is None and session.knows(id):
            job = self._job(session, call, listener, direct=True)
            job.state = "ended"
        return job

    def _check_chain(self, listener: Listener, round: int) -> None:
        if round <= self.options.max_rounds:
            return
        names = [
            target.block.cell.label  # type: ignore[attr-defined]
            for target in listener.targets
            if target.block is not None and target.block.NAME == "state"
        ]
        raise BadRequest(
            f"The changes of {', '.join(names) or 'State'} do not settle: after {self.options.max_rounds} rounds, a "
            "change still triggers another. Make sure that a `.change` listener does not change the State that "
            "triggers it."
            "triggers it."
        )

    def _job(self, session: Session, call: EventRequest, listener: Listener, *, direct: bool) -> Job:
        feed = None if direct else (session.feed if call.feed is None else call.feed)
        id = call.event_id or self.new_id()
        job = Job(id, call, session, listener, plan_of(listener), feed, asyncio.get_running_loop())
        job.progress_interval = self.options.progress_interval
        return job

    def _start(self, job: Job, reporter: Reporter, *, queued: bool) -> asyncio.Task[None]:
        self._hold(job)
        keeper = self.options.file_rules.keeper
        if keeper is not None and (job.plan.heavy or job.plan.receives_file):
            given = [data for port, data in zip(job.plan.inputs, job.call.data, strict=False) if has_files(port.block)]
            job.hold = Hold(keeper, paths_in([*given, job.call.event_data if job.plan.receives_file else None]))
        task = job.loop.create_task(self.runner.run(job, reporter, queued=queued))
        job.task = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(job, done))
        return task

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.queue.leave(job)  # an event canceled immediately has not started its task
        session = job.session
        if job.hold is not None:
            job.hold.release()
        self._forget(job)
        if not job.has_ended:  # the task was canceled from elsewhere
            job.cancel()
        if not task.cancelled() and (error := task.exception()) is not None:
            job.loop.call_exception_handler({"message": "An event ended unexpectedly.", "exception": error})
        self._drop_if_unused(session)

    def _drop_if_unused(self, session: Session) -> None:
        """Drop a session that was created for a single event, even if the event was rejected."""
        if session.temporary or session.overdue:
            self.sessions.settle(session)

    def _forget(self, job: Job) -> None:
        """Release a finished job. Its ID stays known for a while."""
        self._release(job)
        if job.call.event_id is not None:
            job.session.remember(job.id)

    def _stop_cancelled_by(self, job: Job) -> None:
        """Cancel the session's events that the job's listener is configured to cancel."""
        cancels = job.listener.cancels
        if cancels:
            for other in tuple(job.session.jobs.values()):
                if other.listener.id in cancels:
                    other.cancel()

    def _finish_without_function(self, job: Job) -> None:
        """Complete the event of a listener that only cancels other events. Reject one that only runs JavaScript."""
        if not job.listener.cancels:
            raise BadRequest(f"The listener {job.call.fn!r} runs in the browser alone and cannot be called.")
        self._stop_cancelled_by(job)
        self._forget(job)
        job.complete(Completed(event_id=job.id, output=Output(data=[]), success=True))


def _canceled(job: Job) -> Busy:
    """Return the error of a direct call whose event was canceled before it had a result."""
    return Busy(job.why or "The event was canceled before it had a result. Send it again if you need one.")


def name_lasting_cells(app: AppSpec) -> None:
    """Set the names of an app's cells in a durable store.

    A State without a key is named after the variable that the program keeps it in. Its number is not stable, because it
    can refer to a different State in another version of the program.
    """
    for number, name in state_names(app.states).items():
        state: Any = app.blocks[number]
        state.cell.name = f"@{name}"


__all__ = ["RequestError", "Runtime", "name_lasting_cells"]

"""Report an event's progress to its feed, or to the caller of `/run`."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.clock import Clock
from holdfast.errors import BadValue, Error, HoldfastError
from holdfast.graph.callsite import is_ours
from holdfast.graph.updates import skip
from holdfast.logs import begin_in_program, has_program
from holdfast.runtime.outputs import NOTHING, ConvertedStep
from holdfast.runtime.stepdiff import StepDiff
from holdfast.wire.messages import Completed, Failure, Generating, Output, ProcessStarts, Streaming

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job

TRACE_FRAMES = 20
"""Number of innermost stack frames of an error that a developer sees on the page."""
logger = logging.getLogger("holdfast.runtime")


class Reporter(Protocol):
    """Receives an event's progress; called only with committed results."""

    @property
    def is_satisfied(self) -> bool:
        """Whether no more steps are needed."""

    def started(self) -> None:
        """Report that the function starts to run."""

    def step(self, step: ConvertedStep, changed: Sequence[int], *, last: bool = False) -> None:
        """Report a committed step.

        Args:
                step: The step's values.
                changed: IDs of the States that the step changed.
                last: Whether the step is the whole result of a plain function.
        """

    def ended(self, changed: Sequence[int], render_config: dict[str, Any] | None = None) -> None:
        """Report that the function has ended, with the States changed since the last step."""

    def failed(self, error: Exception) -> None:
        """Report that the event ended with an error. Nothing of the last step is kept."""


class FeedReporter:
    """Reports to a job's feed.

    Args:
            job: The event.
            clock: Clock for durations.
            show_error: Show the message of every exception.
    """

    __slots__ = ("_began", "_changed", "_diff", "_last", "_streaming", "clock", "job", "show_error")

    is_satisfied = False

    def __init__(self, job: Job, clock: Clock, *, show_error: bool) -> None:
        self.job = job
        self.clock = clock
        self.show_error = show_error
        self._began = 0.0
        self._last: ConvertedStep = NOTHING
        self._changed: Sequence[int] = ()
        self._diff: StepDiff | None = None
        self._streaming = job.listener.connection == "stream"

    def started(self) -> None:
        """Report that the function starts to run."""
        job = self.job
        self._began = job.started = self.clock.monotonic()
        if job.state == "waiting":
            job.state = "running"
        job.publish(ProcessStarts(event_id=job.id, eta=job.plan.average), at_once=False)

    def step(self, step: ConvertedStep, changed: Sequence[int], *, last: bool = False) -> None:
        """Report a committed step."""
        self._last = step
        if last:
            self._changed = changed
            return
        job = self.job
        job.flush_before(step.reported)
        output = self._output(step.data, changed, generating=True)
        if self._streaming:
            job.publish(
                Streaming(event_id=job.id, output=output, time_limit=job.listener.time_limit), weight=100 + step.weight
            )
            return
        weight = step.weight
        if job.call.diffs:
            if self._diff is None:
                self._diff = StepDiff()
            output.data, weight = self._diff.next(step.data, step.weight)
        job.publish(Generating(event_id=job.id, output=output), weight=100 + weight, full=(step.data, step.weight))

    def ended(self, changed: Sequence[int], render_config: dict[str, Any] | None = None) -> None:
        """Report that the function has ended."""
        job = self.job
        job.plan.record_duration(self.clock.monotonic() - self._began)
        data = untouched(job) if self._last is NOTHING else self._last.data
        output = self._output(data, [*self._changed, *changed], generating=False)
        output.render_config = render_config
        job.complete(Completed(event_id=job.id, output=output, success=True), weight=200 + self._last.weight)

    def failed(self, error: Exception) -> None:
        """Report that the event ended with an error."""
        failure = failure_of(error, show_error=self.show_error)
        if self.job.session.developer and not isinstance(error, Error):
            failure.trace = trace_of(error)
        log_failure(error, self.job.plan.name)
        self.job.complete(
            Completed(event_id=self.job.id, output=failure, success=False, title=failure.title or "Error")
        )

    def _output(self, data: list[Any], changed: Sequence[int], *, generating: bool) -> Output:
        return Output(
            data=data,
            is_generating=generating,
            duration=self.clock.monotonic() - self._began,
            average_duration=self.job.plan.average,
            changed_state_ids=list(changed),
            unsaved=self.job.unsaved or None,
        )


class DirectReporter:
    """Keeps the first step for the caller of a direct call.

    Args:
            job: The event.
            clock: Clock for durations.
    """

    __slots__ = ("_began", "clock", "error", "is_satisfied", "job", "output")

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.is_satisfied = False
        self.output: Output | None = None
        self.error: Exception | None = None
        self._began = 0.0

    def started(self) -> None:
        """Record that the function starts to run."""
        self._began = self.job.started = self.clock.monotonic()
        self.job.state = "running"

    def step(self, step: ConvertedStep, changed: Sequence[int], *, last: bool = False) -> None:
        """Keep a committed step."""
        self.is_satisfied = True
        self.output = Output(
            data=step.data,
            is_generating=not last,
            duration=self.clock.monotonic() - self._began,
            average_duration=self.job.plan.average,
            changed_state_ids=list(changed),
        )

    def ended(self, changed: Sequence[int], render_config: dict[str, Any] | None = None) -> None:
        """Complete the output after the function has ended."""
        self.job.plan.record_duration(self.clock.monotonic() - self._began)
        if self.output is None:
            self.output = Output(data=untouched(self.job))
        self.output.changed_state_ids = [*self.output.changed_state_ids, *changed]
        self.output.render_config = render_config
        self.output.unsaved = self.job.unsaved or None
        self.job.state = "ended"

    def failed(self, error: Exception) -> None:
        """Keep the error that the event ended with."""
        log_failure(error, self.job.plan.name)
        self.error = error
        self.job.state = "ended"


def untouched(job: Job) -> list[Any]:
    """Return the values of a generator that ended without a `yield`: unchanged for a page, nulls for a client."""
    kept = skip() if job.call.origin == "page" else None
    return [None if port.cell is not None else kept for port in job.plan.outputs]


def failure_of(error: BaseException, *, show_error: bool) -> Failure:
    """Return the part of an exception that the visitor is allowed to see.

    Args:
            error: Exception that was raised.
            show_error: Show the message of any exception; that of `gr.Error` is always shown.
    """
    if isinstance(error, Error):
        return Failure(error=error.message, visible=error.visible, duration=error.duration, title=error.title)
    return Failure(error=str(error) if show_error else None)


def trace_of(error: Exception) -> str:
    """Return the message of an error and where in the program it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
    places = [f"{Path(frame.filename).name}:{frame.lineno}, in {frame.name}" for frame in frames[-TRACE_FRAMES:]]
    return "\n".join([*places, *(line.rstrip() for line in traceback.format_exception_only(error))])


def log_failure(error: Exception, function: str) -> None:
    """Log an event's failure: one line for a visitor's mistake, a traceback for an error in the program.

    Args:
            error: Exception that was raised.
            function: Name of the event's function.
    """
    if isinstance(error, BadValue):
        logger.info("%r was not run because its input was rejected: %s", function, error)
    elif isinstance(error, Error):
        if not error.print_exception:
            return
        logger.info("%r showed an error: %s", function, error)
        logger.debug("%r raised it here.", function, exc_info=begin_in_program(error))
    elif isinstance(error, HoldfastError) and not has_program(error):
        logger.error("The event of %r failed; its last step was discarded. %s", function, error)
    else:
        logger.error("The event of %r failed; its last step was discarded.", function, exc_info=begin_in_program(error))

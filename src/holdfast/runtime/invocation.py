"""A call of a listener's function: converting its inputs, calling it, and converting its outputs."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.files.rules import FileRules
from holdfast.received import Sources, mark
from holdfast.runtime.inputs import check_files, convert_inputs
from holdfast.runtime.outputs import ConvertedStep, convert_outputs
from holdfast.runtime.threads import Threads

if TYPE_CHECKING:
    from holdfast.runtime.jobs import Job
    from holdfast.state import CellSpec


class Invocation:
    """Runs the steps of an event's function one after another, on the event loop or in a thread.

    Args:
            job: The event.
            data: Values sent by the client.
            cells: The session's States.
            rules: Rules for the files that can be received and published.
            threads: Threads for slow conversions.
    """

    __slots__ = ("cells", "data", "job", "listener", "plan", "rules", "sources", "threads", "view")

    def __init__(
        self, job: Job, data: Sequence[Any], cells: Mapping[CellSpec, Any], rules: FileRules, threads: Threads
    ) -> None:
        self.job = job
        self.plan = job.plan
        self.listener = job.listener
        self.view = job.session.own_view
        self.data = data
        self.cells = cells
        self.rules = rules
        self.threads = threads
        self.sources = Sources(data, job.call.event_data, cells)

    def inputs(self) -> list[Any]:
        """Return the converted inputs."""
        mark(self.job.call.event_data)
        if self.plan.receives_file:
            check_files(self.job.call.event_data, self.rules)
        return convert_inputs(self.plan, self.listener, self.view, self.data, self.cells, self.rules)

    def start(self) -> Any:
        """Convert the inputs and call the function."""
        args, kwargs = self.plan.arguments(self.inputs(), self.job)
        return self.plan.fn(*args, **kwargs)  # type: ignore[misc]

    async def start_on_loop(self) -> Any:
        """Convert the inputs and call the function on the event loop, converting slow inputs in a thread."""
        values = await self.threads.run(self.inputs) if self.plan.heavy else self.inputs()
        args, kwargs = self.plan.arguments(values, self.job)
        return self.plan.fn(*args, **kwargs)  # type: ignore[misc]

    def outputs(self, returned: Any) -> ConvertedStep:
        """Return the step for a value that the function returned."""
        step = convert_outputs(self.plan, self.listener, self.view, returned, self.rules, self.sources)
        return step if self.job.reported is None else step._replace(reported=self.job.reported)

    async def outputs_from_loop(self, returned: Any) -> ConvertedStep:
        """Return the step for a value that the function returned, converting slow outputs in a thread."""
        return await self.threads.run(self.outputs, returned) if self.plan.heavy else self.outputs(returned)

    def run_plain(self) -> ConvertedStep | Coroutine[Any, Any, Any]:
        """Return the only step of a plain function. If the function returns a coroutine, as a lambda around an async
        function does, the caller must await it."""
        returned = self.start()
        return returned if isinstance(returned, Coroutine) else self.outputs(returned)

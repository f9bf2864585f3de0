"""One call of a listener's function: its inputs converted, itself called, its outputs converted."""

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
    """What is needed to run one step after another of an event's function, on the loop or in a thread.

    Args:
        job: The event.
        data: What was sent.
        cells: The session's States.
        rules: Which files may be taken and given.
        threads: Where conversions go that take long.
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
        """The converted inputs."""
        mark(self.job.call.event_data)
        if self.plan.told_of_file:
            check_files(self.job.call.event_data, self.rules)
        return convert_inputs(self.plan, self.listener, self.view, self.data, self.cells, self.rules)

    def start(self) -> Any:
        """Convert the inputs and call the function."""
        args, kwargs = self.plan.arguments(self.inputs(), self.job)
        return self.plan.fn(*args, **kwargs)  # type: ignore[misc]

    async def start_on_loop(self) -> Any:
        """The same for functions that belong on the loop; inputs that take long are converted in a thread."""
        values = await self.threads.run(self.inputs) if self.plan.heavy else self.inputs()
        args, kwargs = self.plan.arguments(values, self.job)
        return self.plan.fn(*args, **kwargs)  # type: ignore[misc]

    def outputs(self, returned: Any) -> ConvertedStep:
        """The step that a returned value makes."""
        step = convert_outputs(self.plan, self.listener, self.view, returned, self.rules, self.sources)
        return step if self.job.reported is None else step._replace(reported=self.job.reported)

    async def outputs_from_loop(self, returned: Any) -> ConvertedStep:
        """The same; outputs that take long are converted in a thread."""
        return await self.threads.run(self.outputs, returned) if self.plan.heavy else self.outputs(returned)

    def whole(self) -> ConvertedStep | Coroutine[Any, Any, Any]:
        """The one step of a plain function. One that hands out a coroutine, such as a lambda around an async
        function, is awaited by the caller."""
        returned = self.start()
        return returned if isinstance(returned, Coroutine) else self.outputs(returned)

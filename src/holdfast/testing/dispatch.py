"""Events of a page: which listeners run, and what follows from their results, as in the browser.

`tests/page_cases` specifies this behavior; both the page and this module run these cases.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.testing.scripts import ScriptError, Scripts, passed_on, slots
from holdfast.wire.diff import apply
from holdfast.wire.encode import thaw
from holdfast.wire.messages import Completed, Failure, FeedMessage, Generating, Log, Output, StateChanged, Streaming

if TYPE_CHECKING:
    from holdfast.graph.listener import Listener

MOST_ROUNDS = 100
"""Number of consecutive changes after which a chain is considered endless."""
_TRAIL = 8
"""Maximum number of blocks of such a chain that the error names."""
_UNKNOWN = "Something went wrong. The server’s log says what."  # noqa: RUF001 -- as on the page
_BUSY = "This application is currently busy. Please try again. "


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Reason for a call of a listener."""

    trigger: int | None = None
    data: Any = None
    round: int = 0
    """Number of consecutive State changes that led here."""
    trail: tuple[int, ...] = ()
    """Blocks whose changes led here, the latest last."""
    background: bool = False
    """Whether the test does not wait for the call."""


@dataclass(eq=False)
class Run:
    """A call of a listener that has not ended."""

    id: str
    listener: Listener
    cause: Cause
    last: list[Any] | None = None
    """Values of the outputs after the last step, to which edits are applied."""


class Surroundings(Protocol):
    """Interface of the page that the dispatcher uses."""

    def listeners(self) -> Iterable[Listener]:
        """Return the listeners of the page, including those of renders."""

    def new_id(self) -> str:
        """Return a new event id."""

    def submit_run(self, run: Run, data: list[Any]) -> None:
        """Send a call to the server."""

    def feed_run(self, run: Run, data: list[Any] | None, event_data: Any = None) -> None:
        """Send the next values of a stream; `None` ends it."""

    def cancel(self, ids: list[str]) -> None:
        """Cancel events."""

    def inputs(self, listener: Listener) -> list[Any]:
        """Return the values of a listener's inputs."""

    def outputs(self, listener: Listener) -> list[Any]:
        """Return the values of a listener's outputs."""

    def receive(self, id: int, given: Any) -> bool:
        """Apply an output's value or update; return whether its value changed."""

    def rerender(self, config: dict[str, Any]) -> None:
        """Replace the previous result of a render."""

    def mark_invalid(self, id: int, message: str | None) -> None:
        """Show a validator's message for an input; `None` clears it."""

    def name_of(self, id: int) -> str:
        """Return the name of a block in errors."""

    def toast(self, level: str, message: str, title: str | None = None) -> None:
        """Show a message."""

    def moved(self) -> None:
        """Record that something has happened."""


class Dispatcher:
    """Turns events into calls, and the server's messages into values and further events.

    Args:
        around: Page that the dispatcher works for.
        scripts: Replacements for the listeners' `js`.
    """

    def __init__(self, around: Surroundings, scripts: Scripts) -> None:
        self._around = around
        self._scripts = scripts
        self._scripted: deque[Run] = deque()
        """Calls whose scripts run after everything else that an event started has begun."""
        self._pending: Counter[int] = Counter()
        """Number of calls that hold back others, by listener: those that have not ended or are ending."""
        self._deferred: dict[int, Cause] = {}
        self._stopped = False
        self.runs: dict[str, Run] = {}
        """Calls that have not ended."""
        self.known: set[int] = set()
        """Ids of the listeners that the page knows."""

    # Events -------------------------------------------------------------------------------------------------------

    def fire(self, block: int | None, event: str, data: Any = None, *, background: bool = False) -> None:
        """Run the listeners of an event of the visitor, or of the page itself."""
        self._stopped = False
        for listener in self._of(block, event):
            self._trigger(listener, Cause(trigger=block, data=data, background=background))
        if event in {"stop_recording", "clear"}:
            self._end_streams(block)
        self._run_scripts()

    def load(self, listeners: Iterable[Listener] | None = None) -> None:
        """Run the `load` listeners of the page, or of a part of it."""
        self._load(list(self._around.listeners() if listeners is None else listeners))
        self._run_scripts()

    def _load(self, listeners: Sequence[Listener]) -> None:
        self.known |= {listener.id for listener in listeners}
        for listener in listeners:
            for target in listener.targets:
                if target.event == "load":
                    self._trigger(listener, Cause(trigger=None if target.block is None else target.block.id))
                    break

    def _of(self, block: int | None, event: str) -> list[Listener]:
        return [
            listener
            for listener in self._around.listeners()
            if any(
                target.event == event and (None if target.block is None else target.block.id) == block
                for target in listener.targets
            )
        ]

    def _trigger(self, listener: Listener, cause: Cause) -> None:
        """Call a listener according to its `trigger_mode`."""
        if cause.round > MOST_ROUNDS:
            self._stop(cause)
            return
        running = [run for run in self.runs.values() if run.listener.id == listener.id]
        if running and listener.connection == "stream":
            self._around.feed_run(running[0], self._around.inputs(listener), cause.data)
            return
        if self._pending[listener.id] and listener.trigger_mode != "multiple":
            if listener.trigger_mode == "always_last":
                self._deferred[listener.id] = cause
            return
        self._cancel(listener.cancels)
        if listener.connection == "stream":
            cause = replace(cause, background=True)  # the page ends it
        run = Run(self._around.new_id(), listener, cause)
        self.runs[run.id] = run
        self._pending[listener.id] += 1
        if isinstance(listener.js, str):
            self._scripted.append(run)
        elif listener.fn is not None:
            self._submit(run, self._around.inputs(listener))
        else:
            self._end(run, success=True, changed=[])

    def _stop(self, cause: Cause) -> None:
        if self._stopped:
            return
        self._stopped = True
        names = ", ".join(self._around.name_of(id) for id in dict.fromkeys(cause.trail))
        message = f"Stopped after {MOST_ROUNDS} changes in a row: {names} kept changing and never settled."
        self._around.toast("error", message)

    def _submit(self, run: Run, data: list[Any]) -> None:
        for block in run.listener.inputs:
            self._around.mark_invalid(block.id, None)
        self._around.submit_run(run, data)

    def _run_scripts(self) -> None:
        while self._scripted:
            run = self._scripted.popleft()
            if run.id in self.runs:
                self._run_script(run)

    def _run_script(self, run: Run) -> None:
        listener = run.listener
        inputs, outputs = self._around.inputs(listener), self._around.outputs(listener)
        try:
            name = listener.api_name or f"listener {listener.id}"
            result = self._scripts.run(str(listener.js), [*inputs, *outputs], name=name)
        except ScriptError:
            del self.runs[run.id]
            self._pending[listener.id] -= 1
            raise
        except Exception as error:  # a function of the test that replaces a script
            self._around.toast("error", f"A script of this app failed: {error}")
            self._end(run, success=False, changed=[])
            return
        if listener.fn is not None:
            data = slots(result, len(listener.inputs), inputs)
            states = [block.NAME == "state" for block in listener.inputs]
            self._submit(run, [None if state else value for value, state in zip(data, states, strict=False)])
            return
        values = [] if result is None else slots(result, len(listener.outputs), [])
        self._end(run, success=True, changed=self._apply(listener, passed_on(values, [*inputs, *outputs])))

    def _cancel(self, listeners: Sequence[int]) -> None:
        if not listeners:
            return
        for listener in self._around.listeners():
            if listener.id in listeners:
                self._deferred.pop(listener.id, None)
                for target in listener.targets:
                    if target.event == "tick" and target.block is not None:
                        self._around.receive(target.block.id, {"__type__": "update", "active": False})
        ids = [run.id for run in self.runs.values() if run.listener.id in listeners]
        if ids:
            self._around.cancel(ids)

    def _end_streams(self, block: int | None) -> None:
        """End the running events of a source that stopped."""
        for run in self.runs.values():
            sources = {target.block.id for target in run.listener.targets if target.block is not None}
            if run.listener.connection == "stream" and block in sources:
                self._around.feed_run(run, None)

    # What the server says -----------------------------------------------------------------------------------------

    def hear(self, message: FeedMessage) -> None:
        """Apply a message of the session's feed."""
        if isinstance(message, StateChanged):
            self._changed(message.ids, Cause())
        elif isinstance(message, Log):
            if message.visible:
                self._around.toast(message.level, message.log, message.title or None)
        else:
            run = self.runs.get(message.event_id or "")
            if run is not None and isinstance(message, Completed):
                self._completed(run, message)
            elif run is not None and isinstance(message, Generating | Streaming):
                edits = isinstance(message, Generating) and not message.full
                changed = self._step(run, message.output, may_be_edits=edits)
                self._changed([*message.output.changed_state_ids, *changed], run.cause)
        self._run_scripts()
        self._around.moved()

    def _step(self, run: Run, output: Output, *, may_be_edits: bool) -> list[int]:
        data = [thaw(value) for value in output.data]
        touched: list[bool] | None = None
        if may_be_edits and run.last is not None:
            touched = [bool(edits) for edits in data]
            data = [apply(before, edits or []) for before, edits in zip(run.last, data, strict=True)]
        run.last = deepcopy(data)
        if output.render_config:
            self._around.rerender(output.render_config)
            self._rendered()
        return self._apply(run.listener, data, touched)

    def _rendered(self) -> None:
        """Register the listeners that a render built."""
        listeners = list(self._around.listeners())
        new = [listener for listener in listeners if listener.id not in self.known]
        self.known = {listener.id for listener in listeners}
        for id in self._deferred.keys() - self.known:
            del self._deferred[id]
        self._load(new)

    def _apply(self, listener: Listener, values: Sequence[Any], touched: list[bool] | None = None) -> list[int]:
        changed: list[int] = []
        if listener.render_id is not None:
            return changed
        for index, (block, value) in enumerate(zip(listener.outputs, values, strict=False)):
            if block.NAME == "state" or (touched is not None and not touched[index]):
                continue
            if self._around.receive(block.id, value):
                changed.append(block.id)
        return changed

    def _completed(self, run: Run, message: Completed) -> None:
        output, changed = message.output, []
        if message.success and isinstance(output, Output):
            changed = list(output.changed_state_ids)
            if output.data or output.render_config:
                changed += self._step(run, output, may_be_edits=False)
        elif not message.success:
            failure = output if isinstance(output, Failure) else None
            if failure is None:
                self._around.toast("error", _UNKNOWN, message.title)
            elif failure.visible:
                self._around.toast("error", failure.error or _UNKNOWN, failure.title or message.title)
        self._end(run, success=message.success and not message.cancelled, changed=changed)

    def refuse(self, id: str, status: int, detail: Any) -> None:
        """End a call that the server did not accept."""
        run = self.runs.get(id)
        if run is None:
            return
        verdicts = _verdicts(detail) if status == 422 else []
        if verdicts:
            for block, message in zip(run.listener.inputs, verdicts, strict=False):
                self._around.mark_invalid(block.id, message)
            self._end(run, success=None, changed=[])
        else:
            self._around.toast("error", _BUSY if status == 503 else _sentence(detail))
            self._end(run, success=False, changed=[])
        self._run_scripts()

    def abandon(self, keep: Collection[str] = ()) -> None:
        """Drop calls without consequences, because their outcome is unknown; `keep` are ids of those to keep."""
        self.runs = {id: run for id, run in self.runs.items() if id in keep}
        self._scripted.clear()
        self._pending = Counter(run.listener.id for run in self.runs.values())
        self._deferred = {id: cause for id, cause in self._deferred.items() if self._pending[id]}
        self._around.moved()

    def rebind(self, run: Run, listener: Listener) -> None:
        """Continue a call with its listener as a render has built it again."""
        before = run.listener
        sources = [None if target.block is None else target.block.id for target in before.targets]
        if run.cause.trigger in sources:
            source = listener.targets[sources.index(run.cause.trigger)].block
            run.cause = replace(run.cause, trigger=None if source is None else source.id)
        self._pending[before.id] -= 1
        self._pending[listener.id] += 1
        deferred = self._deferred.pop(before.id, None)
        if deferred is not None:
            self._deferred[listener.id] = deferred
        run.listener = listener

    # What follows -------------------------------------------------------------------------------------------------

    def _end(self, run: Run, *, success: bool | None, changed: list[int]) -> None:
        """End a call; `success` is `None` for one that never started, which has no consequences."""
        self.runs.pop(run.id, None)
        listener = run.listener
        children = [] if success is None else self._after(listener)
        cause = replace(run.cause, data=None)
        for child in children:
            if child.trigger_only_on_success if success else child.trigger_only_on_failure:
                self._trigger(child, cause)
        self._changed(changed, run.cause)
        for child in children:
            if not (child.trigger_only_on_success or child.trigger_only_on_failure):
                self._trigger(child, cause)
        self._pending[listener.id] -= 1
        if not self._pending[listener.id]:
            deferred = self._deferred.pop(listener.id, None)
            still = next((one for one in self._around.listeners() if one.id == listener.id), None)
            if deferred is not None and still is not None:
                self._trigger(still, deferred)
        self._around.moved()

    def _after(self, listener: Listener) -> list[Listener]:
        return [child for child in self._around.listeners() if child.trigger_after == listener.id]

    def _changed(self, ids: Iterable[int], cause: Cause) -> None:
        found: dict[int, tuple[Listener, int]] = {}
        for id in ids:
            for listener in self._of(id, "change"):
                found.setdefault(listener.id, (listener, id))
        for listener, id in found.values():
            trail = (*cause.trail, id)[-_TRAIL:]
            self._trigger(listener, replace(cause, trigger=id, data=None, round=cause.round + 1, trail=trail))


def _verdicts(detail: Any) -> list[str | None]:
    """Return the validator's message for each input, `None` if it is valid; nothing for other errors."""
    if not isinstance(detail, list):
        return []
    items = [item if isinstance(item, Mapping) else {} for item in detail]
    if not any(item.get("__type__") == "validate" for item in items):
        return []
    return [
        None if item.get("is_valid", True) else str(item.get("message") or "This value is not valid.") for item in items
    ]


def _sentence(detail: Any) -> str:
    """Return the message that the visitor sees for a rejected call."""
    if isinstance(detail, str):
        return detail
    if isinstance(detail, Mapping) and "error" in detail:
        return str(detail["error"] or _UNKNOWN)
    return "The server did not accept this."

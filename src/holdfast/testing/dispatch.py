"""What a page does with events: which listeners run, what follows from them. As the page in the browser does it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.wire.diff import apply
from holdfast.wire.encode import thaw
from holdfast.wire.messages import Completed, Failure, FeedMessage, Generating, Log, Output, StateChanged, Streaming

if TYPE_CHECKING:
    from holdfast.graph.listener import Listener

MOST_ROUNDS = 100
"""Changes in a row after which a chain counts as one that never settles."""
_CONSTANT = re.compile(r"\s*\(\)\s*=>\s*(\[.*\])\s*", re.DOTALL)
"""A script that only gives values, such as a `ClearButton`'s."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What led to a call of a listener."""

    trigger: int | None = None
    data: Any = None
    round: int = 0
    """State changes in a row that led here."""
    background: bool = False
    """The test does not wait for it."""


@dataclass(eq=False)
class Run:
    """A call of a listener that has not ended."""

    id: str
    listener: Listener
    cause: Cause
    last: list[Any] | None = None
    """Values of its outputs after its last step; edits apply to these."""


class Surroundings(Protocol):
    """What the dispatcher needs of the page around it."""

    def listeners(self) -> Iterable[Listener]:
        """The page's listeners, those of renders too."""

    def new_id(self) -> str:
        """An id for an event."""

    def submit_run(self, run: Run, data: list[Any]) -> None:
        """Send a call to the server."""

    def feed_run(self, run: Run, data: list[Any] | None) -> None:
        """Send a stream's next values; `None` ends it."""

    def cancel(self, ids: list[str]) -> None:
        """Stop events."""

    def inputs(self, listener: Listener) -> list[Any]:
        """The values of a listener's inputs."""

    def receive(self, id: int, given: Any) -> bool:
        """Take over what an output said; whether its value is another one now."""

    def rerender(self, config: dict[str, Any]) -> None:
        """Put what a render built in place of what it built before."""

    def toast(self, level: str, message: str, title: str | None = None) -> None:
        """Show a message."""

    def moved(self) -> None:
        """Something has happened."""


class Dispatcher:
    """Turns events into calls, and what the server says of them into values and further events.

    Args:
        around: The page.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._deferred: dict[int, Cause] = {}
        self._stopped = False
        self.runs: dict[str, Run] = {}
        """The calls that have not ended."""
        self.known: set[int] = set()
        """Ids of the listeners that the page has."""

    # Events -------------------------------------------------------------------------------------------------------

    def fire(self, block: int | None, event: str, data: Any = None, *, background: bool = False) -> None:
        """An act of the visitor, or of the page itself."""
        self._stopped = False
        for listener in self._of(block, event):
            self.trigger(listener, Cause(trigger=block, data=data, background=background))

    def load(self, listeners: Iterable[Listener] | None = None) -> None:
        """The page, or a part of it, is loaded."""
        found = list(self._around.listeners() if listeners is None else listeners)
        self.known |= {listener.id for listener in found}
        for listener in found:
            for target in listener.targets:
                if target.event == "load":
                    self.trigger(listener, Cause(trigger=None if target.block is None else target.block.id))
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

    def trigger(self, listener: Listener, cause: Cause) -> None:
        """Call a listener, as its `trigger_mode` says."""
        if cause.round > MOST_ROUNDS:
            if not self._stopped:
                self._stopped = True
                self._around.toast("error", f"Stopped after {MOST_ROUNDS} changes in a row that never settled.")
            return
        pending = [run for run in self.runs.values() if run.listener.id == listener.id]
        if pending and listener.connection == "stream":
            self._around.feed_run(pending[0], self._around.inputs(listener))
            return
        if pending and listener.trigger_mode != "multiple":
            if listener.trigger_mode == "always_last":
                self._deferred[listener.id] = cause
            return
        self._cancel(listener.cancels)
        if listener.connection == "stream":
            cause = replace(cause, background=True)  # it ends when the page says so
        run = self.runs[self._around.new_id()] = Run("", listener, cause)
        run.id = next(reversed(self.runs))
        if listener.fn is not None:
            self._around.submit_run(run, self._around.inputs(listener))
        else:
            self._end(run, success=True, changed=self._scripted(listener))

    def _scripted(self, listener: Listener) -> list[int]:
        """What a listener without a Python function does: scripts that only give values are understood."""
        found = _CONSTANT.fullmatch(listener.js) if isinstance(listener.js, str) else None
        try:
            values = json.loads(found[1]) if found else []
        except ValueError:
            values = []
        return self._apply(listener, values)

    def _cancel(self, listeners: Sequence[int]) -> None:
        ids = [run.id for run in self.runs.values() if run.listener.id in listeners]
        for id in listeners:
            self._deferred.pop(id, None)
        if ids:
            self._around.cancel(ids)

    def end_streams(self, block: int) -> None:
        """A source stopped: its running events get no more."""
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
            listeners = list(self._around.listeners())
            new = [listener for listener in listeners if listener.id not in self.known]
            self.known = {listener.id for listener in listeners}
            self.load(new)
        return self._apply(run.listener, data, touched)

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
        if isinstance(output, Output):
            changed = list(output.changed_state_ids)
            if output.data or output.render_config:
                changed += self._step(run, output, may_be_edits=False)
        elif isinstance(output, Failure) and output.visible:
            self._around.toast("error", output.error or "Error", output.title or message.title)
        self._end(run, success=message.success and not message.cancelled, changed=changed)

    def fail(self, id: str, message: str | None) -> None:
        """A call cannot end any more as it should; `message` for the visitor, if any."""
        run = self.runs.get(id)
        if run is not None:
            if message is not None:
                self._around.toast("error", message)
            self._end(run, success=False, changed=[])

    def refuse(self, id: str) -> None:
        """A validator refused a call's input: the event never began, so nothing follows from it."""
        run = self.runs.get(id)
        if run is not None:
            self._end(run, success=None, changed=[])

    def abandon(self) -> None:
        """Nobody knows how the calls ended: nothing follows from them."""
        self.runs.clear()
        self._deferred.clear()
        self._around.moved()

    # What follows -------------------------------------------------------------------------------------------------

    def _end(self, run: Run, *, success: bool | None, changed: list[int]) -> None:
        self.runs.pop(run.id, None)
        children = [] if success is None else self._after(run.listener)
        cause = replace(run.cause, data=None)
        for child in children:
            if child.trigger_only_on_success if success else child.trigger_only_on_failure:
                self.trigger(child, cause)
        self._changed(changed, run.cause)
        for child in children:
            if not (child.trigger_only_on_success or child.trigger_only_on_failure):
                self.trigger(child, cause)
        deferred = self._deferred.pop(run.listener.id, None)
        if deferred is not None:
            self.trigger(run.listener, deferred)
        self._around.moved()

    def _after(self, listener: Listener) -> list[Listener]:
        return [child for child in self._around.listeners() if child.trigger_after == listener.id]

    def _changed(self, ids: Iterable[int], cause: Cause) -> None:
        found: dict[int, tuple[Listener, int]] = {}
        for id in ids:
            for listener in self._of(id, "change"):
                found.setdefault(listener.id, (listener, id))
        for listener, id in found.values():
            self.trigger(listener, replace(cause, trigger=id, data=None, round=cause.round + 1))

"""Runs the cases of `tests/page_cases` against the page of the test kit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

import holdfast as gr
from holdfast import testing
from holdfast.errors import RequestError
from holdfast.graph.app_config import render_config
from holdfast.graph.dependency import Dependency
from holdfast.runtime import EventRequest
from holdfast.wire.messages import (
    Completed,
    Failure,
    FeedMessage,
    Generating,
    Log,
    Output,
    ProcessStarts,
    StateChanged,
    Streaming,
)

FOLDER = Path(__file__).resolve().parents[1] / "page_cases"
TURNS = 20
"""Turns of the event loop after which everything that a step started has begun."""
TYPES: dict[str, type[Any]] = {
    "accordion": gr.Accordion,
    "button": gr.Button,
    "checkboxgroup": gr.CheckboxGroup,
    "html": gr.HTML,
    "json": gr.JSON,
    "number": gr.Number,
    "state": gr.State,
    "textbox": gr.Textbox,
    "timer": gr.Timer,
}


def fail(*_: Any) -> None:
    """Raise what the script of a case throws."""
    raise ValueError("no")


SCRIPTS: dict[str, Callable[..., Any]] = {
    "append": lambda text, _: text + "b",
    "exclaim": lambda text, _: [text + "!", 7],
    "fail": fail,
    "multiply": lambda a, b: a * b,
    "nothing": lambda *_: None,
    "pass_on": lambda value, _: value,
}


class BlockCase(Struct, forbid_unknown_fields=True):
    """A block of a case."""

    type: str
    props: dict[str, Any] = {}
    key: str | None = None


class ListenerCase(Struct, forbid_unknown_fields=True):
    """A listener of a case."""

    on: list[str]
    inputs: list[str] = []
    outputs: list[str] = []
    function: bool = True
    js: str | None = None
    queue: bool = True
    trigger_mode: Literal["once", "multiple", "always_last"] = "once"
    cancels: list[str] = []
    properties_of: list[int] = []
    renders: bool = False


class Parts(Struct, forbid_unknown_fields=True):
    """What a render builds."""

    blocks: dict[str, BlockCase]
    listeners: dict[str, ListenerCase] = {}


class Step(Struct, forbid_unknown_fields=True):
    """One action, and what follows from it."""

    load: bool = False
    fire: list[Any] = []
    edit: list[Any] = []
    wait: float | None = None
    starts: str = ""
    generates: str = ""
    streams: str = ""
    completes: str = ""
    loops: str = ""
    times: int = 1
    fails: str = ""
    stops: str = ""
    refuses: str = ""
    logs: str = ""
    changes: list[str] = []
    data: list[Any] = []
    full: bool = False
    changed: list[str] = []
    render: Parts | None = None
    error: str | UnsetType | None = UNSET
    visible: bool = True
    title: str = ""
    status: int = 400
    detail: Any = None
    level: Literal["info", "warning", "success", "error"] = "info"
    message: str = ""
    frames: list[dict[str, Any]] = []
    toasts: list[list[Any]] = []
    values: dict[str, Any] = {}
    props: dict[str, dict[str, Any]] = {}
    invalid: dict[str, str | None] = {}
    missing: list[str] = []


class PageCase(Struct, forbid_unknown_fields=True):
    """A case."""

    name: str
    blocks: dict[str, BlockCase]
    script: list[Step]
    listeners: dict[str, ListenerCase] = {}
    scripts: dict[str, str] = {}


def read_cases() -> list[tuple[str, PageCase]]:
    """Return all cases, with the names of their files."""
    files = sorted(FOLDER.glob("*.json"))
    return [(file.stem, case) for file in files for case in msgspec.json.decode(file.read_bytes(), type=list[PageCase])]


def filled(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return a frame with what a case leaves out."""
    if "submit" in frame:
        return {"data": [], "trigger": None, "event_data": None, "round": 0, "stream": False, **frame}
    return {"data": [], "event_data": None, **frame} if "chunk" in frame else dict(frame)


class Built:
    """An app built from a case, with the names of its parts."""

    def __init__(self, case: PageCase) -> None:
        self.blocks: dict[str, Any] = {}
        self.listeners: dict[str, Any] = {}
        with gr.Blocks() as self.demo:
            self.blocks["page"] = self.demo
            self.add(case)

    def add(self, parts: PageCase | Parts) -> None:
        """Build blocks and listeners into what is being built."""
        for name, block in parts.blocks.items():
            self.blocks[name] = self._block(block)
        for name, listener in parts.listeners.items():
            self.listeners[name] = self._render(listener) if listener.renders else self._listener(listener)

    @staticmethod
    def _block(given: BlockCase) -> Any:
        return TYPES[given.type](**given.props, **({} if given.key is None else {"key": given.key}))

    def _triggers(self, given: ListenerCase) -> list[Any]:
        found = [trigger.split(".") for trigger in given.on]
        return [getattr((self.blocks | self.listeners)[of], event) for of, event in found]

    def _listener(self, given: ListenerCase) -> Dependency:
        made = gr.on(
            self._triggers(given),
            (lambda *_: None) if given.function else None,
            [self.blocks[name] for name in given.inputs],
            [self.blocks[name] for name in given.outputs],
            js=given.js,
            queue=given.queue,
            trigger_mode=given.trigger_mode,
            cancels=[self.listeners[name] for name in given.cancels] or None,
        )
        made.listener.component_prop_inputs = tuple(given.properties_of)
        return made

    def _render(self, given: ListenerCase) -> Any:
        inputs = [self.blocks[name] for name in given.inputs]
        before = set(self.demo.graph.listeners)
        gr.render(inputs, self._triggers(given), trigger_mode=given.trigger_mode)(lambda *_: None)
        (new,) = self.demo.graph.listeners.keys() - before
        return Dependency(self.demo.graph.listeners[new])

    def block_name(self, id: int | None) -> str | None:
        """Return the name of a block."""
        return next((name for name, block in self.blocks.items() if block.id == id), None)

    def listener_name(self, id: int | str) -> str:
        """Return the name of a listener."""
        return next(name for name, one in self.listeners.items() if one.listener.id == id)


class CasePage:
    """A page of the kit whose server is the script of a case."""

    def __init__(self, built: Built, app: testing.App) -> None:
        self._built = built
        self._app = app
        self._frames: list[dict[str, Any]] = []
        self._events: dict[str, str] = {}
        """Names of the listeners of calls."""
        self._verdicts: dict[str, asyncio.Future[None]] = {}
        self.page: Any = None

    async def submit(self, session: Any, call: EventRequest) -> None:
        """Take a call in place of the runtime."""
        assert call.event_id is not None
        name = self._built.listener_name(call.fn)
        self._events[call.event_id] = name
        frame = {"submit": call.event_id, "event": name, "data": call.data, "round": call.round, "stream": call.stream}
        self._frames.append({**frame, "trigger": self._built.block_name(call.trigger), "event_data": call.event_data})
        self._verdicts[call.event_id] = asyncio.get_running_loop().create_future()
        await self._verdicts[call.event_id]

    def cancel(self, session: Any, ids: list[str]) -> None:
        """Take a cancel in place of the runtime."""
        self._frames.append({"cancel": ids})

    def feed_chunk(self, session: Any, id: str, data: Any, event_data: Any = None) -> None:
        """Take a chunk in place of the runtime."""
        self._frames.append({"chunk": id, "data": data, "event_data": event_data})

    async def run(self, step: Step) -> dict[str, Any]:
        """Do what a step says, and return what has become of it, as far as the step asks."""
        toasts = 0
        for n in range(step.times):
            self._frames.clear()
            toasts = 0 if self.page is None else len(self.page.toasts)
            await self._act(step, n)
            await settled()
        page, blocks = self.page, self._built.blocks
        there = {block.id for block in page._blocks()}
        return {
            "frames": list(self._frames),
            "toasts": [list(toast) for toast in page.toasts[toasts:]],
            "values": {name: page.value(blocks[name]) for name in step.values},
            "props": {
                name: {prop: page.props(blocks[name])[prop] for prop in props} for name, props in step.props.items()
            },
            "invalid": {name: page.invalid.get(blocks[name].id) for name in step.invalid},
            "missing": [name for name in step.missing if blocks[name].id not in there],
        }

    async def _act(self, step: Step, n: int) -> None:
        blocks = self._built.blocks
        if step.load:
            self.page = await self._app.visit()
        elif step.fire:
            block, event, data = [*step.fire, None][:3]
            await self.page.fire(blocks[block], event, data)
        elif step.edit:
            await self.page.fill(blocks[step.edit[0]], step.edit[1])
        elif step.wait is not None:
            await self._app.clock.advance(step.wait)
        elif step.refuses:
            refusal = type("Refusal", (RequestError,), {"status": step.status})
            self._verdicts[step.refuses].set_exception(refusal(step.detail))
        else:
            self.page.session.feed.publish(self._message(step, n))

    def _message(self, step: Step, n: int) -> FeedMessage:
        output = Output(data=step.data, changed_state_ids=[self._built.blocks[name].id for name in step.changed])
        if step.changes:
            return StateChanged(ids=[self._built.blocks[name].id for name in step.changes])
        if step.generates:
            return Generating(event_id=step.generates, output=output, full=step.full)
        if step.streams:
            return Streaming(event_id=step.streams, output=output)
        if step.completes or step.loops:
            call = step.completes or f"e{int(step.loops[1:]) + n}"
            if step.render is not None:
                output.render_config = self._build(call, step.render)
            return Completed(event_id=call, success=True, output=output)
        return _other_message(step)

    def _build(self, call: str, parts: Parts) -> dict[str, Any]:
        """Build what a render builds, as the runtime does it."""
        view = self.page.session.view
        spec = self._built.listeners[self._events[call]].listener.render
        with spec.building(view) as graph:
            self._built.add(parts)
        view.apply_render(spec.render_id, graph)
        return render_config(view, graph, spec.render_id, compact=True)

    def close(self) -> None:
        """Let go of the calls that wait to be accepted."""
        for verdict in self._verdicts.values():
            if not verdict.done():
                verdict.set_result(None)


def _other_message(step: Step) -> FeedMessage:
    """Return the message of a step that writes no outputs."""
    if step.starts:
        return ProcessStarts(event_id=step.starts)
    if step.stops:
        return Completed(event_id=step.stops, success=True, cancelled=True, output=None)
    if step.fails:
        assert step.error is not UNSET
        failure = Failure(error=step.error, visible=step.visible, title=step.title or "Error")
        return Completed(event_id=step.fails, success=False, output=failure)
    assert step.logs, f"this step has no action: {step}"
    return Log(event_id=step.logs, log=step.message, level=step.level, title=step.title, visible=step.visible)


async def settled() -> None:
    """Let everything begin that is about to."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


@asynccontextmanager
async def opened(case: PageCase) -> AsyncIterator[CasePage]:
    """Run a case's app with a server that only does what the case says."""
    built = Built(case)
    scripts = {source: SCRIPTS[name] for source, name in case.scripts.items()}
    async with testing.open(built.demo, scripts=scripts) as app:
        page = CasePage(built, app)
        numbers = iter(range(1, 1_000))
        app.new_event_id = lambda: f"e{next(numbers)}"
        for name in ("submit", "cancel", "feed_chunk"):
            setattr(app.runtime, name, getattr(page, name))
        app.settled = settled  # type: ignore[method-assign]
        yield page
        page.close()
        await settled()

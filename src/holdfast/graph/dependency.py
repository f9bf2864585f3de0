"""Registration of listeners such as `button.click(fn, inputs, outputs)`, including all checks of the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from typing_extensions import Unpack

from holdfast.errors import BuildError, RenderError
from holdfast.graph.app_config import listener_entry
from holdfast.graph.block import Block
from holdfast.graph.callsite import call_site
from holdfast.graph.context import BuildContext, current
from holdfast.graph.listener import Listener, ListenerOptions, Target, TriggerMode
from holdfast.graph.listener_checks import (
    EventKind,
    Trigger,
    api_of,
    called,
    check_options,
    default_mode,
    is_generator,
    show_progress,
)
from holdfast.graph.listener_io import blocks_of, check_arguments, inputs_of, outputs_of, progress_blocks, prop_inputs
from holdfast.graph.signature import Signature, has_event_data, signature_of

if TYPE_CHECKING:
    from holdfast.graph.graph import Graph


class Dependency(dict[str, Any]):
    """A registered listener: its config as a dict, methods for chaining, and the function itself when called.

    Args:
        listener: Listener; `None` while a decorator waits for its function.
        decorate: Function that registers the function passed to a decorator.
    """

    def __init__(
        self, listener: Listener | None, decorate: Callable[[Callable[..., Any]], Dependency] | None = None
    ) -> None:
        super().__init__(listener_entry(listener) if listener is not None else {})
        self._listener = listener
        self._decorate = decorate
        self.then = Chain(self, "then")
        self.success = Chain(self, "success")
        self.failure = Chain(self, "failure")

    @property
    def listener(self) -> Listener:
        """Registered listener.

        Raises:
            BuildError: The call is a decorator that has not received its function yet.
        """
        if self._listener is None:
            raise BuildError(
                "This listener has no function yet: the call was made without one, so it is a decorator. "
                "Give the function as the first argument, or write the call above it with `@`."
            )
        return self._listener

    @property
    def fn(self) -> Callable[..., Any] | None:
        """Function of the listener."""
        return self._listener.fn if self._listener else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decorate a function if the call is a decorator, otherwise call the listener's function."""
        if self._decorate is not None:
            decorate, self._decorate = self._decorate, None
            return decorate(args[0])
        fn = self.listener.fn
        if fn is None:
            raise BuildError("This listener has no Python function to call; it only runs JavaScript.")
        return fn(*args, **kwargs)

    def __hash__(self) -> int:  # type: ignore[override]  # a dict is unhashable; the handle compares by identity
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Chain:
    """`.then`, `.success` or `.failure`: adds a listener that runs after another one."""

    trigger_mode: TriggerMode = "once"
    show_progress: Literal["full", "minimal", "hidden"] = "full"

    def __init__(self, dependency: Dependency, name: Literal["then", "success", "failure"]) -> None:
        self.dependency = dependency
        self.name: str = name

    @property
    def event(self) -> EventKind:
        """Kind of the event, which is the chain itself."""
        return self

    @property
    def target(self) -> Target:
        """Target of the new listener."""
        return Target(None, self.name)

    def __call__(
        self,
        fn: Callable[..., Any] | Literal["decorator"] | None = "decorator",
        inputs: Any = None,
        outputs: Any = None,
        **options: Unpack[ListenerOptions],
    ) -> Dependency:
        """Run `fn` when the preceding listener's event has ended.

        Args:
            fn: Function to call; omit it to use the call as a decorator; `None` to run only `js`.
            inputs: Components whose values the function takes.
            outputs: Components that receive the results.
            **options: See `ListenerOptions`.
        """
        return register(fn, (self,), inputs, outputs, options)


class _Plain(NamedTuple):
    """A trigger that is only a target: an event with default settings."""

    target: Target

    @property
    def event(self) -> EventKind:
        return _PlainEvent(self.target.event)


class _PlainEvent:
    trigger_mode: TriggerMode = "once"
    show_progress: Literal["full", "minimal", "hidden"] = "full"

    def __init__(self, name: str) -> None:
        self.name = name


def register(
    fn: Callable[..., Any] | Literal["decorator"] | None,
    triggers: Sequence[Trigger | Target],
    inputs: Any,
    outputs: Any,
    options: ListenerOptions,
    **fixed: Any,
) -> Dependency:
    """Add a listener to the app that is being built.

    Args:
        fn: The function, `None`, or `"decorator"` if the function follows later.
        triggers: Events that start the listener.
        inputs: A component, several, a set of them, or `None`.
        outputs: A block, several, a set of them, or `None`.
        options: Other parameters of the call.
        **fixed: Fields of the listener that the caller sets (`render_id`, `rendered_in`, `event_specific_args`).

    Returns:
        Handle of the listener.

    Raises:
        BuildError: The call is not valid.
    """
    context = current.get()
    starts = [_Plain(trigger) if isinstance(trigger, Target) else trigger for trigger in triggers]
    _check_triggers(starts)
    if context is None:
        name = starts[0].event.name if starts else "on"
        raise RenderError(
            f"Cannot call {name} outside of a Blocks: a listener belongs to an app. "
            "Move the call inside `with gr.Blocks() as demo:`, or into `with demo:`."
        )
    check_options(options)
    if fn == "decorator":
        return _decorator(starts, inputs, outputs, options, fixed)
    if fn is not None and not callable(fn):
        raise BuildError(
            f"{fn!r} was passed as the function of a listener, but a {type(fn).__name__} is not callable. "
            "Pass a function, or None for a listener that only runs JavaScript."
        )
    stopped = _stopped(options.get("cancels"))
    listener = context.graph.add_listener(_build(fn, starts, inputs, outputs, options, fixed, context))
    if stopped:
        _add_cancel(listener, stopped, context.graph)
    return Dependency(listener)


def _check_triggers(triggers: Sequence[Any]) -> None:
    for trigger in triggers:
        if not hasattr(trigger, "target") or not hasattr(trigger, "event"):
            raise BuildError(
                f"{trigger!r} was passed as a trigger, but a {type(trigger).__name__} is not an event. "
                "Pass events of components, such as `button.click` or `box.submit`."
            )


def _decorator(
    triggers: Sequence[Trigger], inputs: Any, outputs: Any, options: ListenerOptions, fixed: dict[str, Any]
) -> Dependency:
    """Handle a call without a function; register `js` and `cancels` immediately, and again with the function."""
    early: Dependency | None = None
    if options.get("js") is not None or options.get("cancels"):
        early = register(None, triggers, inputs, outputs, options, **fixed)

    def decorate(fn: Callable[..., Any]) -> Dependency:
        context = current.get()
        if early is not None and context is not None:
            for listener in list(context.graph.listeners.values()):
                if early.listener in {listener, listener.extra.get("cancels_for")}:
                    context.graph.drop_listener(listener)
        return register(fn, triggers, inputs, outputs, options, **fixed)

    return Dependency(early.listener if early is not None else None, decorate)


def _build(
    fn: Callable[..., Any] | None,
    triggers: Sequence[Trigger],
    inputs: Any,
    outputs: Any,
    options: ListenerOptions,
    fixed: dict[str, Any],
    context: BuildContext,
) -> Listener:
    graph = context.graph
    read, as_dict, keywords = inputs_of(inputs, options.get("inputs_kwargs"), graph)
    written = outputs_of(outputs, graph)
    signature = signature_of(fn) if fn is not None else Signature()
    if fn is not None:
        check_arguments(fn, signature, 1 if as_dict else len(read) - len(keywords), keywords)
    generator = is_generator(fn)
    batch = options.get("batch", False)
    if batch and generator:
        raise BuildError(
            f"{called(fn)} is a generator but batch=True was passed. A batch answers all its calls at once: "
            "return the lists instead of yielding, or remove batch."
        )
    targets = tuple(_target(trigger.target, graph) for trigger in triggers)
    after, on_success, on_failure = _chained(triggers)
    streams = any(target.event == "stream" for target in targets)
    name, visibility = api_of(fn, options, targets)
    progress = options.get("show_progress")
    specific = fixed.pop("event_specific_args", None)
    return Listener(
        id=-1,
        fn=fn,
        targets=targets,
        inputs=read,
        outputs=written,
        inputs_as_dict=as_dict,
        keyword_inputs=keywords,
        api_name=name,
        given_name=options.get("api_name") or None,
        api_description=options.get("api_description"),
        api_visibility=visibility,
        scroll_to_output=options.get("scroll_to_output", False),
        show_progress=show_progress(progress, triggers),
        show_progress_on=progress_blocks(options.get("show_progress_on"), graph),
        queue=fn is not None and options.get("queue") is not False,
        batch=batch,
        max_batch_size=options.get("max_batch_size", 4),
        preprocess=options.get("preprocess", True),
        postprocess=options.get("postprocess", True),
        trigger_mode=options.get("trigger_mode") or default_mode(triggers),
        js=options.get("js"),
        concurrency_limit=options.get("concurrency_limit", "default"),
        concurrency_id=options.get("concurrency_id") or "",
        trigger_after=after,
        trigger_only_on_success=on_success,
        trigger_only_on_failure=on_failure,
        collects_event_data=has_event_data(signature),
        rendered_in=fixed.pop("rendered_in", context.rendered_in),
        connection="stream" if streams else "sse",
        time_limit=options.get("time_limit"),
        stream_every=options.get("stream_every", 0.5),
        key=options.get("key"),
        key_path=(*context.key_path, options["key"]) if options.get("key") is not None else None,
        validator=options.get("validator"),
        on_leave=options.get("on_leave"),
        is_generator=generator,
        component_prop_inputs=prop_inputs(signature, len(read)),
        signature=signature,
        made_at=fixed.pop("made_at", None) or call_site(),
        extra={"event_specific_args": ["stream_every"] if streams else specific},
        **fixed,
    )


def _target(target: Target, graph: Graph) -> Target:
    """Map events of an app that was placed inside another app to the outer app."""
    if target.block is None:
        return target
    if target.block.IS_ROOT and graph.id_of(target.block) is None:
        return Target(graph.top, target.event)
    graph.attach(target.block)
    return target


def _chained(triggers: Sequence[Trigger]) -> tuple[int | None, bool, bool]:
    for trigger in triggers:
        if isinstance(trigger, Chain):
            name = trigger.name
            return trigger.dependency.listener.id, name == "success", name == "failure"
    return None, False, False


def _stopped(cancels: Any) -> tuple[int, ...]:
    """Return the ids of the listeners in `cancels`."""
    if cancels is None:
        return ()
    stopped = []
    for item in cancels if isinstance(cancels, (list, tuple)) else [cancels]:
        if not isinstance(item, Dependency):
            raise BuildError(
                f"`cancels` contains {item!r}, a {type(item).__name__}. "
                "Pass what the other listener's call returned: `run = button.click(…)`, then `cancels=run`."
            )
        target = item.listener
        if target.fn is not None and not target.queue:
            raise BuildError(
                f"`cancels` contains the listener {target.api_name!r}, which was created with queue=False: "
                "it runs outside the queue and cannot be stopped. Remove queue=False there."
            )
        stopped.append(target.id)
    return tuple(stopped)


def _add_cancel(listener: Listener, stopped: tuple[int, ...], graph: Graph) -> None:
    """Add a second listener with the same triggers that cancels other events, as Gradio's clients expect."""
    graph.add_listener(
        Listener(
            id=-1,
            fn=None,
            targets=listener.targets,
            inputs=(),
            outputs=(),
            api_name="unnamed",
            api_visibility="private",
            queue=False,
            cancels=stopped,
            trigger_after=listener.trigger_after,
            trigger_only_on_success=listener.trigger_only_on_success,
            trigger_only_on_failure=listener.trigger_only_on_failure,
            rendered_in=listener.rendered_in,
            made_at=listener.made_at,
            extra={"cancels_for": listener},
        )
    )


def attach_load(component: Block, fn: Callable[..., Any], every: Block | None = None, inputs: Any = None) -> None:
    """Run a component's function value at each page load, when `inputs` change, and at a timer's ticks.

    As in Gradio, its listener is added after the program's own listeners, so that their endpoints keep the plain names.

    Args:
        component: Component that receives the result.
        fn: Function to call.
        every: A `gr.Timer`.
        inputs: Components whose values `fn` takes.
    """
    context = current.get()
    if context is None:
        raise RenderError(f"{component!r} has a function as its value, so it must be inside a Blocks.")
    triggers: list[Trigger] = [block.change for block in blocks_of(inputs, "inputs", context.graph)]  # type: ignore[attr-defined]
    if every is not None:
        triggers.append(every.tick)  # type: ignore[attr-defined]
    triggers.append(context.graph.top.load)  # type: ignore[attr-defined]
    options: ListenerOptions = {"show_progress": "hidden", "trigger_mode": "once"}
    place = call_site()
    context.graph.add_later(context, lambda: register(fn, triggers, inputs, component, options, made_at=place))

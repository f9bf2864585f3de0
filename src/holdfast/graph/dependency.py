"""Registering listeners: what a call such as `button.click(fn, inputs, outputs)` means, and every mistake in it."""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args

from typing_extensions import Unpack

from holdfast.errors import BuildError, InvalidApiNameError, InvalidBlockError, InvalidComponentError, RenderError
from holdfast.graph.block import Block, BlockContext
from holdfast.graph.callsite import call_site, warn
from holdfast.graph.config import listener_entry
from holdfast.graph.context import BuildContext, current
from holdfast.graph.listener import Listener, ListenerOptions, Target, TriggerMode, Visibility
from holdfast.graph.signature import Signature, has_event_data, signature_of

if TYPE_CHECKING:
    from holdfast.graph.graph import Graph

_NAME_CHARACTERS = set(string.punctuation) - {"-", "_"}


class EventKind(Protocol):
    """What `register` must know of an event; see `Event`."""

    name: str
    trigger_mode: TriggerMode
    show_progress: Literal["full", "minimal", "hidden"]


class Trigger(Protocol):
    """Something that can start a listener: an event of a block, or the end of another listener."""

    @property
    def event(self) -> EventKind:
        """The kind of event."""

    @property
    def target(self) -> Target:
        """What goes into the listener."""


class Dependency(dict[str, Any]):
    """A registered listener: its config as a dict, the means to chain on it, and the function itself when called.

    Args:
        listener: The listener; `None` while a decorator waits for its function.
        decorate: Registers the function that a decorator gets.
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
        """The listener.

        Raises:
            BuildError: It is a decorator that has no function yet.
        """
        if self._listener is None:
            raise BuildError(
                "This listener has no function yet: the call was made without one, so it is a decorator. "
                "Give the function as the first argument, or write the call above it with `@`."
            )
        return self._listener

    @property
    def fn(self) -> Callable[..., Any] | None:
        """The function."""
        return self._listener.fn if self._listener else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decorate a function when it waits for one, else call the function."""
        if self._decorate is not None:
            decorate, self._decorate = self._decorate, None
            return decorate(args[0])
        fn = self.listener.fn
        if fn is None:
            raise BuildError("This listener has no Python function that could be called; it runs JavaScript alone.")
        return fn(*args, **kwargs)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Chain:
    """`.then`, `.success` and `.failure`: a listener that runs after another one."""

    trigger_mode: TriggerMode = "once"
    show_progress: Literal["full", "minimal", "hidden"] = "full"

    def __init__(self, dependency: Dependency, name: Literal["then", "success", "failure"]) -> None:
        self.dependency = dependency
        self.name: str = name

    @property
    def event(self) -> EventKind:
        """The kind of event: itself."""
        return self

    @property
    def target(self) -> Target:
        """What goes into the listener."""
        return Target(None, self.name)

    def __call__(
        self,
        fn: Callable[..., Any] | Literal["decorator"] | None = "decorator",
        inputs: Any = None,
        outputs: Any = None,
        **options: Unpack[ListenerOptions],
    ) -> Dependency:
        """Run `fn` when the event of the listener before has ended.

        Args:
            fn: The function; leave it out to use the call as a decorator; `None` for `js` alone.
            inputs: Components whose values it takes.
            outputs: Components that its results go to.
            **options: See `ListenerOptions`.
        """
        return register(fn, (self,), inputs, outputs, options)


class _Plain(NamedTuple):
    """A trigger that is only a target: an event with the usual defaults."""

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
        fn: The function, `None`, or `"decorator"` when the function is to follow.
        triggers: What starts it.
        inputs: A component, several, a set of them, or `None`.
        outputs: A block, several, a set of them, or `None`.
        options: The other parameters of the call.
        **fixed: Fields of the listener that its caller decides (`render_id`, `rendered_in`, `event_specific_args`).

    Returns:
        The listener's handle.

    Raises:
        BuildError: Anything about the call that cannot work.
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
    _check_options(options)
    if fn == "decorator":
        return _decorator(starts, inputs, outputs, options, fixed)
    if fn is not None and not callable(fn):
        raise BuildError(
            f"{fn!r} was given as the function of a listener, but a {type(fn).__name__} cannot be called. "
            "Give a function, or None for a listener that only runs JavaScript."
        )
    listener = context.graph.add_listener(_build(fn, starts, inputs, outputs, options, fixed, context))
    if options.get("cancels"):
        _register_cancel(listener, options["cancels"], context.graph)
    return Dependency(listener)


def _check_triggers(triggers: Sequence[Any]) -> None:
    for trigger in triggers:
        if not hasattr(trigger, "target") or not hasattr(trigger, "event"):
            raise BuildError(
                f"{trigger!r} was given as a trigger, but a {type(trigger).__name__} is no event. "
                "Give events of components, such as `button.click` or `box.submit`."
            )


def _decorator(
    triggers: Sequence[Trigger], inputs: Any, outputs: Any, options: ListenerOptions, fixed: dict[str, Any]
) -> Dependency:
    """A call without a function. What works without one (js, cancels) is registered at once, and again with it."""
    early: Dependency | None = None
    if options.get("js") is not None or options.get("cancels"):
        early = register(None, triggers, inputs, outputs, options, **fixed)

    def decorate(fn: Callable[..., Any]) -> Dependency:
        context = current.get()
        if early is not None and context is not None:
            for listener in [li for li in context.graph.listeners.values() if li is early.listener or li.extra.get(
                "cancels_for") is early.listener]:
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
    read, as_dict, keywords = _inputs(inputs, options.get("inputs_kwargs"), graph)
    written = _outputs(outputs, graph)
    signature = signature_of(fn) if fn is not None else Signature()
    if fn is not None:
        _check_arguments(fn, signature, 1 if as_dict else len(read) - len(keywords), keywords)
    generator = _is_generator(fn)
    batch = options.get("batch", False)
    if batch and generator:
        raise BuildError(
            f"{_called(fn)} is a generator and was given batch=True. A batch answers all its calls at once: "
            "return the lists instead of yielding, or leave batch out."
        )
    targets = tuple(_target(trigger.target, graph) for trigger in triggers)
    after, on_success, on_failure = _chained(triggers)
    streams = any(target.event == "stream" for target in targets)
    name, visibility = _api(fn, options, targets)
    progress = options.get("show_progress")
    return Listener(
        id=-1,
        fn=fn,
        targets=targets,
        inputs=read,
        outputs=written,
        inputs_as_dict=as_dict,
        keyword_inputs=keywords,
        api_name=name,
        api_description=options.get("api_description"),
        api_visibility=visibility,
        scroll_to_output=options.get("scroll_to_output", False),
        show_progress=_show_progress(progress, triggers),
        show_progress_on=_progress_blocks(options.get("show_progress_on"), graph),
        queue=fn is not None and options.get("queue") is not False,
        batch=batch,
        max_batch_size=options.get("max_batch_size", 4),
        preprocess=options.get("preprocess", True),
        postprocess=options.get("postprocess", True),
        trigger_mode=options.get("trigger_mode") or _default_mode(triggers),
        js=options.get("js"),
        concurrency_limit=options.get("concurrency_limit", "default"),
        concurrency_id=options.get("concurrency_id") or f"fn-{id(fn)}",
        trigger_after=after,
        trigger_only_on_success=on_success,
        trigger_only_on_failure=on_failure,
        collects_event_data=has_event_data(signature),
        rendered_in=fixed.pop("rendered_in", context.rendered_in),
        connection="stream" if streams else "sse",
        time_limit=options.get("time_limit") if streams else None,
        stream_every=options.get("stream_every", 0.5),
        key=options.get("key"),
        key_path=(*context.key_path, options["key"]) if options.get("key") is not None else None,
        validator=options.get("validator"),
        is_generator=generator,
        component_prop_inputs=_prop_inputs(signature, len(read)),
        signature=signature,
        made_at=call_site(),
        extra={"event_specific_args": ["stream_every"] if streams else fixed.pop("event_specific_args", None)},
        **fixed,
    )


# Inputs and outputs ---------------------------------------------------------------------------------------------------


def _inputs(
    given: Any, by_keyword: Mapping[str, Block] | None, graph: Graph
) -> tuple[tuple[Block, ...], bool, tuple[str, ...]]:
    if isinstance(given, Mapping):
        raise BuildError(
            "`inputs` was given a dict. To pass values to the function by parameter name, use `inputs_kwargs`, "
            "for example `inputs_kwargs={'last_name': textbox}`."
        )
    as_dict = isinstance(given, (set, frozenset))
    if as_dict and by_keyword:
        raise BuildError(
            "`inputs` is a set, so the function gets one dict, and `inputs_kwargs` was given too. "
            "Put the components of `inputs_kwargs` into the set, or make `inputs` a list."
        )
    listed = [*_blocks(given, "inputs", graph), *_blocks(list((by_keyword or {}).values()), "inputs_kwargs", graph)]
    for block in listed:
        if isinstance(block, BlockContext):
            raise InvalidComponentError(
                f"{block!r} is among the inputs, but a {type(block).__name__} is a layout and has no value. "
                "Give the components inside of it."
            )
    return tuple(listed), as_dict, tuple(by_keyword or ())


def _outputs(given: Any, graph: Graph) -> tuple[Block, ...]:
    if isinstance(given, Mapping):
        raise BuildError("`outputs` was given a dict. Give a component, a list of components, or a set of them.")
    return tuple(_blocks(given, "outputs", graph))


def _blocks(given: Any, what: str, graph: Graph) -> list[Block]:
    """The blocks of an `inputs` or `outputs`, attached to the graph; a set's in the order of their ids."""
    if given is None:
        return []
    listed = list(given) if isinstance(given, (list, tuple, set, frozenset)) else [given]
    for position, block in enumerate(listed):
        if not isinstance(block, Block):
            hint = (
                "Component names as strings work in gr.Interface; make the component here, such as gr.Textbox()."
                if isinstance(block, str)
                else "Give components, such as gr.Textbox()."
            )
            where = f" at position {position}" if len(listed) > 1 else ""
            raise InvalidBlockError(
                f"`{what}` holds {block!r}{where}, a {type(block).__name__}, which is no component. {hint}"
            )
        graph.attach(block)
    if isinstance(given, (set, frozenset)):
        listed.sort(key=lambda block: block.id)
    return listed


def _progress_blocks(given: Any, graph: Graph) -> tuple[Block, ...] | None:
    return None if given is None else tuple(_blocks(given, "show_progress_on", graph))


def _prop_inputs(signature: Signature, count: int) -> tuple[int, ...]:
    """Inputs whose parameter is annotated with a component's class: the function gets all their properties."""
    return tuple(
        position
        for position, parameter in enumerate(signature.positional[:count])
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Block)
    )


def _check_arguments(fn: Callable[..., Any], signature: Signature, count: int, keywords: tuple[str, ...]) -> None:
    """Inputs that do not fit the function: unknown names are an error, a wrong number only a warning, as in Gradio."""
    if not signature.known:
        return
    names = {p.name for p in signature.parameters}
    unknown = [name for name in keywords if name not in names]
    if unknown and not signature.keywords:
        raise BuildError(f"`inputs_kwargs` names {unknown}, but {_called(fn)} takes {sorted(names) or 'no parameters'}.")
    takes = [p for p in signature.positional if p.name not in keywords]
    needed = sum(not p.has_default for p in takes)
    if count < needed:
        warn(
            f"{_called(fn)} takes {needed} inputs at least, but `inputs` gives {count}: the others will be None. "
            "Add components to `inputs`, or defaults to the function."
        )
    elif count > len(takes) and not signature.variadic:
        warn(
            f"{_called(fn)} takes {len(takes)} inputs at most, but `inputs` gives {count}. "
            "Take components out of `inputs`, or add parameters to the function."
        )


# Options --------------------------------------------------------------------------------------------------------------


def _check_options(options: ListenerOptions) -> None:
    unknown = [name for name in options if name not in ListenerOptions.__annotations__]
    if unknown:
        raise TypeError(
            f"A listener has no parameter {unknown[0]!r}. It takes: {', '.join(ListenerOptions.__annotations__)}."
        )
    mode = options.get("trigger_mode")
    if mode is not None and mode not in get_args(TriggerMode):
        raise BuildError(f"trigger_mode={mode!r} is none of {', '.join(get_args(TriggerMode))}.")
    visibility = options.get("api_visibility", "public")
    if visibility not in get_args(Visibility):
        raise BuildError(f"api_visibility={visibility!r} is none of {', '.join(get_args(Visibility))}.")
    if options.get("js") is True:
        raise BuildError(
            "js=True asks for the Python function to be translated to JavaScript, which Holdfast does not do. "
            "Leave js out to run the function on the server, or give the JavaScript as a string."
        )
    name = options.get("api_name")
    if name is not None and name is not False and not isinstance(name, str):
        raise InvalidApiNameError(f"api_name={name!r} is a {type(name).__name__}. Give a string, or leave it out.")


def _api(fn: Callable[..., Any] | None, options: ListenerOptions, targets: tuple[Target, ...]) -> tuple[str, Visibility]:
    name, visibility = options.get("api_name"), options.get("api_visibility", "public")
    if name is False:
        return "false", "private"
    if fn is None or any(target.event == "unload" for target in targets):
        visibility = "private"
    if name:
        return name.removeprefix("/"), visibility
    if fn is None:
        return ("js_fn" if options.get("js") else "unnamed"), visibility
    return api_name_of(fn), visibility


def api_name_of(fn: Callable[..., Any]) -> str:
    """The endpoint's name that a function has by itself: its own, without punctuation."""
    name = getattr(fn, "__name__", None) or type(fn).__name__
    return "".join(c for c in name if c not in _NAME_CHARACTERS) or "unnamed"


def _show_progress(given: Any, triggers: Sequence[Trigger]) -> Literal["full", "minimal", "hidden"]:
    if given is None:
        return triggers[0].event.show_progress if len(triggers) == 1 else "full"
    if isinstance(given, bool):
        return "full" if given else "hidden"
    if given not in {"full", "minimal", "hidden"}:
        raise BuildError(f"show_progress={given!r} is none of full, minimal, hidden.")
    return given  # type: ignore[no-any-return]


def _default_mode(triggers: Sequence[Trigger]) -> TriggerMode:
    """The events' common default; different ones make it `once`."""
    modes = {trigger.event.trigger_mode for trigger in triggers}
    return modes.pop() if len(modes) == 1 else "once"


def _target(target: Target, graph: Graph) -> Target:
    """Events of an app that was put into another are events of that one."""
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


def _register_cancel(listener: Listener, cancels: Any, graph: Graph) -> None:
    """A second listener with the same triggers that stops the events of others, as Gradio's clients expect it."""
    listed = cancels if isinstance(cancels, (list, tuple)) else [cancels]
    stopped = []
    for item in listed:
        if not isinstance(item, Dependency):
            raise BuildError(
                f"`cancels` holds {item!r}, a {type(item).__name__}. "
                "Give what the listener's own call returned: `run = button.click(…)`, then `cancels=run`."
            )
        target = item.listener
        if target.fn is not None and not target.queue:
            raise BuildError(
                f"`cancels` names the listener {target.api_name!r}, which was made with queue=False: "
                "it runs outside the queue and cannot be stopped. Leave queue=False out there."
            )
        stopped.append(target.id)
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
            cancels=tuple(stopped),
            trigger_after=listener.trigger_after,
            trigger_only_on_success=listener.trigger_only_on_success,
            trigger_only_on_failure=listener.trigger_only_on_failure,
            rendered_in=listener.rendered_in,
            made_at=listener.made_at,
            extra={"cancels_for": listener},
        )
    )


def _is_generator(fn: Any) -> bool:
    inner = inspect.unwrap(fn) if callable(fn) else fn
    while hasattr(inner, "func"):
        inner = inner.func
    return any(
        inspect.isgeneratorfunction(candidate) or inspect.isasyncgenfunction(candidate)
        for candidate in (inner, getattr(type(inner), "__call__", None))
    )


def _called(fn: Any) -> str:
    return f"The function {api_name_of(fn)!r}"


def attach_load(component: Block, fn: Callable[..., Any], every: Block | None = None, inputs: Any = None) -> Dependency:
    """Let a component's function value run: at each page load, when `inputs` change, at a timer's ticks.

    Args:
        component: What the result goes to.
        fn: The function.
        every: A `gr.Timer`.
        inputs: Components whose values `fn` takes.
    """
    context = current.get()
    if context is None:
        raise RenderError(f"{component!r} has a function as its value, so it must stand in a Blocks.")
    triggers: list[Trigger] = [block.change for block in _blocks(inputs, "inputs", context.graph)]  # type: ignore[attr-defined]
    if every is not None:
        triggers.append(every.tick)  # type: ignore[attr-defined]
    triggers.append(context.graph.top.load)  # type: ignore[attr-defined]
    return register(fn, triggers, inputs, component, {"show_progress": "hidden", "trigger_mode": "once"})

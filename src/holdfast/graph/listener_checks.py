"""Checks of a listener's options, and the name of its endpoint."""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, get_args

from holdfast.errors import BuildError, InvalidApiNameError, did_you_mean
from holdfast.graph.listener import ListenerOptions, Target, TriggerMode, Visibility
from holdfast.graph.parameters import settle_unknown
from holdfast.settings import checked_on_leave

_NAME_CHARACTERS = set(string.punctuation) - {"-", "_"}


class EventKind(Protocol):
    """Properties of an event that `register` needs; see `Event`."""

    name: str
    trigger_mode: TriggerMode
    show_progress: Literal["full", "minimal", "hidden"]


class Trigger(Protocol):
    """Something that can start a listener: an event of a block, or the end of another listener."""

    @property
    def event(self) -> EventKind:
        """Kind of the event."""

    @property
    def target(self) -> Target:
        """Target of the listener."""


def check_options(options: ListenerOptions) -> None:
    """Reject options that no listener accepts.

    Raises:
        BuildError: A value is not valid for its parameter.
        TypeError: A parameter does not exist.
    """
    unknown = [name for name in options if name not in ListenerOptions.__annotations__]
    if unknown:
        settle_unknown("A listener", unknown, ListenerOptions.__annotations__, kind="A listener")
    mode = options.get("trigger_mode")
    if mode is not None and mode not in get_args(TriggerMode):
        modes = get_args(TriggerMode)
        raise BuildError(f"trigger_mode={mode!r} is not one of {', '.join(modes)}.{did_you_mean(str(mode), modes)}")
    visibility = options.get("api_visibility", "public")
    if visibility not in get_args(Visibility):
        raise BuildError(
            f"api_visibility={visibility!r} is not one of {', '.join(get_args(Visibility))}."
            f"{did_you_mean(str(visibility), get_args(Visibility))}"
        )
    if options.get("js") is True:
        raise BuildError(
            "js=True requests translation of the Python function to JavaScript, which Holdfast does not support. "
            "Remove js to run the function on the server, or pass JavaScript as a string."
        )
    validator = options.get("validator")
    if validator is not None and not callable(validator):
        raise BuildError(f"validator={validator!r} is not callable. Pass a function that returns gr.validate(…).")
    for count in ("concurrency_limit", "max_batch_size"):
        given = options.get(count)
        if isinstance(given, int) and given < 1:
            raise BuildError(f"{count}={given} would not let any event run. Use 1 or more, or omit it.")
    checked_on_leave("on_leave", options.get("on_leave"))
    name = options.get("api_name")
    if name is not None and name is not False and not isinstance(name, str):
        raise InvalidApiNameError(f"api_name={name!r} is a {type(name).__name__}. Pass a string, or omit it.")


def api_of(
    fn: Callable[..., Any] | None, options: ListenerOptions, targets: tuple[Target, ...]
) -> tuple[str, Visibility]:
    """Return the name of a listener's endpoint before it is made unique, and its visibility."""
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
    """Return a function's default endpoint name: the function's name without punctuation."""
    name = getattr(fn, "__name__", None) or type(fn).__name__
    return "".join(c for c in name if c not in _NAME_CHARACTERS) or "unnamed"


def show_progress(given: Any, triggers: Sequence[Trigger]) -> Literal["full", "minimal", "hidden"]:
    """Return how to show a listener's status: as specified, or else the event's default."""
    if given is None:
        return triggers[0].event.show_progress if len(triggers) == 1 else "full"
    if isinstance(given, bool):
        return "full" if given else "hidden"
    if given not in {"full", "minimal", "hidden"}:
        valid = ("full", "minimal", "hidden")
        raise BuildError(f"show_progress={given!r} is not one of {', '.join(valid)}.{did_you_mean(str(given), valid)}")
    return given  # type: ignore[no-any-return]


def default_mode(triggers: Sequence[Trigger]) -> TriggerMode:
    """Return the events' common default trigger mode, or `once` if they differ."""
    modes = {trigger.event.trigger_mode for trigger in triggers}
    return modes.pop() if len(modes) == 1 else "once"


def is_generator(fn: Any) -> bool:
    """Return whether calling a function returns a generator, sync or async."""
    inner = inspect.unwrap(fn) if callable(fn) else fn
    while hasattr(inner, "func"):
        inner = inner.func
    return any(
        inspect.isgeneratorfunction(candidate) or inspect.isasyncgenfunction(candidate)
        for candidate in (inner, inspect.getattr_static(type(inner), "__call__", None))
    )


def called(fn: Any) -> str:
    """Return the name of a function in messages."""
    return f"The function {api_name_of(fn)!r}"

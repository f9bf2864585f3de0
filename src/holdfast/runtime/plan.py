"""A listener's plan, made once: the kind of function, the value for each parameter, and the cells it uses."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from holdfast.components.base import Component
from holdfast.errors import Error
from holdfast.graph.block import Block
from holdfast.graph.injected import DeletedFileData, EventData, Header, OAuthProfile, OAuthToken
from holdfast.graph.signature import Parameter, signature_of
from holdfast.runtime.progress import Progress
from holdfast.runtime.request import Request

if TYPE_CHECKING:
    from holdfast.graph.listener import Listener
    from holdfast.runtime.jobs import Job
    from holdfast.state import CellSpec

Kind = Literal["plain", "async", "generator", "async generator"]
Fill: TypeAlias = "Callable[[Job], Any]"
"""Function that makes the value of a special parameter for an event."""


class Port(NamedTuple):
    """An input or output of a listener."""

    id: int
    block: Block
    cell: CellSpec | None
    """Cell of the block if it is a State."""
    properties: bool = False
    """Whether the function receives all properties of the component instead of its value."""


class Plan:
    """Describes how to run a listener.

    Args:
        listener: The listener.
    """

    __slots__ = (
        "_average",
        "_count",
        "cells",
        "fills",
        "fn",
        "heavy",
        "inputs",
        "keyword_fills",
        "keywords",
        "kind",
        "lockstep",
        "name",
        "order",
        "outputs",
        "reads",
        "receives_file",
        "writes",
    )

    def __init__(self, listener: Listener) -> None:
        self.fn = listener.fn
        self.kind: Kind = kind_of(listener.fn) if listener.fn is not None else "plain"
        self.name = name_of(listener.fn)
        self.inputs = tuple(
            _port(block, index in listener.component_prop_inputs) for index, block in enumerate(listener.inputs)
        )
        self.outputs = tuple(_port(block) for block in listener.outputs)
        self.reads = tuple(port.cell for port in self.inputs if port.cell is not None)
        self.writes = tuple(port.cell for port in self.outputs if port.cell is not None)
        self.cells = tuple(dict.fromkeys((*self.reads, *self.writes)))
        self.lockstep = bool(self.cells)
        """Whether a generator waits at each step for its commit. Generators without State can run ahead."""
        self.heavy = any(is_heavy(port.block) for port in (*self.inputs, *self.outputs))
        """Whether its conversions can be slow and must not run on the event loop."""
        self.keywords = listener.keyword_inputs
        count = 1 if listener.inputs_as_dict else len(listener.inputs) - len(self.keywords)
        self.order, self.fills, self.keyword_fills = _layout(listener.fn, count)
        self.receives_file = listener.fn is not None and any(
            parameter.special is not None and issubclass(parameter.special, DeletedFileData)
            for parameter in signature_of(listener.fn).parameters
        )
        """Whether the function receives a file in the event's data."""
        self._count = 0
        self._average = 0.0

    @property
    def average(self) -> float | None:
        """Average duration of its events in seconds."""
        return self._average if self._count else None

    def record_duration(self, seconds: float) -> None:
        """Add an event's duration to the average."""
        self._count += 1
        self._average += (seconds - self._average) / self._count

    def arguments(self, values: list[Any], job: Job) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the positional and keyword arguments to call the function with.

        Args:
            values: Converted inputs, in the listener's order.
            job: Event that provides the values of special parameters.
        """
        if job.listener.inputs_as_dict:
            values = [dict(zip(job.listener.inputs, values, strict=True))]
        keywords: dict[str, Any] = {}
        if self.keywords:
            split = len(values) - len(self.keywords)
            keywords = dict(zip(self.keywords, values[split:], strict=True))
            values = values[:split]
        if not self.fills and not self.keyword_fills:
            return values, keywords
        for name, fill in self.keyword_fills.items():
            keywords[name] = fill(job)
        if not self.fills:
            return values, keywords
        args = [values[index] if fill is None else fill(job) for index, fill in self.order]
        return [*args, *values[sum(fill is None for _, fill in self.order) :]], keywords


def plan_of(listener: Listener) -> Plan:
    """Return a listener's plan. It is made on first use and stored on the listener, so both have the same lifetime."""
    plan: Plan | None = listener.__dict__.get("plan")
    if plan is None:
        plan = listener.__dict__["plan"] = Plan(listener)
    return plan


def _port(block: Block, properties: bool = False) -> Port:
    cell = getattr(block, "cell", None) if block.NAME == "state" else None
    return Port(block.id, block, cell, properties)


def has_files(block: Block) -> bool:
    """Return whether a block's values can contain files."""
    return isinstance(block, Component) and block.HAS_FILES


def is_heavy(block: Block) -> bool:
    """Return whether converting a block's values can be slow: it handles files or sets `SLOW`."""
    return isinstance(block, Component) and bool(getattr(block, "SLOW", block.HAS_FILES))


def kind_of(fn: Callable[..., Any]) -> Kind:
    """Return a function's kind, looking through partials, methods, and callable objects."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    if not (inspect.isfunction(fn) or inspect.ismethod(fn) or inspect.isclass(fn) or inspect.isbuiltin(fn)):
        fn = getattr(type(fn), "__call__", fn)  # noqa: B004 - the method itself is needed
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    if inspect.iscoroutinefunction(fn):
        return "async"
    return "generator" if inspect.isgeneratorfunction(fn) else "plain"


def name_of(fn: Callable[..., Any] | None) -> str:
    """Return the name of a function for use in messages."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return getattr(fn, "__name__", None) or type(fn).__name__


def _layout(
    fn: Callable[..., Any] | None, inputs: int
) -> tuple[tuple[tuple[int, Fill | None], ...], bool, dict[str, Fill]]:
    """Determine the arguments of a function.

    Returns:
        The positional arguments in order (the index of an input, or a function that makes the value), whether any of
        them is made by a function, and the functions that make keyword arguments.
    """
    order: list[tuple[int, Fill | None]] = []
    keywords: dict[str, Fill] = {}
    if fn is None:
        return (), False, {}
    given = 0
    by_name = False
    for parameter in signature_of(fn).parameters:
        fill = fill_for(parameter)
        if fill is not None and (parameter.keyword_only or by_name):
            keywords[parameter.name] = fill
        elif fill is not None:
            order.append((-1, fill))
        elif parameter.keyword_only:
            continue
        elif given < inputs:
            order.append((given, None))
            given += 1
        elif parameter.has_default:
            by_name = True  # parameters after one that keeps its default can only be passed by name
        else:
            order.append((-1, _nothing))
    return tuple(order), any(fill is not None for _, fill in order), keywords


def _nothing(_: Job) -> None:
    """Return None for a parameter without an input. The graph gave a warning when the listener was made."""


def fill_for(parameter: Parameter) -> Fill | None:
    """Return the function that makes a special parameter's value, or `None` for a parameter that takes an input."""
    special = parameter.special
    fill: Fill | None = None
    if special is None:
        return None
    if issubclass(special, Progress):
        template = parameter.default if isinstance(parameter.default, Progress) else Progress()
        fill = template.bound
    elif issubclass(special, Request):
        fill = _request
    elif issubclass(special, EventData):
        fill = functools.partial(_event_data, special)
    elif issubclass(special, Header):
        fill = functools.partial(_header, parameter.name.replace("_", "-"))
    elif issubclass(special, OAuthProfile | OAuthToken):
        fill = functools.partial(_login, special, parameter.optional)
    return fill


def _request(job: Job) -> Request:
    request = job.call.request or job.session.request
    return (request or Request()).of(job.session.id, job.session.username)


def _event_data(kind: type[EventData], job: Job) -> EventData:
    view = job.session.own_view or job.session.app
    trigger = job.call.trigger
    try:
        target = None if trigger is None else view.block(trigger)
    except KeyError:
        target = None
    return kind(target, job.call.event_data)


def _header(name: str, job: Job) -> str | None:
    request = job.call.request
    return None if request is None else request.headers.get(name)


def _login(kind: type[OAuthProfile | OAuthToken], optional: bool, job: Job) -> Any:
    request = job.call.request
    info = {} if request is None else request.scope.get("session", {}).get("oauth_info", {})
    if not info and not optional:
        raise Error("This action requires that you sign in with the identity provider. Sign in and try again.")
    if not info:
        return None
    if issubclass(kind, OAuthProfile):
        return kind(info.get("userinfo", {}))
    return kind(info.get("access_token", ""), info.get("scope", ""), int(info.get("expires_at", 0)))


class Properties(SimpleNamespace):
    """All properties of a component, for a parameter annotated with its class. If returned, they are an update."""

    __slots__ = ("_given",)  # separate from the attributes, which are the properties

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._given = given

    def changes(self) -> dict[str, Any]:
        """Return the properties that the function has changed, without those that the page had changed before."""
        given = self._given
        return {name: value for name, value in vars(self).items() if name not in given or given[name] is not value}

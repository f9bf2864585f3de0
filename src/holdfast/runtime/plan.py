"""How a listener is run, worked out once: the kind of function, what goes to which parameter, which cells it takes."""

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
"""Makes the value of a special parameter for one event."""


class Port(NamedTuple):
    """One input or output of a listener."""

    id: int
    block: Block
    cell: CellSpec | None
    """Its cell, when it is a State."""
    properties: bool = False
    """The function wants all properties of the component, not the value alone."""


class Plan:
    """How one listener is run.

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
        "told_of_file",
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
        """A generator that was given State goes on only when its step is committed; others may run ahead."""
        self.heavy = any(is_heavy(port.block) for port in (*self.inputs, *self.outputs))
        """Its conversions can take long, so that they do not belong on the event loop."""
        self.keywords = listener.keyword_inputs
        count = 1 if listener.inputs_as_dict else len(listener.inputs) - len(self.keywords)
        self.order, self.fills, self.keyword_fills = _layout(listener.fn, count)
        self.told_of_file = listener.fn is not None and any(
            parameter.special is not None and issubclass(parameter.special, DeletedFileData)
            for parameter in signature_of(listener.fn).parameters
        )
        """Its function hears of a file with the event's data."""
        self._count = 0
        self._average = 0.0

    @property
    def average(self) -> float | None:
        """Seconds that its events took on average."""
        return self._average if self._count else None

    def took(self, seconds: float) -> None:
        """One more event has ended."""
        self._count += 1
        self._average += (seconds - self._average) / self._count

    def arguments(self, values: list[Any], job: Job) -> tuple[Sequence[Any], dict[str, Any]]:
        """What the function is called with.

        Args:
            values: The converted inputs, in the listener's order.
            job: The event, for the special parameters.
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
    """The plan of a listener, made when it is first needed. It is kept on the listener, so that both go together."""
    plan: Plan | None = listener.__dict__.get("plan")
    if plan is None:
        plan = listener.__dict__["plan"] = Plan(listener)
    return plan


def _port(block: Block, properties: bool = False) -> Port:
    cell = getattr(block, "cell", None) if block.NAME == "state" else None
    return Port(block.id, block, cell, properties)


def has_files(block: Block) -> bool:
    """Whether the values of a block may hold files."""
    return isinstance(block, Component) and block.HAS_FILES


def is_heavy(block: Block) -> bool:
    """Whether converting a block's values can take long: files always, others by saying so (`SLOW`)."""
    return isinstance(block, Component) and bool(getattr(block, "SLOW", block.HAS_FILES))


def kind_of(fn: Callable[..., Any]) -> Kind:
    """What calling a function gives: looked for through partials, methods and callable objects."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    if not (inspect.isfunction(fn) or inspect.ismethod(fn) or inspect.isclass(fn) or inspect.isbuiltin(fn)):
        fn = getattr(type(fn), "__call__", fn)  # noqa: B004 - its function is looked at, not whether it has one
    if inspect.isasyncgenfunction(fn):
        return "async generator"
    if inspect.iscoroutinefunction(fn):
        return "async"
    return "generator" if inspect.isgeneratorfunction(fn) else "plain"


def name_of(fn: Callable[..., Any] | None) -> str:
    """What a message calls a function."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return getattr(fn, "__name__", None) or type(fn).__name__


def _layout(
    fn: Callable[..., Any] | None, inputs: int
) -> tuple[tuple[tuple[int, Fill | None], ...], bool, dict[str, Fill]]:
    """Where inputs and special values go.

    Returns:
        The positional arguments in order (the index of an input, or what fills it in), whether any is filled in, and
        what fills in keyword parameters.
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
            by_name = True  # what follows a parameter that keeps its default can only be passed by name
        else:
            order.append((-1, _nothing))
    return tuple(order), any(fill is not None for _, fill in order), keywords


def _nothing(_: Job) -> None:
    """A parameter that no input was given for gets None; the graph has warned when the listener was made."""


def fill_for(parameter: Parameter) -> Fill | None:
    """What fills in a special parameter; `None` for one that takes an input."""
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
        raise Error("This action needs a login at the identity provider. Sign in and try again.")
    if not info:
        return None
    if issubclass(kind, OAuthProfile):
        return kind(info.get("userinfo", {}))
    return kind(info.get("access_token", ""), info.get("scope", ""), int(info.get("expires_at", 0)))


class Properties(SimpleNamespace):
    """All properties of a component, for a parameter annotated with its class; returned, it is an update of them."""

    __slots__ = ("_given",)  # beside the attributes, which are the properties

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._given = given

    def changes(self) -> dict[str, Any]:
        """What the function that was given them has changed; what a page had changed before is not its doing."""
        given = self._given
        return {name: value for name, value in vars(self).items() if name not in given or given[name] is not value}

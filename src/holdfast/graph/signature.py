"""Analysis of a handler's signature: parameters that take inputs, and parameters that the runtime fills."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.graph.injected import EventData, Injected

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a handler."""

    name: str
    default: Any = inspect.Parameter.empty
    annotation: Any = inspect.Parameter.empty
    special: type[Injected] | None = None
    """Type that the runtime injects; `None` for a parameter that takes an input."""
    optional: bool = False
    """Whether an injected parameter accepts `None`."""
    keyword_only: bool = False

    @property
    def has_default(self) -> bool:
        """Whether a call can omit the parameter."""
        return self.default is not inspect.Parameter.empty


@dataclass(frozen=True)
class Signature:
    """Parameters of a handler, in order."""

    parameters: tuple[Parameter, ...] = ()
    variadic: bool = False
    """Whether the handler takes any number of positional arguments."""
    keywords: bool = False
    """Whether the handler takes any keyword arguments."""
    returns: Any = inspect.Parameter.empty
    """Return annotation."""
    known: bool = True
    """`False` for callables without an available signature (some built-ins)."""

    @property
    def special(self) -> tuple[Parameter, ...]:
        """Parameters that the runtime fills."""
        return tuple(p for p in self.parameters if p.special is not None)

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """Parameters that take inputs, in order."""
        return tuple(p for p in self.parameters if p.special is None and not p.keyword_only)

    @property
    def required(self) -> int:
        """Minimum number of inputs."""
        return sum(not p.has_default for p in self.positional)

    def input_names(self, count: int, keywords: tuple[str, ...] = ()) -> list[str]:
        """Return the names of the parameters that receive `count` inputs, the last of them by keyword."""
        names = [p.name for p in self.positional][: count - len(keywords)]
        names += [f"param_{i}" for i in range(len(names), count - len(keywords))]
        return [*names, *keywords]


def signature_of(fn: Callable[..., Any]) -> Signature:
    """Read a handler's signature; annotations that cannot be resolved stay strings."""
    try:
        found = inspect.signature(fn)
    except (TypeError, ValueError):
        return Signature(variadic=True, keywords=True, known=False)
    names = _namespace(fn)
    parameters = []
    variadic = keywords = False
    for parameter in found.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            variadic = True
        elif parameter.kind is parameter.VAR_KEYWORD:
            keywords = True
        else:
            parameters.append(_read(parameter, names))
    returns = found.return_annotation
    if isinstance(returns, str):
        returns = _resolve(returns, names)
    return Signature(tuple(parameters), variadic, keywords, returns)


def has_event_data(signature: Signature) -> bool:
    """Return whether a handler takes event data."""
    return any(p.special is not None and issubclass(p.special, EventData) for p in signature.parameters)


def _read(parameter: inspect.Parameter, names: dict[str, Any]) -> Parameter:
    annotation = parameter.annotation
    if isinstance(annotation, str):
        annotation = _resolve(annotation, names)
    inner, optional = _without_none(annotation)
    special = inner if isinstance(inner, type) and issubclass(inner, Injected) else None
    if special is None and isinstance(parameter.default, Injected):
        special = type(parameter.default)
    return Parameter(
        name=parameter.name,
        default=parameter.default,
        annotation=annotation,
        special=special,
        optional=optional,
        keyword_only=parameter.kind not in _POSITIONAL,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return `X` and `True` for `X | None`, otherwise the annotation and `False`."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        kinds = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(kinds) == 1 and len(kinds) < len(typing.get_args(annotation)):
            return kinds[0], True
    return annotation, False


def _resolve(annotation: str, names: dict[str, Any]) -> Any:
    try:
        return eval(annotation, names)  # noqa: S307 -- the program's own annotation, in the program's own names
    except Exception:
        return annotation


def _namespace(fn: Callable[..., Any]) -> dict[str, Any]:
    """Return the names that a handler's annotations may use: those of its module and closure."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    fn = inspect.unwrap(fn)
    if not hasattr(fn, "__globals__"):
        fn = getattr(fn, "__func__", None) or inspect.getattr_static(type(fn), "__call__", fn)
    names: dict[str, Any] = {**vars(builtins), **getattr(fn, "__globals__", {})}
    code, cells = getattr(fn, "__code__", None), getattr(fn, "__closure__", None)
    for name, cell in zip(getattr(code, "co_freevars", ()), cells or (), strict=False):
        with contextlib.suppress(ValueError):  # an empty cell, whose name is defined further down
            names[name] = cell.cell_contents
    return names

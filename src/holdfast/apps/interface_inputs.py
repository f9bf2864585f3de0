"""Conversion of an `Interface`'s `inputs` and `outputs` to components, with labels and a shared State."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from holdfast.components.base import Component
from holdfast.components.shortcuts import component as shortcut
from holdfast.components.state import State
from holdfast.errors import BuildError
from holdfast.graph.block import prop_defaults
from holdfast.graph.layouts import Accordion

HEADING = "<h1 style='text-align: center; margin-bottom: 1rem'>{}</h1>"


def listed(given: Any) -> list[Any]:
    """Return one, several or no values as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def several(given: Any, fn: Callable[..., Any] | None, first: int) -> list[Component]:
    """Return the components of `inputs` or `outputs`, none of them placed yet.

    Args:
        given: Components, names, or `None`.
        fn: Function whose parameter default is the initial value of a "state".
        first: Index of the first component among the function's parameters.
    """
    found: list[Component] = []
    defaults = _defaults(fn) if fn is not None else []
    for place, one in enumerate(listed(given), first):
        if one == "state":
            found.append(State(defaults[place] if place < len(defaults) else None, render=False))
            continue
        found.append(component_of(one))
    return found


def component_of(given: Any, *, stays: bool = False) -> Component:
    """Return the component for a component, a component class, or a name.

    Args:
        given: Component, component class, or name.
        stays: Whether a component that is already placed stays there instead of being removed.

    Raises:
        BuildError: The value has another type.
        ValueError: No component has that name.
    """
    if isinstance(given, str):
        return shortcut(given, render=False)
    if isinstance(given, type) and issubclass(given, Component):
        return given(render=False)
    if not isinstance(given, Component):
        raise BuildError(f"{given!r} is not a component. Pass one such as gr.Textbox(), or a name such as 'textbox'.")
    if given.parent is not None and not stays:
        given.unrender()
    return given


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(fn).parameters.values()
    except ValueError:  # a built-in without a signature
        return []
    return [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]


def _defaults(fn: Callable[..., Any]) -> list[Any]:
    return [None if p.default is p.empty else p.default for p in _parameters(fn)]


def accordion_of(given: str | Accordion | None) -> Accordion:
    """Return the accordion of the additional inputs, placed here; one with a custom label is initially open."""
    if not isinstance(given, Accordion):
        return Accordion(given or "Additional Inputs", open=bool(given))
    if given.parent is None:
        given.render()
    return given


def pair_states(inputs: list[Component], outputs: list[Component]) -> None:
    """Make one State among the inputs and one among the outputs share a cell; reject any other number."""
    read = [c for c in inputs if isinstance(c, State)]
    written = [place for place, c in enumerate(outputs) if isinstance(c, State)]
    if not read and not written:
        return
    if len(read) != 1 or len(written) != 1:
        raise BuildError(
            "If using 'state', there must be exactly one state input and one state output. "
            f"There are {len(read)} among the inputs and {len(written)} among the outputs. "
            "For several States, use gr.Blocks."
        )
    outputs[written[0]] = read[0]


def name_unlabeled(fn: Callable[..., Any], inputs: Sequence[Component], outputs: Sequence[Component]) -> None:
    """Label inputs after their parameters and outputs "output", and make outputs non-interactive."""
    names = [p.name for p in _parameters(fn)]
    for place, component in enumerate(inputs):
        if not isinstance(component, State) and component.label is None and place < len(names):
            component.label = names[place]
    for place, component in enumerate(outputs):
        if isinstance(component, State) or component in inputs:
            continue
        if "interactive" in prop_defaults(type(component)):
            vars(component)["interactive"] = False
        if component.label is None:
            component.label = "output" if len(outputs) == 1 else f"output {place}"

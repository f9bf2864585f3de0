"""Convert a function's return values to the values that the browser receives and the State that is committed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from holdfast.components.base import Component
from holdfast.errors import Error, HandlerError
from holdfast.files import rules as file_rules
from holdfast.graph.api.endpoint import ApiValue
from holdfast.graph.block import NOT_PROPS, Block
from holdfast.graph.updates import Update, as_value, is_update, skip
from holdfast.received import Sources
from holdfast.runtime.inputs import describe
from holdfast.runtime.plan import Plan, Port, Properties
from holdfast.wire.encode import freeze

if TYPE_CHECKING:
    from holdfast.graph.app import AppView
    from holdfast.graph.listener import Listener
    from holdfast.state import CellSpec
    from holdfast.wire.messages import ProgressUnit


class ConvertedStep(NamedTuple):
    """The converted result of one step, not yet committed."""

    data: list[Any]
    """One JSON value per output, captured when the step ended; null for a State."""
    cells: dict[CellSpec, Any]
    """New values of States."""
    updates: list[tuple[int, dict[str, Any]]]
    """Property updates, each with the ID of its block."""
    weight: int
    """Approximate size of `data` in bytes."""
    reported: list[ProgressUnit] | None = None
    """Latest progress report when the step was made. A generator that runs ahead may have reported more since then."""


NOTHING = ConvertedStep([], {}, [], 0)


def convert_outputs(
    plan: Plan, listener: Listener, view: AppView | None, returned: Any, rules: Any, sources: Sources
) -> ConvertedStep:
    """Convert a function's return value to a step.

    Args:
            plan: The listener's plan.
            listener: The listener.
            view: The session's own view of the app, if it has one.
            returned: Value that the function returned or yielded.
            rules: Rules for the files that can be published.
            sources: Values that the function received.

        Raises:
            HandlerError: The value does not fit the outputs. Nothing has been changed.
    """
    return convert_values(plan, listener, view, spread(plan, returned, sources), rules, sources)


def spread(plan: Plan, returned: Any, sources: Sources | None = None) -> Sequence[Any]:
    """Return one value per output, from any of the forms in which a function can return them."""
    ports = plan.outputs
    if not ports:
        return ()
    if isinstance(returned, dict) and any(isinstance(key, Block) for key in returned):
        return _by_component(plan, returned)
    if len(ports) == 1:
        return (returned,)
    if is_update(returned, sources) and len(returned) == 1:
        return [returned] * len(ports)
    values: Sequence[Any] = returned if isinstance(returned, tuple | list) else () if returned is None else (returned,)
    if len(values) < len(ports):
        raise HandlerError(
            f"The function {plan.name!r} returned {_count(len(values))}, but its event has {len(ports)} outputs: "
            f"{', '.join(describe(port) for port in ports)} (didn't return enough output values: needed "
            f"{len(ports)}, returned {len(values)}). Return one value for each, or `gr.skip()` to keep a value."
        )
    if len(values) > len(ports):
        warnings.warn(
            f"The function {plan.name!r} returned {_count(len(values))}, but its event has {len(ports)} outputs; "
            "the additional values are ignored.",
            stacklevel=2,
        )
    return values[: len(ports)]


def _count(number: int) -> str:
    return "no value" if number == 0 else "1 value" if number == 1 else f"{number} values"


def _by_component(plan: Plan, returned: dict[Any, Any]) -> list[Any]:
    ids = [port.id for port in plan.outputs]
    found: dict[int, Any] = {}
    for key, value in returned.items():
        if not isinstance(key, Block):
            raise HandlerError(
                f"The function {plan.name!r} returned a dict that mixes components with other keys "
                f"({type(key).__name__}). Use only output components as keys, or no components."
            )
        if key.id not in ids:
            raise HandlerError(
                f"Returned component {key.get_block_name()} not specified as output of function {plan.name!r}. "
                f"Its outputs are: {', '.join(describe(port) for port in plan.outputs)}. Add it to `outputs`."
            )
        found[key.id] = value
    return [found[id] if id in found else skip() for id in ids]


def convert_values(
    plan: Plan, listener: Listener, view: AppView | None, values: Sequence[Any], rules: Any, sources: Sources
) -> ConvertedStep:
    """Convert one value per output. See `convert_outputs`."""
    data: list[Any] = []
    cells: dict[CellSpec, Any] = {}
    updates: list[tuple[int, dict[str, Any]]] = []
    weight = 0
    for index, (port, value) in enumerate(zip(plan.outputs, values, strict=True)):
        if port.cell is not None:
            if _sets(value):
                cells[port.cell] = _state_value(value)
            data.append(None)
            continue
        block = port.block if view is None else view.block(port.id)
        try:
            sent = freeze(_convert(block, port, value, listener.postprocess, updates, rules, sources))
        except HandlerError:
            raise
        except Error as error:
            given = f"It was returned by {plan.name!r} for {describe(port)}: a {type(value).__name__}."
            raise Error(
                f"{error.message} {given}", error.duration, error.visible, error.title, error.print_exception
            ) from error
        except Exception as error:
            raise HandlerError(
                f"Could not postprocess output component at index {index} (a `{block.get_block_name()}` component) "
                f"of the event handler {plan.name!r} with output components: "
                f"[{', '.join(p.block.get_block_name() for p in plan.outputs)}]. It was given a "
                f"{type(value).__name__}.\n\nOriginal error: {type(error).__name__}: {error}"
            ) from error
        weight += weigh(sent)
        data.append(sent)
    return ConvertedStep(data, cells, updates, weight)


def weigh(value: Any) -> int:
    """Return the approximate size of a converted value in bytes."""
    return len(memoryview(value)) if isinstance(value, msgspec.Raw) else len(value) if isinstance(value, str) else 10


def _sets(value: Any) -> bool:
    """Return whether a value returned for a State changes it. A user's own dict is always a value (R1.6)."""
    if isinstance(value, Update):
        return "value" in value
    return not isinstance(value, Block) or value.NAME == "state" or "value" in value.given


def _state_value(value: Any) -> Any:
    if isinstance(value, Update):
        return value["value"]
    if isinstance(value, Block):
        given = value.given.get("value")
        return given() if value.NAME == "state" and callable(given) else given
    return value


def _convert(
    block: Block,
    port: Port,
    value: Any,
    postprocess: bool,
    updates: list[tuple[int, dict[str, Any]]],
    rules: Any,
    sources: Sources,
) -> Any:
    if isinstance(value, Block):
        value = Update({**{k: v for k, v in value.given.items() if k not in NOT_PROPS}, "__type__": "update"})
    elif isinstance(value, Properties):
        value = _update_of(block, value)
    if is_update(value, sources):
        return _convert_update(block, port, value, postprocess, updates, rules)
    if isinstance(block, ApiValue):
        return value
    if not isinstance(block, Component):
        if value is None:
            return skip()
        raise HandlerError(
            f"The output {describe(port)} is a layout and has no value, but the function returned a "
            f"{type(value).__name__} for it. Return `gr.{type(block).__name__}(...)`, `gr.update(...)` or `gr.skip()`."
        )
    return as_value(block.outgoing(block.postprocess(value) if postprocess else value, rules))


def _convert_update(
    block: Block,
    port: Port,
    update: dict[str, Any],
    postprocess: bool,
    updates: list[tuple[int, dict[str, Any]]],
    rules: Any,
) -> dict[str, Any]:
    props = {name: value for name, value in update.items() if name not in {"__type__", "value"}}
    sent: dict[str, Any] = {}
    if props:
        block = block.changed(props)
        shown = block.props()
        sent = {name: shown.get(name, value) for name, value in props.items()}
        for name in getattr(block, "FILE_PROPS", ()):
            if name in sent:
                sent[name] = file_rules.publish(sent[name], rules)
        updates.append((port.id, props))
    if "value" in update:
        value = update["value"]
        value = block.config_value(value) if postprocess else value
        sent["value"] = block.outgoing(value, rules) if isinstance(block, Component) else value
    sent["__type__"] = "update"
    return sent


def _update_of(block: Block, properties: Properties) -> Update:
    """Return an update with the properties that a function has changed."""
    known = block.props()
    changes = properties.changes()
    changed = {name: changes[name] for name in changes if name in known and name not in {*NOT_PROPS, "name"}}
    return Update({**changed, "value": properties.value, "__type__": "update"})

"""A listener's `inputs` and `outputs`, and whether the function can take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from holdfast.errors import BuildError, InvalidBlockError, InvalidComponentError
from holdfast.graph.block import Block, BlockContext
from holdfast.graph.callsite import warn
from holdfast.graph.listener_checks import called
from holdfast.graph.signature import Signature

if TYPE_CHECKING:
    from holdfast.graph.graph import Graph


def inputs_of(
    given: Any, by_keyword: Mapping[str, Block] | None, graph: Graph
) -> tuple[tuple[Block, ...], bool, tuple[str, ...]]:
    """Return the blocks that a listener reads, whether the function gets one dict, and the names of keyword inputs."""
    if isinstance(given, Mapping):
        raise BuildError(
            "`inputs` is a dict. To pass values to the function by parameter name, use `inputs_kwargs`, "
            "for example `inputs_kwargs={'last_name': textbox}`."
        )
    as_dict = isinstance(given, (set, frozenset))
    if as_dict and by_keyword:
        raise BuildError(
            "`inputs` is a set, so the function gets one dict, but `inputs_kwargs` was passed too. "
            "Add the components of `inputs_kwargs` to the set, or make `inputs` a list."
        )
    listed = [*blocks_of(given, "inputs", graph), *blocks_of(list((by_keyword or {}).values()), "inputs_kwargs", graph)]
    for block in listed:
        if isinstance(block, BlockContext):
            raise InvalidComponentError(
                f"{block!r} is among the inputs, but a {type(block).__name__} is a layout and has no value. "
                "Pass the components inside it."
            )
    return tuple(listed), as_dict, tuple(by_keyword or ())


def outputs_of(given: Any, graph: Graph) -> tuple[Block, ...]:
    """Return the blocks that a listener writes."""
    if isinstance(given, Mapping):
        raise BuildError("`outputs` is a dict. Pass a component, a list of components, or a set of them.")
    return tuple(blocks_of(given, "outputs", graph))


def blocks_of(given: Any, what: str, graph: Graph) -> list[Block]:
    """Return the blocks in `inputs` or `outputs`, attached to the graph; those of a set are ordered by id."""
    if given is None:
        return []
    listed = list(given) if isinstance(given, (list, tuple, set, frozenset)) else [given]
    for position, block in enumerate(listed):
        if not isinstance(block, Block):
            hint = (
                "Component names as strings work in gr.Interface; create the component here, such as gr.Textbox()."
                if isinstance(block, str)
                else "Pass components, such as gr.Textbox()."
            )
            where = f" at position {position}" if len(listed) > 1 else ""
            raise InvalidBlockError(
                f"`{what}` contains {block!r} ({type(block).__name__}){where}, which is not a component. {hint}"
            )
        graph.attach(block)
    if isinstance(given, (set, frozenset)):
        listed.sort(key=lambda block: block.id)
    return listed


def progress_blocks(given: Any, graph: Graph) -> tuple[Block, ...] | None:
    """Return the blocks that show a listener's status; `None` for its outputs."""
    return None if given is None else tuple(blocks_of(given, "show_progress_on", graph))


def prop_inputs(signature: Signature, count: int) -> tuple[int, ...]:
    """Return the inputs whose parameter is annotated with a component class; the function gets all their properties."""
    return tuple(
        position
        for position, parameter in enumerate(signature.positional[:count])
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Block)
    )


def check_arguments(fn: Callable[..., Any], signature: Signature, count: int, keywords: tuple[str, ...]) -> None:
    """Check that the inputs fit the function: unknown names are errors, wrong counts only warnings, as in Gradio."""
    if not signature.known:
        return
    names = {p.name for p in signature.parameters}
    unknown = [name for name in keywords if name not in names]
    if unknown and not signature.keywords:
        raise BuildError(f"`inputs_kwargs` has {unknown}, but {called(fn)} takes {sorted(names) or 'no parameters'}.")
    takes = [p for p in signature.positional if p.name not in keywords]
    needed = sum(not p.has_default for p in takes)
    if count < needed:
        warn(
            f"{called(fn)} takes at least {needed} inputs, but `inputs` has {count}: the others will be None. "
            "Add components to `inputs`, or give the function's parameters defaults."
        )
    elif count > len(takes) and not signature.variadic:
        warn(
            f"{called(fn)} takes at most {len(takes)} inputs, but `inputs` has {count}. "
            "Remove components from `inputs`, or add parameters to the function."
        )

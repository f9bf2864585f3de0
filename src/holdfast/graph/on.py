"""`gr.on`: one listener for several events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from typing_extensions import Unpack

from holdfast.errors import BuildError, RenderError
from holdfast.graph.context import current
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.listener import ListenerOptions
from holdfast.graph.listener_checks import Trigger


def on(
    triggers: Trigger | Sequence[Trigger] | None = None,
    fn: Callable[..., Any] | Literal["decorator"] | None = "decorator",
    inputs: Any = None,
    outputs: Any = None,
    **options: Unpack[ListenerOptions],
) -> Dependency:
    """Run `fn` at any of several events.

    Args:
        triggers: Events, such as `[button.click, box.submit]`; `None` for the page's load and every change of an input.
        fn: Function to call; omit it to use the call as a decorator.
        inputs: Components whose values the function takes, in order; a set passes one dict keyed by component.
        outputs: Components that receive the results, in order; for a set the function returns a dict keyed by
            component.
        **options: See `ListenerOptions`.
    """
    first: Any = triggers
    if callable(first) and not hasattr(first, "target"):
        raise BuildError(
            "gr.on got a function as its first argument, which is for the triggers. "
            "Write `gr.on([button.click], fn)`, or `gr.on(fn=fn, inputs=…)` to run at every change of the inputs."
        )
    given = on_load_and_change(inputs, options.get("inputs_kwargs")) if triggers is None else _listed(triggers)
    if triggers is None and options.get("trigger_mode") is None:
        options["trigger_mode"] = "always_last"
    return register(fn, given, inputs, outputs, options, event_specific_args=[])


def on_load_and_change(inputs: Any, by_keyword: Any = None) -> list[Trigger]:
    """Return the triggers of a listener without explicit ones: each input's change, and the page's load."""
    context = current.get()
    if context is None:
        raise RenderError("Cannot call on outside of a Blocks. Move the call inside `with gr.Blocks() as demo:`.")
    blocks = [*_listed(inputs), *dict(by_keyword or {}).values()]
    triggers: list[Trigger] = [block.change for block in blocks if hasattr(block, "change")]
    triggers.append(context.graph.top.load)  # type: ignore[attr-defined]
    return triggers


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple, set, frozenset)) else [given]

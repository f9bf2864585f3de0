"""`gr.render`: a part of the page that a function rebuilds for each visitor whenever its inputs change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from holdfast.errors import BuildError, RenderError
from holdfast.graph.block import BlockContext
from holdfast.graph.context import BuildContext, current
from holdfast.graph.dependency import register
from holdfast.graph.graph import Graph
from holdfast.graph.layouts import Column, Row
from holdfast.graph.listener import ListenerOptions, TriggerMode
from holdfast.graph.listener_checks import Trigger
from holdfast.graph.on import on_load_and_change
from holdfast.graph.parameters import names_meant

if TYPE_CHECKING:
    from holdfast.graph.app import AppView

F = TypeVar("F", bound=Callable[..., Any])


class RenderSpec:
    """One `gr.render` of an app: the function that it runs, and the place of the result.

    Args:
        render_id: Number of the render in the app, or in the session if it is nested in another render.
        fn: Function that builds the content.
        container: Container of the rendered blocks.
        key_path: Identity across re-renders of its surroundings.
    """

    def __init__(
        self, render_id: int, fn: Callable[..., Any], container: BlockContext, key_path: tuple[object, ...]
    ) -> None:
        self.render_id = render_id
        self.fn = fn
        self.container = container
        self.key_path = key_path

    @contextmanager
    def building(self, view: AppView) -> Iterator[Graph]:
        """Build blocks and listeners for one session while the context is entered; afterwards the graph is complete.

        Meant for functions that are not called directly (async, or in a thread: the context is part of a copied
        `contextvars` context). Pass the graph to `view.apply_render` after the function has succeeded.

        Args:
            view: View of the session.
        """
        root = copy.copy(self.container)
        root.children = []
        graph = Graph(root, outer=view, rendered_in=self.render_id, key_path=self.key_path, page=self.container.page)
        token = current.set(BuildContext(graph, root, self.render_id, self.key_path))
        try:
            yield graph
        finally:
            current.reset(token)
        graph.close(root)
        graph.settle()

    def build(self, view: AppView, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Graph:
        """Call the function and return the graph that it built.

        Args:
            view: View of the session.
            args: Values of the inputs.
            kwargs: Values passed by keyword.
        """
        with self.building(view) as graph:
            self.fn(*args, **(kwargs or {}))
        return graph


@names_meant("gr.render()")
def render(
    inputs: Any = None,
    triggers: Trigger | Sequence[Trigger] | None = None,
    *,
    queue: bool = True,
    trigger_mode: TriggerMode | None = "always_last",
    concurrency_limit: int | Literal["default"] | None = None,
    concurrency_id: str | None = None,
    show_progress: Literal["full", "minimal", "hidden"] = "full",
) -> Callable[[F], F]:
    """Build a part of the page with a function: `@gr.render(inputs=box)`.

    The function's blocks appear at the position of the decorator, and are replaced at each run. Components and
    listeners with a `key` stay the same between runs: they keep their ids, what the visitor typed, and (State) their
    values.

    Args:
        inputs: Components whose values the function takes.
        triggers: Events that run the function; by default the page's load and every change of an input.
        queue: `False` runs the function outside the queue's limits.
        trigger_mode: What a trigger does while the function is running.
        concurrency_limit: Maximum number of concurrent runs.
        concurrency_id: Name of a limit that listeners share.
        show_progress: How to show the status.

    Raises:
        RenderError: The decorator is used outside a `Blocks`.
    """
    context = current.get()
    if context is None:
        raise RenderError("gr.render was used outside of a Blocks. Put it inside `with gr.Blocks() as demo:`.")
    if callable(inputs) and not hasattr(inputs, "change"):
        raise BuildError("gr.render takes its inputs in parentheses: write `@gr.render()` or `@gr.render(inputs=…)`.")
    given = triggers if isinstance(triggers, (list, tuple)) else [triggers]
    starts: list[Any] = list(given) if triggers is not None else _load_first(on_load_and_change(inputs))
    in_row = isinstance(context.parent, Row)
    container: BlockContext = Row(show_progress=True) if in_row else Column(show_progress=True)
    options: ListenerOptions = {
        "queue": queue,
        "trigger_mode": trigger_mode,
        "concurrency_limit": concurrency_limit,
        "concurrency_id": concurrency_id,
        "show_progress": show_progress,
        "api_name": "apply",
        "api_visibility": "undocumented",
    }

    def decorate(fn: F) -> F:
        number, path = context.graph.new_render(context.key_path)
        spec = RenderSpec(number, fn, container, path)
        register(fn, starts, inputs, container, options, render_id=number, render=spec)
        return fn

    return decorate


def _load_first(triggers: list[Trigger]) -> list[Trigger]:
    return [triggers[-1], *triggers[:-1]]

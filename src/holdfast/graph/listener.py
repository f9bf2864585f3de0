"""A listener: one function, what triggers it, what it reads and writes. Gradio calls it a dependency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from typing_extensions import TypedDict

from holdfast.graph.signature import Signature
from holdfast.settings import OnLeave

if TYPE_CHECKING:
    from holdfast.graph.block import Block
    from holdfast.graph.render import RenderSpec

Visibility = Literal["public", "undocumented", "private"]
TriggerMode = Literal["once", "multiple", "always_last"]


class ListenerOptions(TypedDict, total=False):
    """The keyword parameters that every listener takes; names and defaults are Gradio's."""

    api_name: str | Literal[False] | None
    """Name of its endpoint; the function's name by default."""
    api_description: str | Literal[False] | None
    """Text for its endpoint; the docstring by default, `False` for none."""
    scroll_to_output: bool
    """Scroll the page to the first output when it is done."""
    show_progress: Literal["full", "minimal", "hidden"] | bool
    """How its status is shown on its outputs."""
    show_progress_on: Block | Sequence[Block] | None
    """Where its status is shown instead."""
    queue: bool | None
    """`False` runs it at once, outside the queue's limits."""
    batch: bool
    """The function takes and returns lists, one item per waiting call."""
    max_batch_size: int
    """Most calls in one batch."""
    preprocess: bool
    """`False` hands the browser's values over unconverted."""
    postprocess: bool
    """`False` sends the function's values unconverted."""
    cancels: Any
    """Listeners (what other listeners' calls returned) whose running events are stopped."""
    trigger_mode: TriggerMode | None
    """What a trigger does while an event of this listener is pending."""
    js: str | Literal[True] | None
    """A JavaScript function run in the browser before (or, without `fn`, instead of) the Python function."""
    concurrency_limit: int | Literal["default"] | None
    """Most events of its group at once; `None` for no limit."""
    concurrency_id: str | None
    """Listeners with the same one share a limit; by default each listener has its own."""
    api_visibility: Visibility
    """Whether its endpoint is documented, callable but hidden, or neither."""
    time_limit: float | None
    """Seconds that a `stream` event may last."""
    stream_every: float
    """Seconds between the chunks of a `stream` event."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders."""
    validator: Callable[..., Any] | None
    """Called with the same inputs before the event is queued; returns `gr.validate(...)`s."""
    on_leave: OnLeave | None
    """What becomes of its event when the visitor has left for good: `"cancel"`, `"finish"`, or seconds that it gets."""
    inputs_kwargs: Mapping[str, Block] | None
    """Components whose values are passed by keyword."""


class Target(NamedTuple):
    """What triggers a listener: an event of a block, or (block `None`) of another listener or of the page."""

    block: Block | None
    event: str


@dataclass(eq=False, kw_only=True)
class Listener:
    """One registered listener. Built once by `graph.listen`, unchanged when the graph is frozen."""

    id: int
    fn: Callable[..., Any] | None
    targets: tuple[Target, ...]
    inputs: tuple[Block, ...]
    outputs: tuple[Block, ...]
    inputs_as_dict: bool = False
    """The inputs were given as a set: the function gets one dict keyed by component."""
    keyword_inputs: tuple[str, ...] = ()
    """Names for the last inputs, which are passed by keyword (`inputs_kwargs`)."""
    api_name: str = ""
    api_description: str | Literal[False] | None = None
    api_visibility: Visibility = "public"
    scroll_to_output: bool = False
    show_progress: Literal["full", "minimal", "hidden"] = "full"
    show_progress_on: tuple[Block, ...] | None = None
    queue: bool = True
    batch: bool = False
    max_batch_size: int = 4
    preprocess: bool = True
    postprocess: bool = True
    cancels: tuple[int, ...] = ()
    """Ids of the listeners whose events it stops."""
    trigger_mode: TriggerMode = "once"
    js: str | Literal[True] | None = None
    concurrency_limit: int | Literal["default"] | None = "default"
    concurrency_id: str = ""
    trigger_after: int | None = None
    trigger_only_on_success: bool = False
    trigger_only_on_failure: bool = False
    collects_event_data: bool = False
    rendered_in: int | None = None
    render_id: int | None = None
    """Set on the listener that performs a `gr.render`."""
    render: RenderSpec | None = None
    """What a `gr.render` does; set together with `render_id`."""
    connection: Literal["sse", "stream"] = "sse"
    time_limit: float | None = None
    stream_every: float = 0.5
    key: Any = None
    validator: Callable[..., Any] | None = None
    on_leave: OnLeave | None = None
    """What becomes of its event when the visitor has left; `None` for the app's policy."""
    is_generator: bool = False
    component_prop_inputs: tuple[int, ...] = ()
    """Inputs of which the function wants all properties, not the value (a parameter annotated with a component)."""
    made_at: str = ""
    """`file:line` of the call that registered it, for error messages."""
    page: str = ""
    """Path of the page that it belongs to."""
    key_path: tuple[object, ...] | None = None
    """`key` with those of the renders around it."""
    signature: Signature = field(default_factory=Signature)
    """Which parameters of the function take inputs, and which the runtime fills."""
    given_name: str | None = None
    """The `api_name` that the author gave, before it was made unique."""
    identity: str = ""
    """Its name wherever it stands in the program: what a page runs it by. Set when the graph is complete."""
    extra: dict[str, Any] = field(default_factory=dict)
    """`event_specific_args` and the like, for the config alone."""

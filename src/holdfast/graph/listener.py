"""Listeners: a function with its triggers, inputs and outputs. Gradio calls them dependencies."""

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
    """Keyword parameters of every listener; names and defaults are Gradio's."""

    api_name: str | Literal[False] | None
    """Name of the listener's endpoint; by default the function's name."""
    api_description: str | Literal[False] | None
    """Description of the endpoint; by default the docstring, `False` for none."""
    scroll_to_output: bool
    """Whether to scroll the page to the first output when the event is done."""
    show_progress: Literal["full", "minimal", "hidden"] | bool
    """How to show the event's status on its outputs."""
    show_progress_on: Block | Sequence[Block] | None
    """Blocks that show the event's status instead of the outputs."""
    queue: bool | None
    """`False` runs the function immediately, outside the queue's limits."""
    batch: bool
    """Whether the function takes and returns lists, one item per waiting call."""
    max_batch_size: int
    """Maximum number of calls per batch."""
    preprocess: bool
    """`False` passes the browser's values without conversion."""
    postprocess: bool
    """`False` sends the function's values without conversion."""
    cancels: Any
    """Listeners (return values of other listener calls) whose running events are canceled."""
    trigger_mode: TriggerMode | None
    """What a trigger does while an event of this listener is pending."""
    js: str | Literal[True] | None
    """JavaScript function that runs in the browser before (or, without `fn`, instead of) the Python function."""
    concurrency_limit: int | Literal["default"] | None
    """Maximum number of concurrent events in the listener's group; `None` for no limit."""
    concurrency_id: str | None
    """Name of a limit that listeners share; by default each listener has a separate limit."""
    api_visibility: Visibility
    """Whether the endpoint is documented, hidden but callable, or neither."""
    time_limit: float | None
    """Maximum duration of a `stream` event in seconds."""
    stream_every: float
    """Interval between the chunks of a `stream` event in seconds."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders."""
    validator: Callable[..., Any] | None
    """Function called with the same inputs before the event is queued; returns `gr.validate(...)` results."""
    on_leave: OnLeave | None
    """What happens to the event when the visitor has left: `"cancel"`, `"finish"`, or seconds until cancellation."""
    inputs_kwargs: Mapping[str, Block] | None
    """Components whose values are passed by keyword."""


class Target(NamedTuple):
    """Trigger of a listener: an event of a block or, if the block is `None`, of another listener or the page."""

    block: Block | None
    event: str


@dataclass(eq=False, kw_only=True)
class Listener:
    """A registered listener. Created once by `register`, and unchanged after the graph is frozen."""

    id: int
    fn: Callable[..., Any] | None
    targets: tuple[Target, ...]
    inputs: tuple[Block, ...]
    outputs: tuple[Block, ...]
    inputs_as_dict: bool = False
    """Whether the inputs were a set, so that the function gets one dict keyed by component."""
    keyword_inputs: tuple[str, ...] = ()
    """Names of the last inputs, which are passed by keyword (`inputs_kwargs`)."""
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
    """Ids of the listeners whose events it cancels."""
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
    """Render id, set on the listener that performs a `gr.render`."""
    render: RenderSpec | None = None
    """Specification of the `gr.render`; set together with `render_id`."""
    connection: Literal["sse", "stream"] = "sse"
    time_limit: float | None = None
    stream_every: float = 0.5
    key: Any = None
    validator: Callable[..., Any] | None = None
    on_leave: OnLeave | None = None
    """What happens to the event when the visitor has left; `None` for the app's policy."""
    is_generator: bool = False
    component_prop_inputs: tuple[int, ...] = ()
    """Inputs of which the function takes all properties (parameters annotated with a component class)."""
    made_at: str = ""
    """`file:line` of the call that registered the listener, for error messages."""
    page: str = ""
    """Path of the page that the listener belongs to."""
    key_path: tuple[object, ...] | None = None
    """`key`, preceded by the keys of enclosing renders."""
    signature: Signature = field(default_factory=Signature)
    """Parameters of the function: those that take inputs, and those that the runtime fills."""
    given_name: str | None = None
    """`api_name` that the author passed, before it was made unique."""
    identity: str = ""
    """Name by which a page runs the listener, independent of its position; set when the graph is complete."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Entries such as `event_specific_args` that are only used in the config."""

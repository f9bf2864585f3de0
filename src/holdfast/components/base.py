"""What every component is: a block with a value that goes to the browser and comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import TypedDict, Unpack

from holdfast.graph.block import Block
from holdfast.graph.dependency import attach_load

if TYPE_CHECKING:
    from holdfast.components.timer import Timer


class PlaceOptions(TypedDict, total=False):
    """Where and how a block stands in the page; every component takes these."""

    visible: bool | Literal["hidden"]
    """`False` keeps it out of the page, `"hidden"` in the page but unseen."""
    elem_id: str | None
    """`id` of its element, for CSS."""
    elem_classes: Sequence[str] | str | None
    """Classes of its element."""
    render: bool
    """Whether it is placed where it is made."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders in `gr.render`."""
    preserved_by_key: Sequence[str] | str | None
    """Properties that a re-render keeps when the key is the same."""
    scale: int | None
    """Its share of a row's width against its neighbours."""
    min_width: int | None
    """Pixels below which a row wraps."""
    every: Timer | float | None
    """With a function as value: call it again every so many seconds, or at a timer's ticks."""
    inputs: Any
    """With a function as value: components whose changes call it again, with their values."""


class ComponentOptions(PlaceOptions, total=False):
    """The options that all labelled components share."""

    label: str | None
    """The text above it."""
    show_label: bool | None
    """`False` hides the label from the eye, not from a screen reader."""
    container: bool
    """Whether it has a frame and padding."""
    buttons: Sequence[Any] | None
    """Which small buttons it shows (`"copy"`, `"download"`, …), or own `gr.Button`s."""


class FieldOptions(ComponentOptions, total=False):
    """The options of components that the visitor fills in."""

    info: str | None
    """Help under the label."""
    interactive: bool | None
    """Whether the visitor can change it; by default it can unless it is only an output."""


class Component(Block):
    """A block with a value.

    Subclasses convert: `preprocess` from the browser's JSON to what a handler takes, `postprocess` from what a handler
    returns to the browser's JSON. Both are called for one value at a time, off the event loop where they are slow.

    Args:
        value: What it shows at first, or a function that gives it, called at each page load.
        **options: See `ComponentOptions`.
    """

    SKIP_API: ClassVar[bool] = False
    FORM: ClassVar[bool] = False
    """Adjacent ones share one frame, as in Gradio (`Textbox`, `Number`, …)."""
    HAS_FILES: ClassVar[bool] = False
    """Its JSON may hold FileData, so paths are checked on the way in and given URLs on the way out."""

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = None,
        info: str | None = None,
        every: Timer | float | None = None,
        inputs: Any = None,
        show_label: bool | None = True,
        container: bool = True,
        scale: int | None = None,
        min_width: int | None = 160,
        interactive: bool | None = None,
        buttons: Sequence[Any] | None = None,
        **place: Unpack[PlaceOptions],
    ) -> None:
        self.label = label
        self.info = info
        self.show_label = True if show_label is None else show_label
        self.container = container
        self.scale = scale
        self.min_width = min_width
        self.interactive = interactive
        self.buttons = list(buttons or ())
        self.load_fn: Callable[..., Any] | None = value if callable(value) else None
        self.initial = None if callable(value) else value
        """The start value as the author gave it."""
        self.every = every
        self.inputs = inputs
        place.setdefault("preserved_by_key", "value")
        super().__init__(**place)  # type: ignore[arg-type]

    @property
    def value(self) -> Any:
        """The start value in the browser's form."""
        return self.postprocess(self.initial)

    def render(self) -> Any:
        """Place the component; a function as its value becomes a `load` listener."""
        super().render()
        if self.load_fn is not None:
            attach_load(self, self.load_fn, every=self.every, inputs=self.inputs)
        return self

    def preprocess(self, payload: Any) -> Any:
        """The handler's value for the browser's `payload`.

        Raises:
            BadValue: The payload is none that this component sends.
        """
        return payload

    def postprocess(self, value: Any) -> Any:
        """The browser's JSON for a handler's `value`.

        Raises:
            ValueError: The value is none that this component shows; the message says what it takes.
        """
        return value

    def config_value(self, value: Any) -> Any:
        """The `value` of an update, converted."""
        return self.postprocess(value)

    def api_info(self) -> dict[str, Any]:
        """JSON schema of its value on the wire."""
        return {"type": {}, "description": "any valid json"}

    def api_info_as_input(self) -> dict[str, Any]:
        """Schema of what it takes; the same unless a component says otherwise."""
        return self.api_info()

    def api_info_as_output(self) -> dict[str, Any]:
        """Schema of what it gives."""
        return self.api_info()

    def example_payload(self) -> Any:
        """A value on the wire, for the API's documentation."""
        return None

    def example_value(self) -> Any:
        """A value as a handler sees it."""
        return self.example_payload()

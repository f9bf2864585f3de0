"""Base classes of components: blocks whose value goes to the browser and comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import Self, TypedDict, Unpack

from holdfast import lazy
from holdfast.errors import BadValue
from holdfast.files import rules as file_rules
from holdfast.graph.block import Block
from holdfast.graph.context import current
from holdfast.graph.dependency import attach_load

if TYPE_CHECKING:
    from holdfast.components.timer import Timer
    from holdfast.files.rules import FileRules


class BlockOptions(TypedDict, total=False):
    """Layout options that every component accepts."""

    visible: bool | Literal["hidden"]
    """`False` leaves the component out of the page; `"hidden"` renders it invisibly."""
    elem_id: str | None
    """`id` of the component's HTML element, for CSS."""
    elem_classes: Sequence[str] | str | None
    """CSS classes of the component's HTML element."""
    render: bool
    """Whether to place the component where it is created."""
    key: int | str | tuple[int | str, ...] | None
    """Identity across re-renders in `gr.render`."""
    preserved_by_key: Sequence[str] | str | None
    """Properties that keep their values when a re-render uses the same key."""


class ValueOptions(BlockOptions, total=False):
    """Options for calling a function that is passed as the value."""

    every: Timer | float | None
    """Interval in seconds, or a timer, at which a function passed as the value is called again."""
    inputs: Any
    """Components whose changes call a function passed as the value again, with their values."""


class PlaceOptions(ValueOptions, total=False):
    """Options for the space that a component takes up next to its neighbors."""

    scale: int | None
    """Share of the row's width, relative to the component's neighbors."""
    min_width: int | None
    """Width in pixels below which the row wraps."""


class LabelOptions(PlaceOptions, total=False):
    """Options of components with a label."""

    label: str | None
    """Text above the component."""
    show_label: bool | None
    """`False` hides the label visually, not from screen readers; without a frame the label is never shown."""


class ComponentOptions(LabelOptions, total=False):
    """Options that all labeled components share."""

    container: bool
    """Whether the component has a frame and padding; without them its label is hidden too, as in Gradio."""
    buttons: Sequence[Any] | None
    """Small buttons to show (`"copy"`, `"download"`, …), or `gr.Button` instances."""


class FieldOptions(ComponentOptions, total=False):
    """Options of components that the visitor fills in."""

    info: str | None
    """Help text under the label."""
    interactive: bool | None
    """Whether the visitor can change the value; by default yes, unless the component is only an output."""


class _Unset:
    """Marker for a value that has not been computed yet, since `None` is a valid value."""


_UNSET = _Unset()


class Component(Block):
    """A block with a value.

    Subclasses convert values: `preprocess` turns the browser's JSON into what a handler takes, `postprocess` turns what
    a handler returns into the browser's JSON. Both are pure functions of a single value.

    A subclass must set its own attributes before it calls `super().__init__`, which already converts the initial value.

    Args:
        value: Initial value, or a function that returns it and is called at each page load.
        **options: See `ComponentOptions`.
    """

    SKIP_API: ClassVar[bool] = False
    FORM: ClassVar[bool] = False
    """Whether adjacent components of this kind share one frame, as in Gradio (`Textbox`, `Number`, …)."""
    HAS_FILES: ClassVar[bool] = False
    """Whether the JSON may contain FileData, whose paths are checked on the way in and get URLs on the way out."""
    FETCHES: ClassVar[bool] = False
    """Whether a handler opens the files, so that files given by URL are downloaded first."""
    FILE_PROPS: ClassVar[tuple[str, ...]] = ()
    """Properties other than the value that contain FileData."""
    BUTTONS: ClassVar[Sequence[str] | None] = ()
    """Small buttons to show by default."""
    LABEL_STAYS: ClassVar[bool] = False
    """Whether the label is shown even without a frame."""
    LACKS: ClassVar[frozenset[str]] = frozenset()
    """Options of this base class that the component does not support."""
    FROM_CLIENT: ClassVar[bool] = False
    """Whether a client may put the component into a chat message; only for components whose value can do no harm."""

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = None,
        every: Timer | float | None = None,
        inputs: Any = None,
        show_label: bool | None = True,
        container: bool = True,
        scale: int | None = None,
        min_width: int | None = 160,
        buttons: Sequence[Any] | None = None,
        **place: Unpack[BlockOptions],
    ) -> None:
        self.label = label
        self.show_label = show_label is not False and (container or self.LABEL_STAYS)
        self.container = container
        self.scale = scale
        self.min_width = min_width
        shown = self.BUTTONS if buttons is None else buttons
        self.buttons = None if shown is None else list(shown)
        for button in self.own_buttons:
            if button.parent is not None:
                button.unrender()
        self.load_fn: Callable[..., Any] | None = value if callable(value) else None
        self.initial = None if callable(value) else value
        """Initial value as the author passed it."""
        self._value: Any = _UNSET
        self.every = every
        self.inputs = inputs
        place.setdefault("preserved_by_key", "value")
        if current.get() is not None:
            # Convert now, so that an invalid initial value is reported at the line that passed it.
            _ = self.value
        super().__init__(**place)

    @property
    def value(self) -> Any:
        """Initial value in the browser's form."""
        if isinstance(self._value, _Unset):
            self._value = self.postprocess(self.initial)
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self.initial = value
        self._value = _UNSET

    @property
    def own_buttons(self) -> list[Component]:
        """Buttons that the author created for this component; each belongs to one component only."""
        return [button for button in self.buttons or () if isinstance(button, Component)]

    @property
    def called(self) -> str:
        """Name of the component in messages: its type, and its label if it has one."""
        return f'{type(self).__name__} "{self.label}"' if self.label else type(self).__name__

    def report_value(self, value: Any, how: str) -> None:
        """Warn about a value, such as an example's, that has no meaning here; most components accept every value.

        Args:
            value: Value to check.
            how: Where the value was given, for the message.
        """

    def bad(self, wanted: str, payload: Any) -> BadValue:
        """Return the error for a `payload` that is not what the component sends."""
        return BadValue(f"{self.called} takes {wanted}, but {describe(payload)} was sent.")

    def wrong(self, wanted: str, value: Any) -> ValueError:
        """Return the error for a handler's `value` that the component cannot show."""
        return ValueError(f"{self.called} takes {wanted}, but was given {describe(value)}.")

    def render(self) -> Any:
        """Place the component; register a function passed as the value as a `load` listener."""
        super().render()
        context = current.get()
        for button in self.own_buttons:
            if context is not None:
                context.graph.attach(button)
        if self.load_fn is not None:
            every = self.every
            if isinstance(every, (int, float)):
                # Timer is a component too, so its module imports this one.
                every = lazy.load("holdfast.components.timer:Timer")(every)
            if every is not None and not hasattr(every, "tick"):
                raise TypeError(
                    f"{self.called}: `every` is a number of seconds or a gr.Timer, but {every!r} was given."
                )
            attach_load(self, self.load_fn, every=every, inputs=self.inputs)
        return self

    def changed(self, props: Mapping[str, Any]) -> Self:
        """Return a copy with other properties; an unchanged initial value is not converted again."""
        copy = super().changed(props)
        if "value" not in props:
            copy.initial, copy._value = self.initial, self._value
        return copy

    def props(self) -> dict[str, Any]:
        """Return the properties that the page receives."""
        found = {name: value for name, value in super().props().items() if name not in self.LACKS}
        if self.own_buttons:
            found["buttons"] = [
                {**button.props(), "id": button.id} if isinstance(button, Component) else button
                for button in found["buttons"]
            ]
        return found

    def incoming(self, payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
        """Check what a client sent before it is used: the files it names, and the fields that only the server may set.

        Every value from a client passes through here, even for listeners with `preprocess=False`.

        Args:
            payload: JSON from the client; not modified.
            rules: File rules of the app.
            fetch: Whether to download files given by URL.

        Raises:
            InvalidPathError: The payload names a file that this client may not access.
            BadValue: The payload is not valid.
        """
        return file_rules.check(payload, rules, fetch=fetch and self.FETCHES) if self.HAS_FILES else payload

    def outgoing(self, payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
        """Complete a value for the page: give its files URLs that a browser can fetch, and seal its parts.

        Args:
            payload: Result of `postprocess`, or of a function with `postprocess=False`; not modified.
            rules: File rules of the app.
            keep: Whether its files are part of the app and must never be deleted.

        Raises:
            InvalidPathError: A file in the payload may not be served.
        """
        return file_rules.publish(payload, rules, keep=keep) if self.HAS_FILES else payload

    def preprocess(self, payload: Any) -> Any:
        """Convert the browser's `payload` to the value that a handler takes.

        Raises:
            BadValue: The payload is not one that this component sends.
        """
        return payload

    def from_message(self, payload: Any) -> Any:
        """Check and reduce the value of a chat message part of this type that a client sent.

        Raises:
            BadValue: The payload is not one that this component sends.
        """
        if self.HAS_FILES:
            found = payload if isinstance(payload, list) else [] if payload is None else [payload]
            if not all(isinstance(file, dict) and isinstance(file.get("path"), str) for file in found):
                raise self.bad("a file, or a list of files", payload)
        else:
            self.preprocess(payload)
        return payload

    def postprocess(self, value: Any) -> Any:
        """Convert a handler's `value` to the browser's JSON.

        Raises:
            ValueError: The component cannot show this value; the message says which values it accepts.
        """
        return value

    def config_value(self, value: Any) -> Any:
        """Convert the `value` of an update."""
        return self.postprocess(value)

    def api_info(self) -> dict[str, Any]:
        """Return the JSON schema of the value on the wire."""
        return {"type": {}, "description": "any valid json"}

    def api_info_as_input(self) -> dict[str, Any]:
        """Return the schema of accepted input; by default the same as `api_info`."""
        return self.api_info()

    def api_info_as_output(self) -> dict[str, Any]:
        """Return the schema of the output; by default the same as `api_info`."""
        return self.api_info()

    def example_payload(self) -> Any:
        """Return an example value on the wire, for the API documentation."""
        return None

    def example_value(self) -> Any:
        """Return an example value as a handler sees it."""
        return self.example_payload()


def published(block: Block, name: str, payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
    """Return a block's property as a page receives it: values completed, files in other properties with browser URLs.

    Args:
        block: Block that has the property.
        name: Name of the property.
        payload: JSON of the property; not modified.
        rules: File rules of the app.
        keep: Whether its files are part of the app and must never be deleted.

    Raises:
        InvalidPathError: A file in the payload may not be served.
    """
    if name == "value" and isinstance(block, Component):
        return block.outgoing(payload, rules, keep=keep)
    return file_rules.publish(payload, rules, keep=keep)


class Field(Component):
    """A component that the visitor fills in; adjacent ones share a frame.

    Args:
        value: Initial value, or a function that returns it.
        info: Help text under the label; one line of Markdown.
        interactive: Whether the visitor can change the value; by default yes, unless the component is only an output.
        **options: See `ComponentOptions`.
    """

    FORM: ClassVar[bool] = True

    def __init__(
        self,
        value: Any = None,
        *,
        info: str | None = None,
        interactive: bool | None = None,
        **options: Unpack[ComponentOptions],
    ) -> None:
        self.info = info
        self.interactive = interactive
        super().__init__(value, **options)


def describe(value: Any) -> str:
    """Describe a value for a message: shortened, with its type."""
    if value is None:
        return "nothing (None)"
    text = repr(value)
    if len(text) > 80:
        text = f"{text[:77]}…"
    return f"{text} (a {type(value).__name__})"


def one_of(parameter: str, given: Any, valid: Sequence[Any]) -> ValueError:
    """Return the error for an invalid option, in Gradio's wording."""
    return ValueError(f"Invalid value for parameter `{parameter}`: {given}. Please choose from one of: {list(valid)}")

"""What every component is: a block with a value that goes to the browser and comes back."""

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
    """How a block stands in the page; every component takes these."""

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


class ValueOptions(BlockOptions, total=False):
    """When a function that is given as the value is called again."""

    every: Timer | float | None
    """With a function as value: call it again every so many seconds, or at a timer's ticks."""
    inputs: Any
    """With a function as value: components whose changes call it again, with their values."""


class PlaceOptions(ValueOptions, total=False):
    """The room that a component takes beside its neighbours."""

    scale: int | None
    """Its share of a row's width against its neighbours."""
    min_width: int | None
    """Pixels below which a row wraps."""


class LabelOptions(PlaceOptions, total=False):
    """The options of components with a label."""

    label: str | None
    """The text above it."""
    show_label: bool | None
    """`False` hides the label from the eye, not from a screen reader; a component without a frame never shows it."""


class ComponentOptions(LabelOptions, total=False):
    """The options that all labelled components share."""

    container: bool
    """Whether it has a frame and padding; without them its label is hidden too, as in Gradio."""
    buttons: Sequence[Any] | None
    """Which small buttons it shows (`"copy"`, `"download"`, …), or own `gr.Button`s."""


class FieldOptions(ComponentOptions, total=False):
    """The options of components that the visitor fills in."""

    info: str | None
    """Help under the label."""
    interactive: bool | None
    """Whether the visitor can change it; by default it can unless it is only an output."""


class _Unset:
    """No value has been computed yet; `None` is a value."""


_UNSET = _Unset()


class Component(Block):
    """A block with a value.

    Subclasses convert: `preprocess` from the browser's JSON to what a handler takes, `postprocess` from what a handler
    returns to the browser's JSON. Both are pure and are called for one value at a time.

    A subclass sets its own attributes before it calls `super().__init__`, which already converts the start value.

    Args:
        value: What it shows at first, or a function that gives it, called at each page load.
        **options: See `ComponentOptions`.
    """

    SKIP_API: ClassVar[bool] = False
    FORM: ClassVar[bool] = False
    """Adjacent ones share one frame, as in Gradio (`Textbox`, `Number`, …)."""
    HAS_FILES: ClassVar[bool] = False
    """Its JSON may hold FileData, so paths are checked on the way in and given URLs on the way out."""
    FETCHES: ClassVar[bool] = False
    """A handler opens its files, so one that a client names by URL is fetched first."""
    FILE_PROPS: ClassVar[tuple[str, ...]] = ()
    """Properties besides the value that hold FileData."""
    BUTTONS: ClassVar[Sequence[str] | None] = ()
    """The small buttons that it shows when its author names none."""
    LABEL_STAYS: ClassVar[bool] = False
    """Its label is shown without a frame too."""
    LACKS: ClassVar[frozenset[str]] = frozenset()
    """Options of this base class that the component does not have."""
    FROM_CLIENT: ClassVar[bool] = False
    """Its value alone can do no harm, so a client may put one into a chat message."""

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
        """The start value as the author gave it."""
        self._value: Any = _UNSET
        self.every = every
        self.inputs = inputs
        place.setdefault("preserved_by_key", "value")
        if current.get() is not None:
            # A start value that cannot be shown is reported at the line that gave it.
            _ = self.value
        super().__init__(**place)

    @property
    def value(self) -> Any:
        """The start value in the browser's form."""
        if isinstance(self._value, _Unset):
            self._value = self.postprocess(self.initial)
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self.initial = value
        self._value = _UNSET

    @property
    def own_buttons(self) -> list[Component]:
        """The buttons of the author's own among its small buttons; they stand in it and nowhere else."""
        return [button for button in self.buttons or () if isinstance(button, Component)]

    @property
    def called(self) -> str:
        """What messages call it: its type, and its label where it has one."""
        return f'{type(self).__name__} "{self.label}"' if self.label else type(self).__name__

    def report_value(self, value: Any, how: str) -> None:
        """Warn of a value of an example that has no meaning here; most components take every value.

        Args:
            value: The value.
            how: Where it was given, for the message.
        """

    def bad(self, wanted: str, payload: Any) -> BadValue:
        """The error for a `payload` that is not what the component sends."""
        return BadValue(f"{self.called} takes {wanted}, but {describe(payload)} was sent.")

    def wrong(self, wanted: str, value: Any) -> ValueError:
        """The error for a handler's `value` that the component cannot show."""
        return ValueError(f"{self.called} takes {wanted}, but was given {describe(value)}.")

    def render(self) -> Any:
        """Place the component; a function as its value becomes a `load` listener."""
        super().render()
        context = current.get()
        for button in self.own_buttons:
            if context is not None:
                context.graph.attach(button)
        if self.load_fn is not None:
            every = self.every
            if isinstance(every, (int, float)):
                # A Timer is a component itself: its module needs this one first.
                every = lazy.load("holdfast.components.timer:Timer")(every)
            if every is not None and not hasattr(every, "tick"):
                raise TypeError(
                    f"{self.called}: `every` is a number of seconds or a gr.Timer, but {every!r} was given."
                )
            attach_load(self, self.load_fn, every=every, inputs=self.inputs)
        return self

    def changed(self, props: Mapping[str, Any]) -> Self:
        """The same component with other properties; a start value that stays is not converted again."""
        copy = super().changed(props)
        if "value" not in props:
            copy.initial, copy._value = self.initial, self._value
        return copy

    def props(self) -> dict[str, Any]:
        """Its properties as the page gets them."""
        found = {name: value for name, value in super().props().items() if name not in self.LACKS}
        if self.own_buttons:
            found["buttons"] = [
                {**button.props(), "id": button.id} if isinstance(button, Component) else button
                for button in found["buttons"]
            ]
        return found

    def incoming(self, payload: Any, rules: FileRules, *, fetch: bool = False) -> Any:
        """Check what a client sent before anything reads it: the files it names, and what only the server decides.

        Every value of a client passes through here, also where a listener has `preprocess=False`.

        Args:
            payload: The client's JSON; it is not changed.
            rules: The app's.
            fetch: Whether files that it names by URL are fetched.

        Raises:
            InvalidPathError: It names a file that this client may not name.
            BadValue: It cannot be used.
        """
        return file_rules.check(payload, rules, fetch=fetch and self.FETCHES) if self.HAS_FILES else payload

    def outgoing(self, payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
        """Make what goes to a page complete: its files where a browser can fetch them, its parts sealed.

        Args:
            payload: What `postprocess` returned, or a function with `postprocess=False`; it is not changed.
            rules: The app's.
            keep: Whether its files are part of the app, and never deleted.

        Raises:
            InvalidPathError: A file of it may not be served.
        """
        return file_rules.publish(payload, rules, keep=keep) if self.HAS_FILES else payload

    def preprocess(self, payload: Any) -> Any:
        """The handler's value for the browser's `payload`.

        Raises:
            BadValue: The payload is none that this component sends.
        """
        return payload

    def from_message(self, payload: Any) -> Any:
        """What remains of the value of a client's chat part of this kind.

        Raises:
            BadValue: The payload is none that this component sends.
        """
        if self.HAS_FILES:
            found = payload if isinstance(payload, list) else [] if payload is None else [payload]
            if not all(isinstance(file, dict) and isinstance(file.get("path"), str) for file in found):
                raise self.bad("a file, or a list of files", payload)
        else:
            self.preprocess(payload)
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


def published(block: Block, name: str, payload: Any, rules: FileRules, *, keep: bool = False) -> Any:
    """A property of a block as a page gets it: the value complete, in others the files where a browser can fetch them.

    Args:
        block: The block.
        name: The property's name.
        payload: Its JSON; it is not changed.
        rules: The app's.
        keep: Whether its files are part of the app, and never deleted.

    Raises:
        InvalidPathError: A file of it may not be served.
    """
    if name == "value" and isinstance(block, Component):
        return block.outgoing(payload, rules, keep=keep)
    return file_rules.publish(payload, rules, keep=keep)


class Field(Component):
    """A component that the visitor fills in; neighbours share one frame.

    Args:
        value: What it shows at first, or a function that gives it.
        info: Help under the label; a line of Markdown.
        interactive: Whether the visitor can change it; by default it can unless it is only an output.
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
    """A value in a message: short, with its type, never a dump of it."""
    if value is None:
        return "nothing (None)"
    text = repr(value)
    if len(text) > 80:
        text = f"{text[:77]}…"
    return f"{text} (a {type(value).__name__})"


def one_of(parameter: str, given: Any, valid: Sequence[Any]) -> ValueError:
    """The error for an option's value that does not exist, worded as Gradio words it."""
    return ValueError(f"Invalid value for parameter `{parameter}`: {given}. Please choose from one of: {list(valid)}")

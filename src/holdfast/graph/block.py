"""Blocks, the nodes of an app's tree, and containers, which hold other blocks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import Self

from holdfast.errors import RenderError
from holdfast.graph.context import BuildContext, current
from holdfast.graph.parameters import report_choices, settle_unknown

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from holdfast.graph.graph import Graph

NOT_PROPS = frozenset({"self", "every", "inputs", "render"})
"""Constructor parameters that control the construction and are not properties of the block."""


class Block:
    """Node of an app's tree: a layout or a component.

    A block keeps every constructor parameter as an attribute with the same name, from which `props()` reads it, so a
    component declares its options once, in its signature. `given` holds the arguments of the constructor call: a block
    returned from a handler updates exactly those.

    Args:
        visible: `False` leaves the block out of the page; `"hidden"` renders it invisibly.
        elem_id: `id` of the block's HTML element, for CSS.
        elem_classes: CSS classes of the block's HTML element.
        render: Whether to place the block where it is created.
        key: Identity across re-renders in `gr.render`.
        preserved_by_key: Properties that keep their values when a re-render uses the same key.
    """

    NAME: ClassVar[str] = "block"
    """Type of the block in the config, and name of its chunk on the page."""
    EVENTS: ClassVar[tuple[str, ...]] = ()
    """Names of the block's events, collected from the `Event` attributes of the class."""
    SKIP_API: ClassVar[bool] = True
    """Whether to omit the block from the API's parameters and results."""
    IS_ROOT: ClassVar[bool] = False
    """Whether the block is the whole app."""

    given: dict[str, Any]
    _id: int = -1
    graph: Graph | None = None
    parent: BlockContext | None = None
    rendered_in: int | None = None
    page: str = ""
    """Path of the page that contains the block."""
    key_path: tuple[object, ...] | None = None
    """Identity across re-renders in one session: `key`, preceded by the keys of enclosing renders."""
    place_path: tuple[object, ...] | None = None
    """Identity across re-renders of a block without a key: its position and type in a `gr.render`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Record the call's arguments, which are what an update made from this block changes."""
        self = super().__new__(cls)
        self.given = {**dict(zip(_positional(cls), args, strict=False)), **kwargs}
        return self

    def __init__(
        self,
        *,
        visible: bool | Literal["hidden"] = True,
        elem_id: str | None = None,
        elem_classes: Sequence[str] | str | None = None,
        render: bool = True,
        key: int | str | tuple[int | str, ...] | None = None,
        preserved_by_key: Sequence[str] | str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            for name in unknown:
                self.given.pop(name, None)
            settle_unknown(type(self).__name__, unknown, {*prop_defaults(type(self)), *NOT_PROPS} - {"self"})
        self.visible = visible
        self.elem_id = elem_id
        self.elem_classes = [elem_classes] if isinstance(elem_classes, str) else list(elem_classes or ())
        self.key = key
        self.preserved_by_key = (
            [preserved_by_key] if isinstance(preserved_by_key, str) else list(preserved_by_key or ())
        )
        if render and current.get() is not None:
            self.render()
        self.report_mistakes()

    @property
    def id(self) -> int:
        """Id of the block in its graph; -1 before it belongs to one."""
        return self._id

    def render(self) -> Self:
        """Place the block at the current position in the program.

        Raises:
            RenderError: Outside a `Blocks`.
            DuplicateBlockError: The block is already placed in this app.
        """
        context = current.get()
        if context is None:
            raise RenderError(
                f"{type(self).__name__}.render() was called outside of a Blocks. "
                "Call it inside `with gr.Blocks():`, or leave `render=True`."
            )
        context.graph.place(self, context)
        return self

    def report_mistakes(self) -> None:
        """Warn about arguments that Gradio accepts although they have no meaning."""
        report_choices(self)

    def unrender(self) -> Self:
        """Remove the block from its place; it can be rendered again elsewhere."""
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None
        return self

    def props(self) -> dict[str, Any]:
        """Return the properties that the page receives: every constructor parameter by name."""
        found = {name: getattr(self, name) for name in prop_defaults(type(self)) if hasattr(self, name)}
        return {**found, "name": self.get_block_name()}

    def settle(self, *, watched: bool) -> None:
        """Finalize the block's id, because the app or the result of a `gr.render` is complete.

        Args:
            watched: Whether a change of the block triggers a listener.
        """

    def changed(self, props: Mapping[str, Any]) -> Self:
        """Return a copy with other properties, as one session has it after an update; the original is not modified.

        Args:
            props: Properties by constructor parameter.

        Raises:
            TypeError: The class does not have one of the properties.
        """
        token = current.set(None)
        try:
            copy = type(self)(**{**self.given, **props})
        finally:
            current.reset(token)
        copy.given = {**self.given, **props}
        for name in ("_id", "graph", "parent", "rendered_in", "page", "key_path", "place_path"):
            setattr(copy, name, getattr(self, name))
        return copy

    def get_block_name(self) -> str:
        """Return the type name used in Gradio's configs."""
        return self.NAME

    def config_value(self, value: Any) -> Any:
        """Return the `value` of an update in the page's form; components convert it."""
        return value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self._id})"

    if not TYPE_CHECKING:  # type checkers know the attributes; this explains mistakes at run time

        def __getattr__(self, name: str) -> Any:
            kind = type(self)
            if hasattr(kind, name):
                return object.__getattribute__(self, name)  # raise the original error of a property that failed
            events = f"; its events are {', '.join(kind.EVENTS)}" if kind.EVENTS and not name.startswith("_") else ""
            raise AttributeError(f"{kind.__name__} has no attribute or event {name!r}{events}.", name=name, obj=self)


class BlockContext(Block):
    """A block that contains other blocks: `with gr.Row():`."""

    def __init__(self, **options: Any) -> None:
        self.children: list[Block] = []
        self._tokens: list[Token[BuildContext | None]] = []
        super().__init__(**options)

    def add(self, child: Block) -> None:
        """Append a child."""
        child.parent = self
        self.children.append(child)

    def __enter__(self) -> Self:
        context = current.get()
        if context is None:
            raise RenderError(
                f"`with {type(self).__name__}():` was used outside of a Blocks. Put it inside `with gr.Blocks():`."
            )
        self._tokens.append(current.set(self.inside(context)))
        return self

    def inside(self, context: BuildContext) -> BuildContext:
        """Return the build context inside the `with` block."""
        return BuildContext(context.graph, self, context.rendered_in, context.key_path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context = current.get()
        current.reset(self._tokens.pop())
        if context is not None:
            context.graph.close(self)

    def changed(self, props: Mapping[str, Any]) -> Self:
        """Return a copy of the layout with other properties and the same children."""
        copy = super().changed(props)
        copy.children = self.children
        return copy


_DEFAULTS: dict[type[Block], dict[str, Any]] = {}
_POSITIONAL: dict[type[Block], tuple[str, ...]] = {}


def prop_defaults(cls: type[Block]) -> Mapping[str, Any]:
    """Return the properties of a class with their defaults: constructor parameters of all bases, nearest first."""
    known = _DEFAULTS.get(cls)
    if known is not None:
        return known
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if "__init__" not in base.__dict__ or not issubclass(base, Block):
            continue
        for name, parameter in inspect.signature(base.__init__).parameters.items():
            if name not in NOT_PROPS and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                found.setdefault(name, parameter.default)
    _DEFAULTS[cls] = found
    return found


def _positional(cls: type[Block]) -> tuple[str, ...]:
    if cls not in _POSITIONAL:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        _POSITIONAL[cls] = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return _POSITIONAL[cls]

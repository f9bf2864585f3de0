"""Blocks: the nodes of an app's tree, and the containers among them."""

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
"""Constructor parameters that steer the building and are no property of the block."""


class Block:
    """One node of an app's tree: a layout or a component.

    A block keeps every parameter of its constructors as an attribute of the same name; `props()` reads them from there,
    so a component lists its options once, in its signature. `given` holds the arguments of the call that made it: a
    block returned from a handler is an update of just those.

    Args:
        visible: `False` keeps it out of the page, `"hidden"` in the page but unseen.
        elem_id: `id` of its element, for CSS.
        elem_classes: Classes of its element.
        render: Whether it is placed where it is made.
        key: Identity across re-renders in `gr.render`.
        preserved_by_key: Properties that a re-render keeps when the key is the same.
    """

    NAME: ClassVar[str] = "block"
    """Its type in the config, and the name of its chunk on the page."""
    EVENTS: ClassVar[tuple[str, ...]] = ()
    """Names of its events; collected from the `Event` attributes of the class."""
    SKIP_API: ClassVar[bool] = True
    """Whether it is left out of the API's parameters and results."""
    IS_ROOT: ClassVar[bool] = False
    """Whether it is the whole app."""

    given: dict[str, Any]
    _id: int = -1
    graph: Graph | None = None
    parent: BlockContext | None = None
    rendered_in: int | None = None
    page: str = ""
    """Path of the page that it stands on."""
    key_path: tuple[object, ...] | None = None
    """`key` with those of the renders around it: its identity across re-renders in one session."""
    place_path: tuple[object, ...] | None = None
    """Its place and type in a `gr.render`: the identity across re-renders of a block without a key."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the call: what it gives is what an update made of this block changes."""
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
        """Its number in the graph it belongs to; -1 before it belongs to one."""
        return self._id

    def render(self) -> Self:
        """Place the block where the program now stands.

        Raises:
            RenderError: Outside a `Blocks`.
            DuplicateBlockError: It has a place in this app already.
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
        """Warn of what the program gave that Gradio would take and that has no meaning."""
        report_choices(self)

    def unrender(self) -> Self:
        """Take the block out of its place; it can be rendered again elsewhere."""
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None
        return self

    def props(self) -> dict[str, Any]:
        """Its properties as the page gets them: every constructor parameter, under its name."""
        found = {name: getattr(self, name) for name in prop_defaults(type(self)) if hasattr(self, name)}
        return {**found, "name": self.get_block_name()}

    def settle(self, *, watched: bool) -> None:
        """The app, or what a `gr.render` built, is complete: the id is final.

        Args:
            watched: Some listener is triggered by its change.
        """

    def changed(self, props: Mapping[str, Any]) -> Self:
        """The same block with other properties, as one session has it after an update; this one stays as it is.

        Args:
            props: Properties by the names of the constructor's parameters.

        Raises:
            TypeError: The class has no such property.
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
        """Its type's name as Gradio's configs write it."""
        return self.NAME

    def config_value(self, value: Any) -> Any:
        """What of an update's `value` the page gets; components convert it."""
        return value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self._id})"

    if not TYPE_CHECKING:  # a checker knows the attributes; this is for what a program asks for in error

        def __getattr__(self, name: str) -> Any:
            kind = type(self)
            if hasattr(kind, name):
                return object.__getattribute__(self, name)  # a property that failed: its own error is the one to see
            events = f"; its events are {', '.join(kind.EVENTS)}" if kind.EVENTS and not name.startswith("_") else ""
            raise AttributeError(f"{kind.__name__} has no attribute or event {name!r}{events}.", name=name, obj=self)


class BlockContext(Block):
    """A block that holds others: `with gr.Row():`."""

    def __init__(self, **options: Any) -> None:
        self.children: list[Block] = []
        self._tokens: list[Token[BuildContext | None]] = []
        super().__init__(**options)

    def add(self, child: Block) -> None:
        """Make `child` the last of its children."""
        child.parent = self
        self.children.append(child)

    def __enter__(self) -> Self:
        context = current.get()
        if context is None:
            raise RenderError(
                f"`with {type(self).__name__}():` stands outside of a Blocks. Put it inside `with gr.Blocks():`."
            )
        self._tokens.append(current.set(self.inside(context)))
        return self

    def inside(self, context: BuildContext) -> BuildContext:
        """The context of what stands in its `with`."""
        return BuildContext(context.graph, self, context.rendered_in, context.key_path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context = current.get()
        current.reset(self._tokens.pop())
        if context is not None:
            context.graph.close(self)

    def changed(self, props: Mapping[str, Any]) -> Self:
        """The same layout with other properties, around the same children."""
        copy = super().changed(props)
        copy.children = self.children
        return copy


_DEFAULTS: dict[type[Block], dict[str, Any]] = {}
_POSITIONAL: dict[type[Block], tuple[str, ...]] = {}


def prop_defaults(cls: type[Block]) -> Mapping[str, Any]:
    """The properties of a class with their defaults: its constructors' parameters along its bases, nearest first."""
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

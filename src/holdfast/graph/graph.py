"""The builder of one app: blocks get their ids and places here, listeners their numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from holdfast.errors import BuildError, DuplicateBlockError, InvalidComponentError
from holdfast.graph.app import AppOptions, AppSpec
from holdfast.graph.context import current
from holdfast.graph.frames import INVISIBLE, group_children
from holdfast.graph.identity import name_events
from holdfast.graph.listener import Listener, Target

if TYPE_CHECKING:
    from holdfast.graph.block import Block, BlockContext
    from holdfast.graph.context import BuildContext


KeyPath = tuple[object, ...]


class PageSpec(NamedTuple):
    """One page of an app."""

    path: str
    """What follows the app's address; "" is the first page."""
    label: str
    show_in_navbar: bool


class Surroundings(Protocol):
    """What a graph is built inside of: an outer graph, or the app whose `gr.render` builds it."""

    def id_of(self, block: Block) -> int | None:
        """The id that a block has there."""

    @property
    def top(self) -> Block:
        """The app's root."""

    @property
    def next_block_id(self) -> int:
        """First id that is free for blocks."""

    @property
    def next_listener_id(self) -> int:
        """First id that is free for listeners."""

    @property
    def next_render_id(self) -> int:
        """First id that is free for `gr.render`s."""

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Ids of the blocks and of the keyed listeners that a `gr.render` has built before."""

    def has_api_name(self, name: str) -> bool:
        """Whether a listener has this name."""

    def listener(self, number: int) -> Listener:
        """A listener by its id."""


class Graph:
    """Blocks, their tree and the listeners between them, while they are being put together.

    Args:
        root: The block at the top. It has id 0, or the first free one of `outer`.
        outer: What the graph is built inside of: blocks that live there keep their ids and are not taken over.
        options: What the app is besides its blocks.
        rendered_in: Id of the `gr.render` that builds it; its root is the render's container and has its id already.
        key_path: Identity of that render.
        page: Path of the page that the render stands on.
    """

    def __init__(
        self,
        root: BlockContext,
        *,
        outer: Surroundings | None = None,
        options: AppOptions | None = None,
        rendered_in: int | None = None,
        key_path: tuple[object, ...] = (),
        page: str = "",
    ) -> None:
        self.root = root
        self.outer = outer
        self.options = options or AppOptions()
        self.rendered_in = rendered_in
        self.blocks: dict[int, Block] = {}
        self.listeners: dict[int, Listener] = {}
        self._api_names: set[str] = set()
        self._last_of: dict[str, int] = {}
        """The number behind the last one of the listeners that would have had one name."""
        self.pages: list[PageSpec] = [PageSpec("", "Home", True)]
        self.page = page
        """Path of the page that is being built."""
        self.version = 0
        """One more at every change, so that a frozen app is known to be stale."""
        self._ids: dict[Block, int] = {}
        self._next_block = outer.next_block_id if outer else 0
        self._next_listener = outer.next_listener_id if outer else 0
        self._next_render = outer.next_render_id if outer else 0
        self.key_path = key_path
        self.renders = 0
        """How many `gr.render`s stand in it."""
        self._kept_blocks, self._kept_listeners = (
            outer.kept(key_path) if outer and rendered_in is not None else ({}, {})
        )
        self._keyed: dict[KeyPath, Block] = {}
        self._places: set[KeyPath] = set()
        self._later: list[tuple[BuildContext, str, Callable[[], object]]] = []
        if rendered_in is None:
            self.attach(root)
        else:
            self._ids[root] = root.id

    def change_options(self, **changes: Any) -> None:
        """Set some of the app's options."""
        self.version += 1
        self.options = dataclasses.replace(self.options, **changes)

    # Blocks -----------------------------------------------------------------------------------------------------------

    @property
    def next_block_id(self) -> int:
        """First id that is free for blocks."""
        return self._next_block

    @property
    def next_listener_id(self) -> int:
        """First id that is free for listeners."""
        return self._next_listener

    @property
    def next_render_id(self) -> int:
        """First id that is free for `gr.render`s."""
        return self._next_render

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Nothing: only a session's view remembers what was rendered."""
        del key_path
        return {}, {}

    def new_render(self, around: KeyPath) -> tuple[int, KeyPath]:
        """An id for a `gr.render`, and its identity across re-renders of what is `around` it."""
        self._next_render += 1
        self.renders += 1
        return self._next_render - 1, (*around, "render", self.renders)

    @property
    def top(self) -> Block:
        """The whole app's root: that of the outermost graph."""
        return self.outer.top if self.outer is not None else self.root

    def id_of(self, block: Block) -> int | None:
        """The id that a block has here or in what the graph is built inside of; `None`: none yet."""
        found = self._ids.get(block)
        if found is None and self.outer is not None:
            return self.outer.id_of(block)
        return found

    def attach(self, block: Block) -> int:
        """Give a block its id; also one that is used by a listener and stands nowhere.

        Returns:
            Its id; the same every time.
        """
        known = self.id_of(block)
        if known is not None:
            return known
        kept = self._kept_block(block)
        self._enter(block, self._next_block if kept is None else kept)
        self._next_block += kept is None
        return block.id

    def _kept_block(self, block: Block) -> int | None:
        """The id that a block of a `gr.render` had in the run before: under its key, or of its type at its place."""
        if self.rendered_in is None:
            return None
        if block.key_path is None:
            return self._placed_before(block.place_path)
        twin = self._keyed.setdefault(block.key_path, block)
        if twin is not block:
            raise BuildError(
                f"Two blocks of one gr.render have the key {block.key!r}: a {type(twin).__name__} and a "
                f"{type(block).__name__}. Give each its own key."
            )
        return self._kept_blocks.get(block.key_path)

    def _placed_before(self, path: KeyPath | None) -> int | None:
        if path is None or path in self._places:
            return None
        self._places.add(path)
        return self._kept_blocks.get(path)

    def _enter(self, block: Block, number: int) -> None:
        self.version += 1
        self._ids[block] = number
        self.blocks[number] = block
        block._id = number
        block.graph = self
        block.page = self.page
        if block.rendered_in is None:
            block.rendered_in = self.rendered_in

    def place(self, block: Block, context: BuildContext) -> None:
        """Put a block where the program stands.

        Raises:
            DuplicateBlockError: It has a place already.
        """
        if self.id_of(block) is not None and block.parent is not None:
            raise DuplicateBlockError(
                f"{block!r} is placed a second time. A block has one place: make a second one, "
                "or call its unrender() before you render it elsewhere."
            )
        block.rendered_in = context.rendered_in
        block.key_path = (*context.key_path, block.key) if block.key is not None else None
        block.place_path = self._place_path(block, context)
        self.attach(block)
        block.page = self.page
        context.parent.add(block)

    def _place_path(self, block: Block, context: BuildContext) -> KeyPath | None:
        """What makes a block of a `gr.render` the one of the run before. A State without a key begins again (R5.4)."""
        if self.rendered_in is None or block.key is not None or block.NAME == "state":
            return None
        parent = context.parent
        around = context.key_path if parent is self.root else parent.key_path or parent.place_path
        return None if around is None else (*around, "at", len(parent.children), block.NAME)

    def close(self, container: BlockContext) -> None:
        """A container's `with` has ended: put the frames around its children that they share."""
        group_children(container, self)
        if container is self.root:
            self._add_last_listeners()

    # Listeners --------------------------------------------------------------------------------------------------------

    def add_listener(self, listener: Listener) -> Listener:
        """Number a listener and keep it."""
        self.version += 1
        kept = self._kept_listeners.get(listener.key_path) if listener.key_path is not None else None
        if kept is not None and kept not in self.listeners:
            listener.id = kept
        else:
            listener.id = self._next_listener
            self._next_listener += 1
        listener.page = self.page
        listener.api_name = self.free_api_name(listener.api_name)
        self._api_names.add(listener.api_name)
        self.listeners[listener.id] = listener
        return listener

    def add_later(self, context: BuildContext, register: Callable[[], object]) -> None:
        """Call `register` where the program stands now, once it has made its own listeners."""
        self._later.append((context, self.page, register))

    def _add_last_listeners(self) -> None:
        later, self._later = self._later, []
        before = self.page
        for context, self.page, register in later:
            token = current.set(context)
            try:
                register()
            finally:
                current.reset(token)
        self.page = before

    def listener(self, number: int) -> Listener:
        """A listener by its id, here or in what the graph is built inside of."""
        if number not in self.listeners and self.outer is not None:
            return self.outer.listener(number)
        return self.listeners[number]

    def drop_listener(self, listener: Listener) -> None:
        """Take a listener out again."""
        self.version += 1
        del self.listeners[listener.id]
        self._api_names.remove(listener.api_name)
        self._last_of.clear()

    def free_api_name(self, name: str) -> str:
        """The name, with the first free `_1`, `_2`, … behind it when it is taken."""
        if not self.has_api_name(name):
            return name
        count = self._last_of.get(name, 0) + 1
        while self.has_api_name(f"{name}_{count}"):
            count += 1
        self._last_of[name] = count
        return f"{name}_{count}"

    def has_api_name(self, name: str) -> bool:
        """Whether a listener has this name, here or (for what a render builds) in the app."""
        if name in self._api_names:
            return True
        return self.rendered_in is not None and self.outer is not None and self.outer.has_api_name(name)

    # Whole graphs -----------------------------------------------------------------------------------------------------

    def absorb(self, child: Graph, context: BuildContext) -> None:
        """Take over another graph: its blocks and listeners get numbers here, its root's children stand in `context`.

        Raises:
            DuplicateBlockError: One of its blocks has a place here already.
        """
        child.outer = None
        for block in child.blocks.values():
            if block is child.root:
                continue
            if block.rendered_in is None:
                block.rendered_in = context.rendered_in
            if self.id_of(block) is None:
                self.attach(block)
            else:
                self._refuse_second_place(block)
                block._id, block.graph = self._own_id(block), self
            block.page = self.page
        for block in child.root.children:
            if block not in context.parent.children:
                context.parent.add(block)
        self._absorb_listeners(child, context)

    def _own_id(self, block: Block) -> int:
        found = self.id_of(block)
        return block.id if found is None else found

    def stands_here(self, block: Block) -> bool:
        """Whether a block has a place in this app's tree."""
        top = block
        while top.parent is not None:
            top = top.parent
        return top is self.root or top is self.top

    def _refuse_second_place(self, block: Block) -> None:
        if block.NAME not in INVISIBLE and self.stands_here(block):
            raise DuplicateBlockError(
                f"{block!r} stands in two apps that are put into one. A block has one place: make one for each app."
            )

    def _absorb_listeners(self, child: Graph, context: BuildContext) -> None:
        moved = {old: self._next_listener + n for n, old in enumerate(child.listeners)}
        for listener in list(child.listeners.values()):
            listener.targets = tuple(
                Target(self.top if target.block is child.root else target.block, target.event)
                for target in listener.targets
            )
            listener.cancels = tuple(moved.get(number, number) for number in listener.cancels)
            if listener.trigger_after is not None:
                listener.trigger_after = moved.get(listener.trigger_after, listener.trigger_after)
            if listener.rendered_in is None:
                listener.rendered_in = context.rendered_in
            if listener.render is not None:
                number, path = self.new_render(context.key_path)
                listener.render_id = listener.render.render_id = number
                listener.render.key_path = path
            self.add_listener(listener)

    def walk(self, container: BlockContext | None = None) -> Iterator[Block]:
        """Every placed block below a container (the root by default), parents first."""
        for block in (container or self.root).children:
            yield block
            children = getattr(block, "children", None)
            if children is not None:
                yield from self.walk(block)  # type: ignore[arg-type]

    def freeze(self) -> AppSpec:
        """The app as it now stands."""
        self._add_last_listeners()
        for number, block in self.blocks.items():
            block._id, block.graph = number, self
        self._refuse_strangers()
        app = AppSpec(
            blocks=dict(self.blocks),
            listeners=dict(self.listeners),
            root=self.root,
            pages=tuple(self.pages),
            options=self.options,
        )
        self.settle()
        return app

    def _refuse_strangers(self) -> None:
        """A component that stands in another app can be no input or output: the page of this one does not show it."""
        for listener in self.listeners.values():
            for block in (*listener.inputs, *listener.outputs):
                if block.parent is not None and not self.stands_here(block) and block.NAME not in INVISIBLE:
                    raise InvalidComponentError(
                        f"The listener made at {listener.made_at} uses {block!r}, which stands in another app. "
                        "Make the component in this app, or render that app inside of it."
                    )

    def settle(self) -> None:
        """Tell every block that its id is final, and whether a listener waits for its changes."""
        watched = {t.block for li in self.listeners.values() for t in li.targets if t.event == "change"}
        for block in self.blocks.values():
            block.settle(watched=block in watched)
        name_events(self.listeners, self.outer.listener if self.outer is not None else None, self.key_path)

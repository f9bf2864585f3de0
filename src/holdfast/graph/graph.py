"""The builder of an app: assigns ids and places to blocks, and numbers to listeners."""

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
    """Path after the app's address; "" is the first page."""
    label: str
    show_in_navbar: bool


class Surroundings(Protocol):
    """What a graph is built inside of: an outer graph, or the app whose `gr.render` builds it."""

    def id_of(self, block: Block) -> int | None:
        """Return the id of a block."""

    @property
    def top(self) -> Block:
        """Root of the app."""

    @property
    def next_block_id(self) -> int:
        """Next free block id."""

    @property
    def next_listener_id(self) -> int:
        """Next free listener id."""

    @property
    def next_render_id(self) -> int:
        """Next free `gr.render` id."""

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Return the ids of the blocks and keyed listeners that a `gr.render` has built before."""

    def has_api_name(self, name: str) -> bool:
        """Return whether a listener has this name."""

    def listener(self, number: int) -> Listener:
        """Return a listener by its id."""


class Graph:
    """Blocks, their tree and their listeners while an app is being built.

    Args:
        root: Block at the top. It has id 0, or the first free id of `outer`.
        outer: Surroundings in which the graph is built; blocks that belong to them keep their ids and are not moved.
        options: Options of the app other than its blocks.
        rendered_in: Id of the `gr.render` that builds the graph; the root is then its container, which already has an
            id.
        key_path: Identity of that render.
        page: Path of the page that contains the render.
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
        """Last number appended to make a name unique, by name."""
        self.pages: list[PageSpec] = [PageSpec("", "Home", True)]
        self.page = page
        """Path of the page that is being built."""
        self.version = 0
        """Counter that increases with every change, to detect that a frozen app is stale."""
        self._ids: dict[Block, int] = {}
        self._next_block = outer.next_block_id if outer else 0
        self._next_listener = outer.next_listener_id if outer else 0
        self._next_render = outer.next_render_id if outer else 0
        self.key_path = key_path
        self.renders = 0
        """Number of `gr.render`s in the graph."""
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
        """Change options of the app."""
        self.version += 1
        self.options = dataclasses.replace(self.options, **changes)

    # Blocks -----------------------------------------------------------------------------------------------------------

    @property
    def next_block_id(self) -> int:
        """Next free block id."""
        return self._next_block

    @property
    def next_listener_id(self) -> int:
        """Next free listener id."""
        return self._next_listener

    @property
    def next_render_id(self) -> int:
        """Next free `gr.render` id."""
        return self._next_render

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Return nothing, because only a session's view remembers what was rendered."""
        del key_path
        return {}, {}

    def new_render(self, around: KeyPath) -> tuple[int, KeyPath]:
        """Return a new render id, and the render's identity across re-renders of what is `around` it."""
        self._next_render += 1
        self.renders += 1
        return self._next_render - 1, (*around, "render", self.renders)

    @property
    def top(self) -> Block:
        """Root of the whole app, which is that of the outermost graph."""
        return self.outer.top if self.outer is not None else self.root

    def id_of(self, block: Block) -> int | None:
        """Return the id of a block in this graph or its surroundings, or `None`."""
        found = self._ids.get(block)
        if found is None and self.outer is not None:
            return self.outer.id_of(block)
        return found

    def attach(self, block: Block) -> int:
        """Assign an id to a block, even if it is only used by a listener and never placed.

        Returns:
            Id of the block, the same on every call.
        """
        known = self.id_of(block)
        if known is not None:
            return known
        kept = self._kept_block(block)
        self._enter(block, self._next_block if kept is None else kept)
        self._next_block += kept is None
        return block.id

    def _kept_block(self, block: Block) -> int | None:
        """Return the id that a rendered block had in the previous run, by its key or by its type and place."""
        if self.rendered_in is None:
            return None
        if block.key_path is None:
            return self._placed_before(block.place_path)
        twin = self._keyed.setdefault(block.key_path, block)
        if twin is not block:
            raise BuildError(
                f"Two blocks of one gr.render have the key {block.key!r}: a {type(twin).__name__} and a "
                f"{type(block).__name__}. Give each block a different key."
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
        """Place a block at the current position in the program.

        Raises:
            DuplicateBlockError: The block is already placed.
        """
        if self.id_of(block) is not None and block.parent is not None:
            raise DuplicateBlockError(
                f"{block!r} is placed a second time, but a block can only be in one place. Create another block, "
                "or call its unrender() before you render it elsewhere."
            )
        block.rendered_in = context.rendered_in
        block.key_path = (*context.key_path, block.key) if block.key is not None else None
        block.place_path = self._place_path(block, context)
        self.attach(block)
        block.page = self.page
        context.parent.add(block)

    def _place_path(self, block: Block, context: BuildContext) -> KeyPath | None:
        """Return the path that identifies a rendered block across runs. A State without a key starts over (R5.4)."""
        if self.rendered_in is None or block.key is not None or block.NAME == "state":
            return None
        parent = context.parent
        around = context.key_path if parent is self.root else parent.key_path or parent.place_path
        return None if around is None else (*around, "at", len(parent.children), block.NAME)

    def close(self, container: BlockContext) -> None:
        """End a container's `with` block: add the frames that its children share."""
        group_children(container, self)
        if container is self.root:
            self._add_last_listeners()

    # Listeners --------------------------------------------------------------------------------------------------------

    def add_listener(self, listener: Listener) -> Listener:
        """Assign a number to a listener and store it."""
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
        """Call `register` in the current position after the program has registered its own listeners."""
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
        """Return a listener by its id, from this graph or its surroundings."""
        if number not in self.listeners and self.outer is not None:
            return self.outer.listener(number)
        return self.listeners[number]

    def drop_listener(self, listener: Listener) -> None:
        """Remove a listener."""
        self.version += 1
        del self.listeners[listener.id]
        self._api_names.remove(listener.api_name)
        self._last_of.clear()

    def free_api_name(self, name: str) -> str:
        """Return the name, with the first free suffix `_1`, `_2`, … if it is taken."""
        if not self.has_api_name(name):
            return name
        count = self._last_of.get(name, 0) + 1
        while self.has_api_name(f"{name}_{count}"):
            count += 1
        self._last_of[name] = count
        return f"{name}_{count}"

    def has_api_name(self, name: str) -> bool:
        """Return whether a listener has this name, here or (for renders) in the app."""
        if name in self._api_names:
            return True
        return self.rendered_in is not None and self.outer is not None and self.outer.has_api_name(name)

    # Whole graphs -----------------------------------------------------------------------------------------------------

    def absorb(self, child: Graph, context: BuildContext) -> None:
        """Move the blocks and listeners of another graph into this one; its root's children are added in `context`.

        Raises:
            DuplicateBlockError: One of its blocks is already placed here.
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
        """Return whether a block is placed in this app's tree."""
        top = block
        while top.parent is not None:
            top = top.parent
        return top is self.root or top is self.top

    def _refuse_second_place(self, block: Block) -> None:
        if block.NAME not in INVISIBLE and self.stands_here(block):
            raise DuplicateBlockError(
                f"{block!r} is used in two apps that were combined, but can only be in one place. Create one per app."
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
        """Yield every placed block below a container (by default the root), parents first."""
        for block in (container or self.root).children:
            yield block
            children = getattr(block, "children", None)
            if children is not None:
                yield from self.walk(block)  # type: ignore[arg-type]

    def freeze(self) -> AppSpec:
        """Return the app in its current state."""
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
        """Reject inputs and outputs that are placed in another app, because this app's page does not show them."""
        for listener in self.listeners.values():
            for block in (*listener.inputs, *listener.outputs):
                if block.parent is not None and not self.stands_here(block) and block.NAME not in INVISIBLE:
                    raise InvalidComponentError(
                        f"The listener made at {listener.made_at} uses {block!r}, which belongs to another app. "
                        "Create the component in this app, or render that app inside this one."
                    )

    def settle(self) -> None:
        """Tell each block that its id is final, and whether a listener depends on its changes."""
        watched = {t.block for li in self.listeners.values() for t in li.targets if t.event == "change"}
        for block in self.blocks.values():
            block.settle(watched=block in watched)
        name_events(self.listeners, self.outer.listener if self.outer is not None else None, self.key_path)

"""An app, frozen; and a session's own view of it, which differs where the session changed something."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import xxhash

from holdfast.graph.callsite import warn
from holdfast.graph.identity import block_names, program_of
from holdfast.settings import OnLeave
from holdfast.themes.presets import is_elsewhere, theme_of

if TYPE_CHECKING:
    from holdfast.graph.block import Block, BlockContext
    from holdfast.graph.graph import Graph, KeyPath, PageSpec
    from holdfast.graph.listener import Listener


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppOptions:
    """What an app is besides its blocks. Those of `launch` are filled in there (`AppSpec.with_options`)."""

    title: str = "Holdfast"
    mode: str = "blocks"
    fill_height: bool = False
    fill_width: bool = False
    analytics_enabled: bool = False
    delete_cache: tuple[float, float] | None = None
    """Seconds between two sweeps of files, and seconds that a file and a closed session are kept."""
    session: str | None = None
    """`"page"` or `"tab"`; `None` leaves it to `launch` and the environment."""
    state_concurrency: str | None = None
    """`"serial"` or `"last_write"` for every State that does not say itself."""
    on_leave: OnLeave | None = None
    """What becomes of the events of a visitor who has left; `None` leaves it to `launch` and the environment."""
    theme: Any = None
    css: str | None = None
    css_paths: Sequence[Any] = ()
    js: str | bool | None = None
    head: str | None = None
    head_paths: Sequence[Any] = ()
    footer_links: Sequence[Any] = ("api", "gradio", "settings")
    show_error: bool = False
    max_file_size: int | None = None
    pwa: bool = False
    mcp_server: bool = False
    i18n: Any = None
    boot: str = ""
    """In development: names this start of the program, which then counts as another version of it."""

    def __post_init__(self) -> None:
        """A theme may be given by its name."""
        object.__setattr__(self, "theme", theme_of(self.theme))


def settled_theme(given: Any) -> Any:
    """What a program gave as its theme; the page's own stands for one that would have to be fetched, which is said."""
    if not is_elsewhere(given):
        return given
    warn(f"The theme {given!r} is not fetched: the page has its own look. Give a theme, such as gr.themes.Soft().")
    return "default"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class AppSpec:
    """What is served: every block and listener by id, the tree, the pages."""

    blocks: Mapping[int, Block]
    listeners: Mapping[int, Listener]
    root: BlockContext
    pages: tuple[PageSpec, ...]
    options: AppOptions = dataclasses.field(default_factory=AppOptions)

    @property
    def title(self) -> str:
        """The browser tab's title."""
        return self.options.title

    @property
    def mode(self) -> str:
        """What made it: blocks, interface, chat_interface, …"""
        return self.options.mode

    @cached_property
    def states(self) -> tuple[Block, ...]:
        """Its State components."""
        return tuple(block for block in self.blocks.values() if block.NAME == "state")

    @cached_property
    def app_id(self) -> int:
        """A number of 63 bits that changes when the program's blocks or listeners do."""
        shape = [
            self.title,
            [(n, type(b).__name__, repr(b.key), str(getattr(b, "label", ""))) for n, b in self.blocks.items()],
            [
                (n, li.api_name, li.js, [b.id for b in li.inputs], [b.id for b in li.outputs], _target_ids(li))
                for n, li in self.listeners.items()
            ],
        ]
        return xxhash.xxh3_64_intdigest(repr(shape).encode()) >> 1

    @cached_property
    def program(self) -> str:
        """Names this version of the program to the pages that it has built; see `program_of`."""
        return program_of(self)

    @cached_property
    def _by_identity(self) -> Mapping[str, Listener]:
        return {listener.identity: listener for listener in self.listeners.values()}

    @cached_property
    def block_names(self) -> Mapping[int, str]:
        """Names of its blocks, by id, under which another version of the program finds them; see `block_names`."""
        return block_names(self.blocks.values())

    def by_identity(self, identity: str) -> Listener | None:
        """The listener of an event that a page names."""
        return self._by_identity.get(identity)

    @cached_property
    def _by_api_name(self) -> Mapping[str, Listener]:
        return {listener.api_name: listener for listener in self.listeners.values()}

    @cached_property
    def _by_trigger(self) -> Mapping[tuple[int | None, str], tuple[Listener, ...]]:
        return index_triggers(self.listeners.values())

    def by_api_name(self, name: str) -> Listener | None:
        """The listener behind an endpoint, public or not."""
        return self._by_api_name.get(name.removeprefix("/"))

    def triggered_by(self, block_id: int | None, event: str) -> tuple[Listener, ...]:
        """The listeners of an event of a block (`None`: of the page, such as `unload`)."""
        return self._by_trigger.get((block_id, event), ())

    def block(self, number: int) -> Block:
        """A block by its id."""
        return self.blocks[number]

    def with_options(self, **changes: Any) -> AppSpec:
        """The same app with other options."""
        return dataclasses.replace(self, options=dataclasses.replace(self.options, **changes))

    def view(self) -> AppView:
        """A session's own view."""
        return AppView(self)


def _target_ids(listener: Listener) -> list[tuple[int | None, str]]:
    return [(t.block.id if t.block is not None else None, t.event) for t in listener.targets]


def index_triggers(listeners: Any) -> dict[tuple[int | None, str], tuple[Listener, ...]]:
    """Listeners by the (block id, event) that triggers them."""
    found: dict[tuple[int | None, str], list[Listener]] = defaultdict(list)
    for listener in listeners:
        for target in _target_ids(listener):
            found[target].append(listener)
    return {target: tuple(them) for target, them in found.items()}


class _Rendered:
    """What one `gr.render` last built in a session."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.triggers = index_triggers(graph.listeners.values())
        self.by_identity = {listener.identity: listener for listener in graph.listeners.values()}


class AppView:
    """An app as one session has it: its changed properties, and what its `gr.render`s built. Empty until then."""

    def __init__(self, app: AppSpec) -> None:
        self.app = app
        self._changed: dict[int, Block] = {}
        self._rendered: dict[int, _Rendered] = {}
        self._kept: dict[KeyPath, tuple[dict[KeyPath, int], dict[KeyPath, int]]] = {}
        """Ids of blocks and of keyed listeners, by the identity of the render that built them."""
        self._next: tuple[int, int, int] | None = None
        """First free ids of blocks, listeners and renders, once the session has used some."""

    def copy(self) -> AppView:
        """The view of another session that begins with what this one has."""
        copy = AppView(self.app)
        copy._changed = dict(self._changed)
        copy._rendered = dict(self._rendered)
        copy._kept = dict(self._kept)
        copy._next = self._next
        return copy

    def changed_props(self) -> dict[int, dict[str, Any]]:
        """What updates have changed of the app's own blocks, by id; what renders have built is left out."""
        found = {}
        for number, block in self._changed.items():
            if number in self.app.blocks:
                given = self.app.blocks[number].given
                found[number] = {n: v for n, v in block.given.items() if n not in given or given[n] is not v}
        return found

    @property
    def top(self) -> Block:
        """The app's root."""
        return self.app.root

    @property
    def next_block_id(self) -> int:
        """First block id that neither the app nor this session has used."""
        return max(self.app.blocks, default=-1) + 1 if self._next is None else self._next[0]

    @property
    def next_listener_id(self) -> int:
        """First listener id that neither the app nor this session has used."""
        return max(self.app.listeners, default=-1) + 1 if self._next is None else self._next[1]

    @property
    def next_render_id(self) -> int:
        """First render id that neither the app nor this session has used."""
        if self._next is not None:
            return self._next[2]
        return sum(listener.render_id is not None for listener in self.app.listeners.values())

    def id_of(self, block: Block) -> int | None:
        """The id of a block that this session has."""
        number = block.id
        found = self._find(number)
        return number if found is block or self._changed.get(number) is block else None

    def _find(self, number: int) -> Block | None:
        found = self.app.blocks.get(number)
        if found is not None:
            return found
        for rendered in self._rendered.values():
            if number in rendered.graph.blocks:
                return rendered.graph.blocks[number]
        return None

    def block(self, number: int) -> Block:
        """A block by its id, with this session's properties.

        Raises:
            KeyError: The session has no such block.
        """
        found = self._changed.get(number) or self._find(number)
        if found is None:
            raise KeyError(number)
        return found

    def listener(self, number: int) -> Listener:
        """A listener by its id.

        Raises:
            KeyError: The session has no such listener (any more: what a `gr.render` built goes at its next run).
        """
        found = self.app.listeners.get(number)
        if found is not None:
            return found
        for rendered in self._rendered.values():
            if number in rendered.graph.listeners:
                return rendered.graph.listeners[number]
        raise KeyError(number)

    def listeners(self) -> Iterator[Listener]:
        """Every listener of the session."""
        yield from self.app.listeners.values()
        for rendered in self._rendered.values():
            yield from rendered.graph.listeners.values()

    def has_api_name(self, name: str) -> bool:
        """Whether the app has an endpoint of this name."""
        return self.app.by_api_name(name) is not None

    def by_api_name(self, name: str) -> Listener | None:
        """The listener behind an endpoint, public or not."""
        found = self.app.by_api_name(name)
        if found is not None or not self._rendered:
            return found
        return next((li for li in self.listeners() if li.api_name == name.removeprefix("/")), None)

    def by_identity(self, identity: str) -> Listener | None:
        """The listener of an event that a page names, those of renders too."""
        found = self.app.by_identity(identity)
        for rendered in self._rendered.values():
            if found is None:
                found = rendered.by_identity.get(identity)
        return found

    def triggered_by(self, block_id: int | None, event: str) -> tuple[Listener, ...]:
        """The listeners of an event of a block, those of renders too."""
        found = self.app.triggered_by(block_id, event)
        for rendered in self._rendered.values():
            found += rendered.triggers.get((block_id, event), ())
        return found

    @property
    def states(self) -> tuple[Block, ...]:
        """The State components, those of renders too."""
        found = self.app.states
        for rendered in self._rendered.values():
            found += tuple(block for block in rendered.graph.blocks.values() if block.NAME == "state")
        return found

    def update_props(self, number: int, props: Mapping[str, Any]) -> Block:
        """Remember an update's properties: later conversions of this session use them.

        Args:
            number: The block's id.
            props: The update's properties; `value` and `__type__` are not kept.

        Returns:
            The block as it now is in this session.

        Raises:
            TypeError: A property that the block does not have.
        """
        block = self.block(number)
        kept = {name: value for name, value in props.items() if name not in {"value", "__type__"}}
        if kept:
            self._changed[number] = changed = block.changed(kept)
            return changed
        return block

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Ids of the blocks and of the keyed listeners that a `gr.render` has built in this session."""
        return self._kept.get(key_path, ({}, {}))

    def apply_render(self, render_id: int, graph: Graph) -> None:
        """Take what a `gr.render` built in place of what it built before.

        What renders inside of it had built goes too. Keys that were not used this time are forgotten.
        """
        self._drop(render_id)
        self._kept[graph.key_path] = (
            {path: number for number, block in graph.blocks.items() if (path := block.key_path or block.place_path)},
            {li.key_path: number for number, li in graph.listeners.items() if li.key_path is not None},
        )
        depth = len(graph.key_path)
        for path in list(self._kept):
            inside = path[:depth] == graph.key_path and len(path) > depth
            if inside and isinstance(path[depth + 1], int) and path[depth + 1] > graph.renders:  # type: ignore[operator]
                del self._kept[path]
        self._next = (
            max(self.next_block_id, graph.next_block_id),
            max(self.next_listener_id, graph.next_listener_id),
            max(self.next_render_id, graph.next_render_id),
        )
        self._rendered[render_id] = _Rendered(graph)

    def _drop(self, render_id: int) -> None:
        rendered = self._rendered.pop(render_id, None)
        if rendered is None:
            return
        for number in rendered.graph.blocks:
            self._changed.pop(number, None)
        for listener in rendered.graph.listeners.values():
            if listener.render_id is not None:
                self._drop(listener.render_id)

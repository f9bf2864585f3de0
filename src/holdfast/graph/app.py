"""A frozen app, and a session's view of it, which differs where the session has changed something."""

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
    """Options of an app other than its blocks. `launch` adds its own (`AppSpec.with_options`)."""

    title: str = "Holdfast"
    mode: str = "blocks"
    fill_height: bool = False
    fill_width: bool = False
    analytics_enabled: bool = False
    delete_cache: tuple[float, float] | None = None
    """Interval between file sweeps and age at which files and closed sessions are deleted, in seconds."""
    session: str | None = None
    """`"page"` or `"tab"`; `None` defers to `launch` and the environment."""
    state_concurrency: str | None = None
    """`"serial"` or `"last_write"`, the default for States that do not specify it."""
    on_leave: OnLeave | None = None
    """What happens to the events of a visitor who has left; `None` defers to `launch` and the environment."""
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
    """Name of this start of the program during development, so that each start counts as a new version."""

    def __post_init__(self) -> None:
        """Resolve a theme that is given by name."""
        object.__setattr__(self, "theme", theme_of(self.theme))


def settled_theme(given: Any) -> Any:
    """Return the program's theme; warn and return the default for a theme that would have to be downloaded."""
    if not is_elsewhere(given):
        return given
    warn(f"The theme {given!r} is not downloaded; the default is used. Pass a theme, such as gr.themes.Soft().")
    return "default"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class AppSpec:
    """Everything that is served: blocks and listeners by id, the layout tree, and the pages."""

    blocks: Mapping[int, Block]
    listeners: Mapping[int, Listener]
    root: BlockContext
    pages: tuple[PageSpec, ...]
    options: AppOptions = dataclasses.field(default_factory=AppOptions)

    @property
    def title(self) -> str:
        """Title of the browser tab."""
        return self.options.title

    @property
    def mode(self) -> str:
        """Kind of app: `blocks`, `interface`, `chat_interface`, …"""
        return self.options.mode

    @cached_property
    def states(self) -> tuple[Block, ...]:
        """State components of the app."""
        return tuple(block for block in self.blocks.values() if block.NAME == "state")

    @cached_property
    def app_id(self) -> int:
        """A 63-bit number that changes when the program's blocks or listeners change."""
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
        """Name of this version of the program, sent to the pages that it builds; see `program_of`."""
        return program_of(self)

    @cached_property
    def _by_identity(self) -> Mapping[str, Listener]:
        return {listener.identity: listener for listener in self.listeners.values()}

    @cached_property
    def block_names(self) -> Mapping[int, str]:
        """Names of the blocks, by id, under which another version of the program finds them; see `block_names`."""
        return block_names(self.blocks.values())

    def by_identity(self, identity: str) -> Listener | None:
        """Return the listener of an event that a page names."""
        return self._by_identity.get(identity)

    @cached_property
    def _by_api_name(self) -> Mapping[str, Listener]:
        return {listener.api_name: listener for listener in self.listeners.values()}

    @cached_property
    def _by_trigger(self) -> Mapping[tuple[int | None, str], tuple[Listener, ...]]:
        return index_triggers(self.listeners.values())

    def by_api_name(self, name: str) -> Listener | None:
        """Return the listener of an endpoint, public or not."""
        return self._by_api_name.get(name.removeprefix("/"))

    def triggered_by(self, block_id: int | None, event: str) -> tuple[Listener, ...]:
        """Return the listeners of a block's event, or of the page's (such as `unload`) if the block is `None`."""
        return self._by_trigger.get((block_id, event), ())

    def block(self, number: int) -> Block:
        """Return a block by its id."""
        return self.blocks[number]

    def with_options(self, **changes: Any) -> AppSpec:
        """Return a copy of the app with some options changed."""
        return dataclasses.replace(self, options=dataclasses.replace(self.options, **changes))

    def view(self) -> AppView:
        """Create a session's view of the app."""
        return AppView(self)


def _target_ids(listener: Listener) -> list[tuple[int | None, str]]:
    return [(t.block.id if t.block is not None else None, t.event) for t in listener.targets]


def index_triggers(listeners: Any) -> dict[tuple[int | None, str], tuple[Listener, ...]]:
    """Group listeners by the (block id, event) that triggers them."""
    found: dict[tuple[int | None, str], list[Listener]] = defaultdict(list)
    for listener in listeners:
        for target in _target_ids(listener):
            found[target].append(listener)
    return {target: tuple(them) for target, them in found.items()}


class _Rendered:
    """Blocks and listeners that one `gr.render` last built in a session."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.triggers = index_triggers(graph.listeners.values())
        self.by_identity = {listener.identity: listener for listener in graph.listeners.values()}


class AppView:
    """A session's view of an app: changed properties, and the results of its `gr.render`s. Initially empty."""

    def __init__(self, app: AppSpec) -> None:
        self.app = app
        self._changed: dict[int, Block] = {}
        self._rendered: dict[int, _Rendered] = {}
        self._kept: dict[KeyPath, tuple[dict[KeyPath, int], dict[KeyPath, int]]] = {}
        """Ids of blocks and of keyed listeners, by the identity of the render that built them."""
        self._next: tuple[int, int, int] | None = None
        """Next free ids of blocks, listeners and renders, once the session has used some."""

    def copy(self) -> AppView:
        """Return a view for another session that starts as a copy of this one."""
        copy = AppView(self.app)
        copy._changed = dict(self._changed)
        copy._rendered = dict(self._rendered)
        copy._kept = dict(self._kept)
        copy._next = self._next
        return copy

    def changed_props(self) -> dict[int, dict[str, Any]]:
        """Return the properties of the app's own blocks that updates have changed, by id; excludes rendered blocks."""
        found = {}
        for number, block in self._changed.items():
            if number in self.app.blocks:
                given = self.app.blocks[number].given
                found[number] = {n: v for n, v in block.given.items() if n not in given or given[n] is not v}
        return found

    @property
    def top(self) -> Block:
        """Root of the app."""
        return self.app.root

    @property
    def next_block_id(self) -> int:
        """Lowest block id that neither the app nor this session has used."""
        return max(self.app.blocks, default=-1) + 1 if self._next is None else self._next[0]

    @property
    def next_listener_id(self) -> int:
        """Lowest listener id that neither the app nor this session has used."""
        return max(self.app.listeners, default=-1) + 1 if self._next is None else self._next[1]

    @property
    def next_render_id(self) -> int:
        """Lowest render id that neither the app nor this session has used."""
        if self._next is not None:
            return self._next[2]
        return sum(listener.render_id is not None for listener in self.app.listeners.values())

    def id_of(self, block: Block) -> int | None:
        """Return the id of a block, if it belongs to this session."""
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
        """Return a block by its id, with this session's properties.

        Raises:
            KeyError: The session does not have this block.
        """
        found = self._changed.get(number) or self._find(number)
        if found is None:
            raise KeyError(number)
        return found

    def listener(self, number: int) -> Listener:
        """Return a listener by its id.

        Raises:
            KeyError: The session does not have this listener, or a new run of its `gr.render` has replaced it.
        """
        found = self.app.listeners.get(number)
        if found is not None:
            return found
        for rendered in self._rendered.values():
            if number in rendered.graph.listeners:
                return rendered.graph.listeners[number]
        raise KeyError(number)

    def listeners(self) -> Iterator[Listener]:
        """Yield every listener of the session."""
        yield from self.app.listeners.values()
        for rendered in self._rendered.values():
            yield from rendered.graph.listeners.values()

    def has_api_name(self, name: str) -> bool:
        """Return whether the app has an endpoint with this name."""
        return self.app.by_api_name(name) is not None

    def by_api_name(self, name: str) -> Listener | None:
        """Return the listener of an endpoint, public or not."""
        found = self.app.by_api_name(name)
        if found is not None or not self._rendered:
            return found
        return next((li for li in self.listeners() if li.api_name == name.removeprefix("/")), None)

    def by_identity(self, identity: str) -> Listener | None:
        """Return the listener of an event that a page names, including those of renders."""
        found = self.app.by_identity(identity)
        for rendered in self._rendered.values():
            if found is None:
                found = rendered.by_identity.get(identity)
        return found

    def triggered_by(self, block_id: int | None, event: str) -> tuple[Listener, ...]:
        """Return the listeners of a block's event, including those of renders."""
        found = self.app.triggered_by(block_id, event)
        for rendered in self._rendered.values():
            found += rendered.triggers.get((block_id, event), ())
        return found

    @property
    def states(self) -> tuple[Block, ...]:
        """State components, including those of renders."""
        found = self.app.states
        for rendered in self._rendered.values():
            found += tuple(block for block in rendered.graph.blocks.values() if block.NAME == "state")
        return found

    def update_props(self, number: int, props: Mapping[str, Any]) -> Block:
        """Store an update's properties, so that later conversions in this session use them.

        Args:
            number: Id of the block.
            props: Properties of the update; `value` and `__type__` are not stored.

        Returns:
            Block with this session's properties.

        Raises:
            TypeError: The block does not have one of the properties.
        """
        block = self.block(number)
        kept = {name: value for name, value in props.items() if name not in {"value", "__type__"}}
        if kept:
            self._changed[number] = changed = block.changed(kept)
            return changed
        return block

    def kept(self, key_path: KeyPath) -> tuple[Mapping[KeyPath, int], Mapping[KeyPath, int]]:
        """Return the ids of the blocks and keyed listeners that a `gr.render` has built in this session."""
        return self._kept.get(key_path, ({}, {}))

    def apply_render(self, render_id: int, graph: Graph) -> None:
        """Replace the previous result of a `gr.render`.

        Results of renders nested in it are removed as well. Keys that were not used this time are forgotten.
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

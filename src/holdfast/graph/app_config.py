"""The `/config` object: an app as the page and Gradio's clients see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import xxhash

from holdfast.graph.app import AppSpec, AppView
from holdfast.graph.block import prop_defaults
from holdfast.version import GRADIO_VERSION

if TYPE_CHECKING:
    from holdfast.graph.block import Block, BlockContext
    from holdfast.graph.graph import Graph
    from holdfast.graph.listener import Listener

API_PREFIX = "/gradio_api"
Publish = Callable[["Block", str, Any], Any]
"""Function that prepares a property for the page, given the block, the property's name and its JSON."""

_HIDDEN_PROPS = frozenset({"key"})
_SAID = frozenset({"size", "buttons"})
"""Properties for which passing the default explicitly differs from omitting it."""
_MARK_VALUES: Mapping[str, Any] = {"editable": "user"}
"""Values of block marks that are not simply `True`."""


def app_config(
    app: AppSpec | AppView, *, page: str | None = None, compact: bool = False, publish: Publish | None = None
) -> dict[str, Any]:
    """Return the `/config` object.

    Args:
        app: App, or one session's view of it.
        page: Path of a page; only its components and listeners are included. `None` includes all.
        compact: Whether to omit defaults, and entries that only other clients read; for Holdfast's own page.
        publish: Function applied to initial values that contain files.

    Returns:
        JSON-ready object, except for values that `wire.encode` handles. The server adds `root`, `username` and other
        entries that depend on the request.
    """
    whole = app.app if isinstance(app, AppView) else app
    blocks = [app.block(n) for n in whole.blocks if n != whole.root.id and _on_page(whole.blocks[n].page, page)]
    listeners = [li for li in whole.listeners.values() if _on_page(li.page, page)]
    pages = {entry.path: _page_entry(whole, entry.path) for entry in whole.pages if _on_page(entry.path, page)}
    config: dict[str, Any] = {
        **(_compact_head(whole) if compact else _head(whole)),
        **({} if compact and len(pages) == 1 else {"page": pages}),
        "layout": layout(whole.root, whole.pages[0].path if page is None else page),
        "components": [component_entry(b, whole, compact=compact, publish=publish) for b in blocks],
        "dependencies": [listener_entry(li, compact=compact) for li in listeners],
    }
    if page is not None:
        config["current_page"] = page
    if compact:
        config["program"] = whole.program
    return config


def _on_page(path: str, page: str | None) -> bool:
    return page is None or path == page


def _head(app: AppSpec) -> dict[str, Any]:
    """Return the config entries other than components and listeners."""
    options = app.options
    theme = options.theme
    return {
        "version": GRADIO_VERSION,
        "api_prefix": API_PREFIX,
        "mode": options.mode,
        "app_id": app.app_id,
        "dev_mode": bool(options.boot),
        "vibe_mode": False,
        "analytics_enabled": options.analytics_enabled,
        "css": options.css,
        "connect_heartbeat": connects_heartbeat(app),
        "js": options.js,
        "head": options.head,
        "title": options.title,
        "space_id": None,
        "enable_queue": True,
        "show_error": options.show_error,
        "footer_links": list(options.footer_links),
        "run_history": False,
        "is_colab": False,
        "max_file_size": options.max_file_size,
        "stylesheets": list(getattr(theme, "stylesheets", ())),
        "theme": getattr(theme, "name", None),
        "protocol": "sse_v3",
        "body_css": theme.body_css() if hasattr(theme, "body_css") else None,
        "fill_height": options.fill_height,
        "fill_width": options.fill_width,
        "theme_hash": theme.digest() if hasattr(theme, "digest") else None,
        "pwa": options.pwa,
        "pages": [list(entry) for entry in app.pages],
        "mcp_server": options.mcp_server,
        "i18n_translations": getattr(options.i18n, "translations", None),
    }


_PAGE_READS = frozenset(
    {
        "version", "mode", "css", "js", "head", "title", "show_error", "footer_links", "max_file_size",
        "fill_height", "fill_width", "dev_mode", "pages", "i18n_translations", "mcp_server",
    }
)  # fmt: skip
"""Entries that Holdfast's own page reads; it treats missing ones as null or false."""


def _compact_head(app: AppSpec) -> dict[str, Any]:
    return {
        name: value
        for name, value in _head(app).items()
        if name in _PAGE_READS and value is not None and value is not False
    }


def connects_heartbeat(app: AppSpec) -> bool:
    """Return whether clients must keep a connection open, because their leaving has an effect."""
    return bool(app.states) or any(
        target.event in {"unload", "stream"} for li in app.listeners.values() for target in li.targets
    )


def _page_entry(app: AppSpec, path: str) -> dict[str, Any]:
    return {
        "layout": layout(app.root, path),
        "components": [n for n, block in app.blocks.items() if block is not app.root and block.page == path],
        "dependencies": [n for n, li in app.listeners.items() if li.page == path],
    }


def layout(container: BlockContext, page: str | None = None) -> dict[str, Any]:
    """Return the tree of ids below a container; *page* excludes blocks on other pages."""
    children = [child for child in container.children if page is None or child.page == page]
    return {"id": container.id, "children": [_leaf_or_tree(child) for child in children]}


def _leaf_or_tree(block: Block) -> dict[str, Any]:
    return layout(block) if hasattr(block, "children") else {"id": block.id}  # type: ignore[arg-type]


def component_entry(
    block: Block, app: AppSpec | AppView | None = None, *, compact: bool = False, publish: Publish | None = None
) -> dict[str, Any]:
    """Return a block's entry in the config.

    Args:
        block: The block.
        app: App or view that determines which events of the block have listeners.
        compact: See `app_config`.
        publish: See `app_config`.
    """
    props = block_props(block, app, compact=compact)
    if publish is not None:
        for name in _file_props(block):
            if props.get(name) is not None:
                props[name] = publish(block, name, props[name])
    entry: dict[str, Any] = {"id": block.id, "type": block.NAME, "props": props}
    if block.rendered_in is not None:
        entry["rendered_in"] = block.rendered_in
    if compact:
        if block.NAME == "state" and block.key is not None:
            props["key"] = str(block.key)  # the page names it in errors
        return entry if block.key_path is None else {**entry, "key": _key(block)}
    entry |= {
        "skip_api": block.SKIP_API,
        "component_class_id": f"{type(block).__module__}.{type(block).__qualname__}",
        "key": _key(block),
    }
    if not block.SKIP_API:
        entry |= _api_facts(block)
    return entry


def _file_props(block: Block) -> tuple[str, ...]:
    """Return the properties of a block that may contain files."""
    value = ("value",) if getattr(block, "HAS_FILES", False) else ()
    return (*value, *getattr(block, "FILE_PROPS", ()))


def _api_facts(component: Any) -> dict[str, Any]:
    return {
        "api_info": component.api_info(),
        "api_info_as_input": component.api_info_as_input(),
        "api_info_as_output": component.api_info_as_output(),
        "example_inputs": component.example_payload(),
    }


def block_props(block: Block, app: AppSpec | AppView | None = None, *, compact: bool = False) -> dict[str, Any]:
    """Return a block's properties for the page, without `None`, and with the marks of events that have listeners."""
    props = {k: v for k, v in block.props().items() if v is not None and k not in _HIDDEN_PROPS}
    is_layout = hasattr(block, "children")
    for name in type(block).EVENTS:
        mark = getattr(type(block), name).marks
        if mark is None:
            continue
        if app is not None and app.triggered_by(block.id, name):
            props[mark] = props.get(mark) or _MARK_VALUES.get(mark, True)
        elif not is_layout and mark not in _MARK_VALUES:
            props.setdefault(mark, False)
    if not is_layout:
        props.setdefault("_selectable", False)
    if compact and app is not None and "value" not in props:
        props["value"] = untouched_value(block, app)
    return _without_defaults(block, props) if compact else props


def untouched_value(block: Block, app: AppSpec | AppView) -> Any:
    """Return the value with which Holdfast's page starts a block that has none, if a listener reads it."""
    untouched = getattr(block, "untouched", None)
    if untouched is None:
        return None
    listeners = app.listeners() if isinstance(app, AppView) else app.listeners.values()
    return untouched if any(block.id == given.id for li in listeners for given in li.inputs) else None


def _without_defaults(block: Block, props: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that differ from the defaults of the block's base type, which the page knows."""
    first = next(cls for cls in reversed(type(block).__mro__) if getattr(cls, "NAME", None) == block.NAME)
    defaults = {**prop_defaults(first), "value": None}
    marks = {"_selectable", *(getattr(type(block), name).marks for name in type(block).EVENTS)}
    kept = {}
    for name, value in props.items():
        default = defaults.get(name)
        if name in _SAID and name in block.given:
            kept[name] = value
            continue
        if name == "name" or value is default or (value is False and name in marks):
            continue
        if name == "preserved_by_key":
            if block.key is not None and value != _preserved_by_default(block):
                kept[name] = value
            continue
        # Keep an empty value, which differs from a missing one: the page sends back what it received.
        empty = isinstance(value, (list, dict)) and not value and name != "value"
        if (empty and not default) or _same(value, default):
            continue
        kept[name] = value
    return kept


def _preserved_by_default(block: Block) -> list[str]:
    """Return the properties that the page preserves by default for a keyed block: a component's value."""
    return [] if hasattr(block, "children") else ["value"]


def _same(value: Any, default: Any) -> bool:
    simple = (str, int, float, bool)
    return type(value) is type(default) and isinstance(value, simple) and bool(value == default)


def _key(block: Block) -> int | None:
    """Return a number for a block's key that is the same in every process and exact in JavaScript."""
    return None if block.key_path is None else xxhash.xxh3_64_intdigest(repr(block.key_path).encode()) >> 11


_LISTENER_DEFAULTS: Mapping[str, Any] = {
    "inputs": [],
    "outputs": [],
    "backend_fn": True,
    "js": None,
    "queue": True,
    "api_description": None,
    "scroll_to_output": False,
    "show_progress": "full",
    "show_progress_on": None,
    "batch": False,
    "max_batch_size": 4,
    "cancels": [],
    "types": {"generator": False, "cancel": False},
    "collects_event_data": False,
    "trigger_after": None,
    "trigger_only_on_success": False,
    "trigger_only_on_failure": False,
    "trigger_mode": "once",
    "api_visibility": "public",
    "rendered_in": None,
    "render_id": None,
    "connection": "sse",
    "time_limit": None,
    "stream_every": 0.5,
    "event_specific_args": None,
    "component_prop_inputs": [],
    "js_implementation": None,
}
"""Defaults that Holdfast's page assumes for missing entries of a compact listener."""


def listener_entry(listener: Listener, *, compact: bool = False) -> dict[str, Any]:
    """Return a listener's entry in the config."""
    entry = {
        "id": listener.id,
        "targets": [[t.block.id if t.block is not None else None, t.event] for t in listener.targets],
        "inputs": [block.id for block in listener.inputs],
        "outputs": [block.id for block in listener.outputs],
        "backend_fn": listener.fn is not None,
        "js": listener.js,
        "queue": listener.queue,
        "api_name": listener.api_name,
        "api_description": listener.api_description,
        "scroll_to_output": listener.scroll_to_output,
        "show_progress": listener.show_progress,
        "show_progress_on": None
        if listener.show_progress_on is None
        else [block.id for block in listener.show_progress_on],
        "batch": listener.batch,
        "max_batch_size": listener.max_batch_size,
        "cancels": list(listener.cancels),
        "types": {"generator": listener.is_generator, "cancel": bool(listener.cancels)},
        "collects_event_data": listener.collects_event_data,
        "trigger_after": listener.trigger_after,
        "trigger_only_on_success": listener.trigger_only_on_success,
        "trigger_only_on_failure": listener.trigger_only_on_failure,
        "trigger_mode": listener.trigger_mode,
        "api_visibility": listener.api_visibility,
        "rendered_in": listener.rendered_in,
        "render_id": listener.render_id,
        "connection": listener.connection,
        "time_limit": listener.time_limit,
        "stream_every": listener.stream_every,
        "event_specific_args": listener.extra.get("event_specific_args"),
        "component_prop_inputs": list(listener.component_prop_inputs),
        "js_implementation": None,
    }
    if not compact:
        return entry
    entry["event"] = listener.identity
    return {
        name: value
        for name, value in entry.items()
        if name not in _LISTENER_DEFAULTS or value != _LISTENER_DEFAULTS[name]
    }


def render_config(
    view: AppView, graph: Graph, render_id: int, *, compact: bool = False, publish: Publish | None = None
) -> dict[str, Any]:
    """Return what the page receives after a `gr.render` run: everything it built, replacing its previous result."""
    blocks: Iterable[Block] = [graph.root, *graph.blocks.values()]
    components = [component_entry(block, view, compact=compact, publish=publish) for block in blocks]
    for entry in components:
        entry["renderable"] = render_id
    page = graph.root.page
    tree = layout(graph.root)
    return {
        "page": {
            page: {"layout": tree, "components": [e["id"] for e in components], "dependencies": [*graph.listeners]}
        },
        "components": components,
        "dependencies": [listener_entry(li, compact=compact) for li in graph.listeners.values()],
        "layout": tree,
        "render_id": render_id,
    }

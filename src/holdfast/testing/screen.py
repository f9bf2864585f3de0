"""Content of a page: values and properties of its blocks, as in the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from holdfast.components.base import Component
from holdfast.graph.app_config import block_props, untouched_value
from holdfast.graph.block import Block
from holdfast.testing.equal import same
from holdfast.testing.scripts import is_update

if TYPE_CHECKING:
    from holdfast.graph.app import AppSpec, AppView

_VISITORS = ("value", "open", "selected")
"""Properties that a visitor changes by using a block."""
_EMPTY = {"textbox": ""}
"""Values of fields of these types while they are on the page and not filled in."""


class Screen:
    """Values and properties of a page's blocks.

    Args:
        view: Function that returns the session's view of the app.
    """

    def __init__(self, view: Callable[[], AppView | AppSpec]) -> None:
        self._view = view
        self._values: dict[int, Any] = {}
        self._props: dict[int, dict[str, Any]] = {}
        self._entries: dict[int, dict[str, Any]] = {}
        """Values and properties that renders last set for their blocks, by id."""
        self._rendered: dict[int, set[int]] = {}
        """Ids of the blocks of each render."""

    def copy(self, view: Callable[[], AppView | AppSpec]) -> Screen:
        """Return the screen of a page that starts as a copy of this one."""
        copy = Screen(view)
        copy._values = dict(self._values)
        copy._props = {id: dict(props) for id, props in self._props.items()}
        copy._entries = dict(self._entries)
        copy._rendered = {id: set(ids) for id, ids in self._rendered.items()}
        return copy

    @property
    def renders(self) -> set[int]:
        """Renders that have put something on the page."""
        return set(self._rendered)

    def rendered_blocks(self) -> Iterable[Block]:
        """Return the blocks of renders on the page; after a restart, those that have been rebuilt."""
        view = self._view()
        for ids in self._rendered.values():
            for id in sorted(ids):
                with suppress(KeyError):
                    yield view.block(id)

    def value(self, block: Component) -> Any:
        """Return what a component shows."""
        value = self._value(block)
        if value is None and block.NAME in _EMPTY and self._is_on_page(block):
            return _EMPTY[block.NAME]
        return value

    def _value(self, block: Component) -> Any:
        if block.id in self._values:
            return self._values[block.id]
        view = self._view()
        shown: Any = view.block(block.id)
        return untouched_value(shown, view) if shown.value is None else shown.value

    def props(self, block: Block) -> dict[str, Any]:
        """Return a block's properties, including updates."""
        return {**self._view().block(block.id).props(), **self._props.get(block.id, {})}

    def sent_props(self, block: Component) -> dict[str, Any]:
        """Return a block's properties as the page sends them to a function that takes all of them."""
        view = self._view()
        given = block_props(view.block(block.id), view, compact=True)
        return {**given, **self._props.get(block.id, {}), "value": self.value(block)}

    def is_visible(self, block: Block) -> bool:
        """Return whether a block and everything around it is visible."""
        return not any(seen in {False, "hidden"} for seen in self._visibilities(block))

    def _is_on_page(self, block: Block) -> bool:
        """Return whether the page has a block, visible or not."""
        return False not in self._visibilities(block)

    def _visibilities(self, block: Block) -> Iterable[Any]:
        here: Block | None = block
        while here is not None and not here.IS_ROOT:
            yield self.props(here).get("visible", True)
            here = here.parent

    def enter(self, block: Component, value: Any) -> bool:
        """Apply a value that the visitor entered; return whether it changed."""
        changed = not same(self.value(block), value)
        self._values[block.id] = value
        return changed

    def receive(self, id: int, given: Any) -> bool:
        """Apply an output's value or update; return whether the value changed."""
        if not is_update(given):
            return self._replace(id, given)
        props = {name: value for name, value in given.items() if name not in {"__type__", "value"}}
        self._props.setdefault(id, {}).update(props)
        return "value" in given and self._replace(id, given["value"])

    def _replace(self, id: int, value: Any) -> bool:
        block = self._view().block(id)
        before = self._value(block) if isinstance(block, Component) else None
        self._values[id] = value
        return not same(before, value)

    def rerender(self, config: dict[str, Any], *, renumbered: bool = False) -> None:
        """Replace the previous result of a render.

        Args:
            config: Config of the new result.
            renumbered: Whether the server was restarted, so that only keys identify blocks.
        """
        number, container = config["render_id"], config["layout"]["id"]
        entries = {entry["id"]: entry for entry in config["components"] if entry["id"] != container}
        old = {id: self._entries[id] for id in self._rendered.get(number, set())}
        kept = {id: self._kept(id, entry, old, renumbered=renumbered) for id, entry in entries.items()}
        for id in old.keys() | entries.keys():
            for known in (self._values, self._props, self._entries):
                known.pop(id, None)
        for id, entry in entries.items():
            self._entries[id] = entry
            if "value" in kept[id]:
                self._values[id] = kept[id].pop("value")
            if kept[id]:
                self._props[id] = kept[id]
        self._rendered[number] = set(entries)

    def _kept(
        self, id: int, entry: dict[str, Any], old: dict[int, dict[str, Any]], *, renumbered: bool
    ) -> dict[str, Any]:
        """Return the properties that are preserved from the block that another one replaces."""
        key = entry.get("key")
        if renumbered:
            alike = [n for n, was in old.items() if key is not None and _identity(was) == _identity(entry)]
            found = alike[0] if alike else None
        else:
            found = id if id in old and _identity(old[id]) == _identity(entry) else None
        if found is None:
            return {}
        given = old[found]["props"]
        now = {**given, "value": given.get("value"), **self._props.get(found, {})}
        if found in self._values:
            now["value"] = self._values[found]
        names = (
            [name for name in _VISITORS if same(given.get(name), entry["props"].get(name))]
            if key is None
            else self._view().block(id).preserved_by_key
        )
        return {name: now[name] for name in names if name in now}


def _identity(entry: dict[str, Any]) -> tuple[Any, Any]:
    """Return the common identity of two entries that may be the same block."""
    return entry["type"], entry.get("key")

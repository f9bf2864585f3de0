"""Frames that are created implicitly around adjacent blocks: a `Form` around fields, a `Tabs` around tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.graph.block import Block, BlockContext
from holdfast.graph.layouts import Form, Row, Step, Tab, Tabs, Walkthrough

if TYPE_CHECKING:
    from holdfast.graph.graph import Graph

INVISIBLE = frozenset({"state", "browserstate", "timer"})
"""Blocks without a place on the page; fields on both sides of one are still adjacent."""


def frame_of(block: Block) -> type[BlockContext] | None:
    """Return the container that a block requires around it."""
    if isinstance(block, Tab):
        return Tabs
    if isinstance(block, Step):
        return Walkthrough
    if getattr(block, "FORM", False) and getattr(block, "container", True) is not False:
        return Form
    return None


def group_children(container: BlockContext, graph: Graph) -> None:
    """Wrap adjacent children that need the same frame, unless `container` is that frame."""
    grouped: list[Block] = []
    open_frame: BlockContext | None = None
    for child in list(container.children):
        if child.NAME in INVISIBLE:
            grouped.append(child)
            continue
        kind = frame_of(child)
        if kind is None or isinstance(container, kind):
            open_frame = None
            grouped.append(child)
            continue
        if open_frame is None or type(open_frame) is not kind or open_frame.page != child.page:
            open_frame = _new_frame(kind, container, child, graph)
            grouped.append(open_frame)
        open_frame.add(child)
        _widen(open_frame, container, child)
    container.children[:] = grouped


def _new_frame(kind: type[BlockContext], container: BlockContext, child: Block, graph: Graph) -> BlockContext:
    frame = kind(render=False)
    if child.key_path is not None:
        frame.key_path = (*child.key_path, kind.NAME)
    elif child.place_path is not None:
        frame.place_path = (*child.place_path, kind.NAME)
    graph.attach(frame)
    frame.parent = container
    frame.page = child.page
    frame.rendered_in = child.rendered_in
    return frame


def _widen(frame: BlockContext, container: BlockContext, child: Any) -> None:
    """Give a form in a row the width of all its fields."""
    if isinstance(frame, Form) and isinstance(container, Row):
        scale = getattr(child, "scale", None)
        frame.scale += 1 if scale is None else scale
        frame.min_width += getattr(child, "min_width", None) or 0

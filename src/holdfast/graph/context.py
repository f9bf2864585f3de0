"""The graph and container to which currently executing code adds blocks."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.graph.block import BlockContext
    from holdfast.graph.graph import Graph


@dataclass(frozen=True)
class BuildContext:
    """Place to which new blocks and listeners are added."""

    graph: Graph
    parent: BlockContext
    rendered_in: int | None = None
    """Id of the `gr.render` that is currently building, if any."""
    key_path: tuple[object, ...] = field(default=())
    """Keys that identify this place across re-renders."""


current: ContextVar[BuildContext | None] = ContextVar("holdfast_build", default=None)

"""Which lanes an event takes, and in which order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec


class LanePolicy:
    """Decides which States an event holds exclusively, and remembers which sources write States in place.

    Args:
        options: The engine's settings.
    """

    def __init__(self, options: StateOptions) -> None:
        self._last_write = options.concurrency == "last_write"
        self._learned: dict[Hashable, set[CellSpec]] = {}

    def lanes_of(
        self, reads: Sequence[CellSpec], writes: Sequence[CellSpec], source: Hashable = None
    ) -> Sequence[CellSpec]:
        """Return the States whose lanes an event takes, in the order in which it takes them."""
        wanted = writes
        learned = self._learned.get(source) if source is not None else None
        if learned:
            wanted = [*wanted, *(spec for spec in reads if spec in learned)]
        if not wanted or self._last_write:
            return ()
        if len(wanted) > 1:
            wanted = sorted(set(wanted), key=lambda spec: spec.lane_order)
        return [spec for spec in wanted if spec.concurrency == "serial"]

    def shares_objects(self, spec: CellSpec) -> bool:
        """Return whether concurrent events get one object, as in Gradio."""
        return self._last_write or spec.concurrency == "last_write"

    def learn(self, source: Hashable, spec: CellSpec) -> None:
        """Remember that a source changes in place a State that it only declares as an input."""
        if source is not None:
            self._learned.setdefault(source, set()).add(spec)

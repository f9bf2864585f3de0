"""What happens in an engine, for metrics, traces, pushes, and inspection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.state.model import Cell, CommitPlan
    from holdfast.state.owners import Owner
    from holdfast.state.spec import CellSpec


class Observer:
    """Receives what happens in an engine; every method does nothing unless overridden.

    All methods are called on the engine's event loop, after the fact, and must return quickly.
    """

    __slots__ = ()

    def waited(self, cell: Cell, seconds: float) -> None:
        """Handle a transaction's wait for the lane of a cell."""

    def committed(self, plan: CommitPlan, by: str | None) -> None:
        """Handle a commit that is complete.

        Args:
            plan: What it has changed.
            by: Id of the session whose event committed, which learns of the changes from the event itself; `None` for
                an update from elsewhere.
        """

    def rolled_back(self, specs: Sequence[CellSpec], error: BaseException | None) -> None:
        """Handle a step that was undone.

        Args:
            specs: The States whose values the step had.
            error: What made the commit fail; `None` if the step did not get that far.
        """

    def expired(self, owner: Owner, spec: CellSpec | None, *, changed: bool = False) -> None:
        """Handle the end of a cell's time to live, or of an owner's grace period.

        Args:
            owner: The owner.
            spec: The State of the cell; `None` if the owner with all its cells has expired.
            changed: The cell is watched, and its initial value differs from the expired one.
        """

    def evicted(self, owner: Owner) -> None:
        """Handle an owner that had to leave memory because a limit was reached."""


class Observers(Observer):
    """Forwards everything to several observers, in order.

    Args:
        observers: The observers.
    """

    __slots__ = ("_observers",)

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def add(self, observer: Observer) -> None:
        """Forward to one more observer from now on."""
        self._observers = (*self._observers, observer)

    def waited(self, cell: Cell, seconds: float) -> None:
        """See `Observer.waited`."""
        for observer in self._observers:
            observer.waited(cell, seconds)

    def committed(self, plan: CommitPlan, by: str | None) -> None:
        """See `Observer.committed`."""
        for observer in self._observers:
            observer.committed(plan, by)

    def rolled_back(self, specs: Sequence[CellSpec], error: BaseException | None) -> None:
        """See `Observer.rolled_back`."""
        for observer in self._observers:
            observer.rolled_back(specs, error)

    def expired(self, owner: Owner, spec: CellSpec | None, *, changed: bool = False) -> None:
        """See `Observer.expired`."""
        for observer in self._observers:
            observer.expired(owner, spec, changed=changed)

    def evicted(self, owner: Owner) -> None:
        """See `Observer.evicted`."""
        for observer in self._observers:
            observer.evicted(owner)

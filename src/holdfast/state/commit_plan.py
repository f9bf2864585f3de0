"""What one step changes: compares captured values with the committed ones. Pure: nothing here waits or writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.state.history import History, Kept
from holdfast.state.model import UNSET, CellChange, CommitPlan
from holdfast.state.values.equality import same
from holdfast.state.values.snapshot import Captured, Snapshot, Uncaptured

if TYPE_CHECKING:
    from holdfast.state.history import Move
    from holdfast.state.model import Cell
    from holdfast.state.spec import CellSpec


class Comparison(NamedTuple):
    """How a captured value differs from the committed one."""

    dirty: bool
    """True if the committed bytes change."""
    changed: bool | None
    """True if the content changes, as listeners see it; always `False` where nobody listens. `None` if only comparing
    the values themselves can decide it."""


SAME = Comparison(False, False)
REWRITTEN = Comparison(True, False)
"""Other bytes, but not another content for a listener."""
CHANGED = Comparison(True, True)
UNDECIDED = Comparison(True, None)


class CapturedValue(NamedTuple):
    """A cell's value after a step, and how it differs from the committed one."""

    cell: Cell
    value: Any
    image: Captured | None
    dirty: bool
    changed: bool
    returned: bool
    """True if the step returned it; `False` if it was only changed in place."""


def compare(cell: Cell, value: Any, image: Captured | None) -> Comparison:
    """Compare a value and its capture with what is committed to a cell."""
    old, watched = cell.image, cell.spec.watched
    if old is None and image is None and cell.created:
        if value is cell.value or same(cell.value, value):
            return SAME
    elif isinstance(old, Snapshot) and isinstance(image, Snapshot):
        if old.same_bytes(image):
            return SAME
        if watched and not (old.definite and image.definite):
            return UNDECIDED
    elif isinstance(old, Uncaptured) and isinstance(image, Uncaptured):
        changed = watched and (fingerprint_differs(old, image) or _replaced_unknown(old, image, cell, value))
        return CHANGED if changed else REWRITTEN
    return CHANGED if watched else REWRITTEN


def changed_in_place(before: Captured, after: Captured | None) -> bool:
    """Return whether a value that a step was given has been changed since it was captured."""
    if isinstance(before, Snapshot):
        return not (isinstance(after, Snapshot) and before.same_bytes(after))
    return isinstance(before, Uncaptured) and fingerprint_differs(before, after)


def fingerprint_differs(old: Uncaptured, new: Captured | None) -> bool:
    """Return whether fingerprints prove that two contents differ."""
    if not isinstance(new, Uncaptured):
        return True
    return old.digest is not None and new.digest is not None and old.digest != new.digest


def _replaced_unknown(old: Uncaptured, new: Uncaptured, cell: Cell, value: Any) -> bool:
    """Without fingerprints, another object counts as another content."""
    return (old.digest is None or new.digest is None) and value is not cell.value


def plan(
    captured: Iterable[CapturedValue],
    moves: Mapping[CellSpec, Move],
    inherited: Mapping[CellSpec, History],
    history_limit: int,
) -> CommitPlan:
    """Return what one step changes.

    Args:
        captured: The values of the step.
        moves: States that the step moves back or forward in their history.
        inherited: Earlier versions that a State gets together with the step's value.
        history_limit: Maximum number of bytes of earlier versions of one cell.
    """
    changes = []
    any_dirty = False
    for cell, value, image, dirty, changed, returned in captured:
        spec, history = cell.spec, None
        if spec in inherited:
            dirty = dirty or returned  # noqa: PLW2901 # an inherited history is committed with an equal value too
            history = inherited[spec] if dirty and spec.history else None
        elif dirty and spec.history and cell.created:
            history = _advanced(cell, moves.get(spec), history_limit)
        any_dirty = any_dirty or dirty
        changes.append(CellChange(cell, value, image, dirty=dirty, changed=changed, returned=returned, history=history))
    return CommitPlan(changes, any_dirty)


def _advanced(cell: Cell, move: Move | None, limit: int) -> History:
    """Return the history of a cell whose present version is about to be replaced."""
    history = History(cell.spec.history, limit) if cell.history is None else cell.history.copy()
    if not isinstance(cell.image, Uncaptured):
        present = Kept(cell.version, cell.value if cell.image is None else UNSET, cell.image)
        history.push(present) if move is None else history.move(move, present)
    return history

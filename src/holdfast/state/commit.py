"""How one step's values become the truth: encode, compare, then apply all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from holdfast.state.errors import StateConflictError
from holdfast.state.history import History, Kept
from holdfast.state.model import UNSET, CellChange, CommitPlan
from holdfast.state.values.atoms import VALUES, size_of
from holdfast.state.values.equality import same
from holdfast.state.values.snapshot import Captured, Snapshot, Uncaptured

if TYPE_CHECKING:
    from holdfast.state.model import Cell
    from holdfast.state.spec import CellSpec
    from holdfast.state.transaction import Transaction


async def commit(event: Transaction, values: Mapping[CellSpec, Any]) -> tuple[CellSpec, ...]:
    """Commit one step of `event`; see `Transaction.commit`."""
    pending = [await _returned(event, spec, value) for spec, value in values.items()]
    for spec, value in event.working.items():
        if spec not in values:
            pending.append(await _returned(event, spec, value))
    untold = [spec for spec in event.given if spec not in values and spec not in event.working]
    found = [(spec, await _changed_image(event, spec)) for spec in untold]
    touched = [(spec, image) for spec, image in found if not isinstance(image, _Same)]
    touched.sort(key=lambda pair: pair[0].lane_order)
    for spec, image in touched:
        pending.append(await _in_place(event, spec, image))
    if not pending:
        return ()
    for change in pending:
        if change.dirty and keeps_history(event, change.cell):
            change.history = advanced(event, change.cell)
    return await event.engine.apply(event, CommitPlan(pending))


class _Same:
    """A value that the step did not change."""


_SAME = _Same()


async def _returned(event: Transaction, spec: CellSpec, value: Any) -> CellChange:
    cell = event.cell(spec)
    if not cell.created and spec.watched:
        await event.engine.create(cell)
    image = None if type(value) in VALUES else await event.engine.image(value, cell)
    dirty, changed = await compare(event, cell, value, image)
    return CellChange(cell, value, image, dirty=dirty or spec in event.inherits, changed=changed, returned=True)


async def _changed_image(event: Transaction, spec: CellSpec) -> Captured | _Same | None:
    """The image of a value that an event was given and did not return, if it was changed."""
    given = event.given[spec]
    if given.image is None or (isinstance(given.image, Uncaptured) and not spec.watched):
        return _SAME
    image = await event.engine.image(given.value, given.cell)
    if isinstance(given.image, Snapshot):
        same_bytes = isinstance(image, Snapshot) and given.image.same_bytes(image)
        return _SAME if same_bytes else image
    return image if isinstance(given.image, Uncaptured) and _fingerprint_differs(given.image, image) else _SAME


async def _in_place(event: Transaction, spec: CellSpec, image: Captured | None) -> CellChange:
    """The part of a value that was changed in place; its lane is taken now if it is not held."""
    given = event.given[spec]
    cell, engine = given.cell, event.engine
    if not engine.shares_objects(spec):
        engine.learn_writer(event, spec)
        if not await event.hold_late(cell) or cell.version != given.version:
            engine.stats.conflicts += 1
            raise StateConflictError(spec.label)
    dirty, changed = await compare(event, cell, given.value, image)
    return CellChange(cell, given.value, image, dirty=dirty, changed=changed, returned=False)


async def compare(event: Transaction, cell: Cell, value: Any, image: Captured | None) -> tuple[bool, bool]:
    """Whether a value differs from the committed one: in its bytes, and (only where it is watched) in its content."""
    old, watched = cell.image, cell.spec.watched
    if old is None and image is None and cell.created:
        differs = value is not cell.value and not same(cell.value, value)
        return differs, differs and watched
    if isinstance(old, Snapshot) and isinstance(image, Snapshot):
        if old.same_bytes(image):
            return False, False
        definite = not watched or (old.definite and image.definite)
        return True, watched and (definite or await event.engine.differs(old, value, image))
    if isinstance(old, Uncaptured) and isinstance(image, Uncaptured):
        return True, watched and (_fingerprint_differs(old, image) or _replaced_unknown(old, image, cell, value))
    return True, watched


def _fingerprint_differs(old: Uncaptured, new: Captured | None) -> bool:
    if not isinstance(new, Uncaptured):
        return True
    return old.digest is not None and new.digest is not None and old.digest != new.digest


def _replaced_unknown(old: Uncaptured, new: Uncaptured, cell: Cell, value: Any) -> bool:
    """Without fingerprints, another object counts as another content."""
    return (old.digest is None or new.digest is None) and value is not cell.value


def place(event: Transaction, pending: CellChange, live: set[int]) -> None:
    """Put one cell's new value in its place.

    Args:
        event: The event that commits.
        pending: The cell's part.
        live: Ids of the objects that are other cells' own; a cell does not share its object with another.
    """
    cell, value, image = pending.cell, pending.value, pending.image
    if pending.dirty:
        if pending.history is not None:
            cell.keep_history(pending.history)
        cell.version = pending.version or cell.version + 1
        cell.put(value, image, size_of(value) if image is None else image.size)
    elif image is not None:
        cell.value = value
    if isinstance(image, Snapshot):
        if id(value) in live:
            cell.value = UNSET
            cell.checked_out_by = None
        else:
            live.add(id(value))
            cell.checked_out_by = event


def keeps_history(event: Transaction, cell: Cell) -> bool:
    """Whether a commit to a cell leaves earlier versions."""
    return bool(cell.spec.history) and (cell.created or cell.spec in event.inherits)


def advanced(event: Transaction, cell: Cell) -> History:
    """The cell's history when its present version is about to be replaced."""
    if cell.spec in event.inherits:
        return event.inherits[cell.spec]
    history = History(cell.spec.history, event.engine.options.history_limit)
    if cell.history is not None:
        history = cell.history.copy()
    if not isinstance(cell.image, Uncaptured):
        present = Kept(cell.version, cell.value if cell.image is None else UNSET, cell.image)
        move = event.moves.get(cell.spec)
        history.push(present) if move is None else history.move(move, present)
    return history

"""What a commit changes, as a table: captured values against committed ones."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.state import CellSpec, Owner
from holdfast.state.commit_plan import (
    CHANGED,
    REWRITTEN,
    SAME,
    UNDECIDED,
    CapturedValue,
    Comparison,
    changed_in_place,
    compare,
    plan,
)
from holdfast.state.history import History, Kept
from holdfast.state.model import UNSET, Cell, OwnerCells
from holdfast.state.values.snapshot import Captured, Snapshot, Uncaptured, snapshot

LIMIT = 1_000_000


def cell_with(value: Any, image: Captured | None, *, watched: bool = True, history: int = 0) -> Cell:
    """A cell at version 3 with this committed value."""
    spec = CellSpec(key="cart", history=history)
    spec.settle(0, watched=watched)
    cell = OwnerCells(Owner("session", "s1")).cell(spec)
    cell.put(value, image, 0)
    cell.version = 3
    return cell


def uncaptured(digest: bytes | None) -> Uncaptured:
    return Uncaptured(10, reason=None, digest=digest)


def taken(value: Any) -> Snapshot:
    return snapshot(value, LIMIT, watched=True)


ONE, OTHER = object(), object()
SETS = taken({"a": {1}}), taken({"a": {2}})


@pytest.mark.parametrize(
    ("committed", "new", "watched", "unwatched"),
    [
        pytest.param((1, None), (1, None), SAME, SAME, id="an equal atom"),
        pytest.param((1, None), (2, None), CHANGED, REWRITTEN, id="another atom"),
        pytest.param((UNSET, None), (1, None), CHANGED, REWRITTEN, id="the first value"),
        pytest.param((UNSET, taken([1])), ([1], taken([1])), SAME, SAME, id="equal bytes"),
        pytest.param((UNSET, SETS[0]), ({}, SETS[1]), UNDECIDED, REWRITTEN, id="bytes that may mean the same"),
        pytest.param((1, None), ([1], taken([1])), CHANGED, REWRITTEN, id="a list instead of an atom"),
        pytest.param((ONE, uncaptured(b"a")), (ONE, uncaptured(b"a")), REWRITTEN, REWRITTEN, id="an equal fingerprint"),
        pytest.param((ONE, uncaptured(b"a")), (ONE, uncaptured(b"b")), CHANGED, REWRITTEN, id="another fingerprint"),
        pytest.param((ONE, uncaptured(None)), (ONE, uncaptured(None)), REWRITTEN, REWRITTEN, id="the same object"),
        pytest.param((ONE, uncaptured(None)), (OTHER, uncaptured(None)), CHANGED, REWRITTEN, id="another object"),
        pytest.param((ONE, uncaptured(b"a")), ([1], taken([1])), CHANGED, REWRITTEN, id="captured at last"),
    ],
)
def test_a_value_is_compared_with_the_committed_one(
    committed: tuple[Any, Captured | None],
    new: tuple[Any, Captured | None],
    watched: Comparison,
    unwatched: Comparison,
) -> None:
    assert compare(cell_with(*committed), *new) == watched
    assert compare(cell_with(*committed, watched=False), *new) == unwatched


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param(taken([1]), taken([1]), False, id="equal bytes"),
        pytest.param(taken([1]), taken([1, 2]), True, id="other bytes"),
        pytest.param(taken([1]), uncaptured(b"a"), True, id="no longer captured"),
        pytest.param(uncaptured(b"a"), uncaptured(b"a"), False, id="an equal fingerprint"),
        pytest.param(uncaptured(b"a"), uncaptured(b"b"), True, id="another fingerprint"),
        pytest.param(uncaptured(None), uncaptured(None), False, id="no fingerprint"),
        pytest.param(uncaptured(b"a"), taken([1]), True, id="captured at last"),
    ],
)
def test_a_change_in_place_is_found(before: Captured, after: Captured | None, changed: bool) -> None:
    assert changed_in_place(before, after) is changed


def planned(cell: Cell, value: Any, *, dirty: bool = True, **more: Any) -> Any:
    """The only change of a commit that returns this value."""
    found = plan(
        [CapturedValue(cell, value, None, dirty, dirty, True)],
        more.get("moves", {}),
        more.get("inherited", {}),
        LIMIT,
    )
    (change,) = found.changes
    assert found.dirty is change.dirty
    return change


def test_a_commit_without_changes_is_not_dirty() -> None:
    assert planned(cell_with(1, None, history=5), 1, dirty=False).history is None


def test_a_replaced_version_joins_the_history() -> None:
    cell = cell_with("old", None, history=5)
    history = planned(cell, "new").history
    assert list(history.past) == [Kept(3, "old", None)]
    assert cell.history is None, "planning changes nothing"


def test_a_state_without_history_keeps_none() -> None:
    assert planned(cell_with("old", None), "new").history is None


def test_the_first_value_has_no_history() -> None:
    assert planned(cell_with(UNSET, None, history=5), "new").history is None


def test_a_move_takes_the_version_from_the_past_to_the_future() -> None:
    cell = cell_with("new", None, history=5)
    cell.history = History(5, LIMIT)
    cell.history.push(Kept(2, "old", None))
    history = planned(cell, "old", moves={cell.spec: "undo"}).history
    assert list(history.past) == []
    assert list(history.future) == [Kept(3, "new", None)]
    assert len(cell.history.past) == 1, "planning changes nothing"


def test_an_inherited_history_is_committed_with_an_equal_value() -> None:
    cell = cell_with(1, None, history=5)
    inherited = History(5, LIMIT)
    change = planned(cell, 1, dirty=False, inherited={cell.spec: inherited})
    assert change.dirty
    assert change.history is inherited

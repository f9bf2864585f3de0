"""The engine's data: cells, their owners, and planned commits. Nothing here waits, and nothing knows the engine."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from holdfast.state.values.snapshot import Captured, Snapshot

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

    from holdfast.state.history import History
    from holdfast.state.owners import Owner
    from holdfast.state.spec import CellSpec
    from holdfast.stores import Claim


class Unset:
    """The mark of a cell that has no live object."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class LaneHolder(Protocol):
    """What lanes and claims need to know about the transaction that holds or awaits them."""

    claims: list[tuple[Claim, tuple[Cell, ...]]]
    """Claims that give this process the held lanes among all processes."""
    waits_for: Cell | None
    """The cell whose lane the transaction is waiting for."""
    is_update: bool
    """True for an update: it needs only its lane, so it ends soon after getting it."""
    claiming: bool
    """True while it holds its lanes in this process and waits for them among all processes."""
    parked: bool
    """True while it holds lanes and waits for something else before it begins; updates overtake it."""
    lanes_lent_out: dict[Cell, Future[None]]
    """Lanes that updates have taken while it was parked, each with the future that resolves when it is back."""

    @property
    def patience(self) -> float | None:
        """Seconds after which a wait is checked for deadlock across processes; `None` for a wait without limit."""
        ...

    def around(self) -> Iterator[Self]:
        """Yield the transaction, the one whose function started it, the one that started that one, and so on."""
        ...

    def within_it(self) -> Iterator[Self]:
        """Yield the transaction and all unfinished updates that its function, or one of theirs, has started."""
        ...


class Renewal(Protocol):
    """A group of owners whose expiry in the store is extended together."""

    def remove(self, owner_cells: OwnerCells) -> None:
        """Stop renewing an owner."""
        ...

    def replace(self, owner_cells: OwnerCells, other: OwnerCells) -> None:
        """Renew another object of the same owner instead."""
        ...


_FEW = 8
"""Cells up to which a home keeps them in a tuple: a session has few cells, and there are many sessions, for each of
which a dict would weigh more than what is in it."""


class Cell:
    """One State of one owner.

    `value` is the live object, `image` what is known of the last commit. A value that cannot change in place has no
    image and is its own commit. A cell without both is not created yet.
    """

    __slots__ = (
        "bound",
        "checked_out_by",
        "claim",
        "expires",
        "history",
        "holder",
        "image",
        "looked",
        "owner_cells",
        "sending",
        "size",
        "spec",
        "stored",
        "timed",
        "unsaved",
        "value",
        "version",
        "waiters",
    )

    def __init__(self, spec: CellSpec, owner_cells: OwnerCells) -> None:
        self.spec = spec
        self.owner_cells = owner_cells
        self.value: Any = UNSET
        self.image: Captured | None = None
        self.version = 0
        """One more at each commit; 0 before the cell is created."""
        self.size = 0
        self.expires: float | None = None
        """When its time to live ends, on the monotonic clock."""
        self.timed = False
        """A timer for it is in the heap."""
        self.holder: LaneHolder | None = None
        """The event that holds its lane."""
        self.waiters: deque[tuple[LaneHolder, Future[None]]] | None = None
        self.checked_out_by: LaneHolder | None = None
        """The event whose function has the live object in its hands."""
        self.history: History | None = None
        self.looked = False
        """The store has said what it has of it."""
        self.stored = 0
        """The version that the store has; 0 for none."""
        self.sending = 0
        """The version that is just on its way to the store; 0 for none."""
        self.claim: Claim | None = None
        """The claim under which this process holds its lane among all."""
        self.unsaved = False
        """The store was out of reach when this version was committed (R6.6)."""
        self.bound = False
        """The value cannot be stored and lives in this process alone (R6.5)."""

    @property
    def created(self) -> bool:
        """Whether it has a value."""
        return self.value is not UNSET or self.image is not None

    def committed(self) -> Any:
        """The committed value: the live object where nobody can change it, else a new object."""
        if isinstance(self.image, Snapshot):
            return self.image.restore()
        return self.value

    def put(self, value: Any, image: Captured | None, size: int) -> None:
        """Make `value` the truth."""
        self.value = value
        self.image = image
        self.owner_cells.size += size - self.size
        self.size = size

    def undo(self, value: Any) -> None:
        """Forget a live object that a failed step may have changed."""
        if self.value is value and isinstance(self.image, Snapshot):
            self.value = UNSET
            self.checked_out_by = None

    def clear(self) -> None:
        """Go back to not being created."""
        self.put(UNSET, None, 0)
        self.version += 1
        self.expires = None
        self.checked_out_by = None
        self.keep_history(None)

    def keep_history(self, history: History | None) -> None:
        """Have other earlier versions."""
        self.owner_cells.size += (0 if history is None else history.size) - (
            0 if self.history is None else self.history.size
        )
        self.history = history


class OwnerCells:
    """The cells of one owner in this process, and how long they are kept."""

    __slots__ = (
        "_cells",
        "closes",
        "dropped",
        "fresh",
        "kept",
        "lapsed",
        "opened",
        "owner",
        "round",
        "size",
        "timed",
        "users",
        "was_open",
    )

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self._cells: tuple[Cell, ...] | dict[str, Cell] = ()
        self.opened = 0
        """Connections that hold it open."""
        self.users = 0
        """Events that are using it."""
        self.was_open = False
        """A connection has held it open at some time; the grace of others counts from their last use."""
        self.closes: float | None = None
        """When a closed one goes, on the monotonic clock."""
        self.timed = False
        """A timer for it is in the heap."""
        self.dropped = False
        self.lapsed = False
        """It went because its time was over."""
        self.size = 0
        self.fresh = False
        """Its session was begun here, so that no store has anything of it that this process has not written."""
        self.kept = False
        """This process has stored something of it, and has said until when the store keeps it."""
        self.round: Renewal | None = None
        """When the store is next asked to keep it longer."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells."""
        cells = self._cells
        return cells if isinstance(cells, tuple) else tuple(cells.values())

    def find(self, name: str) -> Cell | None:
        """The cell of this name, if there is one."""
        cells = self._cells
        if not isinstance(cells, tuple):
            return cells.get(name)
        for cell in cells:
            if cell.spec.name == name:
                return cell
        return None

    def cell(self, spec: CellSpec) -> Cell:
        """The cell of a State; made when it is first asked for."""
        cell = self.find(spec.name)
        if cell is None:
            cell = Cell(spec, self)
            if not isinstance(self._cells, tuple):
                self._cells[spec.name] = cell
            elif len(self._cells) < _FEW:
                self._cells = (*self._cells, cell)
            else:
                self._cells = {each.spec.name: each for each in (*self._cells, cell)}
        return cell

    def remove(self, name: str) -> Cell | None:
        """Take a cell out."""
        cell = self.find(name)
        if cell is not None:
            if isinstance(self._cells, tuple):
                self._cells = tuple(each for each in self._cells if each is not cell)
            else:
                del self._cells[name]
        return cell

    def take_cells(self) -> tuple[Cell, ...]:
        """Take all cells out."""
        cells, self._cells = self.cells, ()
        return cells

    def without_values(self) -> OwnerCells:
        """One for the same owner with what is known of its connections, for when the values leave memory."""
        left = OwnerCells(self.owner)
        left.opened, left.was_open = self.opened, self.was_open
        left.kept = self.kept
        if self.round is not None:
            self.round.replace(self, left)
        return left


class CellChange:
    """One cell's part of a commit.

    Args:
        cell: The cell.
        value: The cell's value after the step.
        image: The value's capture; `None` for a value that cannot change in place.
        dirty: The committed bytes change.
        changed: The content changes, as listeners of the change see it.
        returned: The step returned the value, instead of only changing it in place.
        history: The cell's earlier versions after the commit; `None` to leave them unchanged.
    """

    __slots__ = ("cell", "changed", "dirty", "history", "image", "returned", "value", "version")

    def __init__(
        self,
        cell: Cell,
        value: Any,
        image: Captured | None,
        *,
        dirty: bool,
        changed: bool,
        returned: bool,
        history: History | None = None,
    ) -> None:
        self.cell = cell
        self.value = value
        self.image = image
        self.dirty = dirty
        self.changed = changed
        self.returned = returned
        self.history = history
        self.version = 0
        """Version assigned by the persistence; 0 where the cell's own count continues."""


class CommitPlan(NamedTuple):
    """Everything that one commit changes."""

    changes: Sequence[CellChange]

    @property
    def dirty(self) -> bool:
        """Whether any committed bytes change."""
        return any(change.dirty for change in self.changes)

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
    """Marks a cell that has no live object."""

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
"""Maximum number of cells kept in a tuple. There are many sessions with few cells each, and a dict would take more
memory than its contents."""


class Cell:
    """One State of one owner.

    `value` is the live object, and `image` is a capture of the last commit. A value that cannot change in place has no
    capture and is its own commit. A cell with neither has not been created yet.
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
        """Number of the last commit; 0 before the cell is created."""
        self.size = 0
        self.expires: float | None = None
        """Time on the monotonic clock at which its time to live ends."""
        self.timed = False
        """True while the heap of timers has an entry for it."""
        self.holder: LaneHolder | None = None
        """Transaction that holds its lane."""
        self.waiters: deque[tuple[LaneHolder, Future[None]]] | None = None
        self.checked_out_by: LaneHolder | None = None
        """Transaction whose function is using the live object."""
        self.history: History | None = None
        self.looked = False
        """True once the store has been asked for it."""
        self.stored = 0
        """Version in the store; 0 for none."""
        self.sending = 0
        """Version that is being written to the store now; 0 for none."""
        self.claim: Claim | None = None
        """Claim that gives this process the lane among all processes."""
        self.unsaved = False
        """True if the store was unreachable when this version was committed (R6.6)."""
        self.bound = False
        """True if the value cannot be stored and exists only in this process (R6.5)."""

    @property
    def created(self) -> bool:
        """Whether the cell has a value."""
        return self.value is not UNSET or self.image is not None

    def committed(self) -> Any:
        """Return the committed value: the live object if it cannot change in place, otherwise a new object."""
        if isinstance(self.image, Snapshot):
            return self.image.restore()
        return self.value

    def put(self, value: Any, image: Captured | None, size: int) -> None:
        """Set the committed value."""
        self.value = value
        self.image = image
        self.owner_cells.size += size - self.size
        self.size = size

    def undo(self, value: Any) -> None:
        """Discard a live object that a failed step may have changed."""
        if self.value is value and isinstance(self.image, Snapshot):
            self.value = UNSET
            self.checked_out_by = None

    def clear(self) -> None:
        """Return to the state before creation."""
        self.put(UNSET, None, 0)
        self.version += 1
        self.expires = None
        self.checked_out_by = None
        self.keep_history(None)

    def keep_history(self, history: History | None) -> None:
        """Replace the earlier versions."""
        self.owner_cells.size += (0 if history is None else history.size) - (
            0 if self.history is None else self.history.size
        )
        self.history = history


class OwnerCells:
    """The cells of one owner in this process, and what determines how long they are kept."""

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
        """Number of connections that hold it open."""
        self.users = 0
        """Number of transactions that use it."""
        self.was_open = False
        """True once a connection has held it open; otherwise the grace period counts from the last use."""
        self.closes: float | None = None
        """Time on the monotonic clock at which it is dropped; `None` while it is open."""
        self.timed = False
        """True while the heap of timers has an entry for it."""
        self.dropped = False
        self.lapsed = False
        """True if it was dropped because it expired."""
        self.size = 0
        self.fresh = False
        """True if the session began in this process, so that no store has cells of it that others have written."""
        self.kept = False
        """True once this process has stored a cell of it and set its expiry in the store."""
        self.round: Renewal | None = None
        """Group in which its expiry in the store is extended next."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The owner's cells."""
        cells = self._cells
        return cells if isinstance(cells, tuple) else tuple(cells.values())

    def find(self, name: str) -> Cell | None:
        """Return the cell with this name, or `None`."""
        cells = self._cells
        if not isinstance(cells, tuple):
            return cells.get(name)
        for cell in cells:
            if cell.spec.name == name:
                return cell
        return None

    def cell(self, spec: CellSpec) -> Cell:
        """Return the cell of a State, creating it on first use."""
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
        """Remove a cell and return it; `None` if there is no such cell."""
        cell = self.find(name)
        if cell is not None:
            if isinstance(self._cells, tuple):
                self._cells = tuple(each for each in self._cells if each is not cell)
            else:
                del self._cells[name]
        return cell

    def take_cells(self) -> tuple[Cell, ...]:
        """Remove all cells and return them."""
        cells, self._cells = self.cells, ()
        return cells

    def without_values(self) -> OwnerCells:
        """Return an object for the same owner and its connections, without the values, which leave memory."""
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
    dirty: bool
    """True if any committed bytes change."""

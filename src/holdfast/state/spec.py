"""The declaration of a State."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from holdfast.errors import BuildError
from holdfast.state.owners import SCOPES, Scope
from holdfast.state.values.snapshot import Captured, Snapshot, image_of, is_plain

Concurrency = Literal["serial", "last_write"]


@dataclass(eq=False, repr=False, kw_only=True)
class CellSpec:
    """One State of an app: the initial value of its cells, who owns them, and how they are kept.

    Hashable by identity. Its declaration does not change after `settle`, which the graph calls when it is frozen.

    Args:
        initial: The value of a new cell; each owner gets a deep copy.
        factory: Makes the initial value instead, once per owner.
        time_to_live: Seconds after the last write until the value expires; `None` for no limit.
        delete_callback: Called with each value that is dropped.
        scope: Who owns a cell.
        key: The cell's name across versions of the program.
        version: The version of the value's shape; `migrate` carries values from older ones.
        migrate: Called as `migrate(value, version)` to convert a stored value of an older version.
        history: Number of earlier versions kept for undo.
        concurrency: With `"last_write"`, events that write the State do not wait for one another.
        secret: Encrypt the value where it is stored, and never show it.

    Raises:
        BuildError: An option is out of range; the message names it.
        TypeError: The initial value cannot be copied.
    """

    initial: Any = None
    factory: Callable[[], Any] | None = None
    time_to_live: float | None = None
    delete_callback: Callable[[Any], object] | None = None
    scope: Scope = "session"
    key: str | None = None
    version: int = 1
    migrate: Callable[..., Any] | None = None
    history: int = 0
    concurrency: Concurrency = "serial"
    secret: bool = False
    name: str = ""
    """Name of the cell within its owner; set by `settle`."""
    id: int = -1
    """Number of the component, for messages."""
    watched: bool = False
    """True if a change of the State triggers a listener."""
    engines: list[Any] = field(default_factory=list)
    """The running engines that hold the State's cells: each a `StateEngine`, a type that this module must not know."""
    warned: bool = field(default=False, init=False)
    """True once the log has warned that the value is not copied."""
    said_bound: bool = field(default=False, init=False)
    """True once the log has warned that the value cannot be stored."""
    clash: str = ""
    """Error message for another State with the same scope and key; by default a sentence about keys."""
    said_older: bool = field(default=False, init=False)
    """True once the log has warned that a value of an older version was loaded without a `migrate`."""
    sealed: Captured | None = field(default=None, init=False)
    """Capture of the initial value in the encoding of a store."""
    first: Snapshot | None = field(default=None, init=False)
    """Snapshot of the initial value, shared by all owners until they change it."""

    def __post_init__(self) -> None:
        _check(self)
        if self.key is not None:
            self.name = self.key
        if self.factory is None:
            self.initial = _copied(self.initial)
            if is_plain(self.initial):
                image = image_of(self.initial, watched=False)
                self.first = image if isinstance(image, Snapshot) else None

    def settle(self, id: int, *, watched: bool, name: str | None = None) -> None:
        """Assign the State its place in a frozen graph.

        Args:
            id: The component's number.
            watched: Whether a change of the State triggers a listener.
            name: Name of its cell within the owner; by default the key, otherwise the number.
        """
        self.id = id
        self.watched = watched
        self.name = name or self.key or str(id)

    def fresh(self) -> Any:
        """Return a new initial value, for a new owner or for `ClearButton`."""
        if self.factory is not None:
            return self.factory()
        if self.first is not None:
            return self.first.restore()
        return copy.deepcopy(self.initial)

    @property
    def label(self) -> str:
        """Name of the State in messages."""
        return f"State {self.key!r}" if self.key else f"State {self.id}" if self.id >= 0 else "A State"

    @property
    def lane_order(self) -> tuple[str, str]:
        """Position in the fixed order in which an event takes its lanes, which is the order of a store's keys."""
        return (self.scope, self.name)

    def __repr__(self) -> str:
        return f"CellSpec({self.name!r}, scope={self.scope!r})"


def check_specs(specs: Sequence[CellSpec]) -> None:
    """Check that no two States of an app would share cells by accident.

    Raises:
        BuildError: Two States have one scope and one key.
    """
    seen: dict[tuple[str, str], CellSpec] = {}
    for spec in specs:
        other = seen.setdefault((spec.scope, spec.name), spec)
        if other is not spec:
            raise BuildError(
                spec.clash
                or f"Two States have scope={spec.scope!r} and key={spec.name!r}. "
                "Give each its own key, or use one State component in both places."
            )


def _check(spec: CellSpec) -> None:
    if spec.scope not in SCOPES:
        raise BuildError(
            f"State(scope={spec.scope!r}) is not a valid scope. Use one of {', '.join(map(repr, SCOPES))}."
        )
    if spec.key is not None and (type(spec.key) is not str or not spec.key):
        raise BuildError(f"State(key={spec.key!r}) is not a valid key. Use a non-empty string.")
    if spec.scope != "session" and spec.key is None:
        raise BuildError(
            f"State(scope={spec.scope!r}) needs a key: a name that stays the same across versions of the program. "
            f'Write State(…, scope={spec.scope!r}, key="…").'
        )
    if spec.concurrency not in {"serial", "last_write"}:
        raise BuildError(f"State(concurrency={spec.concurrency!r}) is unknown. Use 'serial' or 'last_write'.")
    numbers: Mapping[str, tuple[Any, int]] = {"version": (spec.version, 1), "history": (spec.history, 0)}
    for name, (number, least) in numbers.items():
        if type(number) is not int or number < least:
            raise BuildError(f"State({name}={number!r}) is out of range. Use an integer of {least} or more.")
    ttl = spec.time_to_live
    if ttl is not None and (type(ttl) not in {int, float} or not ttl >= 0):
        raise BuildError(f"State(time_to_live={ttl!r}) is out of range. Use a number of seconds, or None for no limit.")
    for name, function in (("delete_callback", spec.delete_callback), ("migrate", spec.migrate)):
        if function is not None and not callable(function):
            raise BuildError(f"State({name}={function!r}) is not a function. Pass a callable.")


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception as error:
        raise TypeError(
            f"The initial value of a State, of type {type(value).__qualname__}, cannot be deep-copied ({error}), so "
            "visitors would share it. Pass a function that creates it instead, such as State(lambda: make_value())."
        ) from error

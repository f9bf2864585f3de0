"""Errors of the state engine.

StateError (holdfast.errors)
├── StateConflictError a cell was changed in place without its lane while another event wrote it
├── StateDeadlockError an update inside an event waits for an event that waits for it
├── UpdateError        an update function that cannot be used
├── ValueTooLargeError a value that is too large for the store
├── StoreAwayError     the store is out of reach, and this process may not go on without it
├── UnreadableError    a stored value that this process must leave as it is
├── NotBoundError      no running app holds this State
└── StoreError         see holdfast.stores
"""

from __future__ import annotations

from holdfast.errors import Error, StateError


class StateConflictError(StateError):
    """An event changed a State in place that is not among its outputs, and another event wrote it meanwhile."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"{label} was changed in place by an event that does not have it among its outputs, while another event "
            "wrote it. Nothing of this step is kept. Add the State to the outputs, so that the two take turns."
        )


class StateDeadlockError(StateError):
    """Waiting for a lane would never end."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"update() of {label} waits for an event that itself waits for this one. "
            "Add the State to the outputs of both events, so that they take their turns in one order."
        )


class UpdateError(StateError):
    """An update that cannot be applied as it was asked for."""


class ValueTooLargeError(StateError):
    """A value is larger than the store takes; nothing of its step is kept."""

    def __init__(self, label: str, size: int, limit: int) -> None:
        self.label = label
        self.size = size
        self.limit = limit
        super().__init__(
            f"The value of {label} takes {size:,} bytes in the store, and {limit:,} are the most. Nothing of this step "
            "is kept. Keep large data in a file and its path in the State, or raise StateOptions.value_limit."
        )


class StoreAwayError(Error, StateError):
    """The store is out of reach, and the event needs what this process does not have, or may not write alone (R6.6).

    Visitors read it. Nothing of the step is kept, and nothing began with an initial value.

    Args:
        label: The State.
        reason: Why the process may not go on, for a program that catches it.
    """

    def __init__(self, label: str, reason: str) -> None:
        self.label = label
        self.reason = reason
        super().__init__(
            "What this app keeps cannot be reached just now. Nothing was changed; try again in a moment.",
            title="Try again in a moment",
            print_exception=False,
        )


class UnreadableError(Error, StateError):
    """A stored value is of another app, or has a key or version that this process does not know; it was left as it is.

    Visitors read it; the log says which State and why.

    Args:
        label: The State.
        reason: Why it cannot be read.
    """

    def __init__(self, label: str, reason: str) -> None:
        self.label = label
        self.reason = reason
        super().__init__(
            "What this app keeps for you was written by another version of it. Nothing was changed; try again in a "
            "moment.",
            title="Try again in a moment",
            print_exception=False,
        )


class NotBoundError(StateError):
    """A State was used outside an event, and no running app, or more than one, holds it."""

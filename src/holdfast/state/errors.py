"""Errors of the state engine.

StateError (holdfast.errors)
├── StateConflictError a cell was changed in place without its lane while another event wrote it
├── StateDeadlockError an update inside an event waits for an event that waits for it
├── UpdateError        an update function that cannot be used
├── ValueTooLargeError a value that is too large for the store
├── StoreAwayError     the store is unreachable, and this process must not continue without it
├── UnreadableError    a stored value that this process must leave unchanged
├── NotBoundError      no running app holds this State
└── StoreError         see holdfast.stores
"""

from __future__ import annotations

from holdfast.errors import Error, StateError


class StateConflictError(StateError):
    """An event changed a State in place that is not among its outputs, while another event wrote it."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"{label} was changed in place by an event that does not have it among its outputs, while another event "
            "wrote it. This step was undone. Add the State to the outputs, so that the events take turns."
        )


class StateDeadlockError(StateError):
    """A wait for a lane would never end."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"update() of {label} waits for an event that itself waits for this one. "
            "Add the State to the outputs of both events, so that they take turns in the same order."
        )


class UpdateError(StateError):
    """An update that cannot be applied."""


class ValueTooLargeError(StateError):
    """A value exceeds the size limit of the store; its step was undone."""

    def __init__(self, label: str, size: int, limit: int) -> None:
        self.label = label
        self.size = size
        self.limit = limit
        super().__init__(
            f"The value of {label} takes {size:,} bytes in the store, which exceeds the limit of {limit:,}. This step "
            "was undone. Keep large data in a file and its path in the State, or raise StateOptions.value_limit."
        )


class StoreAwayError(Error, StateError):
    """The store is unreachable, and the event needs a value that only the store has, or that others may write (R6.6).

    Visitors read the message. The step was undone, and no cell got an initial value instead of the stored one.

    Args:
        label: The State.
        reason: Why the process must not continue, for programs that catch the error.
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
    """A stored value belongs to another app, or has a key or version unknown to this process; it was left unchanged.

    Visitors read the message; the log names the State and the reason.

    Args:
        label: The State.
        reason: Why the value cannot be read.
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

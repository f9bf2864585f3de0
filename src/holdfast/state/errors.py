"""Errors of the state engine.

StateError (holdfast.errors)
├── StateConflictError a cell was changed in place without its lane while another event wrote it
├── StateDeadlockError an update inside an event waits for an event that waits for it
├── UpdateError        an update function that cannot be used
├── NotBoundError      no running app holds this State
└── StoreError         see holdfast.stores
"""

from __future__ import annotations

from holdfast.errors import StateError


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


class NotBoundError(StateError):
    """A State was used outside an event, and no running app, or more than one, holds it."""

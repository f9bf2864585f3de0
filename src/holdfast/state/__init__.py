"""What a session is: cells, scopes, lanes, commits, change detection, history. No HTTP and no components here."""

from __future__ import annotations

from holdfast.errors import StateError
from holdfast.state.codec import Keyring, register
from holdfast.state.engine import StateEngine
from holdfast.state.errors import NotBoundError, StateConflictError, StateDeadlockError, UpdateError, ValueTooLargeError
from holdfast.state.owners import Owner, Owners, Scope
from holdfast.state.settings import StateOptions
from holdfast.state.spec import CellSpec, check_specs
from holdfast.state.stats import Held, StateStats
from holdfast.state.transaction import Transaction

__all__ = [
    "CellSpec",
    "Held",
    "Keyring",
    "NotBoundError",
    "Owner",
    "Owners",
    "Scope",
    "StateConflictError",
    "StateDeadlockError",
    "StateEngine",
    "StateError",
    "StateOptions",
    "StateStats",
    "Transaction",
    "UpdateError",
    "ValueTooLargeError",
    "check_specs",
    "register",
]

"""Errors of stores.

StoreError (StateError)
├── StoreUrlError (BuildError too)   a URL is not valid, or its extra is not installed
├── StoreUnavailableError            the store cannot be reached or written now; trying again later may work
├── StoreDamagedError                the data cannot be read as a store; nothing was changed
├── StoreFormatError                 the store was written by a newer release
├── VersionConflictError             a cell does not have the version that a commit expects
└── FencedError                      a claim was lost before the commit
"""

from __future__ import annotations

from holdfast.errors import BuildError, StateError


class StoreError(StateError):
    """Base class of the errors that stores raise."""


class StoreUrlError(StoreError, BuildError):
    """A store URL that cannot be used."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or written now."""


class StoreDamagedError(StoreError):
    """The data is not a store, or is damaged; it was left unchanged."""


class StoreFormatError(StoreError):
    """The store was written by a newer release."""


class VersionConflictError(StoreError):
    """A cell does not have the version that a commit expects; the commit was not written.

    Args:
        owner: Owner of the cell.
        name: Name of the cell.
        expected: Version that the commit expects; 0 for a cell that must not exist.
        found: Version in the store.
    """

    def __init__(self, owner: str, name: str, expected: int, found: int) -> None:
        self.owner = owner
        self.name = name
        self.expected = expected
        self.found = found
        super().__init__(f"Cell {name!r} of {owner} is at version {found}, not {expected}; nothing was written.")


class FencedError(StoreError):
    """A claim was lost before the commit; the commit was not written.

    Args:
        owner: Owner of the cell.
        name: Name of the cell.
        vanished: All data of the owner is lost, not only the claim.
    """

    def __init__(self, owner: str, name: str, *, vanished: bool = False) -> None:
        self.owner = owner
        self.name = name
        self.vanished = vanished
        if vanished:
            super().__init__(
                f"The store has lost all data of {owner}, including the lane of cell {name!r}: it was emptied while "
                "the app was running, dropped keys, or restarted without its data. Nothing was written; the next event "
                "begins with the current contents of the store. Configure the store to keep its data (for Redis: "
                "persistence, maxmemory-policy noeviction, no FLUSHALL)."
            )
        else:
            super().__init__(f"The lane of cell {name!r} of {owner} was lost to another process; nothing was written.")

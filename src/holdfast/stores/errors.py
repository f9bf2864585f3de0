"""What can go wrong with a store.

StoreError (StateError)
├── StoreUrlError (BuildError too)   no store has such a URL, or its extra is not installed
├── StoreUnavailableError            it cannot be reached or written just now; trying again later may work
├── StoreDamagedError                what is there cannot be read as a store; nothing was changed
├── StoreFormatError                 it was written by a newer release
├── VersionConflictError             a cell is not at the version that a commit expects
└── FencedError                      a claim was lost before the commit
"""

from __future__ import annotations

from holdfast.errors import BuildError, StateError


class StoreError(StateError):
    """The root of what stores raise."""


class StoreUrlError(StoreError, BuildError):
    """A store URL that cannot be used."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or written just now."""


class StoreDamagedError(StoreError):
    """What is there is no store, or is damaged; it was left as it is."""


class StoreFormatError(StoreError):
    """The store was written by a newer release."""


class VersionConflictError(StoreError):
    """A cell is not at the version that a commit expects; nothing of the commit was written.

    Args:
        owner: Whose cell.
        name: Which cell.
        expected: The version that the commit expects; 0 for none.
        found: The version that is there.
    """

    def __init__(self, owner: str, name: str, expected: int, found: int) -> None:
        self.owner = owner
        self.name = name
        self.expected = expected
        self.found = found
        super().__init__(f"Cell {name!r} of {owner} is at version {found}, not {expected}; nothing was written.")


class FencedError(StoreError):
    """A claim was lost before the commit; nothing of it was written.

    Args:
        owner: Whose cell.
        name: Which cell.
        vanished: Not only the claim is gone, but everything that the store had of the owner.
    """

    def __init__(self, owner: str, name: str, *, vanished: bool = False) -> None:
        self.owner = owner
        self.name = name
        self.vanished = vanished
        if vanished:
            super().__init__(
                f"All that the store had of {owner} is gone, also the lane of cell {name!r}: it was emptied while the "
                "app runs, or it has dropped keys or started again without them. Nothing was written; the next event "
                "begins with what the store has now. Let the store keep its data (for Redis: persistence, "
                "maxmemory-policy noeviction, no FLUSHALL)."
            )
        else:
            super().__init__(f"The lane of cell {name!r} of {owner} was lost to another process; nothing was written.")

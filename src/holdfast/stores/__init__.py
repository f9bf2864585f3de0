"""Stores of committed cells. A store knows bytes and versions, never values."""

from __future__ import annotations

from holdfast.stores.errors import (
    FencedError,
    StoreDamagedError,
    StoreError,
    StoreFormatError,
    StoreUnavailableError,
    StoreUrlError,
    VersionConflictError,
)
from holdfast.stores.memory import MemoryShelf, MemoryStore
from holdfast.stores.protocol import Change, Claim, Dropped, Gap, Key, OwnerInfo, Record, Store, Write
from holdfast.stores.urls import open  # noqa: A004 # read as `stores.open(url)`

__all__ = [
    "Change",
    "Claim",
    "Dropped",
    "FencedError",
    "Gap",
    "Key",
    "MemoryShelf",
    "MemoryStore",
    "OwnerInfo",
    "Record",
    "Store",
    "StoreDamagedError",
    "StoreError",
    "StoreFormatError",
    "StoreUnavailableError",
    "StoreUrlError",
    "VersionConflictError",
    "Write",
    "open",
]

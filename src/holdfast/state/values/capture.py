"""Capture of committed values: a copy to undo from, a fingerprint, or the bytes for a store."""

from __future__ import annotations

import asyncio
from typing import Any

import xxhash

from holdfast.state.codec import EncodeError
from holdfast.state.codec.payload import decode, encode, encode_counted
from holdfast.state.model import UNSET, Cell
from holdfast.state.settings import StateOptions
from holdfast.state.values.atoms import VALUES, is_atom
from holdfast.state.values.equality import same
from holdfast.state.values.fingerprint import fingerprint
from holdfast.state.values.snapshot import Captured, OversizeError, Snapshot, Uncaptured, image_of, snapshot
from holdfast.state.values.weight import weigh
from holdfast.state.warnings_once import warn_bound, warn_unkept


class Sealed(Snapshot):
    """A value's payload as it is stored, which also serves for rollback and comparison."""

    __slots__ = ()

    def __init__(self, data: bytes, *, definite: bool = False) -> None:
        super().__init__(data, (), definite=definite)

    def restore(self) -> Any:
        """Return a new object with the encoded value."""
        return decode(self.data, trusted=True)

    def same_bytes(self, other: Snapshot) -> bool:
        """Return whether both are payloads of indistinguishable values."""
        return isinstance(other, Sealed) and self.data == other.data


class Oversize(Uncaptured):
    """A value over the rollback limit, on its way to the store.

    Args:
        payload: The bytes, until they are stored.
        digest: Fingerprint of the content if changes of it have listeners, otherwise of the bytes.
    """

    __slots__ = ("payload",)

    def __init__(self, payload: bytes, digest: bytes | None) -> None:
        super().__init__(len(payload), reason=None, digest=digest)
        self.payload: bytes | None = payload


class Capturer:
    """Captures values.

    Args:
        options: Limits.
        stored: Whether values that can be encoded go to a store.
    """

    def __init__(self, options: StateOptions, *, stored: bool) -> None:
        self._options = options
        self._stored = stored

    async def image(self, value: Any, cell: Cell) -> Captured | None:
        """Capture a value for rollback and comparison, in a thread if it is large.

        Args:
            value: The value.
            cell: The cell that is about to get the value.

        Returns:
            The capture; `None` for a value that cannot change in place.
        """
        if type(value) in VALUES or (is_atom(value) and (not self._stored or _can_be_written(value))):
            return None
        if not self._stored or (cell.bound and value is cell.value):
            return await self._copy(value, cell)
        try:
            image = await self._payload(value, cell)
        except EncodeError as error:
            cell.bound = True
            warn_bound(cell.spec, value, error)
            return None if is_atom(value) else await self._copy(value, cell)
        cell.bound = False
        return image

    async def _copy(self, value: Any, cell: Cell) -> Captured | None:
        options, old, watched = self._options, cell.image, cell.spec.watched
        if isinstance(old, Uncaptured) and not watched and value is cell.value:
            return old
        if old is None or old.size <= options.inline_limit:
            try:
                return snapshot(value, min(options.inline_limit, options.rollback_limit), watched=watched)
            except OversizeError:
                pass
            except Exception as error:  # user objects may raise anything; the value stays live
                return warn_unkept(cell.spec, value, Uncaptured(0, reason=f"{type(error).__name__}: {error}"))
        image = await asyncio.to_thread(
            image_of, value, watched=watched, limit=options.rollback_limit, digest=fingerprint, breathe=True
        )
        return warn_unkept(cell.spec, value, image) if isinstance(image, Uncaptured) else image

    async def _payload(self, value: Any, cell: Cell) -> Captured:
        options, old = self._options, cell.image
        if old is None or old.size <= options.inline_limit:
            try:
                return self._sealed(value, cell, min(options.inline_limit, options.rollback_limit))
            except OversizeError:
                pass
        image = await asyncio.to_thread(self._sealed_or_large, value, cell)
        if isinstance(image, Uncaptured):
            warn_unkept(cell.spec, value, image)
        return image

    def _sealed(self, value: Any, cell: Cell, limit: int | None, *, breathe: bool = False) -> Sealed:
        payload, shared = encode_counted(value, limit, breathe=breathe, count=cell.spec.watched)
        return Sealed(payload, definite=type(value) in {list, tuple, bytearray} and shared <= 1)

    def _sealed_or_large(self, value: Any, cell: Cell) -> Captured:
        sealed = self._sealed(value, cell, None, breathe=True)
        if sealed.size <= self._options.rollback_limit:
            return sealed
        return Oversize(sealed.data, digest_of(value, sealed.data, watched=cell.spec.watched))

    async def live(self, cell: Cell) -> Any:
        """Return the cell's own object, restored from its capture if the cell does not have it."""
        if cell.value is UNSET and isinstance(cell.image, Snapshot):
            image = cell.image
            value = await self.restored(image)
            if cell.image is image and cell.value is UNSET:
                cell.value = value
        return cell.value

    async def restored(self, image: Snapshot) -> Any:
        """Return a new object from a capture, in a thread if it is large."""
        if image.size <= self._options.inline_limit:
            return image.restore()
        return await asyncio.to_thread(image.restore)

    async def differs(self, old: Snapshot, value: Any, new: Snapshot) -> bool:
        """Return whether the content of a value, captured as `new`, differs from that of an older capture."""
        if old.size <= self._options.inline_limit:
            return _differs(old, value, new)
        return await asyncio.to_thread(_differs, old, value, new)


def digest_of(value: Any, payload: bytes, *, watched: bool) -> bytes | None:
    """Return the fingerprint of a large value that is stored."""
    return fingerprint(value) if watched else xxhash.xxh3_128_digest(payload)


def _differs(old: Snapshot, value: Any, new: Snapshot) -> bool:
    new.weight = weigh(value)
    if old.weight is not None and new.weight is not None and old.weight != new.weight:
        return True
    before = old.restore()
    return old.unequal(before, value) or not same(before, value)


def _can_be_written(atom: Any) -> bool:
    """Return whether an atom is data. Code is not, and stays in its process."""
    try:
        encode(atom)
    except EncodeError:
        return False
    return True


def payload_of(value: Any, image: Captured | None) -> bytes:
    """Return the bytes of a value for the store."""
    if isinstance(image, Sealed):
        return image.data
    if isinstance(image, Oversize) and image.payload is not None:
        return image.payload
    return encode(value)

"""Loading stored values: open, decode, migrate, and set aside what cannot be read (R6.3)."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.clock import Clock, SystemClock
from holdfast.state.codec import DecodeError, Envelope, ForeignError, Opened, decode, encode
from holdfast.state.errors import UnreadableError
from holdfast.state.values.atoms import is_atom
from holdfast.state.values.capture import Oversize, Sealed, digest_of
from holdfast.state.values.snapshot import Captured
from holdfast.state.warnings_once import warn_met
from holdfast.stores import Key, Record, StoreError, VersionConflictError, Write

if TYPE_CHECKING:
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.stores import Store

log = logging.getLogger("holdfast.state")

ASIDE = "aside"
"""Owner of cells that were set aside, in the same store."""

HISTORY = "#history"
"""Suffix of the name under which a cell's earlier versions are stored."""


class Adopted(NamedTuple):
    """A value that was loaded from the store."""

    value: Any
    image: Captured | None
    expires: float | None
    """End of its time to live, in seconds since the epoch."""


class Reader:
    """Turns records into values.

    Args:
        store: The store of the records, which also keeps those set aside.
        envelope: Opens the records.
        options: Limits.
        clock: The source of time.
    """

    def __init__(self, store: Store, envelope: Envelope, options: StateOptions, clock: Clock | None = None) -> None:
        self._store = store
        self._clock: Clock = clock or SystemClock()
        self._envelope = envelope
        self._options = options
        self._said: set[tuple[CellSpec, str]] = set()
        """States that cannot be read and the reason, as far as the log has mentioned them."""

    async def read(self, spec: CellSpec, key: Key, record: Record, *, held: bool) -> Adopted | None:
        """Return the value of a record.

        Args:
            spec: The State.
            key: The record's key.
            record: The record.
            held: Whether this process holds the cell's lane, and so may set the record aside.

        Returns:
            The value; `None` if the record is damaged or `migrate` refuses it. If the lane is held, the record is then
            set aside, and the log names the place.

        Raises:
            UnreadableError: Another process can read the record; it is left unchanged.
        """
        data = record.data or b""
        try:
            if len(data) <= self._options.inline_limit and spec.migrate is None:
                return self.decoded(spec, key, data)
            return await asyncio.to_thread(self.decoded, spec, key, data)
        except ForeignError as error:
            reason = str(error)
            if (spec, reason) not in self._said:
                self._said.add((spec, reason))
                log.error("The stored value of %s of %s is left unchanged: %s.", spec.label, key.owner, reason)  # noqa: TRY400 # the reason is the message
            raise UnreadableError(spec.label, reason) from error
        except DecodeError as error:
            if held:
                await self._set_aside(spec, key, record, str(error))
            return None

    def decoded(self, spec: CellSpec, key: Key, data: bytes) -> Adopted:
        """Return the value of stored bytes.

        Raises:
            DecodeError: The bytes cannot be read, or `migrate` failed.
        """
        opened = self._envelope.open(data, place(key))
        older = is_older(opened, spec)
        value = decode(opened.payload, lenient=older)
        payload = opened.payload
        if older:
            value, payload = migrated(spec, value, opened.schema)
        elif opened.schema < spec.version:
            warn_met(spec, opened.schema)
        if is_atom(value):
            return Adopted(value, None, opened.expires)
        if len(payload) <= self._options.rollback_limit:
            return Adopted(value, Sealed(payload), opened.expires)
        large = Oversize(payload, digest_of(value, payload, watched=spec.watched))
        large.payload = None
        return Adopted(value, large, opened.expires)

    async def _set_aside(self, spec: CellSpec, key: Key, record: Record, reason: str) -> None:
        place_aside = aside_key(key, record.version)
        writes = [Write(place_aside, record.version, record.data), Write(key, record.version, None, record.version)]
        try:
            earlier = history_key(key)
            (history,) = await self._store.read([earlier])
            if history is not None:
                # They belong to the value that is set aside, and the next commit would overwrite them.
                writes.append(Write(aside_key(earlier, record.version), history.version, history.data))
                writes.append(Write(earlier, history.version, None, history.version))
            await self._store.commit(writes)
            await self._store.touch(ASIDE, self._clock.time() + self._options.aside_for)
        except VersionConflictError:
            return  # another process has set it aside, or written a new one
        except StoreError as error:
            log.error("The stored value of %s of %s cannot be read: %s (%s)", spec.label, key.owner, reason, error)  # noqa: TRY400 # its traceback does not help
            return
        log.error(  # the reason is the message
            "The stored value of %s of %s cannot be read: %s. It was set aside as cell %r of owner %r in %s; "
            "the owner gets the initial value.",
            spec.label,
            key.owner,
            reason,
            place_aside.name,
            ASIDE,
            self._store.url,
        )

    async def set_history_aside(self, spec: CellSpec, key: Key, record: Record, reason: str) -> None:
        """Set aside unreadable earlier versions of a readable value, because the next commit would overwrite them."""
        place_aside = aside_key(key, record.version)
        writes = [Write(place_aside, record.version, record.data), Write(key, record.version, None, record.version)]
        where = f"They were set aside as cell {place_aside.name!r} of owner {ASIDE!r}."
        try:
            await self._store.commit(writes)
            await self._store.touch(ASIDE, self._clock.time() + self._options.aside_for)
        except VersionConflictError:
            where = "Another process has set them aside, or written new ones."
        except StoreError as error:
            where = f"They could not be set aside: {error}"
        log.warning("The earlier versions of %s of %s cannot be read: %s. %s", spec.label, key.owner, reason, where)


def is_older(opened: Opened, spec: CellSpec) -> bool:
    """Return whether `migrate` must convert stored bytes to the current version of the State.

    Raises:
        ForeignError: A newer program wrote the bytes.
    """
    if opened.schema > spec.version:
        raise ForeignError(
            f"it has version {opened.schema}, and this program knows version {spec.version} of the State; "
            "start the newer program again, or raise State(version=…)"
        )
    return opened.schema < spec.version and spec.migrate is not None


def history_key(key: Key) -> Key:
    """Return the key of a cell's earlier versions."""
    return Key(key.owner, key.name + HISTORY)


def place(key: Key) -> str:
    """Return the place to which a cell's signature binds it."""
    return f"{key.owner}\0{key.name}"


def aside_key(key: Key, version: int) -> Key:
    """Return the key under which a cell is set aside."""
    return Key(ASIDE, f"{key.owner}/{key.name}@{version}")


def migrated(spec: CellSpec, value: Any, version: int) -> tuple[Any, bytes]:
    """Return the value in the current shape, and its payload.

    Args:
        spec: The State, which has a `migrate`.
        value: The value that an older program has stored.
        version: The State's version in that program.

    Raises:
        DecodeError: `migrate` failed.
    """
    migrate: Any = spec.migrate
    try:
        new = migrate(value, version) if _takes_two(migrate) else migrate(value)
        return new, encode(new)
    except Exception as error:
        log.exception("migrate of %s failed for a value of version %s.", spec.label, version)
        raise DecodeError(f"migrate failed for version {version} ({type(error).__name__}: {error})") from error


def _takes_two(function: Any) -> bool:
    try:
        inspect.signature(function).bind(None, 1)
    except (TypeError, ValueError):
        return False
    return True

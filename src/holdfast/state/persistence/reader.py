"""Taking stored values over: opening, decoding, migrating, and setting aside what cannot be read (R6.3)."""

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
"""Owner of what was set aside, in the same store."""

HISTORY = "#history"
"""What the name of a cell's earlier versions ends with."""


class Adopted(NamedTuple):
    """A stored value, live."""

    value: Any
    image: Captured | None
    expires: float | None
    """When its time to live ends, in seconds since the epoch."""


class Reader:
    """Makes values of records.

    Args:
        store: Where they are from, and where they are set aside.
        envelope: Opens them.
        options: Limits.
        clock: Where time comes from.
    """

    def __init__(self, store: Store, envelope: Envelope, options: StateOptions, clock: Clock | None = None) -> None:
        self._store = store
        self._clock: Clock = clock or SystemClock()
        self._envelope = envelope
        self._options = options
        self._said: set[tuple[CellSpec, str]] = set()
        """Why States cannot be read, as far as the log has said it."""

    async def read(self, spec: CellSpec, key: Key, record: Record, *, held: bool) -> Adopted | None:
        """The value of a record.

        Args:
            spec: The State.
            key: Where it is.
            record: Its bytes.
            held: Whether this process holds the cell's lane, and so may set it aside.

        Returns:
            `None` when it is damaged, or `migrate` refuses it; with the lane it is set aside then, and the log says
            where.

        Raises:
            UnreadableError: Another process can read it; it is left as it is.
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
                log.error("The stored value of %s of %s is left as it is: %s.", spec.label, key.owner, reason)  # noqa: TRY400 # the reason is the message
            raise UnreadableError(spec.label, reason) from error
        except DecodeError as error:
            if held:
                await self._set_aside(spec, key, record, str(error))
            return None

    def decoded(self, spec: CellSpec, key: Key, data: bytes) -> Adopted:
        """The value of stored bytes.

        Raises:
            DecodeError: They cannot be read, or `migrate` failed.
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
                # They belong to what is set aside; whoever starts afresh would write its own over them.
                writes.append(Write(aside_key(earlier, record.version), history.version, history.data))
                writes.append(Write(earlier, history.version, None, history.version))
            await self._store.commit(writes)
            await self._store.touch(ASIDE, self._clock.time() + self._options.aside_for)
        except VersionConflictError:
            return  # another process has set it aside, or written a new one
        except StoreError as error:
            log.error("The stored value of %s of %s cannot be read: %s (%s)", spec.label, key.owner, reason, error)  # noqa: TRY400 # its own traceback says nothing
            return
        log.error(  # the reason is the message
            "The stored value of %s of %s cannot be read: %s. It was set aside as cell %r of owner %r in %s; "
            "the owner starts afresh.",
            spec.label,
            key.owner,
            reason,
            place_aside.name,
            ASIDE,
            self._store.url,
        )

    async def set_history_aside(self, spec: CellSpec, key: Key, record: Record, reason: str) -> None:
        """Set aside earlier versions that cannot be read, of a value that can; the next commit would overwrite them."""
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
    """Whether `migrate` must carry stored bytes to today's version of the State.

    Raises:
        ForeignError: A newer program wrote them.
    """
    if opened.schema > spec.version:
        raise ForeignError(
            f"it has version {opened.schema}, and this program knows version {spec.version} of the State; "
            "start the newer program again, or raise State(version=…)"
        )
    return opened.schema < spec.version and spec.migrate is not None


def history_key(key: Key) -> Key:
    """Where the earlier versions of a cell are kept."""
    return Key(key.owner, key.name + HISTORY)


def place(key: Key) -> str:
    """What a cell's signature binds it to."""
    return f"{key.owner}\0{key.name}"


def aside_key(key: Key, version: int) -> Key:
    """Where a cell is set aside."""
    return Key(ASIDE, f"{key.owner}/{key.name}@{version}")


def migrated(spec: CellSpec, value: Any, version: int) -> tuple[Any, bytes]:
    """The value as today's program has it, and its payload.

    Args:
        spec: The State, which has a `migrate`.
        value: What an older program has stored.
        version: The version of the State that it had then.

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

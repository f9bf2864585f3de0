"""An engine's cells in a durable store: lanes among processes, writes of others, commits, deletions."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from holdfast.state.codec import DecodeError, Envelope, Keyring
from holdfast.state.errors import StoreAwayError, ValueTooLargeError
from holdfast.state.model import UNSET, Cell
from holdfast.state.persistence.history import dump, load
from holdfast.state.persistence.identity import Identity
from holdfast.state.persistence.lifetime import StoredLifetime
from holdfast.state.persistence.outage import UNKNOWN, Outage
from holdfast.state.persistence.reader import ASIDE, Adopted, Reader, aside_key, history_key, place
from holdfast.state.values.capture import Oversize, payload_of
from holdfast.state.values.snapshot import Captured
from holdfast.stores import (
    Claim,
    FencedError,
    Key,
    Record,
    StoreDamagedError,
    StoreUnavailableError,
    VersionConflictError,
    Write,
)

if TYPE_CHECKING:
    from holdfast.clock import Clock
    from holdfast.state.history import History
    from holdfast.state.lifetime import Lifetime
    from holdfast.state.model import CellChange, CommitPlan, LaneHolder, OwnerCells
    from holdfast.state.persistence.protocol import ExpiryHandler, StoreHealth
    from holdfast.state.settings import StateOptions
    from holdfast.state.spec import CellSpec
    from holdfast.stores import Store

log = logging.getLogger("holdfast.state")

_NEW_SESSIONS = tuple(f"session:{digit * 32}" for digit in "0123456789abcdef")
"""Owner names for probing a damaged store: like those of new sessions, spread over the places where such names are
stored, and always the same, so that the health report does not depend on chance."""


class StoreBacked:
    """Keeps cells in a durable store, which other processes may use too.

    Args:
        store: The store, which is open.
        keys: Keys that sign what is written.
        clock: The source of time.
        options: Limits.
        lifetime: The owners in memory.
        expiries: Receives expiries that are found in the store.
        find_spec: Returns the State that has a scope and a cell name.
    """

    durable = True

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        clock: Clock,
        options: StateOptions,
        *,
        lifetime: Lifetime,
        expiries: ExpiryHandler,
        find_spec: Callable[[str, str], CellSpec | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._options = options
        self._lifetime = lifetime
        self._expiries = expiries
        self._envelope = Envelope(keys)
        self.identity = Identity(store, keys, options.app, options.program, self._envelope)
        self._reader = Reader(store, self._envelope, options, clock)
        self.outage = Outage(
            clock,
            store.url,
            probe=self._probe,
            save=self._save,
            set_aside=self._set_aside,
            takes_new=self._takes_new,
            on_back=self._catch_up,
        )
        self._kept = StoredLifetime(store, self.outage, self._reader, clock, options, lifetime, find_spec)

    async def open(self) -> None:
        """See `Persistence.open`."""
        await self.identity.check()
        await self.outage.look()
        self._kept.start()

    async def stop(self) -> None:
        """See `Persistence.stop`."""
        await self._kept.aclose()

    async def aclose(self) -> None:
        """See `Persistence.aclose`."""
        await self.outage.aclose()

    @property
    def health(self) -> StoreHealth:
        """See `Persistence.health`."""
        return self.outage.health

    @property
    def away(self) -> bool:
        """See `Persistence.away`."""
        return self.outage.now

    @property
    def outages(self) -> int:
        """See `Persistence.outages`."""
        return self.outage.count

    def _catch_up(self) -> None:
        self._kept.catch_up()

    # Reading

    async def claim(self, event: LaneHolder, cells: Sequence[Cell], *, wait: float | None = None) -> bool:
        """See `Persistence.claim`."""
        await self._kept.drops_of(cells)
        # An update that overtakes a parked event finds its claim.
        wanted = {key_of(cell): cell for cell in cells if cell.claim is None}
        if not wanted:
            return True
        claim = None
        try:
            if not self.outage.now:
                known = [cell.stored for cell in wanted.values()]
                async with self.outage.noticing_damage():
                    claim = await self._store.claim(list(wanted), known=known, wait=wait)
        except StoreUnavailableError as error:
            self.outage.began(error)
        if self.outage.now and claim is None:
            self._check_rights(cells)
            return True
        if claim is None:
            return False
        event.claims.append((claim, tuple(wanted.values())))
        for key, record in zip(claim.keys, claim.records, strict=True):
            wanted[key].claim = claim
            await self._take(wanted[key], record)
        return True

    async def release(self, event: LaneHolder) -> None:
        """See `Persistence.release`."""
        while event.claims:  # another may be inherited while one is given back
            claim, cells = event.claims.pop()
            heir = next((cell.holder for cell in cells if cell.holder not in {None, event}), None)
            if heir is not None:
                heir.claims.append((claim, cells))
                continue
            for cell in cells:
                cell.claim = None
            if self.outage.now:
                self._lifetime.spawn(self._give_back(claim))  # it may take long to fail
            else:
                await self._give_back(claim)

    async def _give_back(self, claim: Claim) -> None:
        try:
            await self._store.release(claim)
        except StoreUnavailableError as error:
            self.outage.began(error)

    async def refresh(self, cells: Sequence[Cell]) -> None:
        """See `Persistence.refresh`."""
        await self._kept.drops_of(cells)
        stored = [cell.stored for cell in cells]
        records: Sequence[Record | None] | None = None
        try:
            if not self.outage.now:
                async with self.outage.noticing_damage():
                    records = await self._store.read([key_of(cell) for cell in cells], stored)
        except StoreUnavailableError as error:
            self.outage.began(error)
        if records is None:
            self._check_known(cells)
            return
        for cell, before, record in zip(cells, stored, records, strict=True):
            if cell.stored == before:
                await self._take(cell, record)

    def _check_known(self, cells: Iterable[Cell]) -> None:
        """Check that the cells are in memory, so that this process can continue while the store is unreachable.

        Raises:
            StoreAwayError: A cell is not in memory; its initial value must not replace the stored one.
        """
        for cell in cells:
            if not (cell.created or cell.looked or cell.owner_cells.fresh):
                raise StoreAwayError(cell.spec.label, "its value is only in the store")

    def _check_rights(self, cells: Sequence[Cell]) -> None:
        """Check that only this process can write the cells while the store is unreachable (R11.5).

        Raises:
            StoreAwayError: Another process may write them, or the settings refuse writes in memory only.
        """
        self._check_known(cells)
        if self._options.outage == "refuse":
            raise StoreAwayError(cells[0].spec.label, "writes that cannot be stored are refused")
        if self._store.alone():
            return
        for cell in cells:
            if cell.spec.scope != "session":
                raise StoreAwayError(cell.spec.label, "other processes share the State")
            if not (cell.owner_cells.fresh or self._store.holds(key_of(cell))):
                raise StoreAwayError(cell.spec.label, "another process may have the session")

    async def noticing_loss(self) -> bool:
        """Return whether the store has lost its data; if so, arrange to write again what is in memory (R6.6)."""
        try:
            if not await self.identity.was_emptied():
                return False
        except StoreUnavailableError as error:
            self.outage.began(error)
            return True
        lost = [
            cell
            for owner_cells in self._lifetime
            for cell in owner_cells.cells
            if cell.created and cell.looked and not cell.bound
        ]
        for cell in lost:
            cell.stored = 0
            cell.unsaved = True
        self.outage.emptied(lost)
        return True

    async def _take(self, cell: Cell, record: Record | None) -> None:
        cell.looked = True
        if cell.unsaved or cell.bound or cell.sending:
            return  # the value in memory, or being written, is newer
        if record is None:
            if cell.stored and not await self.noticing_loss():
                cell.stored = 0
                self._lifetime.put(cell, UNSET, None)
            return
        if record.version == cell.stored or record.data is None:
            return
        serial = self._options.serializes(cell.spec)
        if serial and 0 < record.version < cell.stored and cell.created:
            # A version only decreases if the store was reset to an older state, such as a Redis that has lost its last
            # second. Without lanes it may: versions of writes in the same millisecond are in random order.
            cell.stored, cell.unsaved = record.version, True
            self.outage.hold(cell)
            return
        held = cell.claim is not None or not serial
        adopted = await self._reader.read(cell.spec, key_of(cell), record, held=held)
        if adopted is None and not held:
            self._expiries.overdue(cell)
        if adopted is not None and self._has_expired(cell, adopted):
            await self._end(cell, record.version, adopted.value)
        elif adopted is not None:
            self._adopt(cell, adopted, record.version)
            if cell.spec.history:
                cell.keep_history(await self._history(cell))
        elif cell.stored:
            cell.stored = 0
            self._lifetime.put(cell, UNSET, None)

    def _adopt(self, cell: Cell, adopted: Adopted, version: int) -> None:
        cell.checked_out_by = None
        self._lifetime.put(cell, adopted.value, adopted.image)
        cell.version = cell.stored = version
        if cell.spec.time_to_live is not None and adopted.expires is not None:
            cell.expires = self._clock.monotonic() + adopted.expires - self._clock.time()
            self._lifetime.watch(cell)

    def _has_expired(self, cell: Cell, adopted: Adopted) -> bool:
        """Return whether a value's time to live ended while no process held it."""
        return (
            cell.spec.time_to_live is not None and adopted.expires is not None and adopted.expires <= self._clock.time()
        )

    async def _end(self, cell: Cell, version: int, value: Any) -> None:
        """Remove an expired cell: no event gets its value, and one process deletes it from the store."""
        if cell.stored:
            cell.stored = 0
            self._lifetime.put(cell, UNSET, None)
        if cell.claim is None and self._options.serializes(cell.spec):
            self._expiries.overdue(cell)
            return
        cell.stored = version
        cell.version = max(cell.version, version)
        try:
            await self.delete(cell)
        except VersionConflictError:
            cell.stored = 0  # another process has removed it
        else:
            self._expiries.expired(cell, value)

    async def _history(self, cell: Cell) -> History | None:
        """Return the earlier versions in the store."""
        key, spec = history_key(key_of(cell)), cell.spec
        try:
            (record,) = await self._store.read([key])
        except StoreUnavailableError as error:
            self.outage.began(error)
            return None
        if record is None or record.data is None:
            return None
        held = cell.claim is not None
        try:
            opened = self._envelope.open(record.data, place(key))
            if len(record.data) <= self._options.inline_limit and spec.migrate is None:
                return load(opened, spec, self._options.history_limit)
            return await asyncio.to_thread(load, opened, spec, self._options.history_limit)
        except DecodeError as error:
            if held:
                await self._reader.set_history_aside(spec, key, record, str(error))
            else:
                cell.stored = UNKNOWN  # the next holder of the lane loads it again
            return None

    # Writing

    async def write(self, plan: CommitPlan) -> bool:
        """See `Persistence.write`."""
        parts = [
            part for part in plan.changes if part.dirty and not part.cell.bound and not part.cell.owner_cells.dropped
        ]
        if not parts:
            return True
        for part in parts:
            part.version = self._next_version(part.cell)
        writes = [await self._write(part) for part in parts]
        writes += [
            await self._write_history(part.cell, part.history, part.version)
            for part in parts
            if part.history is not None
        ]
        if any(part.cell.unsaved for part in parts) or self.outage.now or not await self._sent(parts, writes):
            self._keep(parts)
            return False
        for part in parts:
            part.cell.stored = part.version
            self._kept.stored(part.cell.owner_cells)
            if isinstance(part.image, Oversize):
                part.image.payload = None
        return True

    async def _sent(self, parts: Sequence[CellChange], writes: Sequence[Write]) -> bool:
        """Write to the store.

        Returns:
            Whether the commit is stored; `False` if the store is unreachable or has lost its data.
        """
        for part in parts:
            part.cell.sending = part.version
        try:
            async with self.outage.noticing_damage():
                await self._store.commit(writes, _claims(parts))
            if not all(part.cell.stored for part in parts):
                self.outage.took_new()
        except StoreUnavailableError as error:
            self.outage.began(error)
            for part, write in zip(parts, writes, strict=False):  # the writes of earlier versions come last
                self.outage.in_doubt(part.cell, write)
            return False
        except (FencedError, VersionConflictError):
            if not await self.noticing_loss():
                raise
            return False
        finally:
            for part in parts:
                if part.cell.sending == part.version:
                    part.cell.sending = 0
        return True

    def _next_version(self, cell: Cell) -> int:
        if not self._options.serializes(cell.spec):
            # Others may write at the same time, and no two writes may get the same version.
            return max(cell.version, cell.sending, self._instant()) + 1
        return cell.version + 1 if cell.stored or cell.unsaved else max(cell.version, self._instant()) + 1

    def _instant(self) -> int:
        """Return a version that no other process has used: a deleted cell must not return with an old version."""
        return int(self._clock.time() * 1000) << 12 | secrets.randbits(12)

    def _keep(self, parts: Sequence[CellChange]) -> None:
        """Keep a commit in memory only, until the store is back.

        Raises:
            StoreAwayError: This process must not continue without the store.
        """
        self._check_rights([part.cell for part in parts])
        for part in parts:
            part.cell.unsaved = True
            self.outage.hold(part.cell)

    async def _write(self, part: CellChange) -> Write:
        cell, spec = part.cell, part.cell.spec
        ttl = spec.time_to_live
        expires = None if ttl is None else self._clock.time() + ttl
        data = await self._sealed(cell, part.value, part.image, expires)
        if len(data) > self._options.value_limit:
            raise ValueTooLargeError(spec.label, len(data), self._options.value_limit)
        expected = cell.stored if self._options.serializes(spec) else None
        announce = part.changed and spec.scope != "session"
        return Write(key_of(cell), part.version, data, expected, announce, self._expiry_if_abandoned(cell, expected))

    def _expiry_if_abandoned(self, cell: Cell, expected: int | None) -> float | None:
        """Return the expiry that the owner gets in case this process never extends it; `None` to leave it unchanged."""
        if cell.owner_cells.owner.scope != "session" or expected:
            return None  # the owner has got an expiry together with its first cell
        return self._clock.time() + self._options.unheard_grace

    async def _write_history(self, cell: Cell, history: History, version: int) -> Write:
        key, spec = history_key(key_of(cell)), cell.spec
        payload = await asyncio.to_thread(dump, history)
        seal = partial(self._envelope.seal, payload, place(key), schema=spec.version, secret=spec.secret)
        data = await asyncio.to_thread(seal)
        return Write(key, version, data)

    async def _sealed(self, cell: Cell, value: Any, image: Captured | None, expires: float | None) -> bytes:
        payload = payload_of(value, image)
        if len(payload) <= self._options.inline_limit:
            return self._seal(cell, payload, expires)
        return await asyncio.to_thread(self._seal, cell, payload, expires)

    def _seal(self, cell: Cell, payload: bytes, expires: float | None) -> bytes:
        spec = cell.spec
        return self._envelope.seal(
            payload, place(key_of(cell)), schema=spec.version, expires=expires, secret=spec.secret
        )

    async def _save(self, cell: Cell) -> None:
        """Write a cell that an outage has held back."""
        if cell.bound:
            cell.unsaved = False  # the value can no longer be stored, so the store keeps its last one
            return
        version = cell.version
        data = await self._present(cell)
        announce = cell.spec.scope != "session"
        writes = [
            Write(key_of(cell), version, data, cell.stored, announce, self._expiry_if_abandoned(cell, cell.stored))
        ]
        if cell.history is not None:
            writes.append(await self._write_history(cell, cell.history, version))
        await self._save_again(cell, writes)
        cell.stored = version if data is not None else 0
        if cell.stored:
            self._kept.stored(cell.owner_cells)
        if cell.version == version:
            cell.unsaved = False

    async def _save_again(self, cell: Cell, writes: Sequence[Write]) -> None:
        write = writes[0]
        try:
            await self._store.commit(writes)
        except StoreUnavailableError:
            self.outage.in_doubt(cell, write)
            raise
        except VersionConflictError:
            (there,) = await self._store.read([write.key])
            found = 0 if there is None else there.version
            # After the store was emptied, every process writes its own version of a cell, and the newest one wins.
            older = self.outage.was_lost(cell) and found < write.version
            if self.outage.was_lost(cell) and found == write.version:
                return
            if found == write.expected or not (older or self.outage.was_ours(cell, there)):
                raise
            await self._save_again(cell, [write._replace(expected=found), *writes[1:]])

    async def _present(self, cell: Cell) -> bytes | None:
        """Return the bytes that the store should have of a cell; `None` if it should have none."""
        if not cell.created:
            return None
        left = None if cell.expires is None else cell.expires - self._clock.monotonic()
        return await self._sealed(cell, cell.value, cell.image, None if left is None else self._clock.time() + left)

    async def _set_aside(self, cell: Cell) -> str:
        aside = aside_key(key_of(cell), cell.version)
        await self._store.commit([Write(aside, cell.version, await self._present(cell))])
        await self._store.touch(ASIDE, self._clock.time() + self._options.aside_for)
        return f"cell {aside.name!r} of owner {aside.owner!r}"

    async def _probe(self) -> object:
        await self.identity.probe()
        return await self.noticing_loss()

    async def _takes_new(self) -> bool:
        """Return whether a store with a damaged part still keeps the cells of new sessions."""
        for owner in _NEW_SESSIONS:
            key = Key(owner, "probe")
            with suppress(StoreDamagedError):
                try:
                    await self._store.read([key])
                    # The two writes together leave nothing behind.
                    await self._store.commit([Write(key, 1, b"", 0), Write(key, 2, None)])
                except StoreUnavailableError as error:
                    self.outage.began(error)
                return True
        return False

    async def write_first(self, cell: Cell) -> None:
        """See `Persistence.write_first`."""
        if cell.bound or self.outage.now:
            return
        data = await self._sealed(cell, cell.value, cell.image, None)
        cell.version = max(cell.version, self._instant())
        try:
            await self._store.commit(
                [Write(key_of(cell), cell.version, data, 0, expires=self._expiry_if_abandoned(cell, 0))]
            )
        except StoreUnavailableError as error:
            self.outage.began(error)
            return
        cell.stored = cell.version
        self._kept.stored(cell.owner_cells)

    async def delete(self, cell: Cell) -> None:
        """See `Persistence.delete`."""
        if not cell.stored or cell.unsaved:
            return  # `_save` deletes a cell that is not written yet
        key, version = key_of(cell), cell.version + 1
        writes = [Write(key, version, None, cell.stored, cell.spec.scope != "session")]
        if cell.spec.history:
            writes.append(Write(history_key(key), version, None))
        gone = False
        try:
            if not self.outage.now:
                await self._store.commit(writes, [cell.claim] if cell.claim is not None else [])
                gone = True
        except StoreUnavailableError as error:
            self.outage.began(error)
            self.outage.in_doubt(cell, writes[0])
        if gone:
            cell.stored = 0
        else:
            cell.unsaved = True
            self.outage.hold(cell)

    # Owners

    def can_leave(self, owner_cells: OwnerCells) -> bool:
        """See `Persistence.can_leave`."""
        return not any(cell.unsaved or cell.bound for cell in owner_cells.cells)

    def opened(self, owner_cells: OwnerCells) -> None:
        """See `Persistence.opened`."""
        self._kept.opened(owner_cells)

    def closed(self, owner_cells: OwnerCells) -> None:
        """See `Persistence.closed`."""
        self._kept.closed(owner_cells)

    def drop(self, owner_cells: OwnerCells, cells: Sequence[Cell], *, only_due: bool) -> Sequence[Cell]:
        """See `Persistence.drop`."""
        self._kept.drop(owner_cells, cells, only_due=only_due)
        return ()


def _claims(parts: Iterable[CellChange]) -> list[Claim]:
    found = {part.cell.claim.fence: part.cell.claim for part in parts if part.cell.claim is not None}
    return list(found.values())


def key_of(cell: Cell) -> Key:
    """Return a cell's key in the store."""
    return Key(str(cell.owner_cells.owner), cell.spec.name)

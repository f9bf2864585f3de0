# ruff: noqa: S101 # tests consist of assertions
"""Tests of what every store must do: inherit from `StoreContract` and pass it your store.

class TestMyStore(StoreContract):
    @pytest.fixture
    def new_store(self, tmp_path):
        return lambda: MyStore(tmp_path / "state")
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from holdfast.stores import Change, Claim, FencedError, Gap, Key, Record, Store, VersionConflictError, Write

NewStore = Callable[[], Store]
A, B = Key("session:a", "cart"), Key("session:b", "cart")
A2 = Key("session:a", "name")


def put(key: Key, version: int, data: bytes = b"x", expected: int | None = None, *, announce: bool = False) -> Write:
    """Return a write of one cell."""
    return Write(key, version, data, expected, announce)


class StoreContract:
    """Tests of the contract of `holdfast.stores.Store`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Run stores on asyncio."""
        return "asyncio"

    @pytest.fixture
    def new_store(self) -> NewStore:
        """Return a function that creates stores of the same place within a test. Must be overridden."""
        raise NotImplementedError("Override the fixture new_store: it must return a function that creates your store.")

    @pytest.fixture
    async def open_store(self, new_store: NewStore) -> AsyncIterator[Callable[[], Awaitable[Store]]]:
        """Create and open stores of one place; close them at the end."""
        async with contextlib.AsyncExitStack() as stack:

            async def make() -> Store:
                store = new_store()
                await store.open()
                stack.push_async_callback(store.aclose)
                return store

            yield make

    @pytest.fixture
    async def store(self, open_store: Callable[[], Awaitable[Store]]) -> Store:
        """Return an open store."""
        return await open_store()

    @pytest.fixture
    async def other(self, open_store: Callable[[], Awaitable[Store]], store: Store) -> Store:  # noqa: ARG002 # opened first
        """Return another store of the same place, as another process would have it."""
        return await open_store()

    # Cells

    @pytest.mark.anyio
    async def test_missing_cells_read_as_none(self, store: Store) -> None:
        """Missing cells do not raise an error."""
        assert await store.read([A, B]) == [None, None]
        assert await store.read([]) == []

    @pytest.mark.anyio
    async def test_what_is_committed_is_read_back(self, store: Store) -> None:
        """Bytes are identical, for empty and large values and any name."""
        odd = Key("user:ä/ö\n", "naïve name: with spaces/and\tmore")
        large = bytes(range(256)) * 2_000
        await store.commit([put(A, 1, b""), put(B, 7, large), put(odd, 3, b"\0\xff")])
        assert await store.read([A, B, odd]) == [Record(1, b""), Record(7, large), Record(3, b"\0\xff")]

    @pytest.mark.anyio
    async def test_data_that_the_reader_knows_is_omitted(self, store: Store) -> None:
        """Only the version is returned in this case."""
        await store.commit([put(A, 2, b"a"), put(B, 5, b"b")])
        assert await store.read([A, B], [2, 4]) == [Record(2, None), Record(5, b"b")]
        assert await store.read([B, A], [5]) == [Record(5, None), Record(2, b"a")]

    @pytest.mark.anyio
    async def test_other_stores_of_the_place_see_a_commit_immediately(self, store: Store, other: Store) -> None:
        """R7: every process sees a commit."""
        for version in range(1, 20):
            await store.commit([put(A, version, str(version).encode())])
            assert await other.read([A]) == [Record(version, str(version).encode())]

    @pytest.mark.anyio
    async def test_a_commit_at_another_version_writes_nothing(self, store: Store, other: Store) -> None:
        """A commit writes everything or nothing."""
        await store.commit([put(A, 1, b"old")])
        with pytest.raises(VersionConflictError) as caught:
            await other.commit([put(B, 1, b"new", 0), put(A, 3, b"new", 2)])
        assert (caught.value.owner, caught.value.name, caught.value.expected, caught.value.found) == (*A, 2, 1)
        assert await store.read([A, B]) == [Record(1, b"old"), None]

    @pytest.mark.anyio
    async def test_expected_zero_means_that_the_cell_must_not_exist(self, store: Store) -> None:
        """The first writer wins."""
        await store.commit([put(A, 1, b"first", 0)])
        with pytest.raises(VersionConflictError):
            await store.commit([put(A, 1, b"second", 0)])
        assert await store.read([A]) == [Record(1, b"first")]

    @pytest.mark.anyio
    async def test_of_many_writers_at_one_version_one_wins(self, store: Store, other: Store) -> None:
        """A commit is a compare-and-set operation."""
        attempts = [s.commit([put(A, 1, str(i).encode(), 0)]) for i in range(20) for s in (store, other)]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert sum(isinstance(outcome, VersionConflictError) for outcome in outcomes) == 39

    @pytest.mark.anyio
    async def test_a_write_without_data_deletes(self, store: Store) -> None:
        """The cell can be created again."""
        await store.commit([put(A, 1), put(A2, 1)])
        await store.commit([Write(A, 2, None, 1)])
        assert await store.read([A, A2]) == [None, Record(1, b"x")]
        await store.commit([put(A, 1, b"again", 0)])
        assert await store.read([A]) == [Record(1, b"again")]

    @pytest.mark.anyio
    async def test_commits_outlive_the_store_object(self, new_store: NewStore, store: Store) -> None:
        """R6.1, if the store is durable."""
        if not store.durable:
            pytest.skip("this store is not durable")
        await store.commit([put(A, 4, b"kept")])
        await store.aclose()
        again = new_store()
        await again.open()
        assert await again.read([A]) == [Record(4, b"kept")]
        await again.aclose()

    @pytest.mark.anyio
    async def test_a_started_commit_completes_despite_cancellation(self, store: Store) -> None:
        """R2.5: it completes before the cancellation takes effect."""
        await store.commit([put(B, 1)])
        for version in range(1, 20):
            job = asyncio.create_task(store.commit([put(A, version, expected=version - 1)]))
            await asyncio.sleep(0)
            job.cancel()
            await asyncio.wait([job])
            assert await store.read([A]) == [Record(version, b"x")]

    @pytest.mark.anyio
    async def test_reads_are_from_one_moment(self, store: Store, other: Store) -> None:
        """Two cells that are always written together are never seen apart."""
        await store.commit([put(A, 1, b"0"), put(B, 1, b"0")])

        async def write() -> None:
            for number in range(1, 100):
                await store.commit([put(key, number + 1, str(number).encode()) for key in (A, B)])

        writing = asyncio.create_task(write())
        while not writing.done():
            left, right = await other.read([A, B])
            assert left == right
            await asyncio.sleep(0)
        await writing

    # Claims

    @pytest.mark.anyio
    async def test_a_claim_returns_the_current_cells(self, store: Store) -> None:
        """Records have the order of the claim's keys."""
        await store.commit([put(B, 2, b"b")])
        claim = await store.claim([B, A])
        assert claim is not None
        assert dict(zip(claim.keys, claim.records, strict=True)) == {A: None, B: Record(2, b"b")}
        await store.release(claim)
        again = await store.claim([A, B], known=[0, 2])
        assert again is not None
        assert again.records == (None, Record(2, None))
        await store.release(again)

    @pytest.mark.anyio
    async def test_one_holder_at_a_time_among_all(self, store: Store, other: Store) -> None:
        """R7.1: reading, processing and writing under a claim loses nothing."""
        inside = 0

        async def increment(place: Store) -> None:
            nonlocal inside
            claim = await place.claim([A])
            assert claim is not None
            inside += 1
            assert inside == 1
            (record,) = claim.records
            before = int(record.data or b"0") if record else 0
            await asyncio.sleep(0)
            version = record.version if record else 0
            await place.commit([put(A, version + 1, str(before + 1).encode(), version)], [claim])
            inside -= 1
            await place.release(claim)

        await asyncio.wait_for(asyncio.gather(*(increment(s) for _ in range(25) for s in (store, other))), 30)
        assert await store.read([A]) == [Record(50, b"50")]

    @pytest.mark.anyio
    async def test_claims_of_several_cells_do_not_deadlock(self, store: Store, other: Store) -> None:
        """The order of the keys does not matter."""

        async def hold(place: Store, *keys: Key) -> None:
            claim = await place.claim(keys)
            assert claim is not None
            await asyncio.sleep(0)
            await place.release(claim)

        orders = [(A, B), (B, A), (A2, A), (A, A2, B)]
        holds = [hold(place, *orders[i % 4]) for i in range(20) for place in (store, other)]
        await asyncio.wait_for(asyncio.gather(*holds), 30)

    @pytest.mark.anyio
    async def test_waiting_for_a_claim_can_time_out(self, store: Store, other: Store) -> None:
        """A claim that times out takes nothing."""
        held = await store.claim([A])
        assert held is not None
        assert await other.claim([B, A], wait=0.05) is None
        free = await other.claim([B], wait=5)
        assert free is not None
        await store.release(held)
        now = await other.claim([A], wait=5)
        assert now is not None
        await other.release(now)
        await other.release(free)

    @pytest.mark.anyio
    async def test_a_canceled_claim_takes_nothing(self, store: Store, other: Store) -> None:
        """R2.5"""
        held = await store.claim([A])
        assert held is not None
        waiting = asyncio.create_task(other.claim([B, A]))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        free = await store.claim([B], wait=5)
        assert free is not None
        await store.release(held)
        await store.release(free)

    @pytest.mark.anyio
    async def test_a_commit_under_a_released_claim_is_rejected(self, store: Store, other: Store) -> None:
        """Lock, then write under a fence: a slow holder never overwrites its successor."""
        slow = await store.claim([A])
        assert slow is not None
        await store.release(slow)
        fast = await other.claim([A])
        assert fast is not None
        await other.commit([put(A, 1, b"fast", 0)], [fast])
        with pytest.raises(FencedError, match="cart"):
            await store.commit([put(A, 1, b"slow")], [slow])
        await store.release(slow)
        assert await self._held(other, fast)
        assert await store.read([A]) == [Record(1, b"fast")]
        await other.release(fast)

    @staticmethod
    async def _held(store: Store, claim: Claim) -> bool:
        try:
            await store.commit([], [claim])
        except FencedError:
            return False
        return True

    @pytest.mark.anyio
    async def test_a_closing_store_releases_its_claims(self, new_store: NewStore, store: Store) -> None:
        """A process that ends holds nothing."""
        leaving = new_store()
        await leaving.open()
        held = await leaving.claim([A])
        assert held is not None
        await leaving.release(held)
        await leaving.aclose()
        claim = await store.claim([A], wait=5)
        assert claim is not None
        await store.release(claim)

    # Ends

    @pytest.mark.anyio
    async def test_expired_owners_are_dropped_and_returned_once(self, store: Store, other: Store) -> None:
        """R4.3: each value is returned to one caller only."""
        await store.commit([put(A, 1, b"a"), put(A2, 2, b"n"), put(B, 3, b"b")])
        await store.touch("session:a", 100.0)
        await store.touch("session:b", 200.0)
        assert await store.expire(99.0) == []
        both = await asyncio.gather(store.expire(100.0), other.expire(100.0))
        dropped = [cell for part in both for cell in part]
        assert sorted(dropped) == [(A, 1, b"a"), (A2, 2, b"n")]
        assert await store.read([A, A2, B]) == [None, None, Record(3, b"b")]
        assert [(cell.key, cell.data) for cell in await store.expire(1e12)] == [(B, b"b")]
        assert await store.expire(1e12) == []

    @pytest.mark.anyio
    async def test_an_owners_expiry_can_be_extended_or_removed(self, store: Store) -> None:
        """The last call counts."""
        await store.commit([put(A, 1), put(B, 1)])
        for owner in ("session:a", "session:b"):
            await store.touch(owner, 100.0)
        await store.touch("session:a", 300.0)
        await store.touch("session:b", None)
        assert await store.expire(299.0) == []
        assert [cell.key for cell in await store.expire(300.0)] == [A]
        assert await store.expire(1e12) == []

    @pytest.mark.anyio
    async def test_a_commit_sets_the_expiry_of_a_new_owner(self, store: Store, other: Store) -> None:
        """R6.1: a process that ends before it can `touch` leaves nothing behind; an existing expiry stays."""
        await store.commit([Write(A, 1, b"a", 0, expires=100.0), put(A2, 1, b"n"), Write(B, 1, b"b", 0, expires=100.0)])
        await other.commit([Write(A, 2, b"a", 1, expires=500.0)])
        await store.touch("session:b", 300.0)
        await other.commit([Write(B, 2, b"b", 1, expires=100.0)])
        assert {info.owner: info.expires async for info in other.owners()} == {"session:a": 100.0, "session:b": 300.0}
        assert await other.expire(99.0) == []
        assert sorted(cell.key for cell in await other.expire(100.0)) == [A, A2]
        await store.commit([Write(A, 3, b"again", 0, expires=200.0)])
        assert [cell.key for cell in await other.expire(200.0)] == [A]
        await store.commit([put(A, 4, b"for ever", 0)])
        assert [cell.key for cell in await other.expire(1e12)] == [B]

    @pytest.mark.anyio
    async def test_a_rejected_commit_sets_no_expiry(self, store: Store) -> None:
        """A commit writes everything or nothing."""
        await store.commit([put(A, 1), put(B, 1)])
        with pytest.raises(VersionConflictError):
            await store.commit([Write(A, 2, b"", 1, expires=100.0), Write(B, 9, b"", 5, expires=100.0)])
        assert await store.expire(1e12) == []

    @pytest.mark.anyio
    async def test_an_owner_without_cells_is_not_stored(self, store: Store) -> None:
        """R4.6: an owner named by a client leaves nothing behind."""
        await store.touch("session:nobody", 100.0)
        assert [info async for info in store.owners()] == []
        await store.commit([put(A, 1)])
        await store.touch("session:a", 100.0)
        await store.commit([Write(A, 2, None)])
        assert [info async for info in store.owners()] == []
        assert await store.expire(1e12) == []

    @pytest.mark.anyio
    async def test_expiring_many_owners_happens_in_parts(self, store: Store) -> None:
        """Nothing is blocked for a long time."""
        keys = [Key(f"session:{i}", "cart") for i in range(50)]
        await store.commit([put(key, 1) for key in keys])
        for key in keys:
            await store.touch(key.owner, 10.0)
        seen: list[Key] = []
        while part := await store.expire(10.0, limit=10):
            assert len(part) <= 20
            seen += [cell.key for cell in part]
        assert sorted(seen) == sorted(keys)

    @pytest.mark.anyio
    async def test_a_cancellation_while_owners_expire_loses_none(self, store: Store) -> None:
        """R4.3: dropped cells are returned, whenever the cancellation comes."""
        for turns in range(20):
            keys = [Key(f"session:{turns}-{i}", "cart") for i in range(3)]
            await store.commit([Write(key, 1, b"x", expires=10.0) for key in keys])
            seen: list[Key] = []
            looking = asyncio.create_task(self._expire_all(store, seen))
            for _ in range(turns):
                await asyncio.sleep(0)
            looking.cancel()
            await asyncio.wait([looking])
            await self._expire_all(store, seen)
            assert sorted(seen) == keys, turns

    async def _expire_all(self, store: Store, seen: list[Key]) -> None:
        while part := await store.expire(10.0):
            seen += [cell.key for cell in part]

    @pytest.mark.anyio
    async def test_dropping_an_owner_returns_its_cells_once(self, store: Store, other: Store) -> None:
        """R4.3"""
        await store.commit([put(A, 1, b"a"), put(A2, 2, b"n"), put(B, 3, b"b")])
        both = await asyncio.gather(store.drop("session:a"), other.drop("session:a"))
        assert sorted(cell for part in both for cell in part) == [(A, 1, b"a"), (A2, 2, b"n")]
        assert await store.read([B]) == [Record(3, b"b")]
        assert await store.drop("session:a") == []

    @pytest.mark.anyio
    async def test_an_owner_can_be_dropped_only_if_it_has_expired(self, store: Store) -> None:
        """R4.1: another process may have changed the expiry in the meantime."""
        await store.commit([put(A, 1, b"a"), put(B, 3, b"b")])
        await store.touch("session:a", 100.0)
        assert await store.drop("session:a", due=99.0) == []
        assert await store.drop("session:b", due=1e12) == []
        assert await store.drop("session:nobody", due=1e12) == []
        assert await store.read([A, B]) == [Record(1, b"a"), Record(3, b"b")]
        assert await store.drop("session:a", due=100.0) == [(A, 1, b"a")]
        assert await store.read([A]) == [None]

    # Looking inside

    @pytest.mark.anyio
    async def test_facts_are_written_once_and_outlive_the_store_object(
        self, new_store: NewStore, store: Store, other: Store
    ) -> None:
        """A fact of the place is what the first writer set, unless it is replaced; it is not a cell."""
        assert await store.fact("epoch") is None
        assert await store.fact("epoch", "one") == "one"
        assert await other.fact("epoch", "two") == "one"
        assert await other.fact("epoch", "three", replace=True) == "three"
        await store.aclose()
        again = new_store()
        await again.open()
        assert await again.fact("epoch") == "three"
        assert [info async for info in again.owners()] == []
        await again.aclose()

    @pytest.mark.anyio
    async def test_a_store_knows_whether_it_is_open_elsewhere(
        self, new_store: NewStore, open_store: Callable[[], Awaitable[Store]]
    ) -> None:
        """A store that is open only once can continue on its own while the place is unreachable."""
        first = new_store()
        await first.open()
        assert first.alone()
        assert first.holds(A)
        second = await open_store()
        assert not second.alone()
        await first.aclose()
        assert (await open_store()).alone() is False

    @pytest.mark.anyio
    async def test_owners_and_names_can_be_listed(self, store: Store) -> None:
        """The list has counts and sizes."""
        await store.commit([put(A, 1, b"12345"), put(A2, 1, b"123"), put(B, 1), put(Key("app:app", "n"), 1)])
        await store.touch("session:b", 100.0)
        found = {info.owner: (info.cells, info.size, info.expires) async for info in store.owners("session:")}
        assert found == {"session:a": (2, 8, None), "session:b": (1, 1, 100.0)}
        assert sorted(await store.names("session:a")) == ["cart", "name"]
        assert await store.names("session:nobody") == []
        assert len([info async for info in store.owners()]) == 3

    # Changes

    @pytest.mark.anyio
    async def test_announced_changes_reach_every_follower_in_order(self, store: Store, other: Store) -> None:
        """R7.2"""
        await store.commit([put(A, 1, announce=True)])
        feeds = [await store.changes(), await other.changes()]
        for version in (2, 3):
            await store.commit([put(A, version, announce=True), put(B, version)])
        await other.commit([put(A, 4, announce=True)])
        for feed in feeds:
            seen = [await asyncio.wait_for(anext(feed), 10) for _ in range(3)]
            assert seen == [Change(A, 2), Change(A, 3), Change(A, 4)]
            await feed.aclose()  # type: ignore[attr-defined]

    @pytest.mark.anyio
    async def test_a_rejected_commit_announces_nothing(self, store: Store) -> None:
        """R7.2"""
        feed = await store.changes()
        with pytest.raises(VersionConflictError):
            await store.commit([put(A, 9, b"", 5, announce=True)])
        await store.commit([put(B, 1, announce=True)])
        seen = await asyncio.wait_for(anext(feed), 10)
        assert seen in {Change(B, 1), Gap()}
        await feed.aclose()  # type: ignore[attr-defined]

"""A5, R6.7: bytes in a store are bound to the app that wrote them; apps that share a key cannot open each other's.

A5: siblings looked for: everything that is sealed with the app's key: cells, their earlier versions, values that were
set aside, exports, copies that `migrate` makes. Found: all of them.
"""

from __future__ import annotations

import hashlib
import logging
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.state.conftest import cells_of, durable_only
from tests.state.steps import read, run

from holdfast.state import Owners, StateEngine, StateOptions
from holdfast.state.codec import DecodeError, Envelope, ForeignError, Keyring, encode, read_head
from holdfast.state.errors import UnreadableError
from holdfast.state.persistence.backing import StoreBacked
from holdfast.stores import Key, Store, Write
from holdfast.stores.sqlite.store import SqliteStore

MakeEngine = Callable[..., Awaitable[StateEngine]]
KEYS = Keyring(["a key for the tests"])
CELL = Key("app:app", "cart")
PLACE = "app:app\0cart"
WHY = "it belongs to another app that has the same key"


def sealed_by_0_1_0(payload: bytes, place: str, *, secret: bool = False) -> bytes:
    """What release 0.1.0 stored: no app in the head."""
    key = KEYS.current
    head = struct.pack(">2sBB4sIId", b"HF", 1, 2 if secret else 0, key, 1, len(payload), 0.0)
    if secret:
        nonce = bytes(12)
        payload = nonce + AESGCM(KEYS.sealing(key) or b"").encrypt(nonce, payload, head + place.encode())
    where = place.encode()
    mac = hashlib.blake2b(digest_size=16, key=KEYS.signing(key) or b"")
    mac.update(len(where).to_bytes(4, "big") + where + head + payload)
    return head + mac.digest() + payload


def envelope_of(*names: str) -> Envelope:
    """An envelope of an app with the key that all apps here have."""
    envelope = Envelope(KEYS)
    envelope.bind(*names)
    return envelope


async def started(store: Store, app: str | None = None, program: str | None = None) -> StateEngine:
    """A running engine."""
    engine = StateEngine(store, options=StateOptions(keys=KEYS, app=app, program=program))
    await engine.start()
    return engine


@pytest.mark.parametrize("secret", [False, True])
def test_an_app_opens_its_own_bytes_alone(secret: bool) -> None:
    """A5: also those that are encrypted; what the app was called before opens too."""
    data = envelope_of("app:shop").seal(b"payload", PLACE, secret=secret)
    assert envelope_of("app:shop").open(data, PLACE).payload == b"payload"
    assert envelope_of("app:new", "app:shop").open(data, PLACE).payload == b"payload"
    with pytest.raises(ForeignError, match=WHY):
        envelope_of("app:blog").open(data, PLACE)


@pytest.mark.parametrize("secret", [False, True])
def test_the_name_in_the_head_cannot_be_replaced(secret: bool) -> None:
    """A5: the signature covers it, and a damaged one is damage, not another app's."""
    mine, theirs = (envelope_of(f"app:{name}").seal(b"payload", PLACE, secret=secret) for name in ("shop", "blog"))
    forged = theirs[:28] + mine[28:44] + theirs[44:]
    with pytest.raises(DecodeError, match="its signature is not valid") as found:
        envelope_of("app:shop").open(forged, PLACE)
    assert not isinstance(found.value, ForeignError)
    cut = b"HF\x01" + theirs[3:28] + theirs[44:]  # as if it had no app at all
    with pytest.raises(DecodeError, match="its signature is not valid"):
        envelope_of("app:shop").open(cut, PLACE)


@pytest.mark.parametrize("secret", [False, True])
def test_what_0_1_0_stored_is_still_read(secret: bool) -> None:
    """R6.3: by every app, for it says nothing of one."""
    data = sealed_by_0_1_0(b"payload", PLACE, secret=secret)
    assert envelope_of("app:shop").open(data, PLACE) == (b"payload", 1, None)


@pytest.mark.anyio
@durable_only
async def test_old_bytes_are_written_in_the_new_format_at_the_next_commit(
    make_engine: MakeEngine, visitor: Owners
) -> None:
    """A5: and not before; a program that reads changes nothing."""
    old = sealed_by_0_1_0(encode("precious"), PLACE)
    engine = await make_engine(app="shop")
    await engine.store.commit([Write(CELL, 7, old, 0)])
    cart = cells_of(engine)(None, key="cart", scope="app")
    assert await read(engine, visitor, cart) == "precious"
    (record,) = await engine.store.read([CELL])
    assert record is not None
    assert record.data == old
    await run(engine, visitor, cart, lambda value: f"{value} more")
    (record,) = await engine.store.read([CELL])
    head = read_head((record and record.data) or b"")
    assert head is not None
    assert (head.format, len(head.app)) == (2, 16)
    again = await make_engine(app="shop")
    again.bind([cart])
    assert await read(again, visitor, cart) == "precious more"


@pytest.mark.anyio
@durable_only
async def test_bytes_of_another_app_in_the_same_store_fail_the_event_and_stay(
    make_engine: MakeEngine, visitor: Owners, caplog: pytest.LogCaptureFixture
) -> None:
    """A5, R6.7: also of an event that writes; the log says why once."""
    shop = await make_engine(app="shop")
    cart = cells_of(shop)(None, key="cart", scope="app", history=3)
    for value in ("apple", "precious"):
        await run(shop, visitor, cart, lambda _, value=value: value)
    before = await shop.store.read([CELL, Key("app:app", "cart#history")])
    await shop.aclose()
    store = shop.store
    await store.open()
    await store.fact("app", "blog", replace=True)  # by hand; an app of another name does not start
    await store.aclose()
    blog = await make_engine(app="blog")
    blog.bind([cart])
    for _ in range(2):
        with pytest.raises(UnreadableError) as failed:
            await read(blog, visitor, cart)
        assert failed.value.reason.startswith(WHY)
        with pytest.raises(UnreadableError):
            await run(blog, visitor, cart, lambda _: "new")
    await blog.settled()
    assert await blog.store.read([CELL, Key("app:app", "cart#history")]) == before
    assert await blog.store.names("aside") == []
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert f"is left unchanged: {WHY}" in said
    await blog.store.fact("app", "shop", replace=True)
    again = await make_engine(app="shop")
    again.bind([cart])
    assert await read(again, visitor, cart) == "precious"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("names", "programs"),
    [(("shop", "blog"), (None, None)), ((None, None), ("shop-1", "blog-2")), (("shop", None), (None, "shop"))],
    ids=["named", "unnamed", "an app and a program of one name"],
)
async def test_values_copied_by_hand_are_not_read(
    names: tuple[str | None, str | None], programs: tuple[str | None, str | None], visitor: Owners, tmp_path: Path
) -> None:
    """A5: between the stores of two apps with one key, also of apps that nobody gave a name."""
    mine = await started(SqliteStore(tmp_path / "mine.db"), names[0], programs[0])
    theirs = await started(SqliteStore(tmp_path / "theirs.db"), names[1], programs[1])
    cart = cells_of(mine)(None, key="cart", scope="app")
    theirs.bind([cart])
    await run(mine, visitor, cart, lambda _: "mine")
    (record,) = await mine.store.read([CELL])
    assert record is not None
    await theirs.store.commit([Write(CELL, record.version, record.data, 0)])
    with pytest.raises(UnreadableError) as failed:
        await read(theirs, visitor, cart)
    assert failed.value.reason.startswith(WHY)
    assert await theirs.store.read([CELL]) == [record]
    for engine in (mine, theirs):
        await engine.aclose()


@pytest.mark.anyio
@durable_only
async def test_an_app_that_is_moved_or_gets_a_name_keeps_its_values(make_engine: MakeEngine, visitor: Owners) -> None:
    """A5, R6.3: the store remembers which program made it; a name that is given later counts from then on."""
    first = await make_engine(program="app-1234")
    cart = cells_of(first)(None, key="cart", scope="app")
    await run(first, visitor, cart, lambda _: ["tea"])
    for options in ({"program": "moved-5678"}, {"app": "shop", "program": "moved-5678"}, {"program": "app-9"}):
        engine = await make_engine(**options)
        engine.bind([cart])
        await run(engine, visitor, cart, lambda value: [*value, "milk"])
        await engine.aclose()
    last = await make_engine(app="shop")
    last.bind([cart])
    assert await read(last, visitor, cart) == ["tea", "milk", "milk", "milk"]


@pytest.mark.anyio
async def test_a_store_that_was_emptied_gets_the_same_name_again(visitor: Owners, tmp_path: Path) -> None:
    """A5, R6.6: what is in memory is sealed for it."""
    engine = await started(SqliteStore(tmp_path / "state.db"))
    cart = cells_of(engine)(None, key="cart", scope="app")
    await run(engine, visitor, cart, lambda _: "kept")
    (record,) = await engine.store.read([CELL])
    program = await engine.store.fact("program")
    assert isinstance(engine.persistence, StoreBacked)
    assert program
    store = engine.store
    assert isinstance(store, SqliteStore)
    await store._opened()[0].do(lambda connection: connection.execute("delete from facts"))
    assert await engine.persistence.identity.was_emptied()
    assert await engine.store.fact("program") == program
    assert record is not None
    assert engine.persistence._envelope.open(record.data or b"", PLACE).payload == encode("kept")
    await engine.aclose()

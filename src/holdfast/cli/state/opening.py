"""The store that a command works on, and the key that opens what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast import stores
from holdfast.errors import StateError
from holdfast.settings import Settings
from holdfast.state.codec import Envelope, Keyring, has_key
from holdfast.state.engine import key_file
from holdfast.stores import Store, StoreUrlError


class Place:
    """An open store.

    Args:
        store: The store.
        keys: What signs and encrypts in it, where that is known.
    """

    def __init__(self, store: Store, keys: Keyring | None) -> None:
        self.store = store
        self.keys = keys
        self.envelope = None if keys is None else Envelope(keys)

    def opener(self) -> Envelope:
        """What opens cells.

        Raises:
            StateError: The key is not there.
        """
        if self.envelope is None:
            raise StateError(
                f"The key that signs the State in {self.store.url} is not at {key_file(self.store)}. "
                "Set HOLDFAST_SECRET_KEY to the one that the app uses."
            )
        return self.envelope


def url_of(given: str | None, settings: Settings) -> str:
    """The URL of the store: given, from the environment, or where an app keeps State by itself."""
    if given or settings.state_store:
        return given or settings.state_store or ""
    from holdfast.server.default_store import OLD_STORE, known_stores

    known = known_stores()
    if len(known) > 1:
        raise StoreUrlError(f"Several programs keep State here. Name one: --store {' or '.join(known)}.")
    return known[0] if known else f"sqlite:///{OLD_STORE.as_posix()}"


@asynccontextmanager
async def opened(url: str, settings: Settings, *, make: bool = False) -> AsyncIterator[Place]:
    """Open a store for the time of a command.

    Args:
        url: Its URL.
        settings: Where the key may be.
        make: One that is not there is made.

    Raises:
        StoreError: It cannot be opened.
    """
    store = stores.open(url)
    if not store.durable:
        raise StoreUrlError(f"{url} is in the memory of the app alone, so there is nothing to work on. {_NAME_ONE}")
    if not make:
        _check_is_there(store)
    keys = _keys(store, settings, make=make)
    await store.open()
    try:
        yield Place(store, keys)
    finally:
        await store.aclose()


_NAME_ONE = "Name the one that the app uses: --store sqlite:///path or redis://…, or HOLDFAST_STATE_STORE."


def _check_is_there(store: Store) -> None:
    path: Path | None = getattr(store, "path", None)
    if path is not None and not path.exists():
        raise StoreUrlError(f"There is no store at {path}. {_NAME_ONE}")


def _keys(store: Store, settings: Settings, *, make: bool) -> Keyring | None:
    if settings.secret_key:
        return Keyring.parse(settings.secret_key)
    file = key_file(store)
    return Keyring.kept_in(file) if make or has_key(file) else None

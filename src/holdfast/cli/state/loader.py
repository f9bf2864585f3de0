"""The store of a command, and the key for its contents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from holdfast import stores
from holdfast.errors import StateError
from holdfast.ids import random_id
from holdfast.settings import Settings
from holdfast.state.codec import Envelope, Keyring, has_key
from holdfast.state.engine import key_file
from holdfast.state.persistence.identity import APP, PROGRAM, bind
from holdfast.stores import Store, StoreUrlError


class Names(NamedTuple):
    """The names that the cells of a store are bound to."""

    app: str | None = None
    program: str | None = None


def opener_of(keys: Keyring, names: Names) -> Envelope:
    """Return an envelope that opens and seals cells bound to an app."""
    envelope = Envelope(keys)
    bind(envelope, *names)
    return envelope


class OpenStore:
    """An open store.

    Args:
        store: The store.
        keys: Keys that sign and encrypt its cells, if known.
        names: Names that its cells are bound to.
    """

    def __init__(self, store: Store, keys: Keyring | None, names: Names) -> None:
        self.store = store
        self.keys = keys
        self.names = names
        self.envelope = None if keys is None else opener_of(keys, names)

    async def settle_names(self, source: Names, *, dry_run: bool) -> None:
        """Bind an unused store to the app whose cells will be written.

        Args:
            source: Names that the cells to write are bound to.
            dry_run: Do not write anything to the store.
        """
        if self.names != Names() or self.keys is None:
            return
        self.names = source if source != Names() else Names(program=random_id())
        self.envelope = opener_of(self.keys, self.names)
        if not dry_run:
            for fact, name in ((APP, self.names.app), (PROGRAM, self.names.program)):
                if name is not None:
                    await self.store.fact(fact, name)

    def check_names(self, source: Names, *, force: bool) -> None:
        """Check that cells are not written to the store of another app by mistake.

        Raises:
            StateError: The cells belong to an app with another name.
        """
        if self.names.app and source.app and source.app != self.names.app and not force:
            raise StateError(
                f"The cells belong to the app {source.app!r}, but {self.store.url} belongs to {self.names.app!r}. "
                "Nothing was written. Choose the store of the same app, or use --force to write them to this one."
            )

    def opener(self) -> Envelope:
        """Return the envelope that opens cells.

        Raises:
            StateError: The key is missing.
        """
        if self.envelope is None:
            raise StateError(
                f"The key that signs the State in {self.store.url} is not at {key_file(self.store)}. "
                "Set HOLDFAST_SECRET_KEY to the app's key."
            )
        return self.envelope


def url_of(given: str | None, settings: Settings) -> str:
    """Return the URL of the store: as given, from the environment, or the default store."""
    if given or settings.state_store:
        return given or settings.state_store or ""
    from holdfast.server.default_store import OLD_STORE, known_stores

    known = known_stores()
    if len(known) > 1:
        raise StoreUrlError(f"Several programs keep State here. Choose one with --store {' or '.join(known)}.")
    return known[0] if known else f"sqlite:///{OLD_STORE.as_posix()}"


@asynccontextmanager
async def opened(url: str, settings: Settings, *, make: bool = False) -> AsyncIterator[OpenStore]:
    """Open a store for the duration of a command.

    Args:
        url: URL of the store.
        settings: Settings that can contain the key.
        make: Create the store if it does not exist.

    Raises:
        StoreError: The store cannot be opened.
    """
    store = stores.open(url)
    if not store.durable:
        raise StoreUrlError(f"{url} only exists in the memory of the app, so it cannot be opened here. {_NAME_ONE}")
    if not make:
        _check_is_there(store)
    keys = _keys(store, settings, make=make)
    await store.open()
    try:
        yield OpenStore(store, keys, Names(await store.fact(APP), await store.fact(PROGRAM)))
    finally:
        await store.aclose()


_NAME_ONE = "Specify the app's store with --store sqlite:///path or redis://…, or HOLDFAST_STATE_STORE."


def _check_is_there(store: Store) -> None:
    path: Path | None = getattr(store, "path", None)
    if path is not None and not path.exists():
        raise StoreUrlError(f"There is no store at {path}. {_NAME_ONE}")


def _keys(store: Store, settings: Settings, *, make: bool) -> Keyring | None:
    if settings.secret_key:
        return Keyring.parse(settings.secret_key)
    file = key_file(store)
    return Keyring.kept_in(file) if make or has_key(file) else None

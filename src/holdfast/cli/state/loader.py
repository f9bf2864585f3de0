"""The store that a command works on, and the key that opens what is in it."""

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
    """What the cells of a store are bound to, as the store has it."""

    app: str | None = None
    program: str | None = None


def opener_of(keys: Keyring, names: Names) -> Envelope:
    """What opens cells that are bound to an app, and seals others for it."""
    envelope = Envelope(keys)
    bind(envelope, *names)
    return envelope


class Place:
    """An open store.

    Args:
        store: The store.
        keys: What signs and encrypts in it, where that is known.
        names: What its cells are bound to.
    """

    def __init__(self, store: Store, keys: Keyring | None, names: Names) -> None:
        self.store = store
        self.keys = keys
        self.names = names
        self.envelope = None if keys is None else opener_of(keys, names)

    async def settle_names(self, source: Names, *, dry_run: bool) -> None:
        """See that cells can be bound to an app: a store that was never used becomes that of the app that they are of.

        Args:
            source: What the cells were bound to that are to be written.
            dry_run: Nothing is written to the store.
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
        """See that cells are not given to another app by mistake.

        Raises:
            StateError: They are of an app of another name.
        """
        if self.names.app and source.app and source.app != self.names.app and not force:
            raise StateError(
                f"The cells are of the app {source.app!r}, and {self.store.url} is of {self.names.app!r}. Nothing was "
                "written. Choose the store of the same app, or give them to this one with --force."
            )

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
        yield Place(store, keys, Names(await store.fact(APP), await store.fact(PROGRAM)))
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

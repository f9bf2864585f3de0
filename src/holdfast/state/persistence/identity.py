"""The identity of a store: the key that signs its values, its app, and whether it has been emptied (R6.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.errors import StateError
from holdfast.ids import random_id

if TYPE_CHECKING:
    from holdfast.state.codec import Envelope, Keyring
    from holdfast.stores import Store

KEY, APP, PROGRAM, EPOCH, PROBE = "key", "app", "program", "epoch", "probe"
"""Names of a store's facts."""


def bind(envelope: Envelope, app: str | None, program: str | None) -> None:
    """Bind the cells of a store to its app.

    Args:
        envelope: Seals and opens the cells.
        app: Name of the app, if it has one.
        program: Program that created the store before the app had a name; its cells can be opened too.
    """
    # The prefixes distinguish an app from a program of the same name.
    named = [f"app:{app}"] if app is not None else []
    made = [f"program:{program}"] if program is not None else []
    if named or made:
        envelope.bind(*named, *made)


class Identity:
    """The facts of one store.

    Args:
        store: The store.
        keys: Keys that sign what is written.
        app: Name of the app; `None` to accept the name in the store.
        program: Name to which a new store binds the cells of an app without a name.
        envelope: Seals and opens the cells.
    """

    def __init__(self, store: Store, keys: Keyring, app: str | None, program: str | None, envelope: Envelope) -> None:
        self._store = store
        self._keys = keys
        self._app = app
        self._program = program
        self._envelope = envelope
        self._epoch = ""

    async def check(self) -> None:
        """Check that the store belongs to this app, or assign a new store to it.

        Raises:
            StateError: The values are signed with another key, or the store belongs to another app.
        """
        await self._check_app()
        await self._check_key()
        await self._bind()
        self._epoch = await self._store.fact(EPOCH, random_id()) or ""

    async def _check_key(self) -> None:
        current = self._keys.current.hex()
        known = await self._store.fact(KEY, current) or current
        if known == current:
            return
        if self._keys.find(bytes.fromhex(known)) is None:
            raise StateError(
                f"The State in {self._store.url} is signed with the key {known}, but this process has the key "
                f"{current}. Set HOLDFAST_SECRET_KEY to the secret that the app had (or to new,old to replace it), or "
                "choose another store."
            )
        await self._store.fact(KEY, current, replace=True)

    async def _bind(self) -> None:
        # An emptied store gets the same name again, because the cells in memory are sealed for it.
        self._app = self._app or await self._store.fact(APP)
        made = None if self._app is not None else self._program or random_id()
        self._program = await self._store.fact(PROGRAM, made)
        bind(self._envelope, self._app, self._program)

    async def _check_app(self) -> None:
        if self._app is None:
            return
        known = await self._store.fact(APP, self._app)
        if known != self._app:
            raise StateError(
                f"The State in {self._store.url} belongs to the app {known!r}, but this app is {self._app!r}. Choose "
                "another store, or another prefix in it."
            )

    async def was_emptied(self) -> bool:
        """Return whether the store has lost all its data since the last check.

        Raises:
            StoreUnavailableError: The store cannot be read.
        """
        epoch = await self._store.fact(EPOCH)
        if epoch == self._epoch and epoch is not None:
            return False
        await self.check()
        return True

    async def probe(self) -> None:
        """Check that the store can be read and written.

        Raises:
            StoreUnavailableError: The store cannot be written.
        """
        await self._store.fact(PROBE, random_id(), replace=True)

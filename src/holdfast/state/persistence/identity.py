"""What a store knows of itself: which key signs in it, which app it is of, and whether it has been emptied (R6.7)."""

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
        envelope: Seals and opens them.
        app: The app's name, where it has one.
        program: The program that made the store before the app had a name; its cells open too.
    """
    # The words before the names keep an app from being taken for a program that is called like it.
    named = [f"app:{app}"] if app is not None else []
    made = [f"program:{program}"] if program is not None else []
    if named or made:
        envelope.bind(*named, *made)


class Identity:
    """The facts of one store.

    Args:
        store: The store.
        keys: Sign what is written.
        app: The app's name; `None` takes whatever the store has.
        program: What the cells of an app without a name are bound to, in a store that is new.
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
        """See that the store is this app's, or make it so where it is new.

        Raises:
            StateError: Its values are signed with another key, or it is another app's.
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
                f"The State in {self._store.url} is signed with the key {known}, and this process has the key "
                f"{current}: set HOLDFAST_SECRET_KEY to the secret that the app had (or to new,old to replace it), or "
                "choose another store."
            )
        await self._store.fact(KEY, current, replace=True)

    async def _bind(self) -> None:
        # A store that was emptied gets the name again that the cells in memory are sealed for.
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
                f"The State in {self._store.url} is of the app {known!r}, and this is {self._app!r}: choose another "
                "store, or another prefix in it."
            )

    async def was_emptied(self) -> bool:
        """Whether everything that the store had is gone since it was last asked.

        Raises:
            StoreUnavailableError: It cannot be asked.
        """
        epoch = await self._store.fact(EPOCH)
        if epoch == self._epoch and epoch is not None:
            return False
        await self.check()
        return True

    async def probe(self) -> None:
        """See that the store can be read and written.

        Raises:
            StoreUnavailableError: It cannot.
        """
        await self._store.fact(PROBE, random_id(), replace=True)

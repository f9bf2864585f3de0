"""Login settings from the options, the environment, and the store."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from holdfast.errors import BuildError, StateError
from holdfast.files import private
from holdfast.ids import random_token
from holdfast.server.login.revocations import FileShelf, Shelf, StoreShelf
from holdfast.server.login.users import AuthRule, parse_users
from holdfast.settings import Settings
from holdfast.state.codec import Keyring
from holdfast.stores import Store

KEY_FILE = Path(private.HOME) / "logins.key"
"""File with the key that signs logins, if the store is not durable."""

logger = logging.getLogger("holdfast.login")


def rule_of(options: Mapping[str, Any], settings: Settings) -> AuthRule | None:
    """Return the accepted logins from the options, or from the environment.

    Args:
        options: Options of `launch` or `mount_gradio_app`.
        settings: Settings from the environment.

    Raises:
        BuildError: The environment sets users in two places, or in a format that is not valid.
    """
    given: AuthRule | None = options.get("auth")
    if given is not None or options.get("auth_dependency") is not None:
        return given
    if settings.auth and settings.auth_file:
        raise BuildError("HOLDFAST_AUTH and HOLDFAST_AUTH_FILE are both set. Set only one of them.")
    if settings.auth_file:
        return Path(settings.auth_file)
    return parse_users(settings.auth, "HOLDFAST_AUTH") if settings.auth else None


def kept_keys(prepare: Callable[[], object]) -> Keyring:
    """Return the stored keys that sign logins if the store is not durable, so that logins survive a restart.

    Args:
        prepare: Function that creates the folder.
    """
    try:
        prepare()
        return Keyring.kept_in(KEY_FILE)
    except (OSError, StateError, BuildError) as error:
        logger.warning("Logins will end with this process. %s Set HOLDFAST_SECRET_KEY to keep them.", error)
        return Keyring([random_token()])


def shelf_of(store: Store, app: str) -> Shelf:
    """Return the shelf for ended logins: in the store, or in a file if the store is not durable.

    Args:
        store: The app's store.
        app: Name that distinguishes the app from others in the same place.
    """
    name = hashlib.sha256(app.encode()).hexdigest()[:16]
    if store.durable:
        return StoreShelf(store, name)
    return FileShelf((KEY_FILE.parent / f"logins-{name}").absolute())

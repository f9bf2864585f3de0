"""How one app is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from holdfast.files.rules import FileRules
from holdfast.ids import random_token
from holdfast.limits import Limits
from holdfast.server.access import Access
from holdfast.server.login.revocations import Shelf
from holdfast.server.login.routes import Dependency
from holdfast.server.login.users import AuthRule
from holdfast.state.codec import Keyring

PAGE_FOLDER = Path(__file__).parent.parent / "page"
"""Where the built page is."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The server's part of what `launch` is told.

    Attributes:
        rules: Which files may be served.
        root_path: Where a proxy shows the app.
        auth: Who may log in.
        auth_message: Shown on the login page.
        auth_dependency: A function of the request that gives the user's name.
        show_error: Whether visitors read the text of every exception.
        favicon_path: The site's icon.
        access: Who may use the app from where.
        header: Whether pages begin with a header; `None` shows one where it has a purpose.
        logo: Path or address of the image that replaces Holdfast's mark.
        cors: Whether answers name allowed origins at all; a parent app may do it.
        heartbeat: Seconds between signs of life on a quiet stream.
        api_open: Whether queued endpoints also take direct calls (`/run`).
        monitoring: Whether anybody may read the metrics.
        access_log: Whether every request is logged.
        limits: How much is kept and done for what clients name.
        secret: Signs the cookies that the server gives.
        keys: Sign the logins.
        shelf: Keeps the logins that were ended.
        default_store: URL of the store, if nobody chose it.
        page_folder: Where the built page is.
    """

    rules: FileRules
    root_path: str | None = None
    auth: AuthRule | None = None
    auth_message: str | None = None
    auth_dependency: Dependency | None = None
    show_error: bool = False
    favicon_path: str | None = None
    access: Access = field(default_factory=Access)
    header: bool | None = None
    logo: str | None = None
    cors: bool = True
    heartbeat: float = 15.0
    api_open: bool = True
    monitoring: bool = False
    access_log: bool = False
    limits: Limits = field(default_factory=Limits)
    secret: str = field(default_factory=random_token, repr=False)
    keys: Keyring = field(default_factory=lambda: Keyring([random_token()]), repr=False)
    shelf: Shelf | None = None
    default_store: str | None = None
    page_folder: Path = PAGE_FOLDER

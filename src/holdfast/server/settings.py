"""Settings for serving an app."""

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
"""Folder of the built page."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The server's part of the options of `launch`.

    Attributes:
        rules: Rules for files that can be served.
        root_path: Path or URL under which a proxy serves the app.
        auth: Accepted logins.
        auth_message: HTML shown on the login page.
        auth_dependency: Function of the request that returns the user's name.
        show_error: Show visitors the message of every exception.
        favicon_path: Path of the site's icon.
        access: Rules for access to the app.
        header: Show a header on each page; `None` shows it only if useful.
        logo: Path or URL of the image that replaces Holdfast's logo.
        cors: Add CORS headers to responses. A parent app may do this instead.
        heartbeat: Seconds between heartbeats on an idle stream.
        api_open: Accept direct calls (`/run`) of queued endpoints too.
        monitoring: Serve metrics.
        access_log: Log every request.
        limits: Limits on data and work that clients can cause.
        secret: Secret that signs the server's cookies.
        keys: Keys that sign logins.
        shelf: Storage for ended logins.
        default_store: URL of the store, if it was not chosen explicitly.
        page_folder: Folder of the built page.
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

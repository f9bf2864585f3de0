"""Build everything needed to serve an app: store, engine, runtime, and routes."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette

from holdfast import stores
from holdfast.clock import Clock, SystemClock
from holdfast.errors import BuildError
from holdfast.files import private
from holdfast.files.retention import MOST_WAIT, FileKeeper, Keeping
from holdfast.files.rules import FileRules
from holdfast.graph.app import AppSpec, settled_theme
from holdfast.ids import random_id, random_token
from holdfast.limits import Limits, settled
from holdfast.logs import Format, Level
from holdfast.programs import program_name
from holdfast.runtime.runtime import Runtime
from holdfast.runtime.settings import RuntimeOptions
from holdfast.runtime.tokens import Tokens
from holdfast.seals import Seal
from holdfast.server.access import AccessOptions, access_of
from holdfast.server.app import create_app
from holdfast.server.default_store import FOLDER, adopt_older, default_store, is_default, program_file
from holdfast.server.login.routes import Dependency
from holdfast.server.login.settings import kept_keys, rule_of, shelf_of
from holdfast.server.login.users import AuthRule
from holdfast.server.page.assets import is_address
from holdfast.server.settings import ServerOptions
from holdfast.settings import OnLeave, SessionKind, Settings, checked_on_leave, read
from holdfast.state import CellSpec, StateEngine, StateOptions
from holdfast.state.codec import Keyring
from holdfast.state.engine import key_file
from holdfast.stores import Store

UNITS = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


class CommonOptions(AccessOptions, total=False):
    """Keyword options of `launch` and `mount_gradio_app`. Names and defaults match Gradio's where they exist there."""

    auth_dependency: Dependency | None
    """Alternative to `auth`: a function of the request that returns the user's name, or `None`."""
    favicon_path: str | Path | None
    """Path of the site's icon."""
    header: bool | None
    """Show a header with the app's name on each page. By default, it is shown only if useful: with several pages, or
    with a login."""
    logo: str | Path | None
    """Image for the header and the login page instead of Holdfast's logo: a file, or an `https:` or `data:` URL."""
    allowed_paths: Sequence[str] | None
    """Additional files and folders that can be served."""
    blocked_paths: Sequence[str] | None
    """Files and folders that are never served."""
    sandbox_files: bool
    """`False` lets HTML and SVG files in `allowed_paths` run scripts on the app's origin, as Gradio does."""
    root_path: str | None
    """Path or full URL under which a proxy serves the app."""
    max_file_size: str | int | None
    """Maximum size of an upload, in bytes or as a string such as `"5mb"`."""
    strict_cors: bool
    """`False` lets pages without an origin (files, sandboxed frames) call an app on this machine."""
    pwa: bool | None
    """Let visitors install the page as an app."""
    mcp_server: bool | None
    """Offer the endpoints as tools to MCP clients at `/gradio_api/mcp/`. Requires `holdfast[mcp]`."""
    i18n: Any
    """Translations of the page."""
    theme: Any
    """Theme of the page."""
    css: str | None
    """CSS for the page."""
    css_paths: str | Path | Sequence[str | Path] | None
    """Files with CSS for the page."""
    js: str | bool | None
    """JavaScript function to run when the page has loaded."""
    head: str | None
    """HTML for the page's head element."""
    head_paths: str | Path | Sequence[str | Path] | None
    """Files with HTML for the page's head element."""
    state_session_capacity: int
    """Maximum number of sessions."""
    session: SessionKind | None
    """Lifetime of a session: `"page"`, or `"tab"`, which survives refreshes and restarts."""
    session_grace: float | None
    """Seconds for which a closed session is kept."""
    on_leave: OnLeave | None
    """Policy for the events of a visitor who has left for good: `"cancel"`, `"finish"`, or a number of seconds."""
    state_store: str | None
    """URL of the store for State: `memory://`, `sqlite:///path`, or `redis://…`."""
    state_outage: Literal["continue", "refuse"] | None
    """Policy for events while the store is unreachable: `"continue"` in memory and report them as unsaved, or
    `"refuse"` every write."""
    state_app: str | None
    """Name of the app, recorded in its store. An app with another name or another key cannot use that store."""
    state_memory_limit: int | None
    """Maximum number of bytes of State in memory."""
    state_rollback_limit: int
    """Size in bytes above which values are not copied, so their in-place changes remain when a step fails."""
    limits: Limits | Mapping[str, float] | None
    """Limits on data and work that clients can cause: `gr.Limits(…)`, or a dict of some of its fields."""
    run_in_queue: bool
    """`False` lets `/run` bypass the queue and its concurrency limits, as in Gradio."""
    enable_monitoring: bool | None
    """Serve metrics at `/gradio_api/metrics` in Prometheus's format."""
    node_server_name: str | None
    """Ignored; accepted for compatibility. Node is not needed."""
    node_port: int | None
    """Ignored; accepted for compatibility."""
    ssr_mode: bool | None
    """Ignored; accepted for compatibility. The page is fast enough without it."""


class ServeOptions(CommonOptions, total=False):
    """Options for serving an app."""

    max_threads: int
    """Maximum number of synchronous functions that run at the same time."""
    auth: AuthRule | None
    """Accepted logins: a pair, a list of pairs, a file, or a function of name and password."""
    auth_message: str | None
    """HTML shown on the login page."""
    log_level: Level | None
    """Lowest level of log messages to show. Default: `"info"`."""
    log_format: Format | None
    """`"text"`, or `"json"` for programs that read the log."""
    access_log: bool | None
    """Log every request."""
    show_error: bool
    """Show visitors the message of every exception, not only of `gr.Error`."""
    boot: str
    """In development, an identifier of this start of the program. Open pages reload when it changes, and sessions
    outlive the process."""
    footer_links: Sequence[Any] | None
    """Links at the bottom of the page: `"api"`, `"gradio"`, `"settings"`, or `{"label", "url"}`."""


@dataclass(frozen=True)
class Assembled:
    """A served app that is not yet bound to an address."""

    asgi: Starlette
    runtime: Runtime
    store: str
    """URL of the store, without secrets."""
    chosen: bool
    """Whether the author or the environment chose the store."""


def assemble(
    app: AppSpec,
    options: ServeOptions,
    *,
    queue: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    clock: Clock | None = None,
    new_id: Callable[[], str] = random_id,
    cors: bool = True,
    open_store: Callable[[str], Store] = stores.open,
    listens_on: str | None = None,
) -> Assembled:
    """Build what is needed to serve an app.

    Args:
        app: The app.
        options: The author's options for serving the app.
        queue: Arguments of the app's `queue()`.
        settings: Settings from the environment, which are read by default.
        clock: Source of time.
        new_id: Function that generates session and event IDs.
        cors: Add CORS headers to responses. A parent app may do this instead.
        open_store: Function that opens the store of a URL.
        listens_on: Address that the server listens on, if known.

    Raises:
        BuildError: An option is not valid; the message names it.
    """
    settings, queue, clock = settings or read(), queue or {}, clock or SystemClock()
    app = _with_page_options(app, options, settings)
    options = {**options, "auth": rule_of(options, settings)}
    limits = settled(options.get("limits"), settings.limits)
    rules = _file_rules(options, settings, FileKeeper(_keeping(app, limits), clock))
    _check_scopes(app, options)
    url, chosen = _store_of(app, options, settings)
    store = open_store(_prepared(url))
    keys = _keys(store, settings, login=options.get("auth") is not None)
    rules = replace(rules, seal=Seal(keys.signing(keys.current)))
    grace, capacity = _grace(app, options, settings), options.get("state_session_capacity", 10_000)
    kept = _state_options(app, options, settings, keys=keys, grace=grace, capacity=capacity)
    runtime = Runtime(
        app,
        engine=StateEngine(store, clock=clock, options=kept),
        clock=clock,
        new_id=new_id,
        options=replace(
            _runtime_options(options, queue, settings),
            session_capacity=capacity,
            session_grace=grace,
            limits=limits,
            file_rules=rules,
        ),
        tokens=Tokens(keys),
    )
    serving = ServerOptions(
        rules=rules,
        root_path=options.get("root_path") or settings.root_path,
        auth=options.get("auth"),
        auth_message=options.get("auth_message"),
        auth_dependency=options.get("auth_dependency"),
        show_error=options.get("show_error", False),
        favicon_path=_text(options.get("favicon_path")),
        access=access_of(options, settings, listens_on),
        header=options.get("header"),
        logo=_logo(options.get("logo")),
        cors=cors,
        heartbeat=settings.heartbeat_interval,
        api_open=queue.get("api_open") in {None, True},
        monitoring=_monitoring(options, settings),
        access_log=bool(_given(options.get("access_log"), settings.access_log)),
        limits=limits,
        secret=(keys.signing(keys.current) or b"").hex(),
        keys=keys,
        shelf=None if options.get("auth") is None else shelf_of(store, app.title),
        default_store=url if is_default(url) else None,
    )
    return Assembled(create_app(runtime, serving), runtime, store.url, chosen)


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _runtime_options(options: ServeOptions, queue: Mapping[str, Any], settings: Settings) -> RuntimeOptions:
    """Return the runtime options that depend only on the program and the environment."""
    return RuntimeOptions(
        max_threads=_whole("max_threads", options.get("max_threads", 40), "no function run"),
        default_concurrency_limit=_default_limit(queue, settings),
        max_queue_size=_queue_size(queue.get("max_size")),
        show_error=options.get("show_error", False),
        run_in_queue=options.get("run_in_queue", True),
    )


def _file_rules(options: ServeOptions, settings: Settings, keeper: FileKeeper) -> FileRules:
    return FileRules(
        allowed_paths=(*_texts("allowed_paths", options.get("allowed_paths")), *settings.allowed_paths),
        blocked_paths=(*_texts("blocked_paths", options.get("blocked_paths")), *settings.blocked_paths),
        max_size=size_in_bytes(options.get("max_file_size")),
        sandbox=options.get("sandbox_files", True),
        upload_dir=keeper.folder,
        keeper=keeper,
    )


def _keeping(app: AppSpec, limits: Limits) -> Keeping:
    """Return how long files are kept, from `delete_cache` (as in Gradio) or from the limits."""
    chosen = app.options.delete_cache
    age = limits.file_seconds if chosen is None else chosen[1]
    return Keeping(
        age=age,
        total=limits.file_bytes,
        per_visitor=limits.visitor_file_bytes,
        frequency=min(MOST_WAIT, age) if chosen is None else chosen[0],
        all_at_end=chosen is not None,
    )


def size_in_bytes(size: str | int | None) -> int | None:
    """Convert a `max_file_size` to bytes.

    Raises:
        BuildError: It is not a valid size.
    """
    if size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0):
        return size
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?b?)\s*", str(size).lower())
    unit = None if found is None else UNITS.get(found[2] if found[2] in UNITS else f"{found[2]}b")
    if found is None or unit is None or not isinstance(size, str) or float(found[1]) <= 0:
        raise BuildError(
            f"max_file_size={size!r} is not a valid size. Use a number of bytes, or a string such as '5mb'."
        )
    return int(float(found[1]) * unit)


def _logo(given: str | Path | None) -> str | None:
    """Return the path or URL of the image that replaces Holdfast's logo.

    Raises:
        BuildError: The image does not exist.
    """
    if given is None or is_address(str(given)):
        return None if given is None else str(given)
    if not Path(given).is_file():
        raise BuildError(f"logo={str(given)!r} is not a file. Use the path of an image, or an https: or data: URL.")
    return str(given)


def _texts(name: str, given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, str) or not all(isinstance(item, str | Path) for item in given):
        raise BuildError(f"{name}={given!r} is not a list of paths. Use {name}=[…].")
    return tuple(str(item) for item in given)


def _with_page_options(app: AppSpec, options: ServeOptions, settings: Settings) -> AppSpec:
    """Return the app with the page options of `launch` applied."""
    names = ("theme", "js", "footer_links", "pwa", "mcp_server", "i18n", "show_error", "boot")
    changes: dict[str, Any] = {name: options[name] for name in names if options.get(name) is not None}  # type: ignore[literal-required]
    if "theme" in changes:
        changes["theme"] = settled_theme(changes["theme"])
    size = size_in_bytes(options.get("max_file_size"))
    if size is not None:
        changes["max_file_size"] = size
    before = app.options
    changes["session"] = options.get("session") or before.session or settings.session or "page"
    if changes.get("mcp_server") is None and settings.mcp_server is not None:
        changes["mcp_server"] = settings.mcp_server
    changes["on_leave"] = _on_leave(app, options, settings)
    css = _joined(before.css, before.css_paths, options.get("css"), options.get("css_paths"))
    head = _joined(before.head, before.head_paths, options.get("head"), options.get("head_paths"))
    return app.with_options(**changes, css=css, css_paths=(), head=head, head_paths=())


def _joined(first: str | None, first_paths: Any, second: str | None, second_paths: Any) -> str | None:
    parts = [first, *_contents(first_paths), second, *_contents(second_paths)]
    return "\n".join(part for part in parts if part) or None


def _contents(paths: Any) -> list[str]:
    listed = [paths] if isinstance(paths, str | Path) else list(paths or ())
    try:
        return [Path(path).read_text("utf-8") for path in listed]
    except OSError as error:
        raise BuildError(f"{error.filename} cannot be read: {error.strerror}.") from None


def _store_of(app: AppSpec, options: ServeOptions, settings: Settings) -> tuple[str, bool]:
    """Return the URL of the store, and whether it was chosen explicitly."""
    chosen = options.get("state_store") or settings.state_store
    if chosen:
        return chosen, True
    outlives = any(state.cell.scope != "session" for state in app.states)  # type: ignore[attr-defined]
    if outlives or app.options.session == "tab" or app.options.boot:
        return default_store(program_file()), False
    return "memory://", False


def _prepared(url: str) -> str:
    """Return the URL after preparing the folder, if it is the default store."""
    if is_default(url):
        _make_folder()
        adopt_older(url)
    return url


def _make_folder() -> None:
    """Create the default folder for visitors' State and a key, and have git ignore it."""
    _check_owner(FOLDER)
    private.make_folder(FOLDER)
    private.close_to_others(FOLDER)
    ignore = FOLDER / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "ascii")


def _check_owner(folder: Path) -> None:
    owner = private.stranger(folder)
    if owner is not None:
        raise BuildError(
            f"The folder {folder.absolute()}, in which State is kept by default, belongs to another user (uid {owner})."
            " Remove it, change its owner with chown, or choose another store with launch(state_store=…)."
        )


def _keys(store: Store, settings: Settings, *, login: bool) -> Keyring:
    """Return the keys that sign State, sessions, logins, and cookies: configured, stored, or only for this process."""
    private.guard(key_file(store))  # there may be a file from before HOLDFAST_SECRET_KEY was set
    if settings.secret_key:
        return Keyring.parse(settings.secret_key)
    if store.durable:
        return Keyring.kept_in(key_file(store))
    return kept_keys(_make_folder) if login else Keyring([random_token()])


def _check_scopes(app: AppSpec, options: ServeOptions) -> None:
    if options.get("auth") is not None or options.get("auth_dependency") is not None:
        return
    for state in app.states:
        cell: CellSpec = state.cell  # type: ignore[attr-defined]
        if cell.scope == "user":
            raise BuildError(
                f"{cell.label} has scope='user', but this app has no login, so users are unknown. "
                "Pass auth=… or auth_dependency=… to launch(), or use scope='browser'."
            )


def _grace(app: AppSpec, options: ServeOptions, settings: Settings) -> float:
    """Return the seconds for which a closed session is kept: from the options, the environment, or `delete_cache`."""
    given = options.get("session_grace")
    if given is not None:
        return float(given)
    if settings.session_grace is not None:
        return settings.session_grace
    if settings.fast_expiry:
        return 1.0
    return float(app.options.delete_cache[1]) if app.options.delete_cache is not None else 3600.0


def _on_leave(app: AppSpec, options: ServeOptions, settings: Settings) -> OnLeave | None:
    for given in (checked_on_leave("on_leave", options.get("on_leave")), app.options.on_leave):
        if given is not None:
            return given
    return settings.on_leave


def _state_options(
    app: AppSpec, options: ServeOptions, settings: Settings, *, keys: Keyring, grace: float, capacity: int
) -> StateOptions:
    concurrency: Literal["serial", "last_write"] = (
        "last_write" if app.options.state_concurrency == "last_write" else "serial"
    )
    defaults = StateOptions()
    outage = options.get("state_outage") or settings.state_outage or "continue"
    if outage not in {"continue", "refuse"}:
        raise BuildError(f"state_outage={outage!r} is not a valid policy. Use 'continue' or 'refuse'.")
    return StateOptions(
        keys=keys,
        outage=outage,
        app=options.get("state_app") or settings.state_app,
        program=program_name(),
        grace=grace,
        manual_expiry=True,  # the runtime drops closed sessions itself, after their unload listeners
        session_capacity=capacity,
        memory_limit=options.get("state_memory_limit"),
        rollback_limit=options.get("state_rollback_limit", defaults.rollback_limit),
        concurrency=concurrency,
    )


def _monitoring(options: ServeOptions, settings: Settings) -> bool:
    return bool(_given(options.get("enable_monitoring"), settings.metrics))


def _given(option: bool | None, setting: bool | None) -> bool | None:
    return setting if option is None else option


def _default_limit(queue: Mapping[str, Any], settings: Settings) -> int | None:
    for given in (queue.get("default_concurrency_limit", "not_set"), settings.default_concurrency_limit):
        if given != "not_set":
            return None if given is None else _whole("default_concurrency_limit", given, "no event run")
    return 1


def _whole(name: str, given: Any, otherwise: str) -> int:
    """Convert a limit to an integer of at least 1.

    Raises:
        BuildError: It is not a whole number, or it is less than 1.
    """
    try:
        number = operator.index(int(given) if isinstance(given, float) and given.is_integer() else given)
    except TypeError:
        raise BuildError(f"{name}={given!r} is not a whole number. Use 1 or more, or omit the option.") from None
    if number < 1:
        raise BuildError(f"{name}={given} would let {otherwise}. Use 1 or more, or omit the option.")
    return number


def _queue_size(given: Any) -> int | None:
    if given is not None and (not isinstance(given, int) or given < 0):
        raise BuildError(
            f"queue(max_size={given!r}) is not a valid number of events. Use 1 or more, or None for no limit."
        )
    return given

"""From an app and what its author wants of its server to a thing that can be served: store, engine, runtime, routes."""

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
    """What `launch` and `mount_gradio_app` both take by keyword; names and defaults are Gradio's where it has them."""

    auth_dependency: Dependency | None
    """Instead of `auth`: a function of the request that gives the user's name, or `None`."""
    favicon_path: str | Path | None
    """The site's icon."""
    header: bool | None
    """Whether pages begin with a header that names the app. By default there is one where it has a purpose: several
    pages, or a login."""
    logo: str | Path | None
    """The image in the header and on the login page, in place of Holdfast's mark: a file, or an `https:` or `data:`
    address."""
    allowed_paths: Sequence[str] | None
    """More files and folders that may be served."""
    blocked_paths: Sequence[str] | None
    """Files and folders that are never served."""
    sandbox_files: bool
    """`False` lets HTML and SVG files of `allowed_paths` run scripts on the app's origin, as Gradio does."""
    root_path: str | None
    """Where a proxy shows the app: a path, or a whole URL."""
    max_file_size: str | int | None
    """The largest upload, in bytes or as `"5mb"`."""
    strict_cors: bool
    """`False` lets pages without an origin (files, sandboxed frames) call an app on this machine."""
    pwa: bool | None
    """Whether the page can be installed as an app."""
    mcp_server: bool | None
    """Whether the endpoints are offered as tools to MCP clients, at `/gradio_api/mcp/`; needs `holdfast[mcp]`."""
    i18n: Any
    """Translations."""
    theme: Any
    """A theme."""
    css: str | None
    """CSS for the page."""
    css_paths: str | Path | Sequence[str | Path] | None
    """Files of CSS for the page."""
    js: str | bool | None
    """A JavaScript function that is run when the page has loaded."""
    head: str | None
    """HTML for the page's head."""
    head_paths: str | Path | Sequence[str | Path] | None
    """Files of HTML for the page's head."""
    state_session_capacity: int
    """Most sessions that are kept."""
    session: SessionKind | None
    """How long a session lasts: `"page"`, or `"tab"`, which survives refresh and restart."""
    session_grace: float | None
    """Seconds that a closed session is kept."""
    on_leave: OnLeave | None
    """What becomes of the events of a visitor who has left for good: `"cancel"`, `"finish"`, or seconds they get."""
    state_store: str | None
    """Where State is kept: `memory://`, `sqlite:///path` or `redis://…`."""
    state_outage: Literal["continue", "refuse"] | None
    """What happens to events while the store is out of reach: they go on from memory and are reported as unsaved, or
    every write is refused."""
    state_app: str | None
    """The app's name, which its store records: an app of another name, or with another key, does not start with it."""
    state_memory_limit: int | None
    """Most bytes of State in memory."""
    state_rollback_limit: int
    """Values over so many bytes are not copied: their in-place changes stay when a step fails."""
    limits: Limits | Mapping[str, float] | None
    """How much is kept and done for what clients name: `gr.Limits(…)`, or a dict of some of its fields."""
    run_in_queue: bool
    """`False` lets `/run` pass by the queue and its concurrency limits, as in Gradio."""
    enable_monitoring: bool | None
    """Serves what the app counts at `/gradio_api/metrics`, as Prometheus reads it."""
    node_server_name: str | None
    """Taken for compatibility: no Node is needed."""
    node_port: int | None
    """Taken for compatibility."""
    ssr_mode: bool | None
    """Taken for compatibility: the page is light enough without."""


class ServeOptions(CommonOptions, total=False):
    """What an app's author can say about how it is served."""

    max_threads: int
    """Synchronous functions that run at once."""
    auth: AuthRule | None
    """Who may log in: a pair, a list of pairs, a file, or a function of name and password."""
    auth_message: str | None
    """HTML on the login page."""
    log_level: Level | None
    """The least level that the log shows; `"info"` by default."""
    log_format: Format | None
    """`"text"`, or `"json"` for programs that read the log."""
    access_log: bool | None
    """Whether every request is logged."""
    show_error: bool
    """Whether visitors read the text of every exception, not of `gr.Error` alone."""
    boot: str
    """In development: names this start of the program. Open pages load themselves again after each, and sessions
    outlive the process."""
    footer_links: Sequence[Any] | None
    """What the page's foot offers: `"api"`, `"gradio"`, `"settings"`, or `{"label", "url"}`."""


@dataclass(frozen=True)
class Assembled:
    """A served app before it has an address."""

    asgi: Starlette
    runtime: Runtime
    store: str
    """URL of its store, without secrets."""
    chosen: bool
    """The author or the environment chose the store."""


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
    """Put together what serves an app.

    Args:
        app: The app.
        options: What its author wants of the server.
        queue: Arguments of the app's `queue()`.
        settings: What the environment says; read when it is not given.
        clock: Where time comes from.
        new_id: Where session and event ids come from.
        cors: Whether answers name allowed origins; a parent app may do it.
        open_store: Gives the store that a URL means.
        listens_on: The address that the server listens on, where it is known.

    Raises:
        BuildError: An option cannot be used; the message names it.
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
    """What of the runtime's options depends on the program and the environment alone."""
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
    """How long files are kept: as the author says with `delete_cache`, as in Gradio, or as the limits say."""
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
    """A size as `max_file_size` takes it, in bytes.

    Raises:
        BuildError: It is no size.
    """
    if size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0):
        return size
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?b?)\s*", str(size).lower())
    unit = None if found is None else UNITS.get(found[2] if found[2] in UNITS else f"{found[2]}b")
    if found is None or unit is None or not isinstance(size, str) or float(found[1]) <= 0:
        raise BuildError(f"max_file_size={size!r} is no size. Give a number of bytes, or a text such as '5mb'.")
    return int(float(found[1]) * unit)


def _logo(given: str | Path | None) -> str | None:
    """What replaces Holdfast's mark.

    Raises:
        BuildError: There is no such image.
    """
    if given is None or is_address(str(given)):
        return None if given is None else str(given)
    if not Path(given).is_file():
        raise BuildError(
            f"logo={str(given)!r} is not a file. Give the path of an image, or an https: or data: address."
        )
    return str(given)


def _texts(name: str, given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, str) or not all(isinstance(item, str | Path) for item in given):
        raise BuildError(f"{name}={given!r} is no list of paths. Write {name}=[…].")
    return tuple(str(item) for item in given)


def _with_page_options(app: AppSpec, options: ServeOptions, settings: Settings) -> AppSpec:
    """The app with what `launch` says of its page."""
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
    """URL of the store, and whether somebody chose it."""
    chosen = options.get("state_store") or settings.state_store
    if chosen:
        return chosen, True
    outlives = any(state.cell.scope != "session" for state in app.states)  # type: ignore[attr-defined]
    if outlives or app.options.session == "tab" or app.options.boot:
        return default_store(program_file()), False
    return "memory://", False


def _prepared(url: str) -> str:
    """The same URL, once the folder of a store that nobody chose is ready."""
    if is_default(url):
        _make_folder()
        adopt_older(url)
    return url


def _make_folder() -> None:
    """Make the folder that holds visitors' State and a key, which nobody chose: git passes it by."""
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
            " Remove it, make it this user's own with chown, or choose another place with launch(state_store=…)."
        )


def _keys(store: Store, settings: Settings, *, login: bool) -> Keyring:
    """What signs State, sessions, logins and cookies: given, or kept, or else good for this process alone."""
    private.guard(key_file(store))  # one from before HOLDFAST_SECRET_KEY was set may be there
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
                f"{cell.label} has scope='user', but this app has no login, so nobody is known by name. "
                "Pass auth=… or auth_dependency=… to launch(), or use scope='browser'."
            )


def _grace(app: AppSpec, options: ServeOptions, settings: Settings) -> float:
    """Seconds that a closed session is kept: from the call, the environment, `delete_cache`, or an hour."""
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
        raise BuildError(f"state_outage={outage!r} is unknown. Use 'continue' or 'refuse'.")
    return StateOptions(
        keys=keys,
        outage=outage,
        app=options.get("state_app") or settings.state_app,
        program=program_name(),
        grace=grace,
        manual_expiry=True,  # the runtime forgets closed sessions itself, after their unload listeners
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
    """A limit that lets something through.

    Raises:
        BuildError: It is no whole number, or below 1.
    """
    try:
        number = operator.index(int(given) if isinstance(given, float) and given.is_integer() else given)
    except TypeError:
        raise BuildError(f"{name}={given!r} is no whole number. Give 1 or more, or leave it out.") from None
    if number < 1:
        raise BuildError(f"{name}={given} would let {otherwise}. Give 1 or more, or leave it out.")
    return number


def _queue_size(given: Any) -> int | None:
    if given is not None and (not isinstance(given, int) or given < 0):
        raise BuildError(f"queue(max_size={given!r}) is no number of events. Give 1 or more, or None for no limit.")
    return given

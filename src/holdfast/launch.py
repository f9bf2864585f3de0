"""`launch()` and `mount_gradio_app()`, which serve an app."""

from __future__ import annotations

import atexit
import inspect
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, cast
from weakref import WeakKeyDictionary

from starlette.applications import Starlette
from typing_extensions import Unpack

from holdfast import logs
from holdfast.errors import BuildError, HoldfastError
from holdfast.files import private
from holdfast.graph.callsite import warn
from holdfast.graph.parameters import settle_unknown
from holdfast.logs import Format, Level
from holdfast.server.build import Assembled, CommonOptions, ServeOptions, assemble
from holdfast.server.login.users import AuthRule
from holdfast.server.mount import has_cors, mount
from holdfast.server.page.html import PageFiles
from holdfast.server.uvicorn_server import Certificate, Listening, bind
from holdfast.settings import Settings, read

if TYPE_CHECKING:
    from holdfast.blocks import Blocks
    from holdfast.graph.app import AppSpec


class LaunchOptions(CommonOptions, total=False):
    """Keyword options of `launch`: those of serving, and those of the process."""

    footer_links: Sequence[Any] | None
    """Links in the page's footer: `"api"`, `"gradio"`, `"settings"`, or `{"label", "url"}`."""
    log_level: Level | None
    """Minimum level of log records: `"debug"`, `"info"` (the default), `"warning"` or `"error"`."""
    log_format: Format | None
    """`"text"`, or `"json"` for processing by programs."""
    access_log: bool | None
    """Whether to log every request; off by default."""
    height: int
    """Height of the frame in a notebook, in pixels."""
    width: int | str
    """Width of the frame in a notebook."""
    ssl_keyfile: str | None
    """File of the private key for https."""
    ssl_certfile: str | None
    """File of the certificate for https."""
    ssl_keyfile_password: str | None
    """Password of the private key."""
    ssl_verify: bool
    """Accepted for compatibility: Holdfast does not send requests to itself."""
    quiet: bool
    """Whether to print nothing."""
    run_history: Any
    """Accepted for compatibility."""
    app_kwargs: dict[str, Any] | None
    """Accepted for compatibility: there is no FastAPI app."""
    share_server_address: str | None
    """Accepted for compatibility."""
    share_server_protocol: str | None
    """Accepted for compatibility."""
    share_server_tls_certificate: str | None
    """Accepted for compatibility."""
    num_workers: int | None
    """Accepted for compatibility."""


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM rather than Ctrl+C."""


INTERRUPTED = 130
"""Exit status of a program that was ended by Ctrl+C."""
_running: list[Listening] = []
stopped = threading.Event()
"""Set when Ctrl+C or SIGTERM has stopped an app that the program waited for, so the process should end."""


@dataclass(frozen=True)
class _Served:
    """What a server serves, to launch the same app again."""

    app: AppSpec
    options: ServeOptions
    queue: dict[str, Any]
    certificate: Certificate | None


_served: WeakKeyDictionary[Listening, _Served] = WeakKeyDictionary()


def launch(
    blocks: Blocks,
    inline: bool | None = None,
    inbrowser: bool = False,
    share: bool | None = None,
    debug: bool = False,
    max_threads: int = 40,
    auth: AuthRule | None = None,
    auth_message: str | None = None,
    prevent_thread_lock: bool = False,
    show_error: bool = False,
    server_name: str | None = None,
    server_port: int | None = None,
    **options: Unpack[LaunchOptions],
) -> tuple[Starlette, str, str | None]:
    """Serve an app; returns in a script when the app is stopped, in a notebook or shell immediately.

    An app that is already being served keeps its address and is served in its current state; other parameters keep the
    values of its first launch until it is closed.

    Args:
        blocks: App to serve.
        inline: Whether a notebook shows the app in a frame; by default yes.
        inbrowser: Whether to open the app in the default browser.
        share: Holdfast opens no tunnels; `True` prints alternatives.
        debug: Whether to block in a notebook too.
        max_threads: Maximum number of concurrently running synchronous functions.
        auth: Users who can log in: a pair, a list of pairs, a `pathlib.Path` of a file with one `NAME:PASSWORD` per
            line, or
            a function of name and password. A hash by `holdfast password` can replace a password.
        auth_message: HTML on the login page.
        prevent_thread_lock: Whether to return immediately in a script too; the app ends with the program.
        show_error: Whether visitors see the message of every exception.
        server_name: Address to listen on; by default `127.0.0.1`, `0.0.0.0` for all addresses.
        server_port: Port to listen on; by default the first free one from 7860.
        **options: See `LaunchOptions`.

    Returns:
        ASGI app, its URL on this machine, and the public URL (always `None`).

    Raises:
        BuildError: An option is not valid.
        AddressError: The port is not available. It is an `OSError`.
    """
    _check_names(options)
    with _without_traceback():
        settings = read()
    notebook = _in_notebook()
    waits = (debug or bool(settings.debug) or not (notebook or _is_interactive())) and not prevent_thread_lock
    server: Listening | None = None
    interruptible: AbstractContextManager[list[Listening]] = (
        _closing_when_interrupted(blocks) if waits else nullcontext([])
    )
    with interruptible as closed:
        with _without_traceback():
            server = _running_server(blocks, quiet=options.get("quiet", False))
            if server is None:
                close(blocks)
                own = ServeOptions(max_threads=max_threads, auth=auth, auth_message=auth_message, show_error=show_error)
                server = start(
                    blocks,
                    {**_serving(options), **own},
                    certificate=certificate_of(options, settings.ssl_keyfile_password),
                    quiet=options.get("quiet", False),
                    server_name=server_name,
                    server_port=server_port,
                    settings=settings,
                    share=bool(settings.share if share is None else share),
                )
        if inbrowser:
            webbrowser.open(server.local_url)
        if notebook and inline is not False:
            _show_frame(server.local_url, options.get("width", "100%"), options.get("height", 500))
        if waits:
            server.wait()
    launched = closed[0] if closed else server  # an interruption can come before `start` has returned
    return launched.app, launched.local_url, None


def _running_server(blocks: Blocks, *, quiet: bool) -> Listening | None:
    """Return the server of an app that is already being served, after updating the app; `None` if it is not served.

    As in Gradio, the server, its address, and the parameters of the first launch stay the same.
    """
    server: Listening | None = blocks.server
    if server is None or not server.running or server not in _served:
        return None
    if not quiet:
        print("Rerunning server... use `close()` to stop if you need to change `launch()` parameters.\n----")
    served = _served[server]
    if served.app is blocks.spec and served.queue == blocks.queue_options:
        return server
    close(blocks)
    return start(
        blocks,
        served.options,
        certificate=served.certificate,
        server_name=server.host,
        server_port=server.port,
        quiet=True,
    )


def start(
    blocks: Blocks,
    options: ServeOptions,
    *,
    certificate: Certificate | None = None,
    server_name: str | None = None,
    server_port: int | None = None,
    settings: Settings | None = None,
    quiet: bool = False,
    share: bool = False,
) -> Listening:
    """Serve an app in a new thread and print its address; `launch` without waiting.

    Args:
        blocks: App to serve; its `server` is set.
        options: See `ServeOptions`.
        certificate: Certificate for https.
        server_name: Address to listen on.
        server_port: Port to listen on; 0 for any free one.
        settings: Settings from the environment; read if omitted.
        quiet: Whether to print nothing.
        share: Whether a public link was requested.

    Raises:
        BuildError: An option is not valid.
        AddressError: The port is not available. It is an `OSError`.
    """
    settings = settings or read()
    logs.configure(options.get("log_level") or settings.log_level, options.get("log_format") or settings.log_format)
    host = server_name or settings.server_name or "127.0.0.1"
    port = settings.server_port if server_port is None else server_port
    assembled = assemble(blocks.spec, options, queue=blocks.queue_options, settings=settings, listens_on=host)
    listener = bind(host, port, settings.num_ports)
    try:
        server = Listening(assembled.asgi, listener, host, certificate)
        server.start()
    except BaseException:
        listener.close()
        raise
    blocks.server = server
    _running.append(server)
    _served[server] = _Served(blocks.spec, options, dict(blocks.queue_options), certificate)
    if not quiet:
        _announce(server, assembled, share=share)
    return server


def block(blocks: Blocks) -> None:
    """Wait until the app ends through Ctrl+C, SIGTERM or `close()`, then stop it gracefully.

    Raises:
        SystemExit: The process was interrupted again while stopping.
    """
    server: Listening | None = blocks.server
    if server is not None:
        with _closing_when_interrupted(blocks):
            server.wait()


@contextmanager
def _closing_when_interrupted(blocks: Blocks) -> Iterator[list[Listening]]:
    """Stop the app in good order when Ctrl+C or SIGTERM interrupts what happens inside.

    A process manager may send SIGTERM as soon as it has read the app's address.

    Returns:
        A list that receives the server when it is closed.

    Raises:
        KeyboardInterrupt: The app was not yet served.
        SystemExit: It was interrupted again while it was stopping.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _interrupt) if main else None
    closed: list[Listening] = []
    try:
        yield closed
    except KeyboardInterrupt as interruption:
        server: Listening | None = blocks.server
        if server is None:
            if isinstance(interruption, Terminated) and before is not None:
                signal.signal(signal.SIGTERM, before)
                signal.raise_signal(signal.SIGTERM)
            raise
        closed.append(server)
        stopped.set()
        try:
            if not isinstance(interruption, Terminated):
                print("Keyboard interruption in main thread... closing server.")
            close(blocks)
        except KeyboardInterrupt:
            _abandon(server)
            raise SystemExit(INTERRUPTED) from None
    finally:
        if main and before is not None:
            signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 -- a signal handler's signature
    raise Terminated


def _abandon(server: Listening) -> None:
    print("Interrupted again: the server is abandoned.")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process is ending; ignore further interrupts
    server.abandon()
    if server in _running:
        _running.remove(server)


def close(blocks: Blocks) -> None:
    """Stop serving an app if it is being served."""
    server: Listening | None = blocks.server
    blocks.server = None
    if server is not None:
        server.close()
        if server in _running:
            _running.remove(server)


@atexit.register
def close_all(verbose: bool = True) -> None:
    """Stop all apps that this process serves.

    Args:
        verbose: Accepted for compatibility.
    """
    del verbose
    while _running:
        _running.pop().close()


def mount_gradio_app(
    app: Any,
    blocks: Blocks,
    path: str,
    server_name: str = "0.0.0.0",  # noqa: S104 -- Gradio's default; unused, the parent's server listens
    server_port: int = 7860,
    footer_links: Any = None,
    run_history: Any = None,
    app_kwargs: dict[str, Any] | None = None,
    *,
    auth: AuthRule | None = None,
    auth_message: str | None = None,
    show_error: bool = True,
    **options: Unpack[CommonOptions],
) -> Any:
    """Serve an app below a path of a FastAPI or Starlette app.

    Args:
        app: Parent app; the app starts and ends with it.
        blocks: App to serve.
        path: Path below the parent, such as `/gradio`.
        server_name: Accepted for compatibility: the parent's server listens.
        server_port: Accepted for compatibility.
        footer_links: Links in the page's footer.
        run_history: Accepted for compatibility.
        app_kwargs: Accepted for compatibility.
        auth: Users who can log in.
        auth_message: HTML on the login page.
        show_error: Whether visitors see the message of every exception.
        **options: See `CommonOptions`.

    Returns:
        Parent app.

    Raises:
        BuildError: An option is not valid.
    """
    del server_name, server_port, run_history, app_kwargs
    _check_names(options, "mount_gradio_app()")
    if not hasattr(app, "mount") or not hasattr(app, "router"):
        raise BuildError(f"mount_gradio_app takes a FastAPI or Starlette app first, but got {type(app).__name__}.")
    if path and not path.startswith("/"):
        raise BuildError(f"path={path!r} does not start with a slash. Write path={'/' + path!r}.")
    serving = _serving(options)
    serving |= {"auth": auth, "auth_message": auth_message, "show_error": show_error, "footer_links": footer_links}
    assembled = assemble(blocks.spec, serving, queue=blocks.queue_options, cors=not has_cors(app))
    mount(app, assembled.asgi, path)
    return app


@contextmanager
def _without_traceback() -> Iterator[None]:
    """Show one message without a traceback if the program ends because its server cannot start."""
    try:
        yield
    except HoldfastError as error:
        error.at_start = True
        if sys.excepthook is sys.__excepthook__:  # otherwise the program or a shell has its own handler
            sys.excepthook = _show_error
        raise


def _show_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, HoldfastError) and error.at_start:
        print(f"holdfast: {error}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


_NOT_DONE = ("app_kwargs", "num_workers")


def _check_names(options: Mapping[str, Any], called: str = "launch()") -> None:
    """Reject options that do not exist; warn about options without effect."""
    call: Any = launch if called == "launch()" else mount_gradio_app
    known = set(inspect.signature(call).parameters) - {"blocks", "options"} | set(LaunchOptions.__annotations__)
    unknown = [name for name in options if name not in {*known, "_app", "_frontend", "_boot"}]
    if unknown:
        settle_unknown(called, unknown, known, kind=called)
    idle = [name for name in _NOT_DONE if options.get(name)]
    if idle:
        warn(f"{', '.join(idle)} of launch() has no effect in Holdfast.")
    icon = options.get("favicon_path")
    if icon is not None and not Path(icon).is_file():
        warn(f"favicon_path={str(icon)!r} is not a file: pages show Holdfast's icon. Pass the path of an image.")


def _serving(options: Mapping[str, Any]) -> ServeOptions:
    wanted = ServeOptions.__annotations__
    serving = {name: value for name, value in options.items() if name in wanted}
    return cast("ServeOptions", {**serving, "boot": options.get("_boot", "")})


def certificate_of(options: Mapping[str, Any], password: str | None = None) -> Certificate | None:
    """Return the certificate for https, if one was passed.

    Args:
        options: Options of `launch`.
        password: Password of the key, if the options do not contain it.

    Raises:
        BuildError: The key or the certificate is missing.
    """
    key, chain = options.get("ssl_keyfile"), options.get("ssl_certfile")
    if key is None and chain is None:
        return None
    if key is None or chain is None:
        missing = "ssl_keyfile" if key is None else "ssl_certfile"
        raise BuildError(f"{missing} is missing: https needs ssl_keyfile and ssl_certfile.")
    for name, path in (("ssl_keyfile", key), ("ssl_certfile", chain)):
        if not Path(path).is_file():
            raise BuildError(
                f"The certificate cannot be used: {name}={str(path)!r} is not a file. Pass the path of a PEM file."
            )
    private.guard(key, chain)
    return Certificate(key, chain, options.get("ssl_keyfile_password") or password)


def _announce(server: Listening, assembled: Assembled, *, share: bool) -> None:
    lines = [f"* Running on local URL:  {server.local_url.rstrip('/')}"]
    if assembled.asgi.state.tools is not None:
        lines.append(f"* MCP server (streamable HTTP): {server.local_url}gradio_api/mcp/")
    if not assembled.chosen and not assembled.store.startswith("memory"):
        lines.append(f"* State is kept in {assembled.store}; choose another place with launch(state_store=…).")
    if not PageFiles(assembled.asgi.state.context.options.page_folder).is_built:
        lines.append(
            "* The page is not built: run `npm ci && npm run build` in frontend/. API clients work without it."
        )
    if share:
        lines.append(
            "* share=True: Holdfast opens no tunnels. To show the app to others, listen on all addresses "
            "(server_name='0.0.0.0') or put a tunnel or proxy of your choice in front of the URL above."
        )
    print("\n".join(lines), flush=True)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def _is_interactive() -> bool:
    ipython = sys.modules.get("IPython")
    return (
        hasattr(sys, "ps1")
        or bool(sys.flags.interactive)
        or (ipython is not None and ipython.get_ipython() is not None)
    )


def _show_frame(url: str, width: int | str, height: int) -> None:
    from IPython.display import IFrame, display  # type: ignore[import-not-found, unused-ignore]

    display(IFrame(url, width=width, height=height))

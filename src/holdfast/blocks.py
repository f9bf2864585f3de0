"""`Blocks`: builds an app, and is its public handle afterwards."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import Self, TypedDict

from holdfast.errors import BuildError, DuplicateBlockError, RenderError
from holdfast.graph.api.info import api_info
from holdfast.graph.app import AppOptions, AppSpec, settled_theme
from holdfast.graph.app_config import app_config
from holdfast.graph.block import Block, BlockContext
from holdfast.graph.callsite import warn
from holdfast.graph.context import BuildContext, current
from holdfast.graph.events import Event
from holdfast.graph.graph import Graph, PageSpec
from holdfast.graph.listener import Listener
from holdfast.graph.parameters import settle_unknown
from holdfast.settings import OnLeave, checked_on_leave

if TYPE_CHECKING:
    from types import TracebackType

_QUEUE_OPTIONS = ("status_update_rate", "api_open", "max_size", "default_concurrency_limit")
_LAUNCH_OPTIONS = ("theme", "css", "css_paths", "js", "head", "head_paths")
_RESERVED_PATHS = frozenset(
    {"config", "gradio_api", "login", "logout", "static", "assets", "theme.css", "monitoring", "healthz", "readyz"}
)


class BlocksOptions(TypedDict, total=False):
    """Options of `Blocks` and its subclasses."""

    fill_height: bool
    """Whether the page is at least as high as the window."""
    fill_width: bool
    """Whether the page is as wide as the window."""
    delete_cache: tuple[float, float] | None
    """Interval between file sweeps, and age at which files are deleted, in seconds; all files are deleted when the app
    ends. The age also applies to closed sessions."""
    session: Literal["page", "tab"] | None
    """Lifetime of a session: one page load, or as long as the tab, across refresh and restart."""
    state_concurrency: Literal["serial", "last_write"] | None
    """`"last_write"` lets events of one session overlap, as in Gradio."""
    on_leave: OnLeave | None
    """What happens to the events of a visitor who has left: `"cancel"`, `"finish"`, or seconds until cancellation."""
    theme: Any
    """Moved to `launch`; still accepted here."""
    css: str | None
    """Moved to `launch`; still accepted here."""
    css_paths: Any
    """Moved to `launch`; still accepted here."""
    js: str | bool | None
    """Moved to `launch`; still accepted here."""
    head: str | None
    """Moved to `launch`; still accepted here."""
    head_paths: Any
    """Moved to `launch`; still accepted here."""


class Blocks(BlockContext):
    """An app: `with gr.Blocks() as demo:`, then components and listeners, then `demo.launch()`.

    Args:
        analytics_enabled: Accepted for compatibility; Holdfast never sends data.
        mode: Kind of app, for the config.
        title: Title of the browser tab.
        fill_height: Whether the page is at least as high as the window.
        fill_width: Whether the page is as wide as the window.
        delete_cache: Interval between file sweeps, and age at which files are deleted, in seconds; all files are
            deleted when the app ends. The age also applies to closed sessions.
        session: Lifetime of a session: `"page"` (one page load) or `"tab"` (survives refresh and restart).
        state_concurrency: `"last_write"` lets events of one session overlap, as in Gradio.
        on_leave: What happens to the events of a visitor who has left: `"cancel"`, `"finish"`, or seconds until
            cancellation. By default waiting events are dropped, a generator or coroutine function is canceled after 15
            seconds, and a plain function runs to completion.
        **options: `theme`, `css`, `css_paths`, `js`, `head`, `head_paths`: accepted here for older programs; pass them
            to `launch` instead.
    """

    NAME = "blocks"
    IS_ROOT: ClassVar[bool] = True

    load = Event("The page was loaded.")
    unload = Event("The visitor left: the page was closed or refreshed.", show_progress="hidden", on_page=True)

    def __init__(
        self,
        analytics_enabled: bool | None = None,
        mode: str = "blocks",
        title: str = "Holdfast",
        fill_height: bool = False,
        fill_width: bool = False,
        delete_cache: tuple[float, float] | None = None,
        *,
        session: Literal["page", "tab"] | None = None,
        state_concurrency: Literal["serial", "last_write"] | None = None,
        on_leave: OnLeave | None = None,
        **options: Any,
    ) -> None:
        _check_choice("session", session, ("page", "tab"))
        _check_delete_cache(delete_cache)
        _check_choice("state_concurrency", state_concurrency, ("serial", "last_write"))
        self.queue_options: dict[str, Any] = {}
        """Arguments of the last call of `queue`, for `launch`."""
        self.server: Any = None
        """Server that `launch` started."""
        outer = current.get()
        super().__init__(render=False)
        self.graph: Graph = Graph(
            self,
            outer=outer.graph if outer is not None else None,
            options=AppOptions(
                title=title,
                mode=mode,
                fill_height=fill_height,
                fill_width=fill_width,
                analytics_enabled=bool(analytics_enabled),
                delete_cache=delete_cache,
                session=session,
                state_concurrency=state_concurrency,
                on_leave=checked_on_leave("on_leave", on_leave),
                **_older_options(type(self), options),
            ),
        )
        self._home: BuildContext | None = None
        """Place in another app, once this app has been rendered there."""
        self._rendered_again = False
        self._frozen: tuple[int, AppSpec] | None = None

    # Building ---------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._tokens.append(current.set(self._home or BuildContext(self.graph, self)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        current.reset(self._tokens.pop())
        if kind is not None or self._home is not None:
            return
        self.graph.close(self)
        if current.get() is not None and not self._tokens:
            self.render()

    def render(self) -> Self:
        """Place this app inside the one that is being built.

        Raises:
            RenderError: The call is outside a `Blocks`, or inside the app itself.
            DuplicateBlockError: One of its blocks is already placed there.
        """
        context = current.get()
        if context is None:
            raise RenderError(
                f"{type(self).__name__}.render() was called outside of a Blocks. "
                "Call it inside the `with gr.Blocks():` that should contain it."
            )
        if context.graph is self.graph:
            return self._render_here(context)
        if self._home is not None:
            raise DuplicateBlockError("This app is already part of another one. Create another app for this place.")
        context.graph.absorb(self.graph, context)
        self._home, self.graph = context, context.graph
        return self

    def _render_here(self, context: BuildContext) -> Self:
        """Accept one rendering of an app that was created right here, because it is already in its place."""
        if self._home is None:
            raise RenderError("This app was rendered inside itself. Render it inside another Blocks.")
        if self._home.parent is not context.parent or self._rendered_again:
            raise DuplicateBlockError(
                "This app was rendered a second time. An app created inside another one is placed there: "
                "remove render(), or create the app outside."
            )
        self._rendered_again = True
        return self

    @contextmanager
    def route(self, name: str, path: str | None = None, show_in_navbar: bool = True) -> Iterator[Self]:
        """Build another page of the app: `with demo.route("Settings"):`.

        Args:
            name: Label in the navigation bar.
            path: Path below the app's address; by default the name in lower case, with hyphens.
            show_in_navbar: Whether the navigation bar lists it.

        Raises:
            BuildError: The path is taken.
        """
        path = (path if path is not None else name.lower().replace(" ", "-")).strip("/")
        if path in {page.path for page in self.graph.pages} or path.split("/")[0] in _RESERVED_PATHS:
            raise BuildError(f"The page {name!r} would have the path {path!r}, which is taken. Give it another `path`.")
        self.graph.pages.append(PageSpec(path, name, show_in_navbar))
        before, self.graph.page = self.graph.page, path
        try:
            with self:
                yield self
        finally:
            self.graph.page = before

    # What was built ---------------------------------------------------------------------------------------------------

    @property
    def spec(self) -> AppSpec:
        """Frozen app in its current state."""
        if self._frozen is None or self._frozen[0] != self.graph.version:
            app = self.graph.freeze()
            self._frozen = (self.graph.version, app)
        return self._frozen[1]

    @property
    def placed(self) -> bool:
        """Whether the app is placed inside another app."""
        return self._home is not None

    @property
    def blocks(self) -> Mapping[int, Block]:
        """All blocks by id."""
        return self.graph.blocks

    @property
    def fns(self) -> Mapping[int, Listener]:
        """All listeners by id."""
        return self.graph.listeners

    @property
    def title(self) -> str:
        """Title of the browser tab."""
        return self.graph.options.title

    @title.setter
    def title(self, title: str) -> None:
        self.graph.change_options(title=title)

    @property
    def config(self) -> dict[str, Any]:
        """The `/config` object."""
        return self.get_config_file()

    def get_config_file(self) -> dict[str, Any]:
        """Return the `/config` object."""
        return app_config(self.spec)

    def get_api_info(self, all_endpoints: bool = False) -> dict[str, Any]:
        """Return the `/info` object.

        Args:
            all_endpoints: Whether to include undocumented endpoints.
        """
        return api_info(self.spec, all_endpoints=all_endpoints)

    # Running ----------------------------------------------------------------------------------------------------------

    def queue(
        self,
        status_update_rate: float | Literal["auto"] = "auto",
        api_open: bool | None = None,
        max_size: int | None = None,
        *,
        default_concurrency_limit: int | Literal["not_set"] | None = "not_set",
        **unknown: Any,
    ) -> Self:
        """Set how events are queued.

        Args:
            status_update_rate: Accepted for compatibility; clients receive their position in the queue when it changes.
            api_open: Whether queued events can also be run directly over HTTP.
            max_size: Maximum number of waiting events; further events are rejected. `None` for no limit.
            default_concurrency_limit: Default maximum of concurrent events per listener; `None` for no limit.
            **unknown: Obsolete parameters of Gradio.
        """
        if unknown:
            settle_unknown("queue()", unknown, _QUEUE_OPTIONS, kind="queue()")
        self.queue_options = {
            "status_update_rate": status_update_rate,
            "api_open": api_open,
            "max_size": max_size,
            "default_concurrency_limit": default_concurrency_limit,
        }
        return self

    def launch(self, *args: Any, **options: Any) -> tuple[Any, str, str | None]:
        """Serve the app; see `holdfast.launch.launch` for the options.

        Returns:
            The ASGI app, the local URL, and the public URL (always `None`).
        """
        from holdfast.launch import launch

        return launch(self, *args, **options)

    def block_thread(self) -> None:
        """Wait until the app ends, after `launch(prevent_thread_lock=True)`; return immediately if it is not being
        served.

        Raises:
            SystemExit: The process was interrupted again while stopping.
        """
        from holdfast.launch import block

        block(self)

    def close(self, verbose: bool = True) -> None:
        """Stop serving.

        Args:
            verbose: Accepted for compatibility.
        """
        from holdfast.launch import close

        del verbose
        close(self)

    @property
    def app(self) -> Any:
        """ASGI app, available after `launch`."""
        if self.server is None:
            raise BuildError(
                "The app is not served yet. Call launch() first, or mount_gradio_app to serve it yourself."
            )
        return self.server.app

    @property
    def server_app(self) -> Any:
        """Alias of `app`."""
        return self.app

    @property
    def is_running(self) -> bool:
        """Whether the app is being served."""
        return self.server is not None and bool(self.server.running)

    @property
    def server_name(self) -> str | None:
        """Address that the server listens on."""
        return None if self.server is None else str(self.server.host)

    @property
    def server_port(self) -> int | None:
        """Port that the server listens on."""
        return None if self.server is None else int(self.server.port)

    @property
    def local_url(self) -> str | None:
        """URL of the app on this machine."""
        return None if self.server is None else str(self.server.local_url)

    @property
    def local_api_url(self) -> str | None:
        """URL of the app's API on this machine."""
        url = self.local_url
        return None if url is None else f"{url.rstrip('/')}/gradio_api/"

    share_url: str | None = None
    """Always `None`: Holdfast opens no tunnels."""

    def integrate(self, **services: Any) -> None:
        """Accept experiment trackers for compatibility; they are ignored."""
        if services:
            warn(f"integrate() does nothing: Holdfast does not report to {', '.join(services)}.")

    def __call__(self, *inputs: Any, fn_index: int = 0, api_name: str | None = None) -> Any:
        """Call one of the app's functions with values in the browser's form, without a server.

        Args:
            *inputs: One value per input.
            fn_index: Id of the listener.
            api_name: Endpoint name of the listener, instead of its id.

        Raises:
            BuildError: The function is stateful, or a generator: calling it requires a session.
        """
        app = self.spec
        listener = app.by_api_name(api_name) if api_name is not None else app.listeners.get(fn_index)
        if listener is None or listener.fn is None:
            raise BuildError(f"The app has no function {api_name or fn_index!r}.")
        return _call(listener, inputs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {len(self.graph.blocks) - 1} blocks, {len(self.fns)} listeners)"


def _call(listener: Listener, inputs: Sequence[Any]) -> Any:
    stateful = [block for block in (*listener.inputs, *listener.outputs) if block.NAME == "state"]
    if stateful or listener.is_generator or listener.signature.special or listener.fn is None:
        raise BuildError(
            f"The function {listener.api_name!r} cannot be called directly: it uses State, is a generator, or uses the "
            "request. Use holdfast.testing, or over HTTP with gradio_client."
        )
    components: Any = listener.inputs
    values = [component.preprocess(value) for component, value in zip(components, inputs, strict=False)]
    result = listener.fn(*values)
    results = [result] if len(listener.outputs) == 1 else list(result or ())
    outputs: Any = listener.outputs
    shown = [component.postprocess(value) for component, value in zip(outputs, results, strict=False)]
    return shown[0] if len(shown) == 1 else shown


def _check_choice(name: str, value: str | None, choices: Sequence[str]) -> None:
    if value is not None and value not in choices:
        raise BuildError(f"{name}={value!r} is not one of {', '.join(choices)}.")


def _check_delete_cache(given: Any) -> None:
    if given is None:
        return
    pair = isinstance(given, tuple | list) and len(given) == 2
    if not pair or not all(isinstance(one, int | float) and not isinstance(one, bool) and one > 0 for one in given):
        raise BuildError(
            f"delete_cache={given!r} is not valid. Pass two numbers of seconds above 0: the time between sweeps and "
            "the maximum age of files, such as delete_cache=(3600, 86400)."
        )


def _older_options(cls: type[Blocks], given: Mapping[str, Any]) -> dict[str, Any]:
    """Accept options that moved to `launch`, with a warning."""
    unknown = [name for name in given if name not in _LAUNCH_OPTIONS]
    if unknown:
        known = {name for one in cls.__mro__ if issubclass(one, Blocks) for name in _parameters(one)}
        settle_unknown(cls.__name__, unknown, known | set(_LAUNCH_OPTIONS))
    moved = {name: value for name, value in given.items() if value is not None and name not in unknown}
    if moved:
        warn(f"{', '.join(moved)} belong to launch() since Gradio 6; they are still accepted here.")
    if "theme" in moved:
        moved["theme"] = settled_theme(moved["theme"])
    return {n: (v if n not in {"css_paths", "head_paths"} else _listed(v)) for n, v in moved.items()}


def _parameters(cls: type[Blocks]) -> list[str]:
    given = inspect.signature(cls.__init__).parameters.values()
    return [one.name for one in given if one.name != "self" and one.kind is not one.VAR_KEYWORD]


def _listed(paths: Any) -> tuple[Any, ...]:
    return tuple(paths) if isinstance(paths, (list, tuple)) else (paths,)

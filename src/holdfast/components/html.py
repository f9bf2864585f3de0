"""Shows HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from holdfast.components import events
from holdfast.components.base import Component

CLICK_TRIGGER = "element.addEventListener('click', function() { trigger('click') });"


class HTML(Component):
    """Shows HTML as it is given; with templates and a script it is a component of one's own.

    Args:
        value: The HTML, or the value that the template takes, or a function that gives it.
        label: Its name.
        html_template: The HTML, with `${value}` and `${other}` for the value and `props`.
        css_template: CSS for just this element, with the same placeholders.
        js_on_load: JavaScript run once it is there, with `element`, `props`, `trigger(event, data)`, `server`,
            `upload(file)`, and `watch(names, callback)`, which calls back after an update has changed a property.
        apply_default_css: Whether text in it looks like text in Markdown.
        show_label: Whether its label is shown.
        scale: Its share of a row's width against its neighbours.
        min_width: Pixels below which a row wraps.
        min_height: Pixels.
        max_height: Pixels above which it scrolls.
        container: Whether it has a frame and padding.
        padding: Whether it has padding inside its frame.
        autoscroll: Whether it scrolls to its end when it changes.
        buttons: Own buttons.
        head: HTML for the page's head.
        server_functions: Functions that the script can call as `server.name(...)`.
        **props: Values for the templates and the script, and the options of `ValueOptions`.
    """

    NAME: ClassVar[str] = "html"
    SERVER_METHODS: tuple[str, ...] = ()
    """Names of the functions that its script may call."""
    change = events.CHANGE
    input = events.INPUT
    click = events.CLICK
    double_click = events.DOUBLE_CLICK
    submit = events.SUBMIT
    stop = events.STOP
    edit = events.EDIT
    clear = events.CLEAR
    play = events.PLAY
    pause = events.PAUSE
    end = events.END
    start_recording = events.START_RECORDING
    pause_recording = events.PAUSE_RECORDING
    stop_recording = events.STOP_RECORDING
    focus = events.FOCUS
    blur = events.BLUR
    upload = events.UPLOAD
    release = events.RELEASE
    select = events.SELECT
    stream = events.STREAM
    like = events.LIKE
    example_select = events.EXAMPLE_SELECT
    option_select = events.OPTION_SELECT
    load = events.LOAD
    key_up = events.KEY_UP
    apply = events.APPLY
    delete = events.DELETE
    tick = events.TICK
    undo = events.UNDO
    retry = events.RETRY
    expand = events.EXPAND
    collapse = events.COLLAPSE
    download = events.DOWNLOAD
    copy = events.COPY

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = None,
        html_template: str = "${value}",
        css_template: str = "",
        js_on_load: str | None = CLICK_TRIGGER,
        apply_default_css: bool = True,
        show_label: bool = False,
        scale: int | None = None,
        min_width: int | None = None,
        min_height: int | None = None,
        max_height: int | None = None,
        container: bool = False,
        padding: bool = False,
        autoscroll: bool = False,
        buttons: Sequence[Any] | None = None,
        head: str | None = None,
        server_functions: Sequence[Callable[..., Any]] | None = None,
        **props: Any,
    ) -> None:
        self.html_template = html_template
        self.css_template = css_template
        self.js_on_load = js_on_load
        self.apply_default_css = apply_default_css
        self.min_height = min_height
        self.max_height = max_height
        self.padding = padding
        self.autoscroll = autoscroll
        self.head = head
        self.SERVER_METHODS = self._offered(server_functions or ())
        options = {name: props.pop(name) for name in OPTIONS if name in props}
        self.own_props = props
        """Values for the templates and the script."""
        super().__init__(
            value,
            label=label,
            show_label=show_label,
            scale=scale,
            min_width=min_width,
            container=container,
            buttons=buttons,
            **options,
        )

    def props(self) -> dict[str, Any]:
        """Its properties, with those for the templates under `props`."""
        found = super().props()
        if self.SERVER_METHODS:
            found["server_fns"] = list(self.SERVER_METHODS)
        return {**found, "props": self.own_props, "component_class_name": type(self).__name__}

    def _offered(self, functions: Sequence[Callable[..., Any]]) -> tuple[str, ...]:
        """Make functions methods of this component, by their names."""
        for function in functions:
            if hasattr(type(self), function.__name__):
                raise ValueError(
                    f"HTML has something called {function.__name__!r} already, so a server function cannot be. "
                    "Give the function another name."
                )
            setattr(self, function.__name__, function)
        return tuple(function.__name__ for function in functions)

    def api_info(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}

    def example_payload(self) -> str:
        """A paragraph."""
        return "<p>Hello</p>"


OPTIONS = ("every", "inputs", "visible", "elem_id", "elem_classes", "render", "key", "preserved_by_key")

"""Component that shows HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from holdfast.components import events
from holdfast.components.base import Component

CLICK_TRIGGER = "element.addEventListener('click', function() { trigger('click') });"


class HTML(Component):
    """Shows HTML; with templates and a script it becomes a custom component.

    Args:
        value: HTML, or the value for the template, or a function that returns it.
        label: Name of the component.
        html_template: HTML with `${value}` and `${other}` for the value and `props`.
        css_template: CSS for this element only, with the same placeholders.
        js_on_load: JavaScript that runs once the element exists, with `element`, `props`, `trigger(event, data)`,
            `server`, `upload(file)`, and `watch(names, callback)`, which calls back after an update has changed a
            property.
        apply_default_css: Whether text looks like text in Markdown.
        show_label: Whether the label is shown.
        scale: Share of the row's width, relative to the component's neighbors.
        min_width: Width in pixels below which the row wraps.
        min_height: Minimum height in pixels.
        max_height: Height in pixels above which the component scrolls.
        container: Whether the component has a frame and padding.
        padding: Whether there is padding inside the frame.
        autoscroll: Whether to scroll to the end when the content changes.
        buttons: Custom buttons.
        head: HTML for the page's head.
        server_functions: Functions that the script can call as `server.name(...)`.
        **props: Values for the templates and the script, and options of `ValueOptions`.
    """

    NAME: ClassVar[str] = "html"
    SERVER_METHODS: tuple[str, ...] = ()
    """Names of the functions that the script may call."""
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
        """Return the properties, with those for the templates under `props`."""
        found = super().props()
        if self.SERVER_METHODS:
            found["server_fns"] = list(self.SERVER_METHODS)
        return {**found, "props": self.own_props, "component_class_name": type(self).__name__}

    def _offered(self, functions: Sequence[Callable[..., Any]]) -> tuple[str, ...]:
        """Add functions to this component as methods, under their names."""
        for function in functions:
            if hasattr(type(self), function.__name__):
                raise ValueError(
                    f"HTML already has an attribute {function.__name__!r}, so a server function cannot have that name. "
                    "Rename the function."
                )
            setattr(self, function.__name__, function)
        return tuple(function.__name__ for function in functions)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def example_payload(self) -> str:
        return "<p>Hello</p>"


OPTIONS = ("every", "inputs", "visible", "elem_id", "elem_classes", "render", "key", "preserved_by_key")

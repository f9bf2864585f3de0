"""`gr.Interface`: an app made from one function, with inputs, a button and outputs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from holdfast.apps.examples import Examples
from holdfast.apps.flagging import CSVLogger, FlaggingCallback, flag_method, own_folder
from holdfast.apps.interface_inputs import HEADING, accordion_of, listed, name_unlabeled, pair_states, several
from holdfast.blocks import Blocks, BlocksOptions
from holdfast.components.base import Component
from holdfast.components.button import Button
from holdfast.components.clear_button import ClearButton
from holdfast.components.markdown import Markdown
from holdfast.components.state import State
from holdfast.errors import BuildError
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.events import BoundEvent
from holdfast.graph.layouts import Accordion, Column, Row
from holdfast.graph.listener import ListenerOptions, Visibility

ComponentLike = Component | str | type[Component]
ButtonLike = str | Button | None


class Interface(Blocks):
    """An app made from one function.

    Args:
        fn: Function to run, with one parameter per input and one return value per output. A generator streams.
        inputs: Components, or their names (`"textbox"`, `"state"`, …); `None` for none.
        outputs: Components for the results; `None` for none.
        examples: Rows of inputs to try, see `gr.Examples`.
        cache_examples: Whether to store the examples' results in a folder instead of running the function at each
            click.
        cache_mode: `"eager"` or `"lazy"`, see `gr.Examples`.
        examples_per_page: Number of rows of examples per page.
        example_labels: Texts for the rows.
        preload_example: Row that is filled in when the page opens, if results are cached; `False` for none.
        live: Whether to run the function at every change of an input, without a button.
        title: Heading, and text of the browser tab.
        description: Markdown under the heading.
        article: Markdown at the end.
        flagging_mode: `"manual"` shows flag buttons, `"auto"` stores every result, `"never"` stores nothing.
        flagging_options: Texts of several flag buttons, or pairs of the text and the option to write.
        flagging_dir: Folder of the stored samples.
        flagging_callback: Destination of the samples; by default a `CSVLogger`.
        batch: Whether the function takes and returns lists.
        max_batch_size: Maximum number of calls per batch.
        api_visibility: Whether the endpoint is documented.
        api_name: Name of the endpoint; by default the function's name.
        api_description: Description of the endpoint; by default the docstring.
        allow_duplication: Accepted for compatibility with Gradio.
        concurrency_limit: Maximum number of concurrent runs; `None` for no limit.
        additional_inputs: Additional inputs, in an accordion under the others.
        additional_inputs_accordion: Accordion for the additional inputs, or its label.
        submit_btn: Submit button, or its text.
        stop_btn: Button that stops a generator, or its text.
        clear_btn: Clear button, or its text; `None` for none.
        show_progress: How to show the status on the outputs.
        time_limit: Maximum duration of a stream in seconds.
        stream_every: Interval between the chunks of a stream in seconds.
        deep_link: Accepted if `None` or `False`; links to a filled-in app are not supported yet.
        validator: Function called with the inputs before the event is queued.
        **options: See `Blocks`.

    Raises:
        ValueError: The States do not match: there must be one among the inputs and one among the outputs, or none.
        TypeError: `fn` is not callable.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        inputs: ComponentLike | Sequence[ComponentLike] | None,
        outputs: ComponentLike | Sequence[ComponentLike] | None,
        examples: Sequence[Any] | str | Path | None = None,
        *,
        cache_examples: bool | None = None,
        cache_mode: Literal["eager", "lazy"] | None = None,
        examples_per_page: int = 10,
        example_labels: Sequence[str] | None = None,
        preload_example: int | Literal[False] = 0,
        live: bool = False,
        title: str | None = None,
        description: str | None = None,
        article: str | None = None,
        flagging_mode: Literal["never", "auto", "manual"] | None = None,
        flagging_options: Sequence[str] | Sequence[tuple[str, str]] | None = None,
        flagging_dir: str | Path = ".gradio/flagged",
        flagging_callback: FlaggingCallback | None = None,
        batch: bool = False,
        max_batch_size: int = 4,
        api_visibility: Visibility = "public",
        api_name: str | None = None,
        api_description: str | Literal[False] | None = None,
        _api_mode: bool = False,
        allow_duplication: bool = False,  # noqa: ARG002 -- accepted for compatibility with Gradio
        concurrency_limit: int | Literal["default"] | None = "default",
        additional_inputs: ComponentLike | Sequence[ComponentLike] | None = None,
        additional_inputs_accordion: str | Accordion | None = None,
        submit_btn: str | Button = "Submit",
        stop_btn: str | Button = "Stop",
        clear_btn: ButtonLike = "Clear",
        show_progress: Literal["full", "minimal", "hidden"] = "full",
        time_limit: float | None = 30,
        stream_every: float = 0.5,
        deep_link: Any = None,
        validator: Callable[..., Any] | None = None,
        **options: Unpack[BlocksOptions],
    ) -> None:
        if not callable(fn):
            raise TypeError(f"{fn!r} is not a callable object. gr.Interface takes a function first.")
        if deep_link:
            raise BuildError("deep_link is not supported by Holdfast yet: remove it.")
        self.flagging_mode = flagging_mode or "manual"
        if self.flagging_mode not in {"auto", "manual", "never"}:
            raise ValueError(f"flagging_mode={flagging_mode!r} is not one of 'auto', 'manual', 'never'.")
        super().__init__(title=title or "Holdfast", mode="interface", **options)
        self.fn, self.live = fn, live
        self.heading, self.description, self.article = title, description, article
        self.main_inputs, extra = several(inputs, fn, 0), several(additional_inputs, fn, len(listed(inputs)))
        self.additional_inputs = extra
        self.input_components: list[Component] = [*self.main_inputs, *extra]
        self.output_components: list[Component] = several(outputs, None, 0)
        pair_states(self.input_components, self.output_components)
        name_unlabeled(fn, self.input_components, self.output_components)
        self.is_generator = _is_generator(fn)
        self.listener_options: ListenerOptions = {
            "api_name": api_name,
            "api_visibility": api_visibility,
            "api_description": api_description,
            "batch": batch,
            "max_batch_size": max_batch_size,
            "concurrency_limit": concurrency_limit,
            "show_progress": show_progress,
            "time_limit": time_limit,
            "stream_every": stream_every,
            "validator": validator,
        }
        self.flagging_options = _flag_options(flagging_options)
        self.flagging_callback = flagging_callback or CSVLogger()
        self.flagging_callback.setup(self._flagged(), own_folder(flagging_dir))
        self.in_one_column = set(self.output_components) <= set(self.input_components) and bool(self.output_components)
        with self:
            self._build(additional_inputs_accordion, submit_btn, stop_btn, clear_btn)
            self.examples_handler: Examples | None = None
            if examples is not None:
                self.examples_handler = Examples(
                    examples,
                    [c for c in self.input_components if not isinstance(c, State)],
                    [c for c in self.output_components if not isinstance(c, State)],
                    fn,
                    cache_examples=self._may_cache(cache_examples),
                    cache_mode=cache_mode,
                    examples_per_page=examples_per_page,
                    example_labels=example_labels,
                    preload=preload_example,
                    batch=batch,
                )
            if article:
                Markdown(article)

    # Layout -----------------------------------------------------------------------------------------------------------

    def _build(
        self, accordion: str | Accordion | None, submit: str | Button, stop: str | Button, clear: ButtonLike
    ) -> None:
        """Place the components, then connect the listeners."""
        if self.heading:
            Markdown(HEADING.format(self.heading))
        if self.description:
            Markdown(self.description)
        shown_outputs = [c for c in self.output_components if c not in self.input_components]
        if self.in_one_column or not shown_outputs:
            with Column():
                self._place_inputs(accordion)
                self._place_buttons(submit, stop, clear)
            flags: list[Button] = []
        elif not any(not isinstance(c, State) for c in self.input_components):
            with Column():
                self._render(shown_outputs)
                with Row():
                    self._place_buttons("Generate" if submit == "Submit" else submit, stop, clear, row=False)
                    flags = self._flag_buttons()
        else:
            with Row():
                with Column():
                    with Column():
                        self._place_inputs(accordion)
                    self._place_buttons(submit, stop, clear)
                with Column():
                    self._render(shown_outputs)
                    with Row():
                        flags = self._flag_buttons()
        self._connect(flags)

    def _place_inputs(self, accordion: str | Accordion | None) -> None:
        self._render(self.main_inputs)
        if not self.additional_inputs:
            return
        with accordion_of(accordion):
            self._render(self.additional_inputs)

    def _place_buttons(self, submit: str | Button, stop: str | Button, clear: ButtonLike, *, row: bool = True) -> None:
        if row:
            with Row():
                return self._place_buttons(submit, stop, clear, row=False)
        self.clear_button = _button(clear or "Clear", ClearButton, visible=clear is not None)
        self.submit_button = None if self.live else _button(submit, Button, variant="primary")
        stoppable = self.is_generator and not self.live
        self.stop_button = _button(stop, Button, variant="stop", visible=False) if stoppable else None
        return None

    @staticmethod
    def _render(components: Sequence[Component]) -> None:
        for component in components:
            if not isinstance(component, State):
                component.render()

    def _flag_buttons(self) -> list[Button]:
        if self.flagging_mode != "manual":
            return []
        return [Button(text) for text, _ in self.flagging_options]

    # Listeners --------------------------------------------------------------------------------------------------------

    def _connect(self, flags: Sequence[Button]) -> None:
        run = self._connect_function()
        if self.stop_button is not None and self.submit_button is not None:
            self._connect_stop(run, self.submit_button, self.stop_button)
        if isinstance(self.clear_button, ClearButton):
            self.clear_button.add([*dict.fromkeys([*self.input_components, *self.output_components])])
        if self.flagging_mode == "auto":
            run.success(
                flag_method(self.flagging_callback, ("Flag", "")),
                self._flagged(),
                None,
                preprocess=False,
                queue=False,
                api_visibility="undocumented",
                show_progress="hidden",
            )
        for button, option in zip(flags, self.flagging_options, strict=False):
            saving = '() => ({"value": "Saving...", "interactive": false, "__type__": "update"})'
            register(None, (button.click,), None, button, {"js": saving, "api_visibility": "private"})
            register(
                flag_method(self.flagging_callback, option),
                (button.click,),
                self._flagged(),
                button,
                {"preprocess": False, "queue": False, "api_visibility": "undocumented", "show_progress": "hidden"},
            )

    def _connect_function(self) -> Dependency:
        if self.live:
            triggers = [_changes(component) for component in self.input_components]
            if not triggers:
                return self.load(self.fn, None, self.output_components, **self.listener_options)
            streams = any(trigger.event.name == "stream" for trigger in triggers)
            mode: ListenerOptions = {} if streams else {"trigger_mode": "always_last"}
        else:
            events = [(component, "submit") for component in self.main_inputs if "submit" in component.EVENTS]
            pressed = [self.submit_button.click] if self.submit_button is not None else []
            triggers = [*pressed, *(getattr(component, name) for component, name in events)]
            mode = {"trigger_mode": "once", "scroll_to_output": True}
        return register(
            self.fn, triggers, self.input_components, self.output_components, {**self.listener_options, **mode}
        )

    @staticmethod
    def _connect_stop(run: Dependency, submit: Button, stop: Button) -> None:
        """Replace Submit with Stop while the function runs, entirely in the browser."""
        running = "() => [{visible: false, __type__: 'update'}, {visible: true, __type__: 'update'}]"
        ready = "() => [{visible: true, __type__: 'update'}, {visible: false, __type__: 'update'}]"
        triggers = [
            BoundEvent(_event(target.block, target.event), target.block)
            for target in run.listener.targets
            if target.block
        ]
        register(None, triggers, None, [submit, stop], {"js": running, "api_visibility": "private"})
        run.then(None, None, [submit, stop], js=ready, api_visibility="private")
        stop.click(None, None, None, cancels=[run])

    def _flagged(self) -> list[Component]:
        both = dict.fromkeys([*self.input_components, *self.output_components])
        return [component for component in both if not isinstance(component, State)]

    def _may_cache(self, wanted: bool | None) -> bool:
        if wanted and any(isinstance(c, State) for c in self.input_components):
            warnings.warn(
                "Examples of an Interface with a State cannot be cached: cache_examples is off.", stacklevel=4
            )
            return False
        return bool(wanted)


def _is_generator(fn: Callable[..., Any]) -> bool:
    called = fn if inspect.isroutine(fn) else getattr(fn, "__call__", fn)  # noqa: B004 -- the `__call__` of an object
    return inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called)


def _flag_options(given: Sequence[str] | Sequence[tuple[str, str]] | None) -> list[tuple[str, str]]:
    if given is None:
        return [("Flag", "")]
    return [(f"Flag as {one}", one) if isinstance(one, str) else (one[0], one[1]) for one in given]


def _button(given: str | Button, kind: type[Button], **options: Any) -> Button:
    if isinstance(given, Button):
        given.unrender()
        given.render()
        return given
    return kind(value=given, **options)


def _event(block: Any, name: str) -> Any:
    return getattr(type(block), name)


def _changes(component: Component) -> BoundEvent:
    name = "stream" if getattr(component, "streaming", False) else "change"
    return getattr(component, name)  # type: ignore[no-any-return]

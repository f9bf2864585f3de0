"""`gr.ChatInterface`: a chat app made from one function."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from holdfast.apps.chat import turns
from holdfast.apps.chat.examples import KeptAnswers, can_keep, rows_of
from holdfast.apps.chat.function import ChatFunction, Prepare
from holdfast.apps.chat.history import ChatHistory
from holdfast.apps.chat.turns import Message
from holdfast.apps.examples import Examples
from holdfast.apps.flagging import ChatCSVLogger
from holdfast.apps.interface_inputs import HEADING, accordion_of, component_of, listed
from holdfast.blocks import Blocks, BlocksOptions
from holdfast.components.base import Component
from holdfast.components.button import Button
from holdfast.components.chatbot import Chatbot, ExampleMessage
from holdfast.components.json import JSON
from holdfast.components.markdown import Markdown
from holdfast.components.state import State
from holdfast.components.textbox import Textbox
from holdfast.errors import BuildError
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.injected import EventData, LikeData
from holdfast.graph.layouts import Accordion, Column, Group, Row
from holdfast.graph.listener import ListenerOptions, Visibility
from holdfast.graph.listener_checks import api_name_of
from holdfast.graph.updates import skip, validate
from holdfast.runtime.request import Request

WELCOME = "## How can I help?\n\nWrite a message below."
"""Text of an empty chat if the author gave no placeholder."""
GREETING = "## How can I help?\n\nWrite a message below, or begin with one of these."


class Answer(JSON):
    """Answer of the endpoint: strings unchanged, messages as dicts."""

    def postprocess(self, value: Any) -> Any:
        """Return the answer unchanged, because a string in it is not JSON to parse."""
        return value


class ChatInterface(Blocks):
    """A chat app made from one function.

    Args:
        fn: Function called as `fn(message, history, *additional_inputs)`. It returns a string, a message (a dict with
            `content`, or `gr.ChatMessage`), a component, or a list of those; with a generator, each yield replaces the
            last.
        multimodal: Not supported yet: files next to the text.
        chatbot: `gr.Chatbot` to use.
        textbox: `gr.Textbox` to use.
        additional_inputs: Additional inputs of the function, shown under the chat unless they are placed elsewhere.
        additional_inputs_accordion: Accordion for the additional inputs, or its label.
        additional_outputs: Components for the values that the function returns after its answer.
        editable: Whether visitors can edit their messages.
        examples: Messages to start with. Rows of message and additional inputs appear in a table under the chat, where
            a click fills them in.
        examples_label: Heading of that table.
        example_labels: Texts for the examples.
        example_icons: Images for the examples.
        run_examples_on_click: `False` only copies the message to the text field.
        cache_examples: Whether to compute the answer to each example once, as the start of a conversation, and show
            that conversation at a click, even with `run_examples_on_click=False`.
        cache_mode: `"eager"` computes the answers when the app is built, `"lazy"` at an example's first click.
        title: Heading, and text of the browser tab.
        description: Markdown under the heading.
        flagging_mode: `"manual"` lets visitors rate answers; `"never"` does not.
        flagging_options: Ratings to choose from.
        flagging_dir: Folder in which ratings are stored.
        autofocus: Whether the text field has the focus when the page opens.
        autoscroll: Whether to scroll to the end when a message arrives.
        submit_btn: Text of the send button; `True` for an arrow, `False` or `None` for none.
        stop_btn: Text of the stop button; `True` for a square, `False` or `None` for none.
        concurrency_limit: Maximum number of concurrent answers; `None` for no limit.
        show_progress: How to show the status on the chat.
        api_name: Name of the endpoint; by default the function's name.
        api_description: Description of the endpoint; by default the docstring.
        api_visibility: Whether the endpoint is documented.
        save_history: Whether to list the visitor's conversations in a sidebar, to open and delete them. They are stored
            on the server for each browser, as long as the store keeps them.
        validator: Function called with the message and the additional inputs before the event is queued.
        **options: See `Blocks`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        multimodal: bool = False,
        chatbot: Chatbot | None = None,
        textbox: Textbox | None = None,
        additional_inputs: str | Component | Sequence[str | Component] | None = None,
        additional_inputs_accordion: str | Accordion | None = None,
        additional_outputs: Component | Sequence[Component] | None = None,
        editable: bool = False,
        examples: Sequence[Any] | None = None,
        examples_label: str | None = "Examples",
        example_labels: Sequence[str] | None = None,
        example_icons: Sequence[str] | None = None,
        run_examples_on_click: bool = True,
        cache_examples: bool | None = None,
        cache_mode: Literal["eager", "lazy"] | None = None,
        title: str | None = None,
        description: str | None = None,
        flagging_mode: Literal["never", "manual"] | None = None,
        flagging_options: Sequence[str] | None = ("Like", "Dislike"),
        flagging_dir: str | Path = ".gradio/flagged",
        autofocus: bool = True,
        autoscroll: bool = True,
        submit_btn: str | bool | None = True,
        stop_btn: str | bool | None = True,
        concurrency_limit: int | Literal["default"] | None = "default",
        show_progress: Literal["full", "minimal", "hidden"] = "minimal",
        api_name: str | None = None,
        api_description: str | Literal[False] | None = None,
        api_visibility: Visibility = "public",
        save_history: bool = False,
        validator: Callable[..., Any] | None = None,
        analytics_enabled: bool | None = None,
        **options: Unpack[BlocksOptions],
    ) -> None:
        if not callable(fn):
            raise TypeError(f"{fn!r} is not a callable object. gr.ChatInterface takes a function first.")
        if multimodal:
            raise BuildError(
                "ChatInterface(multimodal=True) needs gr.MultimodalTextbox, which Holdfast does not support yet. "
                "Remove multimodal."
            )
        _check_parts(chatbot, textbox, examples)
        options.setdefault("fill_height", True)
        super().__init__(
            analytics_enabled=analytics_enabled, mode="chat_interface", title=title or "Holdfast", **options
        )
        self.fn = fn
        self.multimodal = multimodal
        self.submit_btn, self.stop_btn = submit_btn or False, stop_btn or False
        self.additional_outputs: list[Component] = listed(additional_outputs)
        self.asked = ChatFunction(fn, len(self.additional_outputs), self.submit_btn, self.stop_btn)
        self.run_examples_on_click = run_examples_on_click
        self.examples = list(examples or ())
        self.history = ChatHistory(title or self.asked.name) if save_history else None
        self.validator = validator
        self.additional_inputs = [component_of(one, stays=True) for one in listed(additional_inputs)]
        self.chatbot = chatbot or Chatbot(label="Chatbot", scale=1, height=400, autoscroll=autoscroll, render=False)
        self.table_label = examples_label
        self.table: Examples | None = None
        self.tabled = bool(self.additional_inputs and self.examples) and all(
            isinstance(row, list | tuple) for row in self.examples
        )
        self.textbox = textbox or Textbox(
            show_label=False,
            label="Message",
            placeholder="Type a message...",
            scale=7,
            max_lines=8,
            autofocus=autofocus,
            submit_btn=self.submit_btn,
            render=False,
        )
        self._prepare_chatbot(editable, example_labels, example_icons, flagging_mode, flagging_options)
        self.shared: ListenerOptions = {
            "concurrency_limit": concurrency_limit,
            "concurrency_id": f"chat-{id(self)}",
            "show_progress": show_progress,
        }
        self.api_options: ListenerOptions = {
            "api_name": api_name or api_name_of(fn),
            "api_visibility": api_visibility,
            "api_description": inspect.getdoc(fn) if api_description is None else api_description,
        }
        with self:
            self._keep_answers(cache_examples, cache_mode)
            self._build(title, description, additional_inputs_accordion, example_labels)
            self._connect(ChatCSVLogger(flagging_dir) if flagging_mode == "manual" else None)

    def _keep_answers(self, wanted: bool | None, mode: Literal["eager", "lazy"] | None) -> None:
        self.kept: KeptAnswers | None = None
        if not self.examples or not can_keep(wanted, self.additional_inputs):
            return
        rows = rows_of(self.examples, lambda row: _example(row, None, None)["text"], self.additional_inputs)
        inputs = [self.textbox, *self.additional_inputs]
        self.kept = KeptAnswers(self.fn, rows, inputs, Answer(render=False), self.additional_outputs)
        if (mode or "eager") == "eager":
            self.kept.compute()

    # Layout -----------------------------------------------------------------------------------------------------------

    def _prepare_chatbot(
        self,
        editable: bool,
        labels: Sequence[str] | None,
        icons: Sequence[str] | None,
        flagging_mode: str | None,
        flagging_options: Sequence[str] | None,
    ) -> None:
        self.chatbot.unrender()
        self.textbox.unrender()
        if self.chatbot.placeholder is None:
            self.chatbot.placeholder = GREETING if self.examples and not self.tabled else WELCOME
        if editable and self.chatbot.editable is None:
            self.chatbot.editable = "user"
        if flagging_mode == "manual" and flagging_options is not None:
            self.chatbot.feedback_options = list(flagging_options)
        if self.examples and not self.tabled and not self.chatbot.examples:
            shown = [_example(row, _at(labels, place), _at(icons, place)) for place, row in enumerate(self.examples)]
            self.chatbot.examples = Chatbot(examples=shown, render=False).examples

    def _build(
        self,
        title: str | None,
        description: str | None,
        accordion: str | Accordion | None,
        labels: Sequence[str] | None,
    ) -> None:
        with Column():
            if title:
                Markdown(HEADING.format(title))
            if description:
                Markdown(description)
            if self.history is not None:
                self.history.build()
            self._build_chat()
            self.fake_api_button = Button("Fake API", visible=False)
            self.api_response = Answer(label="Response", visible=False)
            self.chatbot_state = State(self.chatbot.initial or [])
            self.chatbot_value = State(self.chatbot.initial or [])
            if self.tabled:
                self.table = Examples(
                    [[_example(row, None, None)["text"], *row[1:]] for row in self.examples],
                    [self.textbox, *self.additional_inputs],
                    label=self.table_label,
                    example_labels=labels,
                )
            unplaced = [c for c in self.additional_inputs if c.parent is None and not isinstance(c, State)]
            if not unplaced:
                return
            with accordion_of(accordion):
                for component in unplaced:
                    component.render()

    def _build_chat(self) -> None:
        self.chatbot.render()
        self.textbox.elem_classes = [*(self.textbox.elem_classes or ()), "composer-input"]
        with Group(elem_classes=["composer"]), Row():
            self.textbox.render()

    # Listeners --------------------------------------------------------------------------------------------------------

    def _connect(self, flags: ChatCSVLogger | None) -> None:
        chat = self.chatbot
        self._connect_api()
        listeners = [
            self._runs(self.textbox.submit, lambda _, box, said: turns.new_turn(box, said), "_submit"),
            self._runs(chat.retry, lambda _data, _box, said: turns.last_turn(said), "_retry"),
            self._runs(chat.option_select, lambda data, _, said: turns.chosen_turn(data, said), "_option"),
        ]
        if chat.editable:
            listeners.append(self._runs(chat.edit, lambda data, _, said: turns.edited_turn(data, said), "_edit"))
        if self.examples and not self.tabled:
            listeners.append(self._connect_examples())
        elif self.kept is not None and self.table is not None:
            listeners.append(self._connect_kept(self.table.dataset.click))
        self._connect_ends(listeners)
        undone = self._add(self._undo, chat.undo, [chat], [self.textbox, chat, self.chatbot_state], "_undo")
        self._add(lambda: ([], []), chat.clear, None, [chat, self.chatbot_state], "_clear")
        self._add(lambda said: (said, said), self.chatbot_value.change, [self.chatbot_value], self._shown, "_set")
        if self.history is not None:
            self.history.connect(self._shown, self, chat.clear, [*listeners, undone])
        if flags is not None:
            self._connect_flags(flags)

    @property
    def _shown(self) -> list[Component]:
        return [self.chatbot, self.chatbot_state]

    def _add(self, fn: Any, trigger: Any, inputs: Any, outputs: Any, name: str) -> Dependency:
        options: ListenerOptions = {"api_name": name, "api_visibility": "undocumented", "show_progress": "hidden"}
        return register(fn, (trigger,), inputs, outputs, options)

    def _runs(self, trigger: Any, prepare: Prepare, name: str) -> Dependency:
        """Register a listener that calls the function."""
        options: ListenerOptions = {
            **self.shared,
            "api_name": name,
            "api_visibility": "undocumented",
            # Show the status only on the answer; on the text field it would cover the send button.
            "show_progress_on": [self.chatbot, *self.additional_outputs],
        }
        if self.validator is not None:
            options["validator"] = _without_history(self.validator)
        return register(
            self.asked.listener(prepare),
            (trigger,),
            [self.textbox, self.chatbot, *self.additional_inputs],
            [self.textbox, self.chatbot, self.chatbot_state, *self.additional_outputs],
            options,
        )

    def _connect_examples(self) -> Dependency:
        if self.kept is not None:
            return self._connect_kept(self.chatbot.example_select)
        if not self.run_examples_on_click:

            def fill(event: EventData) -> Any:
                return self._example_text(event._data)

            return self._add(fill, self.chatbot.example_select, None, [self.textbox], "_example")
        return self._runs(
            self.chatbot.example_select,
            lambda data, _, said: turns.new_turn(self._example_text(data), said),
            "_example",
        )

    def _connect_kept(self, trigger: Any) -> Dependency:
        """Show the cached conversation of the example that is clicked."""

        def show(event: EventData) -> Any:
            place = turns.example_place(event._data)
            shown = None if self.kept is None else self.kept.shown(place, self.chatbot)
            return skip() if shown is None else tuple(shown)

        options: ListenerOptions = {
            "api_name": "_example",
            "api_visibility": "undocumented",
            "postprocess": False,
            "show_progress_on": [self.chatbot, *self.additional_outputs],
        }
        return register(show, (trigger,), None, [*self._shown, *self.additional_outputs], options)

    def _connect_ends(self, listeners: Sequence[Dependency]) -> None:
        """Restore the send button after a failed or canceled answer; a completed one restores it itself."""
        ready = f"() => ({{submit_btn: {json.dumps(self.submit_btn)}, stop_btn: false, __type__: 'update'}})"
        for listener in listeners:
            listener.failure(None, None, self.textbox, js=ready, api_visibility="private")
        if self.stop_btn:
            self.textbox.stop(None, None, self.textbox, js=ready, cancels=list(listeners), api_visibility="private")

    def _connect_flags(self, flags: ChatCSVLogger) -> None:
        def flag(event: LikeData, request: Request, said: list[Message]) -> None:
            flags.flag(said, event.index, event.value, event.liked, request.username)

        self._add(flag, self.chatbot.like, [self.chatbot], None, "_flag")

    def _connect_api(self) -> None:
        register(
            self.asked.endpoint(),
            (self.fake_api_button.click,),
            [self.textbox, self.chatbot_state, *self.additional_inputs],
            [self.api_response, self.chatbot_state, *self.additional_outputs],
            {**self.shared, **self.api_options},
        )

    # What the listeners do --------------------------------------------------------------------------------------------

    def _undo(self, said: list[Message]) -> Any:
        turn = turns.last_turn(said)
        if turn is None:
            return skip()
        return turn.message, turn.history, turns.storable(turn.history)

    def _example_text(self, data: Any) -> str | None:
        place = turns.example_place(data)
        if place is None or not 0 <= place < len(self.examples):
            return None
        return _example(self.examples[place], None, None)["text"]


def _without_history(validator: Callable[..., Any]) -> Callable[..., Any]:
    """Adapt the validator to the listener's inputs, the second of which is the conversation."""

    def check(box: Any, _said: Any, *more: Any) -> Any:
        verdict = validator(box, *more)
        if isinstance(verdict, list | tuple) and verdict:
            return [verdict[0], validate(is_valid=True, message=""), *verdict[1:]]
        return verdict

    return check


def _check_parts(chatbot: Any, textbox: Any, examples: Any) -> None:
    if chatbot is not None and not isinstance(chatbot, Chatbot):
        raise BuildError(
            f"ChatInterface(chatbot={chatbot!r}) is not a gr.Chatbot. Pass one, such as gr.Chatbot(height=400)."
        )
    if textbox is not None and not isinstance(textbox, Component):
        raise BuildError(
            f"ChatInterface(textbox={textbox!r}) is not a component. Pass one, such as gr.Textbox(lines=2)."
        )
    if isinstance(examples, str):
        raise BuildError(
            f"ChatInterface(examples={examples!r}) is a single string. Pass a list of messages: [{examples!r}]."
        )


def _example(row: Any, label: str | None, icon: str | None) -> ExampleMessage:
    """Return a row of `examples` in the form of the Chatbot."""
    first = row[0] if isinstance(row, list | tuple) and row else row
    text = str(first.get("text", "")) if isinstance(first, Mapping) else str(first)
    found: ExampleMessage = {"text": text}
    if label is not None:
        found["display_text"] = label
    if icon is not None:
        found["icon"] = icon
    return found


def _at(values: Sequence[str] | None, place: int) -> str | None:
    return values[place] if values is not None and place < len(values) else None

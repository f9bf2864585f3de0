"""Earlier conversations of a chat: kept on the server for each browser, listed beside the chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast.chat_turns import Message, text_of
from holdfast.components.base import Component
from holdfast.components.button import Button
from holdfast.components.dataset import Dataset
from holdfast.components.state import State
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.events import BoundEvent
from holdfast.graph.layouts import Accordion, Column
from holdfast.graph.listener import ListenerOptions
from holdfast.ids import random_id

Saved = dict[str, list[Message]]
"""Conversations by id, the oldest first."""
TITLE_LENGTH = 40
LABEL = "Earlier conversations"
FOLDS_ON_PHONES = "folds-on-phones"
"""The page starts an accordion of this class folded where it is no wider than a phone."""
HIDDEN: ListenerOptions = {"api_visibility": "undocumented", "show_progress": "hidden"}


class ChatHistory:
    """The list of earlier conversations, and what its clicks do.

    Args:
        name: Distinguishes the chats of one app: the title, or else the name of the function.
    """

    def __init__(self, name: str) -> None:
        self.saved = State({}, scope="browser", key=f"conversations of {name}", render=False)
        self.saved.cell.clash = (
            f"Two chats with save_history=True are called {name!r}, by their title or else by the name of their "
            "function, so each would show the conversations of the other. Give each its own title, as in "
            'ChatInterface(…, title="Cooking").'
        )
        self.open_id = State(None, render=False)
        """Id of the conversation that is shown, once it is kept."""

    def build(self) -> None:
        """Place the list where the program stands."""
        with Column(scale=1, min_width=100):
            self.new_button = Button("New chat", variant="primary", size="md")
            self.fold = Accordion(LABEL, visible=False, elem_classes=[FOLDS_ON_PHONES])
            with self.fold:
                self.list = Dataset(
                    components=["textbox"],
                    samples=[],
                    type="index",
                    layout="table",
                    label=LABEL,
                    show_label=False,
                )

    def connect(self, shown: Sequence[Component], root: Any, clear: BoundEvent, changes: Sequence[Dependency]) -> None:
        """Keep the conversation after every change, and open what is clicked.

        Args:
            shown: The chat, and the State of its conversation.
            root: The app, for its `load` event.
            clear: The chat was cleared: its conversation is forgotten.
            changes: The listeners after which the conversation is another.
        """
        kept: list[Any] = [self.saved, self.open_id, *self.seen]
        for change in changes:
            change.then(
                self._keep,
                [shown[-1], self.saved, self.open_id],
                kept,
                api_name="_save",
                api_visibility="undocumented",
                show_progress="hidden",
            )
        register(self._forget, (clear,), [self.saved, self.open_id], kept, {**HIDDEN, "api_name": "_forget"})
        register(
            lambda: (None, [], []),
            (self.new_button.click,),
            None,
            [self.open_id, *shown],
            {**HIDDEN, "api_name": "_new"},
        )
        register(
            self._open,
            (self.list.click,),
            [self.list, self.saved],
            [self.open_id, *shown],
            {**HIDDEN, "api_name": "_open"},
        )
        register(listing, (root.load,), [self.saved], self.seen, {**HIDDEN, "api_name": "_list"})

    @property
    def seen(self) -> list[Any]:
        """What `listing` gives values for."""
        return [self.fold, self.list]

    @staticmethod
    def _keep(said: list[Message], saved: Saved, open_id: str | None) -> Any:
        saved, open_id = keep(said, saved, open_id, random_id())
        return saved, open_id, *listing(saved)

    @staticmethod
    def _forget(saved: Saved, open_id: str | None) -> Any:
        left = {number: said for number, said in saved.items() if number != open_id}
        return left, None, *listing(left)

    @staticmethod
    def _open(place: int, saved: Saved) -> Any:
        number = newest_first(saved)[place]
        return number, saved[number], saved[number]


def keep(said: list[Message], saved: Saved, open_id: str | None, new_id: str) -> tuple[Saved, str | None]:
    """The conversations with this one in its newest form, and its id; nothing was said: as they are.

    Args:
        said: The conversation.
        saved: All of them.
        open_id: Its id, if it has one.
        new_id: The id that it gets otherwise.
    """
    if not said:
        return saved, open_id
    number = open_id if open_id in saved else new_id
    return {**saved, number: said}, number


def newest_first(saved: Saved) -> list[str]:
    """Ids in the order of the list."""
    return list(reversed(saved))


def title(said: Sequence[Message]) -> str:
    """How the list calls a conversation: by the first thing that the visitor said."""
    first = next((text_of(message) for message in said if message.get("role") == "user"), "")
    text = " ".join(first.split())
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…"


def listing(saved: Saved) -> tuple[Accordion, Dataset]:
    """The list and what it folds into, as they are now; without a conversation neither is seen."""
    rows = [[title(saved[number])] for number in newest_first(saved)]
    return Accordion(visible=bool(rows), render=False), Dataset(samples=rows, render=False)

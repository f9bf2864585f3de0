"""Earlier conversations of a chat: stored on the server for each browser, listed next to the chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from holdfast.apps.chat.turns import Message, text_of
from holdfast.components import events
from holdfast.components.base import Component
from holdfast.components.button import Button
from holdfast.components.dataset import Dataset
from holdfast.components.state import State
from holdfast.graph.dependency import Dependency, register
from holdfast.graph.events import BoundEvent
from holdfast.graph.injected import EventData
from holdfast.graph.layouts import Sidebar
from holdfast.graph.listener import ListenerOptions
from holdfast.graph.updates import skip
from holdfast.ids import random_id

Saved = dict[str, list[Message]]
"""Conversations by id, oldest first."""
TITLE_LENGTH = 40
LABEL = "Conversations"
WIDTH = 256
MOST_ROWS = 200
"""Number of conversations per page of the list."""
HIDDEN: ListenerOptions = {"api_visibility": "undocumented", "show_progress": "hidden"}


class Conversations(Dataset):
    """A list of conversations, each with a menu to delete it; the open one is highlighted.

    The page identifies a conversation by its key, so an outdated list never opens or deletes the wrong one.

    Args:
        keys: Ids of the conversations, in the order of the rows.
        current: Id of the open conversation.
        **options: See `Dataset`.
    """

    LACKS: ClassVar[frozenset[str]] = Dataset.LACKS
    delete = events.DELETE

    def __init__(self, *, keys: Sequence[str] = (), current: str | None = None, **options: Any) -> None:
        self.keys = list(keys)
        self.current = current
        super().__init__(**options)


class ChatHistory:
    """The list of earlier conversations and its listeners.

    Args:
        name: Name that distinguishes the chats of one app: the title, or else the function's name.
    """

    def __init__(self, name: str) -> None:
        self.saved = State({}, scope="browser", key=f"conversations of {name}", render=False)
        self.saved.cell.clash = (
            f"Two chats with save_history=True are called {name!r} (the title, or else the name of the function), "
            "so each would show the conversations of the other. Give each a different title, as in "
            'ChatInterface(…, title="Cooking").'
        )
        self.open_id = State(None, render=False)
        """Id of the open conversation, once it has been stored."""

    def build(self) -> None:
        """Place the list in a sidebar."""
        with Sidebar(LABEL, width=WIDTH, elem_classes=["conversations"]):
            self.new_button = Button("New chat", size="md")
            self.list = Conversations(
                components=["textbox"],
                samples=[],
                type="index",
                layout="table",
                samples_per_page=MOST_ROWS,
                label=LABEL,
                show_label=False,
                visible=False,
            )

    def connect(self, shown: Sequence[Component], root: Any, clear: BoundEvent, changes: Sequence[Dependency]) -> None:
        """Store the conversation after every change, and open the one that is clicked.

        Args:
            shown: The chat, and the State of its conversation.
            root: App, for its `load` event.
            clear: Event of clearing the chat, which deletes its conversation.
            changes: Listeners that change the conversation.
        """
        kept: list[Any] = [self.saved, self.open_id, self.list]
        opened: list[Any] = [self.open_id, *shown, self.list]
        for change in changes:
            change.then(
                self._keep,
                [shown[-1], self.saved, self.open_id],
                kept,
                api_name="_save",
                api_visibility="undocumented",
                show_progress="hidden",
            )
        mine = [self.saved, self.open_id]
        register(self._forget, (clear,), mine, kept, {**HIDDEN, "api_name": "_forget"})
        register(self._new, (self.new_button.click,), [self.saved], opened, {**HIDDEN, "api_name": "_new"})
        register(self._open, (self.list.click,), [self.saved], opened, {**HIDDEN, "api_name": "_open"})
        register(
            self._delete,
            (self.list.delete,),
            [*mine, *shown],
            [self.saved, *opened],
            {**HIDDEN, "api_name": "_delete"},
        )
        register(listing, (root.load,), mine, [self.list], {**HIDDEN, "api_name": "_list"})

    @staticmethod
    def _keep(said: list[Message], saved: Saved, open_id: str | None) -> Any:
        saved, open_id = keep(said, saved, open_id, random_id())
        return saved, open_id, listing(saved, open_id)

    @staticmethod
    def _forget(saved: Saved, open_id: str | None) -> Any:
        left = {number: said for number, said in saved.items() if number != open_id}
        return left, None, listing(left, None)

    @staticmethod
    def _new(saved: Saved) -> Any:
        return None, [], [], listing(saved, None)

    @staticmethod
    def _open(event: EventData, saved: Saved) -> Any:
        number = chosen(event, saved)
        return skip() if number is None else (number, saved[number], saved[number], listing(saved, number))

    @staticmethod
    def _delete(event: EventData, saved: Saved, open_id: str | None, chat: Any, said: list[Message]) -> Any:
        number = chosen(event, saved)
        left = {other: kept for other, kept in saved.items() if other != number}
        if number is not None and number == open_id:
            return left, None, [], [], listing(left, None)
        return left, open_id, chat, said, listing(left, open_id)


def chosen(event: EventData, saved: Saved) -> str | None:
    """Return the id of the conversation that an event refers to, or `None` if it is no longer stored."""
    number = event._data.get("key") if isinstance(event._data, dict) else None
    return number if isinstance(number, str) and number in saved else None


def keep(said: list[Message], saved: Saved, open_id: str | None, new_id: str) -> tuple[Saved, str | None]:
    """Return the conversations with this one updated, and its id; an empty conversation changes nothing.

    Args:
        said: Conversation to store.
        saved: All stored conversations.
        open_id: Id of the conversation, if it has one.
        new_id: Id to use otherwise.
    """
    if not said:
        return saved, open_id
    number = open_id if open_id in saved else new_id
    return {**saved, number: said}, number


def newest_first(saved: Saved) -> list[str]:
    """Return the ids in the order of the list."""
    return list(reversed(saved))


def title(said: Sequence[Message]) -> str:
    """Return a conversation's title in the list: the beginning of the visitor's first message."""
    first = next((text_of(message) for message in said if message.get("role") == "user"), "")
    text = " ".join(first.split())
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…"


def listing(saved: Saved, open_id: str | None) -> Conversations:
    """Return the current list, which is hidden if there are no conversations."""
    keys = newest_first(saved)
    rows = [[title(saved[number])] for number in keys]
    return Conversations(samples=rows, keys=keys, current=open_id, visible=bool(rows), render=False)

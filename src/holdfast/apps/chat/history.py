"""Earlier conversations of a chat: kept on the server for each browser, listed beside the chat."""

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
"""Conversations by id, the oldest first."""
TITLE_LENGTH = 40
LABEL = "Conversations"
WIDTH = 256
MOST_ROWS = 200
"""Conversations that the list shows at once; the older ones are on its next pages."""
HIDDEN: ListenerOptions = {"api_visibility": "undocumented", "show_progress": "hidden"}


class Conversations(Dataset):
    """A list of conversations, each with a menu to delete it; the one that is open is marked.

    The page names a conversation by its key: an outdated list opens and deletes no other one.

    Args:
        keys: The conversations' ids, in the order of the rows.
        current: Id of the one that is open.
        **options: See `Dataset`.
    """

    LACKS: ClassVar[frozenset[str]] = Dataset.LACKS
    delete = events.DELETE

    def __init__(self, *, keys: Sequence[str] = (), current: str | None = None, **options: Any) -> None:
        self.keys = list(keys)
        self.current = current
        super().__init__(**options)


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
        """Place the list at the side of the page."""
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
        """Keep the conversation after every change, and open what is clicked.

        Args:
            shown: The chat, and the State of its conversation.
            root: The app, for its `load` event.
            clear: The chat was cleared: its conversation is forgotten.
            changes: The listeners after which the conversation is another.
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
    """Id of the conversation that an event is about; `None` if it is not kept any more."""
    number = event._data.get("key") if isinstance(event._data, dict) else None
    return number if isinstance(number, str) and number in saved else None


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


def listing(saved: Saved, open_id: str | None) -> Conversations:
    """The list as it is now; without a conversation it is not seen."""
    keys = newest_first(saved)
    rows = [[title(saved[number])] for number in keys]
    return Conversations(samples=rows, keys=keys, current=open_id, visible=bool(rows), render=False)

"""What a chat does, as functions of data: what was said, what is asked now, how an answer joins the conversation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.components.base import Component
from holdfast.components.chat_message import ChatMessage, message_out, message_text
from holdfast.errors import HandlerError

Message = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Turn:
    """One message that is to be answered."""

    message: str
    history: list[Message]
    """What was said before it."""

    @property
    def asked(self) -> list[Message]:
        """The conversation with the message at its end."""
        return [*self.history, {"role": "user", "content": self.message}]


def new_turn(message: str | None, history: Sequence[Message] | None) -> Turn | None:
    """The visitor sent a message; `None` when it is empty."""
    return Turn(message, list(history or ())) if message and message.strip() else None


def last_turn(history: Sequence[Message] | None) -> Turn | None:
    """The last thing that the visitor said, and what came before it; `None` when nothing was said."""
    messages = list(history or ())
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "user":
            return Turn(text_of(messages[place]), messages[:place])
    return None


def edited_turn(data: Any, history: Sequence[Message] | None) -> Turn | None:
    """The visitor changed a message: what follows it is dropped. A changed answer is `None`: nothing is asked."""
    messages = list(history or ())
    place = _place(data, "index")
    if place is None or not 0 <= place < len(messages) or messages[place].get("role") != "user":
        return None
    return new_turn(message_text({"content": data.get("value")}), messages[:place])


def chosen_turn(data: Any, history: Sequence[Message] | None) -> Turn | None:
    """The visitor clicked one of the answers that a message offered."""
    return new_turn(message_text({"content": data.get("value")}), history) if isinstance(data, Mapping) else None


def example_place(data: Any) -> int | None:
    """Which example was clicked."""
    return _place(data, "index")


def text_of(message: Message) -> str:
    """The text of a message, whatever form its content has."""
    return message_text(message)


def _place(data: Any, name: str) -> int | None:
    found = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(found, list | tuple) and found:
        found = found[0]
    return found if isinstance(found, int) else None


def answers(response: Any, fn_name: str) -> list[Any]:
    """The messages that a chat function's response stands for.

    Args:
        response: A text, a component, a dict with `content`, a `ChatMessage`, or a list of them.
        fn_name: The function, for the message of an error.

    Raises:
        HandlerError: It is none of these.
    """
    if isinstance(response, str | Component):
        return [{"role": "assistant", "content": response}]
    if isinstance(response, ChatMessage):
        return [response]
    if isinstance(response, Mapping) and "content" in response:
        return [{"role": "assistant", **response}]
    if isinstance(response, list | tuple):
        return [message for part in response for message in answers(part, fn_name)]
    raise HandlerError(
        f"The chat function {fn_name!r} gave {response!r}, a {type(response).__name__}. "
        "It must give a text, a message (a dict with `content`, or gr.ChatMessage), a component, or a list of those."
    )


def storable(messages: Sequence[Any]) -> list[Message]:
    """The conversation as a State keeps it: plain data, a text as a text, all else in the form of the wire."""
    return [message if _plain(message) else _lean(message_out(message)) for message in messages]


def _lean(message: Message) -> Message:
    """A message whose content is one text, with the text alone."""
    match message["content"]:
        case [{"type": "text", "text": str(text)}]:
            return {**message, "content": text}
    return message


def _plain(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    return not any(isinstance(part, Component) for part in parts) and all(
        not isinstance(part, Mapping) or "instance" not in part for part in parts
    )


def api_value(response: Any) -> Any:
    """A response as the API gives it: texts as they are, messages as dicts."""
    if isinstance(response, ChatMessage):
        return {
            "role": response.role,
            "metadata": dict(response.metadata),
            "content": response.content,
            "options": list(response.options),
        }
    if isinstance(response, Mapping) and "content" in response:
        return {"role": "assistant", **response}
    if isinstance(response, list | tuple):
        return [api_value(part) for part in response]
    if isinstance(response, Component):
        return {**response.given, "__type__": "update"}
    return response

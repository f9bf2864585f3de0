"""Pure functions of a chat: which message to answer, and how an answer extends the conversation."""

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
    """A message to answer."""

    message: str
    history: list[Message]
    """Conversation before the message."""

    @property
    def asked(self) -> list[Message]:
        """Conversation that ends with the message."""
        return [*self.history, {"role": "user", "content": self.message}]


def new_turn(message: str | None, history: Sequence[Message] | None) -> Turn | None:
    """Return the turn of a new message, or `None` if the message is empty."""
    return Turn(message, list(history or ())) if message and message.strip() else None


def last_turn(history: Sequence[Message] | None) -> Turn | None:
    """Return the turn of the visitor's last message, or `None` if there is none."""
    messages = list(history or ())
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "user":
            return Turn(text_of(messages[place]), messages[:place])
    return None


def edited_turn(data: Any, history: Sequence[Message] | None) -> Turn | None:
    """Return the turn of an edited message, dropping what follows; `None` for an edited answer, which asks nothing."""
    messages = list(history or ())
    place = _place(data, "index")
    if place is None or not 0 <= place < len(messages) or messages[place].get("role") != "user":
        return None
    return new_turn(message_text({"content": data.get("value")}), messages[:place])


def chosen_turn(data: Any, history: Sequence[Message] | None) -> Turn | None:
    """Return the turn of a clicked option of a message."""
    return new_turn(message_text({"content": data.get("value")}), history) if isinstance(data, Mapping) else None


def example_place(data: Any) -> int | None:
    """Return the index of the example that was clicked."""
    return _place(data, "index")


def text_of(message: Message) -> str:
    """Return the text of a message, whatever the form of its content."""
    return message_text(message)


def _place(data: Any, name: str) -> int | None:
    found = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(found, list | tuple) and found:
        found = found[0]
    return found if isinstance(found, int) else None


def answers(response: Any, fn_name: str) -> list[Any]:
    """Convert a chat function's response to messages.

    Args:
        response: A string, a component, a dict with `content`, a `ChatMessage`, or a list of these.
        fn_name: Name of the function, for the error message.

    Raises:
        HandlerError: The response has another type.
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
        f"The chat function {fn_name!r} returned {response!r}, a {type(response).__name__}. "
        "It must return a string, a message (a dict with `content`, or gr.ChatMessage), a component, or a list of them."
    )


def storable(messages: Sequence[Any]) -> list[Message]:
    """Return a conversation as plain data for a State: strings unchanged, everything else in the wire format."""
    return [message if _plain(message) else _lean(message_out(message)) for message in messages]


def _lean(message: Message) -> Message:
    """Replace a content that consists of one text part with the string."""
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
    """Return a response in the form of the API: strings unchanged, messages as dicts."""
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

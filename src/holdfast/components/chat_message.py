"""One chat message: what a handler writes, and the form in which the page receives it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

from holdfast.components.base import Component
from holdfast.components.dedent import unindented
from holdfast.errors import BadValue, Error
from holdfast.files.rules import FileData, guess_type, is_file_data, is_url
from holdfast.graph.block import NOT_PROPS
from holdfast.seals import Issued

METADATA = ("title", "id", "parent_id", "log", "duration", "status")
FILE = ("path", "url", "size", "orig_name", "mime_type", "is_stream", "meta")
NOT_MESSAGES = (
    "Data incompatible with messages format. Each message should be a dictionary with 'role' and 'content' keys "
    "or a ChatMessage object."
)


class MetadataDict(TypedDict, total=False):
    """Information shown around a message; a title turns it into a thought or a tool call."""

    title: str
    id: int | str
    parent_id: int | str
    """Id of the message that this one is nested in."""
    log: str
    """Text next to the title."""
    duration: float
    """Duration in seconds, shown next to the title."""
    status: Literal["pending", "done"]
    """Progress of the message; `"pending"` shows a spinner and opens it."""


class OptionDict(TypedDict):
    """Suggested answer that the visitor can click."""

    value: str
    label: NotRequired[str]


class MessageDict(TypedDict):
    """Chat message as a dict."""

    content: Any
    role: Literal["user", "assistant", "system"]
    metadata: NotRequired[MetadataDict]
    options: NotRequired[list[OptionDict]]


@dataclass
class ChatMessage:
    """A message of a `Chatbot`.

    Args:
        content: A string, `{"path": ...}` for a file, a component, or a list of those.
        role: Author of the message.
        metadata: Information shown around the message; see `MetadataDict`.
        options: Suggested answers that the visitor can click.
    """

    content: Any
    role: Literal["user", "assistant", "system"] = "assistant"
    metadata: MetadataDict = field(default_factory=MetadataDict)
    options: list[OptionDict] = field(default_factory=list)


def message_text(message: Mapping[str, Any] | ChatMessage) -> str:
    """Return the text of a message, whatever the form of its content.

    A function may write the content in any form, often as a string; after the page has sent the message back, it is a
    list of parts. This function reads both.

    Args:
        message: A dict with `content`, as passed to a function or written by it, or a `ChatMessage`.

    Returns:
        Text of the message, one part per line. Files have no text; a component has one if its value is a string.
    """
    return _text(message.content if isinstance(message, ChatMessage) else message.get("content"))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        found = content.get("text") or content.get("value") or ""
        return found if isinstance(found, str) else ""
    if isinstance(content, list | tuple):
        return "\n".join(filter(None, map(_text, content)))
    return ""


def messages_out(value: Any, tags: Sequence[tuple[str, str]] | None) -> list[dict[str, Any]]:
    """Convert a handler's messages to the wire format.

    Args:
        value: A list or tuple of dicts and `ChatMessage`s, or `None`.
        tags: Pairs of opening and closing tags around text that is a thought.

    Raises:
        Error: The value is not a list of messages.
        ValueError: The content of a message cannot be shown.
    """
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise Error(NOT_MESSAGES)
    found: list[dict[str, Any]] = []
    for message in value:
        wire = message_out(message)
        found.extend(split_thoughts(wire, tags) if tags else [wire])
    return found


def message_out(message: Any) -> dict[str, Any]:
    """Convert one message to the wire format."""
    if isinstance(message, ChatMessage):
        given: Mapping[str, Any] = vars(message)
    elif isinstance(message, Mapping) and "role" in message and "content" in message:
        given = message
    else:
        raise Error(NOT_MESSAGES)
    content = given["content"]
    parts = content if isinstance(content, list) else [content]
    metadata, options = given.get("metadata"), given.get("options")
    return {
        "role": given["role"],
        "metadata": None if metadata is None else {k: metadata[k] for k in METADATA if k in metadata},
        "content": [part_out(part) for part in parts],
        "options": None if options is None else [option_out(option) for option in options],
    }


def option_out(option: Any) -> dict[str, Any]:
    """Convert one option to the wire format."""
    if isinstance(option, str):
        return {"value": option}
    if not isinstance(option, Mapping) or "value" not in option:
        raise ValueError(f"An option of a message is a dict with `value` and maybe `label`, but {option!r} was given.")
    return {name: option[name] for name in ("value", "label") if name in option}


def part_out(part: Any) -> dict[str, Any]:
    """Convert one part of a message's content to the wire format."""
    if isinstance(part, str):
        return {"text": unindented(part), "type": "text"}
    if isinstance(part, Component):
        return _component_part(part)
    if isinstance(part, os.PathLike):
        return _file_part({"path": os.fspath(part)}, None)
    found = _dict_part(part) if isinstance(part, Mapping) else None
    if found is not None:
        return found
    raise ValueError(
        f"Invalid message for Chatbot component: {part}. "
        'Its content is a string, {"path": ...} for a file, a component, or a list of those.'
    )


def _dict_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """Convert a part that is a dict: a file path, or a part as passed to a handler."""
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        return {"text": part["text"], "type": "text"}
    if isinstance(part.get("file"), Mapping):
        return _file_part(part["file"], part.get("alt_text"))
    if part.get("type") == "component" and "component" in part:
        kept = {name: part.get(name) for name in ("component", "value", "constructor_args", "props", "type")}
        return {**kept, "seal": part["seal"]} if isinstance(part.get("seal"), str) else kept
    if isinstance(part.get("path"), (str, os.PathLike)):
        return _file_part(part, part.get("alt_text"))
    return None


def _file_part(file: Mapping[str, Any], alt_text: str | None) -> dict[str, Any]:
    path = os.fspath(file["path"])
    known: dict[str, Any] = {name: file.get(name) for name in ("url", "size", "orig_name", "mime_type")}
    if not is_file_data(file) and known["mime_type"] is None:
        known["mime_type"] = guess_type(path.split("?", 1)[0] if is_url(path) else path)
    return {"file": FileData(path=path, **known), "alt_text": alt_text, "type": "file"}


def _component_part(component: Component) -> dict[str, Any]:
    if component.parent is not None:
        component.unrender()
    given = {name: v for name, v in component.given.items() if name not in NOT_PROPS and name != "value"}
    return {
        "component": component.get_block_name(),
        "value": component.value,
        "constructor_args": {**given, "render": False},
        "props": component.props(),
        "type": "component",
        "seal": Issued(),
    }


def split_thoughts(message: dict[str, Any], tags: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Split a message at the tags: each thought between tags becomes a message with a title.

    A thought without a closing tag is pending.
    """
    found: list[dict[str, Any]] = []
    for part in message["content"]:
        if part["type"] != "text":
            if found and found[-1]["content"][-1]["type"] != "text":
                found[-1]["content"].append(part)
            else:
                found.append({**message, "content": [part]})
            continue
        for text, status in thoughts(part["text"], tags):
            content = [{"text": text, "type": "text"}]
            if status is None:
                found.append({**message, "content": content})
            else:
                metadata = {"title": "Reasoning", "status": status}
                found.append({**message, "metadata": metadata, "content": content, "options": None})
    return found


def thoughts(text: str, tags: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Literal["pending", "done"] | None]]:
    """Yield the non-empty pieces of `text`, each with the status of the thought that it is, or `None`."""
    while text:
        starts = [(text.find(opening), opening, closing) for opening, closing in tags if opening in text]
        if not starts:
            break
        at, opening, closing = min(starts)
        if before := text[:at].strip():
            yield before, None
        inside, end, text = text[at + len(opening) :].partition(closing)
        if thought := inside.strip():
            yield thought, "done" if end else "pending"
    if rest := text.strip():
        yield rest, None


PartIn = Callable[[dict[str, Any]], dict[str, Any]]
"""Function that checks a component in a client's message and returns what remains of it."""


def messages_in(payload: Any, called: str, component_in: PartIn) -> list[dict[str, Any]]:
    """Check the messages that a client sent and convert them for a handler.

    Args:
        payload: List in the wire format.
        called: Name of the component in messages.
        component_in: Function that checks a part that is a component.

    Raises:
        BadValue: The payload is not a list of messages; the error names the invalid message and the reason.
    """
    if payload is None:
        return []
    if not isinstance(payload, list):
        raise BadValue(f"{called} takes a list of messages, but a {type(payload).__name__} was sent.")
    return [_message_in(message, f"{called}: message {index}", component_in) for index, message in enumerate(payload)]


def _message_in(message: Any, where: str, component_in: PartIn) -> dict[str, Any]:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise BadValue(f"{where} is not an object with a `role` and a `content`.")
    content, metadata, options = message.get("content"), message.get("metadata"), message.get("options")
    if not isinstance(content, list):
        raise BadValue(
            f"{where} has the content {content!r:.80}, but it must be a list of parts such as "
            '[{"type": "text", "text": "Hello"}].'
        )
    if metadata is not None and not isinstance(metadata, dict):
        raise BadValue(f"{where} has metadata that are not an object.")
    if options is not None and not (isinstance(options, list) and all(_is_option(option) for option in options)):
        raise BadValue(f"{where} has options that are not a list of objects with a `value` and optionally a `label`.")
    return {
        "role": message["role"],
        "metadata": None if metadata is None else _metadata_in(metadata),
        "content": [part_in(part, where, component_in) for part in content],
        "options": None if options is None else [option_out(option) for option in options],
    }


def _metadata_in(metadata: dict[str, Any]) -> dict[str, Any]:
    plain = (str, int, float, bool, type(None))
    return {name: metadata[name] for name in METADATA if name in metadata and isinstance(metadata[name], plain)}


def _is_option(option: Any) -> bool:
    return (
        isinstance(option, dict) and isinstance(option.get("value"), str) and isinstance(option.get("label", ""), str)
    )


def part_in(part: Any, where: str, component_in: PartIn) -> dict[str, Any]:
    """Check one part of a client's message.

    Args:
        part: Part of the content.
        where: Position of the part, for messages.
        component_in: Function that checks a part that is a component.

    Raises:
        BadValue: The part is not a valid part.
    """
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return {"text": part["text"], "type": "text"}
        file, alt = part.get("file"), part.get("alt_text")
        if isinstance(file, dict) and isinstance(file.get("path"), str):
            kept = {name: file[name] for name in FILE if name in file}
            return {"file": kept, "alt_text": alt if isinstance(alt, str) else None, "type": "file"}
        if isinstance(part.get("component"), str):
            return component_in(part)
    raise BadValue(f"{where} has a part that is neither text, nor a file, nor a component: {part!r:.80}.")

"""Components in chat messages: sealed when a handler adds one, reduced to harmless data when a client invents one.

A page sends the whole conversation back with each event, so a client can send any component with any properties.
Components that this server issued are recognized by their seal and stay as they are. From any other component only the
type and the value are kept, with a short list of harmless options; a component that can run code becomes text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from holdfast.components.base import Component, describe
from holdfast.components.chat_message import part_in
from holdfast.components.shortcuts import component_class, rebuilt
from holdfast.errors import BadValue
from holdfast.seals import Issued, Seal
from holdfast.wire.encode import encode_value

FLAGS = frozenset(
    {
        "show_label", "container", "interactive", "rtl", "line_breaks", "header_links", "show_indices", "padding",
        "wrap", "show_row_numbers", "show_heading", "multiselect", "allow_custom_value", "filterable",
    }
)  # fmt: skip
"""Options that are accepted from a client if they are booleans."""
NUMBERS = frozenset(
    {
        "scale", "min_width", "height", "width", "min_height", "max_height", "lines", "max_lines", "max_length",
        "minimum", "maximum", "step", "precision", "num_top_classes",
    }
)  # fmt: skip
"""Options that are accepted from a client if they are numbers."""
LONGEST_LABEL = 200
MOST_CHOICES = 200
LARGEST = 10_000


def checked(payload: Any, seal: Seal) -> Any:
    """Verify or reduce the components in a client's conversation; `preprocess` deals with malformed parts.

    Args:
        payload: Conversation from the client; not modified.
        seal: Seal that recognizes what this server issued.

    Raises:
        BadValue: A part of the conversation is not valid.
    """
    if not isinstance(payload, list):
        return payload

    def component(part: dict[str, Any]) -> dict[str, Any]:
        if seal.fits(_content(part), part.get("seal")):
            return {**_named(part), "seal": Issued(part["seal"])}
        return _reduced(part)[0]

    return [
        {**message, "content": [part_in(part, f"Message {index}", component) for part in message["content"]]}
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        else message
        for index, message in enumerate(payload)
    ]


def component_in(part: dict[str, Any]) -> dict[str, Any]:
    """Convert a component in a message for a handler, adding an `instance`; reduced unless it was verified.

    Raises:
        BadValue: The component does not exist, or does not accept this value.
    """
    seal = part.get("seal")
    if isinstance(seal, Issued):
        given = part.get("constructor_args")
        instance = rebuilt(part["component"], given if isinstance(given, dict) else {}, part.get("value"))
        return {**_named(part), "seal": str(seal), "instance": instance}
    wire, made = _reduced(part)
    return wire if made is None else {**wire, "instance": made}


def sealed(payload: Any, seal: Seal) -> Any:
    """Seal the components that handlers added to a conversation for the page, and verify or reduce the others.

    Args:
        payload: Conversation in the wire format; not modified.
        seal: Seal that signs the components.
    """
    if not isinstance(payload, list):
        return payload
    return [
        {**message, "content": [_part_out(part, seal) for part in message["content"]]}
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        else message
        for message in payload
    ]


def _part_out(part: Any, seal: Seal) -> Any:
    if not isinstance(part, dict) or ("component" not in part and part.get("type") != "component"):
        return part
    encoded = _content(part)
    if isinstance(part.get("seal"), Issued):
        return {**part, "seal": seal.of(encoded)}
    if seal.fits(encoded, part.get("seal")):
        return part
    try:
        return _reduced(part)[0]
    except BadValue:
        return as_text(part)


def _named(part: Mapping[str, Any]) -> dict[str, Any]:
    names = ("component", "value", "constructor_args", "props")
    return {**{name: part.get(name) for name in names}, "type": "component"}


def _content(part: Mapping[str, Any]) -> bytes:
    """Return the bytes that a seal covers."""
    return encode_value([part.get(name) for name in ("component", "value", "constructor_args", "props")])


def _reduced(part: Mapping[str, Any]) -> tuple[dict[str, Any], Component | None]:
    """Reduce a part that this server did not issue; return its harmless form, and the component if it has one."""
    name, value = part.get("component"), part.get("value")
    if not isinstance(name, str):
        return as_text(part), None
    given = part.get("constructor_args")
    options = _harmless(given if isinstance(given, dict) else {})
    try:
        kind = component_class(name)
    except ValueError as error:
        raise BadValue(f"A message contains a {describe(name)} that cannot be created: {error}") from None
    if not kind.FROM_CLIENT:
        return as_text(part), None
    instance = rebuilt(name, options, None)
    value = instance._value = instance.from_message(value)
    wire = {
        "component": name,
        "value": value,
        "constructor_args": {**options, "render": False},
        "props": instance.props(),
        "type": "component",
    }
    return wire, instance


def as_text(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of a client's component as a text part, because the component itself could run code."""
    value = part.get("value")
    return {"text": value if isinstance(value, str) else f"({part.get('component')})", "type": "text"}


def _harmless(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if _is_harmless(name, value)}


def _is_harmless(name: str, value: Any) -> bool:
    if name in FLAGS:
        return isinstance(value, bool)
    if name in NUMBERS:
        return _is_number(value) and (name in {"minimum", "maximum"} or abs(value) <= LARGEST)
    if name == "label":
        return isinstance(value, str) and len(value) <= LONGEST_LABEL
    if name == "file_count":
        return value in {"single", "multiple"} if isinstance(value, str) else False
    return name == "choices" and isinstance(value, list) and len(value) <= MOST_CHOICES and all(map(_is_choice, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_choice(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and not any(isinstance(item, list) for item in value) and all(map(_is_choice, value))
    return _is_number(value) or (isinstance(value, str) and len(value) <= LONGEST_LABEL)

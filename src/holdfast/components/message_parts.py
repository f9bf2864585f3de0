"""Components in chat messages: sealed when a handler puts one in, reduced to harmless data when a client makes one up.

A page sends the whole conversation back with each event, so a client can send any component with any properties. What
this server issued is recognized by its seal and stays as it is. Of everything else only the type and the value remain,
with properties that are made here from a short list of options; a component that runs code becomes text.
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
"""Options that a client's component can have if they are booleans."""
NUMBERS = frozenset(
    {
        "scale", "min_width", "height", "width", "min_height", "max_height", "lines", "max_lines", "max_length",
        "minimum", "maximum", "step", "precision", "num_top_classes",
    }
)  # fmt: skip
"""Those that it can have if they are numbers."""
LONGEST_LABEL = 200
MOST_CHOICES = 200
LARGEST = 10_000


def checked(payload: Any, seal: Seal) -> Any:
    """A client's conversation with its components verified or reduced; anything malformed is left to `preprocess`.

    Args:
        payload: What the client sent; it is not changed.
        seal: Recognizes what this server issued.

    Raises:
        BadValue: A part of it cannot be used.
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
    """A component of a message as a handler takes it, with an `instance`; reduced unless it was verified.

    Raises:
        BadValue: There is no such component, or it does not take this value.
    """
    seal = part.get("seal")
    if isinstance(seal, Issued):
        given = part.get("constructor_args")
        instance = rebuilt(part["component"], given if isinstance(given, dict) else {}, part.get("value"))
        return {**_named(part), "seal": str(seal), "instance": instance}
    wire, made = _reduced(part)
    return wire if made is None else {**wire, "instance": made}


def sealed(payload: Any, seal: Seal) -> Any:
    """A conversation on its way to a page: a seal on what handlers put in, the rest verified or reduced.

    Args:
        payload: The wire's list; it is not changed.
        seal: Makes the seals.
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
    """What a seal covers."""
    return encode_value([part.get(name) for name in ("component", "value", "constructor_args", "props")])


def _reduced(part: Mapping[str, Any]) -> tuple[dict[str, Any], Component | None]:
    """A part that this server did not issue: its harmless rest, and the component that it is, if it is one."""
    name, value = part.get("component"), part.get("value")
    if not isinstance(name, str):
        return as_text(part), None
    given = part.get("constructor_args")
    options = _harmless(given if isinstance(given, dict) else {})
    try:
        kind = component_class(name)
    except ValueError as error:
        raise BadValue(f"A message holds a {describe(name)} that cannot be made: {error}") from None
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
    """A component that a client made up and that could run code, as the text that its value is."""
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

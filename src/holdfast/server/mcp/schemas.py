"""Convert endpoints' parameters to complete JSON schemas for tools, in which a file is a string."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holdfast import exact
from holdfast.files.rules import is_file_data
from holdfast.graph.api.python_types import is_file
from holdfast.wire.encode import encode

Schema = dict[str, Any]

FILE: Schema = {"type": "string", "format": "Gradio File Input - a http or https url to a file"}
"""Schema of a file. The format is Gradio's text, which agents and their prompts know."""
FILE_HINT = "A file: its http(s) URL, or a data: URL."
_OURS = frozenset({"additional_description", "$defs"})
"""Keys of an endpoint's schema that are specific to Gradio or belong to the root of a tool's schema."""
_FILE_PARTS = frozenset({"FileData", "FileDataMeta", "ImageData"})


def input_schema(parameters: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> Schema:
    """Return the schema of a tool's arguments.

    Args:
        parameters: Parameters of the endpoint, as described by `/info`.
        texts: Descriptions from the docstring.
    """
    properties: dict[str, Schema] = {}
    definitions: dict[str, Schema] = {}
    for one in parameters:
        found = one["type"].get("$defs", {})
        shown = _shown(one["type"], found)
        text = texts.get(one["parameter_name"]) or _own_text(one, shown)
        if text:
            shown["description"] = text
        if one["parameter_has_default"]:
            shown["default"] = plain(one["parameter_default"])
        properties[one["parameter_name"]] = shown
        definitions |= {name: _shown(inner, found) for name, inner in found.items() if name not in _FILE_PARTS}
    schema: Schema = {"type": "object", "properties": properties}
    required = [one["parameter_name"] for one in parameters if not one["parameter_has_default"]]
    return {**schema, **({"required": required} if required else {}), **({"$defs": definitions} if definitions else {})}


def _own_text(parameter: Mapping[str, Any], shown: Schema) -> str:
    """Return the description of a parameter without a docstring: its schema's description or the component's label."""
    label = str(parameter["label"])
    named = (
        "" if label.startswith("parameter_") or parameter["component"] == "Api" else label
    )  # `1st` carries no information
    hint = FILE_HINT if shown.get("format") == FILE["format"] else str(shown.get("description") or "")
    return ". ".join(part.rstrip(".") for part in (named, hint) if part)


def _shown(schema: Schema, definitions: Mapping[str, Any]) -> Schema:
    if is_file(resolved(schema, definitions), dict(definitions)):
        return dict(FILE)
    found: Schema = {}
    for key, value in schema.items():
        if key in _OURS or (value is None and key != "default"):
            continue
        if key == "type" and not isinstance(value, str | list):
            continue  # Gradio's JSON component uses an empty object as its type, which is not valid
        if key == "properties":
            found[key] = {name: _shown(inner, definitions) for name, inner in value.items()}
        elif isinstance(value, dict) and key != "default":
            found[key] = _shown(value, definitions)
        elif isinstance(value, list):
            found[key] = [_shown(each, definitions) if isinstance(each, dict) else each for each in value]
        else:
            found[key] = value
    return found


def resolved(schema: Schema, definitions: Mapping[str, Any]) -> Schema:
    """Return the schema that a schema refers to, or the schema itself."""
    if "$ref" not in schema:
        return schema
    found: Schema = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
    return found


def takes_files(parameters: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any of these parameters contains a file."""
    return any("filepath" in str(one["python_type"]["type"]) for one in parameters)


def plain(value: Any) -> Any:
    """Return a default as JSON for a tool's schema, with URLs for files."""
    return _addresses(exact.loads(encode(value)))


def _addresses(value: Any) -> Any:
    if is_file_data(value):
        return value.get("url") or value.get("path")
    if isinstance(value, dict):
        return {key: _addresses(item) for key, item in value.items()}
    return [_addresses(item) for item in value] if isinstance(value, list) else value


def with_files(value: Any, schema: Schema, definitions: Mapping[str, Any], taken: Callable[[str], Any]) -> Any:
    """Replace every string in an argument that refers to a file.

    Args:
        value: Value from the client.
        schema: Schema of the endpoint's parameter.
        definitions: Definitions of the parameter.
        taken: Function that converts a file's string to a value for the runtime.
    """
    schema = resolved(schema, definitions)
    if is_file(schema, dict(definitions)):
        return taken(value) if isinstance(value, str) else value
    if isinstance(value, list):
        return [with_files(item, schema.get("items") or {}, definitions, taken) for item in value]
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {key: with_files(item, inner.get(key, {}), definitions, taken) for key, item in value.items()}
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    if isinstance(value, str) and not any(option.get("type") == "string" for option in options):
        for option in options:
            if is_file(resolved(option, definitions), dict(definitions)):
                return taken(value)
    return value

"""Python types of JSON schemas, for the API documentation: `{"type": "array", "items": …}` is `list[…]`."""

from __future__ import annotations

from typing import Any

_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
ANY = "str | float | bool | list | dict"


def python_type(schema: dict[str, Any], description: str = "description") -> dict[str, Any]:
    """Return `{"type", "description"}` for one value of the API.

    Args:
        schema: JSON schema of the value.
        description: Schema key of the description: Gradio uses `additional_description` for parameters.
    """
    return {"type": type_name(schema, schema.get("$defs", {})), "description": schema.get(description, "")}


def type_name(schema: dict[str, Any], definitions: dict[str, Any]) -> str:  # noqa: PLR0911 -- one per kind of schema
    """Return the Python type that a JSON schema describes."""
    if "$ref" in schema:
        schema = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
    if is_file(schema, definitions):
        return "filepath"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]" if schema["enum"] else "Literal[]"
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(type_name(option, definitions) for option in schema[union])
    if "type" not in schema:
        return "Any"
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(_NAMES.get(str(name), str(name)) for name in kind)
    if kind == "array":
        return _array(schema, definitions)
    if kind == "object":
        return _object(schema, definitions)
    return _NAMES.get(kind, ANY) if isinstance(kind, str) else ANY


def is_file(schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Return whether a schema describes FileData: an object with a path and Gradio's file marker."""
    properties = schema.get("properties", {})
    if "path" not in properties or "meta" not in properties:
        return False
    meta = properties["meta"]
    reference = str(meta.get("$ref", "")).rsplit("/", 1)[-1]
    marked = definitions.get(reference, meta).get("properties", {}).get("_type", {})
    return bool(marked.get("const") == "gradio.FileData" or meta.get("default") == {"_type": "gradio.FileData"})


def _array(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"tuple[{', '.join(type_name(item, definitions) for item in schema['prefixItems'])}]"
    items = schema.get("items", {})
    inner = type_name(items, definitions) if items else "Any"
    return f"list[{inner}]"


def _object(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    properties = schema.get("properties", {})
    if not properties:
        values = schema.get("additionalProperties")
        return f"dict(str, {type_name(values, definitions) if isinstance(values, dict) else 'Any'})"
    fields = [f"{name}: {type_name(inner, definitions)}" for name, inner in properties.items() if name != "$defs"]
    return f"dict({', '.join(fields)})"

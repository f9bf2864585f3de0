"""JSON schemas of Python annotations, for endpoints without components."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    None: "null",
}


def schema_of(annotation: Any) -> dict[str, Any]:  # noqa: PLR0911 -- one per kind of type
    """Return the JSON schema of an annotation.

    Args:
        annotation: A type, or a generic of `list`, `dict`, `tuple`, `Literal`, a union; anything else accepts any JSON.
    """
    if _hashable(annotation) and annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    origin, members = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        nothing = [m for m in members if m is type(None)]
        return {"oneOf": [schema_of(m) for m in (*nothing, *(m for m in members if m is not type(None)))]}
    if origin is typing.Literal:
        return {"enum": list(members), "type": _PLAIN.get(type(members[0]), "string")}
    if origin is typing.Annotated:
        return schema_of(members[0])
    if annotation is list or origin in {list, set, frozenset, Sequence}:
        return {"type": "array", "items": schema_of(members[0]) if members else {}}
    if annotation is tuple or origin is tuple:
        fixed = [schema_of(m) for m in members if m is not Ellipsis]
        return {"type": "array", "prefixItems": fixed} if fixed and Ellipsis not in members else {"type": "array"}
    if annotation is dict or origin in {dict, Mapping}:
        return {"type": "object", "additionalProperties": schema_of(members[1]) if len(members) > 1 else {}}
    return {"type": {}}


def _hashable(annotation: Any) -> bool:
    return getattr(type(annotation), "__hash__", None) is not None

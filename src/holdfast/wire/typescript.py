"""Writes the wire structs as TypeScript, so that the page and the server cannot disagree in silence.

`python -m holdfast.wire.typescript` writes `frontend/src/protocol/wire.ts`; a test fails when that file is stale.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from pathlib import Path
from typing import Any

import msgspec

from holdfast.wire import messages, page

TARGET = Path("frontend/src/protocol/wire.ts")
HEADER = "/** Generated from holdfast/wire by `python -m holdfast.wire.typescript`; change the structs, not this file. */\n"
SIMPLE = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "unknown"}
FROM_PAGE = frozenset(typing.get_args(page.FromPage))
"""What the page writes: there a field with a default may be left out."""
ALIASES = {
    "EventMessage": messages.EventMessage,
    "FeedMessage": messages.FeedMessage,
    "Message": messages.Message,
    "FromPage": page.FromPage,
    "ToPage": page.ToPage,
}


def typescript() -> str:
    """The whole file."""
    parts = [HEADER, f"export const MAX_ID = {page.MAX_ID}\n"]
    parts.append('/** One edit of the generator diff. */\nexport type Edit = [op: "append" | "replace" | "add" | "delete", ')
    parts[-1] += "path: (string | number)[], value: unknown]\n"
    for module in (messages, page):
        parts.extend(_interface(struct) for struct in _structs(module))
    parts.extend(f"export type {name} = {_union(alias)}\n" for name, alias in ALIASES.items())
    return "\n".join(parts)


def _structs(module: types.ModuleType) -> list[type[msgspec.Struct]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
    ]


def _interface(struct: type[msgspec.Struct]) -> str:
    hints = typing.get_type_hints(struct)
    notes = _field_notes(struct)
    lines = [f"/** {_one_line(struct.__doc__)} */", f"export interface {struct.__name__} {{"]
    config = struct.__struct_config__
    if config.tag is not None:
        lines.append(f'  {config.tag_field}: "{config.tag}"')
    for field in msgspec.structs.fields(struct):
        if field.name in notes:
            lines.append(f"  /** {notes[field.name]} */")
        optional = "?" if struct in FROM_PAGE and not field.required else ""
        lines.append(f"  {field.encode_name}{optional}: {_type(hints[field.name])}")
    return "\n".join([*lines, "}\n"])


def _field_notes(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The strings written under the fields, by field name."""
    body = typing.cast("ast.ClassDef", ast.parse(inspect.getsource(struct)).body[0]).body
    notes = {}
    for field, note in zip(body, body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(note, ast.Expr)
            and isinstance(note.value, ast.Constant)
        ):
            notes[field.target.id] = _one_line(note.value.value)
    return notes


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())


def _union(alias: Any) -> str:
    return " | ".join(_type(member) for member in typing.get_args(alias))


def _type(hint: Any) -> str:
    if hint in SIMPLE:
        return SIMPLE[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join("null" if arg is None else f'"{arg}"' if isinstance(arg, str) else str(arg) for arg in args)
    if origin in {typing.Union, types.UnionType}:
        members = list(dict.fromkeys(_type(arg) for arg in args))
        return " | ".join(members)
    if origin is list:
        inner = _type(args[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<string, {_type(args[1])}>"
    if hint is messages.FeedMessage:
        return "FeedMessage"
    if inspect.isclass(hint) and issubclass(hint, msgspec.Struct):
        return hint.__name__
    raise TypeError(f"{hint!r} has no TypeScript form here. Add it to holdfast/wire/typescript.py, or use a simpler type.")


def main() -> int:
    """Write the file into the source tree that the command is run in."""
    if not TARGET.parent.parent.is_dir():
        sys.stderr.write(f"{TARGET.parent.parent} is not here. Run the command in the project's root.\n")
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(typescript(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

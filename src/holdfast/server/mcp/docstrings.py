"""Extract descriptions of parameters and results from docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_HEADING = re.compile(r"([A-Za-z]+)\s*:\s*(.*)")
_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_PARAMETERS = frozenset({"args", "arguments", "parameters", "params"})
_RETURNS = frozenset({"returns", "return", "yields"})
_OTHERS = frozenset({"raises", "example", "examples", "note", "notes"})


def parameter_texts(fn: Callable[..., Any] | None) -> dict[str, str]:
    """Return the description of each parameter from the section `Args:`, on one line each."""
    found: dict[str, list[str]] = {}
    name, base = "", -1
    for line in _section(fn, _PARAMETERS):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        base = indent if base < 0 else base
        entry = _ENTRY.match(line.strip()) if indent <= base else None
        if entry is not None:
            name = entry[1]
            found[name] = [entry[2]]
        elif name:
            found[name].append(line.strip())
    return {name: " ".join(part for part in parts if part) for name, parts in found.items()}


def result_text(fn: Callable[..., Any] | None) -> str:
    """Return the section `Returns:` (or `Yields:` for a generator) on one line."""
    return " ".join(" ".join(_section(fn, _RETURNS)).split())


def _section(fn: Callable[..., Any] | None, names: frozenset[str]) -> list[str]:
    doc = None if isinstance(fn, type) else getattr(fn, "__doc__", None)
    if not doc:
        return []
    lines: list[str] = []
    inside = False
    for line in inspect.cleandoc(doc).splitlines():
        heading = _HEADING.fullmatch(line)
        title = heading[1].lower() if heading is not None else ""
        if heading is not None and title in _PARAMETERS | _RETURNS | _OTHERS:
            inside = title in names
            if inside and heading[2]:
                lines.append(heading[2])
        elif inside and (line.startswith(" ") or not line):
            lines.append(line)
        else:
            inside = False
    return lines

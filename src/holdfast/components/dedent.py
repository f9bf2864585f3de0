"""Removes the indentation of text that is written inside a program."""

from __future__ import annotations

import re

_FLUSH_LINE = re.compile(r"\n\S")
_BLANK_START = re.compile(r"(?:[ \t]*\n)+")


def unindented(text: str) -> str:
    """Return `text` without common indentation and without surrounding blank lines.

    Works like `inspect.cleandoc`, but keeps tabs inside lines. Long text without indentation must stay cheap: a
    streaming chat passes all of its messages through here at each step.
    """
    if "\n" not in text:
        return text.lstrip(" \t")
    if _FLUSH_LINE.search(text) is None:
        first, *rest = text.split("\n")
        margin = min((len(line) - len(line.lstrip(" \t")) for line in rest if line.strip()), default=0)
        text = "\n".join([first, *(line[margin:] for line in rest)])
    return _trimmed(text)


def _trimmed(text: str) -> str:
    """Return `text` without surrounding blank lines and without spaces before its first line."""
    blank = _BLANK_START.match(text)
    text = text[blank.end() :] if blank else text.lstrip(" \t")
    end = len(text.rstrip())
    line_end = text.find("\n", end)
    return text if line_end < 0 else text[:line_end]

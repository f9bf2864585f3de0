"""Text that is written indented in a program."""

from __future__ import annotations

import re

_FLUSH_LINE = re.compile(r"\n\S")
_BLANK_START = re.compile(r"(?:[ \t]*\n)+")


def unindented(text: str) -> str:
    """`text` without the indentation that its lines share, and without blank lines around it.

    As `inspect.cleandoc`, but tabs inside of lines stay tabs. A long text that is not indented costs next to nothing: a
    streaming chat passes all of its texts through here at each step.
    """
    if "\n" not in text:
        return text.lstrip(" \t")
    if _FLUSH_LINE.search(text) is None:
        first, *rest = text.split("\n")
        margin = min((len(line) - len(line.lstrip(" \t")) for line in rest if line.strip()), default=0)
        text = "\n".join([first, *(line[margin:] for line in rest)])
    return _trimmed(text)


def _trimmed(text: str) -> str:
    """`text` without blank lines around it and without spaces before its first line."""
    blank = _BLANK_START.match(text)
    text = text[blank.end() :] if blank else text.lstrip(" \t")
    end = len(text.rstrip())
    line_end = text.find("\n", end)
    return text if line_end < 0 else text[:line_end]

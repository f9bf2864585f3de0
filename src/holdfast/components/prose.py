"""Text that is written indented in a program."""

from __future__ import annotations


def unindented(text: str) -> str:
    """`text` without the indentation that its lines share, and without blank lines around it.

    As `inspect.cleandoc`, but tabs inside of lines stay tabs.
    """
    if "\n" not in text:
        return text.lstrip(" \t")
    first, *rest = text.split("\n")
    margins = [len(line) - len(line.lstrip(" \t")) for line in rest if line.strip()]
    margin = min(margins, default=0)
    lines = [first.lstrip(" \t"), *(line[margin:] for line in rest)] if margin else [first.lstrip(" \t"), *rest]
    start, stop = 0, len(lines)
    while start < stop and not lines[start].strip():
        start += 1
    while stop > start and not lines[stop - 1].strip():
        stop -= 1
    return "\n".join(lines[start:stop])

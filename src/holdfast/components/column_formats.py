"""Number and date formats of table columns: Python format specs, parsed for the page.

The page formats the cells itself, so that cells that a visitor edits look like the others. It never interprets format
strings: a format that it does not support is rejected here, where the author sees the error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from string import Formatter
from typing import Any

MOST_DECIMALS = 20
MOST_WIDTH = 100

_NUMBER = re.compile(
    r"(?:(?P<fill>[^{}])?(?P<align>[<>^=]))?(?P<sign>[-+ ])?(?P<zero>0)?(?P<width>\d{1,9})?(?P<group>[,_])?"
    r"(?:\.(?P<precision>\d{1,9}))?(?P<type>[deEfFgG%])?"
)
_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_DIRECTIVES = "YymdHIMSfpbBaAj%"
_WITHOUT_ZEROS = "ymdHIMSj"
_HOW = (
    'Write a Python format spec, such as ",.2f", "$,.2f" or ".1%" for numbers and "%Y-%m-%d" for dates, '
    'or "{:,.1f} kg" with text around it.'
)


def parsed(formats: Mapping[Any, str] | None) -> dict[str, dict[str, Any]] | None:
    """Parse the formats of columns.

    Args:
        formats: Formats by header; a multi-level header is a tuple.

    Returns:
        Parts of each format by header text, without parts that have default values.

    Raises:
        TypeError: *formats* is not a dict of strings.
        ValueError: A format is not a valid number or date format.
    """
    if formats is None:
        return None
    if not isinstance(formats, Mapping):
        raise TypeError(
            f"column_formats is a {type(formats).__name__}, but it must be a dict of formats by header, such as "
            '{"Price": "$,.2f"}.'
        )
    return {_header(header): _parts(header, text) for header, text in formats.items()}


def _header(header: Any) -> str:
    """Return the text of a header as the page shows it."""
    return " / ".join(map(str, header)) if isinstance(header, (tuple, list)) else str(header)


def _parts(header: Any, text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise TypeError(f"column_formats: the format of column {header!r} is a {type(text).__name__}. {_HOW}")
    before, spec, after = _template(header, text)
    symbol = spec[:1] if unicodedata.category(spec[:1] or " ") == "Sc" else ""
    number = _NUMBER.fullmatch(spec.removeprefix(symbol))
    parts: dict[str, Any]
    if number is not None:
        parts = {"kind": "number", "symbol": symbol, **_number(header, text, number)}
    elif "%" in spec:
        parts = {"kind": "date", "format": _date(header, text, spec)}
    else:
        raise _wrong(header, text, "is not a valid number or date format")
    return {name: part for name, part in {"before": before, **parts, "after": after}.items() if part != ""}


def _template(header: Any, text: str) -> tuple[str, str, str]:
    """Return the text before the value, the value's format spec, and the text after it."""
    if "{" not in text and "}" not in text:
        return "", text, ""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise _wrong(header, text, f"has braces that do not match ({error})") from None
    fields = [place for place, piece in enumerate(pieces) if piece[1] is not None]
    if len(fields) != 1 or pieces[fields[0]][1] or pieces[fields[0]][3]:
        raise _wrong(header, text, "must contain the value exactly once, as {} or {:…}")
    place = fields[0]
    before = "".join(literal for literal, *_ in pieces[: place + 1])
    return before, pieces[place][2] or "", "".join(literal for literal, *_ in pieces[place + 1 :])


def _number(header: Any, text: str, found: re.Match[str]) -> dict[str, Any]:
    width, precision, kind = int(found["width"] or 0), found["precision"], found["type"] or ""
    if precision is not None and kind in {"", "d"}:
        raise _wrong(header, text, "has a precision but no type that takes one, such as f, e, g or %")
    if int(precision or 0) > MOST_DECIMALS or width > MOST_WIDTH:
        raise _wrong(header, text, f"has more than {MOST_DECIMALS} decimals or is wider than {MOST_WIDTH} characters")
    if found["zero"] and found["group"]:
        raise _wrong(header, text, "asks for both leading zeros and separators")
    fill, align = found["fill"] or "", found["align"] or ""
    if found["zero"] and not align:
        fill, align = "0", "="
    return {
        "fill": fill,
        "align": align,
        "sign": found["sign"] or "",
        "width": width or "",
        "group": found["group"] or "",
        "precision": "" if precision is None else int(precision),
        "type": kind,
    }


def _date(header: Any, text: str, spec: str) -> str:
    for found in _DIRECTIVE.finditer(spec):
        known = _WITHOUT_ZEROS if found[1] else _DIRECTIVES
        if not found[2] or found[2] not in known:
            raise _wrong(header, text, f"contains {found[0]!r}, which is not one of %{', %'.join(_DIRECTIVES)}")
    return spec


def _wrong(header: Any, text: str, why: str) -> ValueError:
    return ValueError(f"column_formats: the format {text!r:.200} of column {header!r:.100} {why}. {_HOW}")

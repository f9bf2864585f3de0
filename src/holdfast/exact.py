"""JSON with whole numbers of any size, exact: the fast reader makes floats of those above 64 bits, the writer fails."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(rb"\d{19}")
"""What a number above 64 bits holds; text may hold it too, and is then read in the slow way."""


def loads(data: bytes | bytearray | memoryview | str) -> Any:
    """Return what JSON text says.

    Raises:
        ValueError: It is not valid JSON, or a number has thousands of digits.
    """
    text = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if _LONG.search(text) is None:
        return orjson.loads(data)
    orjson.loads(data)  # it is stricter
    return json.loads(bytes(text))


def dumps(value: Any, option: int = 0) -> str:
    """Return plain data as JSON text, with `option` of the fast writer."""
    try:
        return orjson.dumps(value, option=option).decode()
    except TypeError:  # whole numbers above 64 bits, text that is not valid Unicode
        return json.dumps(value, indent=2 if option & orjson.OPT_INDENT_2 else None)

"""JSON with exact integers of any size, which orjson reads as floats or refuses to write above 64 bits."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(rb"\d{19}")
"""Pattern that every integer above 64 bits matches; strings can match too and are then parsed the slow way."""


def loads(data: bytes | bytearray | memoryview | str) -> Any:
    """Parse JSON with exact integers.

    Raises:
        ValueError: The text is not valid JSON, or an integer has thousands of digits.
    """
    text = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if _LONG.search(text) is None:
        return orjson.loads(data)
    orjson.loads(data)  # stricter validation than json.loads
    return json.loads(bytes(text))


def dumps(value: Any, option: int = 0) -> str:
    """Serialize plain data as JSON with exact integers; `option` is for orjson."""
    try:
        return orjson.dumps(value, option=option).decode()
    except TypeError:  # integers above 64 bits, strings that are not valid Unicode
        return json.dumps(value, indent=2 if option & orjson.OPT_INDENT_2 else None)
